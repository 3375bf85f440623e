"""Digits in colour: made as the article makes them, and readable again."""

import tracemalloc

from gan_utils import colour, data

import numpy as np
import pytest

(DIGITS, _), _ = data.load_mnist()
PHOTOGRAPH = colour.load_photograph()


def test_the_photograph_is_darker_than_half():
    assert PHOTOGRAPH.dtype == np.uint8
    assert PHOTOGRAPH.shape == (300, 256, 3)
    assert 100 < PHOTOGRAPH.max() < 128
    assert len(np.unique(PHOTOGRAPH.reshape(-1, 3), axis=0)) > 1000  # no plain colour


@pytest.mark.parametrize("tint", [True, False])
def test_ink_is_the_negative_of_paper(tint):
    blank, full = np.zeros((50, 28, 28), np.uint8), np.full((50, 28, 28), 255, np.uint8)
    paper = colour.colour_digits(blank, PHOTOGRAPH, seed=1, tint=tint)
    ink = colour.colour_digits(full, PHOTOGRAPH, seed=1, tint=tint)
    np.testing.assert_array_equal(ink, 255 - paper)
    assert paper.max() < 127.5 < ink.min()


def test_paper_is_a_piece_of_the_photograph():
    blank = np.zeros((1, 28, 28), np.uint8)
    (paper,) = colour.colour_digits(blank, PHOTOGRAPH, seed=3, tint=False)
    corners = [
        (row, column)
        for row in range(300 - 63)
        for column in range(256 - 63)
        if (PHOTOGRAPH[row, column] == paper[0, 0]).all()
    ]
    assert any(
        np.array_equal(PHOTOGRAPH[row : row + 64, column : column + 64], paper)
        for row, column in corners
    )


def test_a_tint_is_averaged_into_each_channel():
    blank = np.zeros((200, 28, 28), np.uint8)
    plain = colour.colour_digits(blank, PHOTOGRAPH, seed=2, tint=False).astype(int)
    tinted = colour.colour_digits(blank, PHOTOGRAPH, seed=2).astype(int)
    tints = 2 * tinted - plain
    spread = tints.max(axis=(1, 2)) - tints.min(axis=(1, 2))
    assert spread.max() <= 1  # one value an image and channel, but for rounding
    means = tints.mean(axis=(1, 2))
    assert means.min() < 10 < 117 < means.max()
    assert np.corrcoef(means.T)[0, 1] < 0.3  # the channels each have their own


def test_digits_are_enlarged_from_corner_to_corner():
    dot = np.zeros((4, 28, 28), np.uint8)
    for image, (row, column) in zip(dot, [(0, 0), (0, 27), (27, 0), (27, 27)]):
        image[row, column] = 255
    strokes = colour.colour_digits(dot, PHOTOGRAPH, seed=0).mean(axis=3) > 127.5
    for image, (row, column) in zip(strokes, [(0, 0), (0, 63), (63, 0), (63, 63)]):
        assert image[row, column]
        assert 1 <= image.sum() <= 9


def test_strokes_are_found_where_the_ink_was():
    images = colour.colour_digits(DIGITS[:200], PHOTOGRAPH, seed=0)
    strokes = colour.find_strokes(images)
    assert (strokes.shape, strokes.dtype) == ((200, 28, 28), np.uint8)
    # Cut off at half and made small again, a digit differs at its edges only.
    assert np.abs(strokes.astype(int) - DIGITS[:200]).mean() < 12
    inner = np.corrcoef(strokes.ravel(), DIGITS[:200].ravel())[0, 1]
    assert inner > 0.9


def test_the_same_seed_gives_the_same_images_in_any_batches():
    first = colour.colour_digits(DIGITS[:10], PHOTOGRAPH, seed=5)
    second = colour.colour_digits(DIGITS[:10], PHOTOGRAPH, seed=5, batch_size=3)
    np.testing.assert_array_equal(first, second)
    assert (first != colour.colour_digits(DIGITS[:10], PHOTOGRAPH, seed=6)).any()


def test_what_is_made_beside_the_images_stays_small():
    tracemalloc.start()
    images = colour.colour_digits(DIGITS[:6000], PHOTOGRAPH, seed=0, batch_size=500)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < images.nbytes + 40_000_000


@pytest.mark.parametrize(
    ("digits", "photograph", "message"),
    [
        (DIGITS[:2] / 255, PHOTOGRAPH, "For digits, type float64"),
        (DIGITS[0], PHOTOGRAPH, r"needed is \(n, 28, 28\)"),
        (DIGITS[:2], PHOTOGRAPH[..., 0], r"needed is \(height, width, 3\)"),
        (DIGITS[:2], PHOTOGRAPH[:63], "64 pixels or more"),
        (DIGITS[:2], 2 * PHOTOGRAPH, "values up to 127"),
        (DIGITS[:0], PHOTOGRAPH, "1 or more of each"),
        ([[1, 2], [3]], PHOTOGRAPH, "digits are no array"),
    ],
)
def test_wrong_arrays_are_named(digits, photograph, message):
    with pytest.raises(ValueError, match=message):
        colour.colour_digits(digits, photograph, seed=0)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((2, 64, 64), np.uint8), r"needed is \(n, 64, 64, 3\)"),
        (np.zeros((0, 64, 64, 3), np.uint8), "1 or more of each"),
        (np.zeros((2, 64, 64, 3)), "needed is uint8"),
        (np.full((2, 64, 64, 3), np.nan), "NaN"),
        ("strokes", "array of shape"),
    ],
)
def test_strokes_of_wrong_images_are_refused(images, message):
    with pytest.raises(ValueError, match=message):
        colour.find_strokes(images)


@pytest.mark.parametrize("seed", [-1, 1.5, "1", None])
def test_digits_are_coloured_by_a_seed(seed):
    with pytest.raises(ValueError, match="seed is .*; needed is a whole number from 0"):
        colour.colour_digits(DIGITS[:2], PHOTOGRAPH, seed)
