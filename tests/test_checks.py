"""What is refused before anything is made of it, and what is let through."""

from gan_utils import checks

import numpy as np
import pytest

IMAGES = np.zeros((2, 4, 4))


@pytest.mark.parametrize(
    "values",
    [
        IMAGES.astype(np.uint8),
        IMAGES.astype(np.float16),
        IMAGES[..., None],
        np.zeros((2, 4, 4, 3)),
        IMAGES + 1 + 1e-6,  # a rounding beyond
    ],
)
def test_images_come_back_as_they_were(values):
    found = checks.images(values)
    assert found.dtype == values.dtype
    assert np.array_equal(found, values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (IMAGES[0], r"\(4, 4\).*image\[None\]"),
        (np.zeros((2, 4, 4, 2)), r"\(2, 4, 4, 2\)"),
        (np.zeros((0, 4, 4)), r"\(0, 4, 4\)"),
        (IMAGES.astype(int), "type int64"),
        (IMAGES > 0, "type bool"),
        (IMAGES + 1j, "type complex128"),
        (IMAGES.astype(str), "type <U"),
        (IMAGES.astype(object), "type object"),
        (IMAGES + np.nan, "from nan to nan"),
        (IMAGES - np.inf, "from -inf to -inf"),
        (IMAGES + 255, "from 255 to 255; needed is -1 to 1"),
        (np.ma.masked_less(IMAGES, 1), "masked"),
        ([[[1, 2], [3]]], "differ in length"),
    ],
)
def test_what_is_no_image_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        checks.images(values)


def test_images_may_lie_as_far_beyond_as_the_caller_says():
    checks.images(IMAGES + 2, (0, 1), beyond=1)
    with pytest.raises(ValueError, match="from 2.1 to 2.1; needed is 0 to 1"):
        checks.images(IMAGES + 2.1, (0, 1), beyond=1)


@pytest.mark.parametrize(
    "ends", [(1, -1), (1, 1), (0, np.nan), (0, 1, 2), "ab", (1, 1 + 1e-9), None, 5]
)
def test_a_range_without_width_is_refused(ends):
    with pytest.raises(ValueError, match="pixel_range"):
        checks.images(IMAGES, ends)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1, 2], r"shape \(2,\).*\(n, latent_dim\).*values\[None\]"),
        (np.zeros((0, 2)), r"shape \(0, 2\)"),
        ([[1, 2], [3]], "differ in length"),
        ([[1, np.nan]], "NaN"),
        ([[1, -np.inf]], "infinity"),
        ([[1, 1e16]], r"beyond 1e\+15"),
        ([[10**30, 1]], "real numbers are needed, not object"),
        ([[True, False]], "not bool"),
        (np.ma.masked_invalid([[1, np.nan]]), "masked"),
    ],
)
def test_what_is_no_point_is_refused(values, message):
    with pytest.raises(ValueError, match=message):
        checks.points(values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([-1, 2], "from -1 to 2; needed are integers from 0 to 9"),
        ([0, 10], "from 0 to 10"),
        ([0.0, 1.0], "integers are needed, not float64"),
        ([True, False], "integers are needed, not bool"),
        ([1, 2, 3], r"shape \(3,\) was given; needed is \(2,\)"),
    ],
)
def test_labels_out_of_range_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        checks.labels(values, (2,))


HUGE = pytest.param(10**5000, id="5001 digits")  # Python does not write so many


@pytest.mark.parametrize("value", [0, 11, -1, 2.0, True, "3", None, HUGE, [1, 2]])
def test_a_count_is_a_whole_number_in_range(value):
    with pytest.raises(ValueError, match="columns is .* whole number from 1 to 10"):
        checks.count(value, "columns", 1, 10)


@pytest.mark.parametrize("value", [-0.1, 1.5, np.nan, True, "1", None, 1j, HUGE])
def test_a_number_is_finite_and_in_range(value):
    with pytest.raises(ValueError, match="share is .* number from 0 to 1"):
        checks.number(value, "share", 0, 1)


def test_numbers_of_numpy_are_numbers():
    assert checks.count(np.uint8(3), "count") == 3
    assert checks.number(np.float32(0.5), "share", 0, 1) == 0.5


@pytest.mark.filterwarnings("error")
def test_numbers_of_two_bytes_are_compared_as_others():
    halves = np.ones((2, 4, 4), np.float16)
    checks.numbers(halves, "halves", ("n", 4, 4))
    checks.images(halves, (-1e6, 1e6))


def test_infinity_is_no_number_even_without_a_limit():
    with pytest.raises(ValueError, match="infinity"):
        checks.numbers([1.0, np.inf], "sizes", ("n",), largest=np.inf)
