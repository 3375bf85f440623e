"""Digits in colour: made as the article makes them, and readable again."""

import hashlib
import tracemalloc

from gan_utils import colour, data

import numpy as np
import pytest

(DIGITS, _), _ = data.load_mnist()
PHOTOGRAPH = colour.load_photograph()
PORTRAIT = colour.load_portrait()
BLANK = np.zeros((200, 28, 28), np.uint8)


def portraits(digits, seed=0, **options):
    """Lays digits over the portrait, 32 pixels both ways."""
    options = {"tint": colour.shine, "side": 32, **options}
    return colour.colour_digits(digits, PORTRAIT, seed, **options)


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


def test_what_shipped_models_were_trained_on_stays_bit_for_bit():
    """A photograph of numbers, since a JPEG may be read a shade differently."""
    photograph = np.random.default_rng(0).integers(0, 128, (90, 80, 3), np.uint8)
    images = [
        colour.colour_digits(DIGITS[:50], photograph, 7, tint) for tint in (True, False)
    ]
    images.append(colour.find_strokes(images[0]))
    digest = hashlib.sha256(b"".join(each.tobytes() for each in images)).hexdigest()
    assert digest == "6082d07a0be4a9057b459e1c41810755a246957a4b62883cb0364872b29af29a"


def test_the_portrait_uses_all_of_the_dark_half():
    assert (PORTRAIT.shape, PORTRAIT.dtype) == ((36, 36, 3), np.uint8)
    assert PORTRAIT.min() < 10
    assert 115 < PORTRAIT.max() <= 127
    assert colour.load_portrait(64).shape == (64, 64, 3)


@pytest.mark.parametrize("side", [0, 301, 1.5, None, "36"])
def test_a_portrait_is_of_a_side_that_the_photograph_has(side):
    with pytest.raises(ValueError, match="side is .*needed is a whole number from 1"):
        colour.load_portrait(side)


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


def test_a_lamp_leaves_black_and_takes_at_most_six_tenths():
    pieces = np.uint8([0, 50, 100, 127]).reshape(1, 2, 2, 1).repeat(3, axis=3)
    tints = np.uint8([0, 127, 63]).reshape(1, 1, 1, 3)
    lit = colour.shine(pieces, tints)
    assert lit.dtype == np.uint8
    assert lit[..., 0].ravel().tolist() == [0, 20, 40, 51]
    np.testing.assert_array_equal(lit[..., 1], pieces[..., 1])
    assert lit[..., 2].ravel().tolist() == [0, 35, 70, 89]
    mixed = colour.average(pieces, tints)
    assert mixed[..., 0].ravel().tolist() == [0, 25, 50, 63]
    assert mixed[..., 1].ravel().tolist() == [63, 88, 113, 127]


@pytest.mark.parametrize("blend", [colour.average, colour.shine])
def test_tints_that_do_not_fit_are_refused(blend):
    pieces, tints = np.zeros((2, 8, 8, 3), np.uint8), np.zeros((2, 1, 1, 3), np.uint8)
    assert blend(pieces, tints).shape == pieces.shape
    for wrong, message in [
        ((pieces + np.uint8(128), tints), "values up to 127"),
        ((pieces, tints + np.uint8(128)), "values up to 127"),
        ((pieces, tints[:1]), r"needed is \(2, 1, 1, 3\)"),
        ((pieces / 2, tints), "needed is uint8"),
        ((pieces[..., 0], tints), r"needed is \(n, height, width, 3\)"),
    ]:
        with pytest.raises(ValueError, match=message):
            blend(*wrong)


def test_small_digits_stand_on_any_piece_of_the_portrait_and_are_read_again():
    images = portraits(DIGITS[:2000])
    assert (images.shape, images.dtype) == ((2000, 32, 32, 3), np.uint8)
    plain = portraits(DIGITS[:2000], tint=False)
    paper = images.mean(axis=3) < 127.5
    assert (images[paper] <= plain[paper]).all()  # a lamp makes nothing brighter
    strokes = colour.find_strokes(images)
    assert strokes.shape == (2000, 28, 28)
    assert np.corrcoef(strokes.ravel(), DIGITS[:2000].ravel())[0, 1] > 0.9
    _, places, _ = colour.compare_paper(images, PORTRAIT)
    assert len(np.unique(places, axis=0)) == 25


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
        (np.zeros((2, 64, 64), np.uint8), r"needed is \(n, side, side, 3\)"),
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


@pytest.mark.parametrize("tint", [1.5, None, "shine", [True], {}])
def test_a_tint_is_a_function_or_no(tint):
    with pytest.raises(ValueError, match="needed is True, False, or a function"):
        portraits(DIGITS[:2], tint=tint)


@pytest.mark.parametrize(
    ("side", "message"),
    [(27, "whole number from 28"), (1.5, "whole number"), (37, "37 pixels or more")],
)
def test_a_side_is_no_larger_than_the_photograph(side, message):
    with pytest.raises(ValueError, match=message):
        portraits(DIGITS[:2], side=side)


@pytest.mark.parametrize("tint", [False, True, colour.shine])
def test_paper_matches_the_piece_it_is_through_tint_and_ink(tint):
    random = np.random.default_rng(3)  # as colour_digits draws them
    rows, columns = (random.integers(0, 5, 200) for _ in range(2))
    for digits in (BLANK, DIGITS[:200]):
        images = portraits(digits, seed=3, tint=tint)
        matches, places, tints = colour.compare_paper(images, PORTRAIT)
        assert places.tolist() == np.stack([rows, columns], axis=1).tolist()
        # Half of a dark piece is rounded: that is all that is missing.
        assert matches.min() > 0.995
        assert matches.max() <= 1 + 1e-5
        assert tints.shape == (200, 3)
        assert np.isfinite(tints).all()


def test_tints_are_those_of_the_lamp():
    lamps = np.random.default_rng(0).integers(0, 128, (50, 1, 1, 3), np.uint8)
    pieces = np.broadcast_to(PORTRAIT[2:34, 1:33], (50, 32, 32, 3))
    images = colour.shine(pieces, lamps)
    _, _, tints = colour.compare_paper(images, PORTRAIT)
    np.testing.assert_allclose(tints, 0.4 + 0.6 * lamps[:, 0, 0] / 127, atol=0.005)


def test_neither_noise_nor_plain_paper_nor_another_picture_matches():
    random = np.random.default_rng(0)
    real = portraits(BLANK)
    shuffled = random.permutation(real.reshape(200, 1024, 3), axis=1)
    noise = random.integers(0, 128, real.shape, np.uint8)
    plain = np.broadcast_to(
        random.integers(0, 128, (200, 1, 1, 3), np.uint8), real.shape
    )
    others = colour.colour_digits(BLANK, PHOTOGRAPH, 0, side=32)
    limits = [
        (shuffled.reshape(real.shape), 0.1),
        (noise, 0.1),
        (plain, 0),
        (others, 0.5),
    ]
    for images, limit in limits:
        matches, _, _ = colour.compare_paper(images, PORTRAIT)
        assert matches.mean() <= limit
    turned, _, _ = colour.compare_paper(real[:, ::-1].copy(), PORTRAIT)
    assert turned.max() < 0.6


def test_what_a_match_cannot_see_the_places_do():
    """A GAN that draws one piece only, and one that draws the mean of all."""
    one = np.broadcast_to(PORTRAIT[2:34, 2:34], (100, 32, 32, 3))
    matches, places, _ = colour.compare_paper(one, PORTRAIT)
    assert matches.min() > 0.999
    assert len(np.unique(places, axis=0)) == 1
    mean = portraits(BLANK, tint=False).mean(axis=0).astype(np.uint8)[None]
    matches, _, _ = colour.compare_paper(mean, PORTRAIT)
    assert 0.5 < matches[0] < 0.95


def test_soft_edges_of_strokes_are_no_paper():
    """What a GAN draws beside ink lies between the two."""
    images = portraits(DIGITS[:200])
    ink = np.pad(images.mean(axis=3) > 127.5, ((0, 0), (1, 1), (1, 1)))
    near = np.zeros((200, 32, 32), bool)
    for down in range(3):
        for right in range(3):
            near |= ink[:, down : down + 32, right : right + 32]
    paper = images.mean(axis=3) < 127.5
    images[near & paper] = 120
    matches, _, _ = colour.compare_paper(images, PORTRAIT)
    assert matches.min() > 0.995


def test_ink_everywhere_leaves_no_paper_to_compare():
    white = np.full((3, 32, 32, 3), 255, np.uint8)
    matches, places, tints = colour.compare_paper(white, PORTRAIT)
    assert matches.tolist() == [0, 0, 0]
    assert (tints == 0).all()
    assert places.shape == (3, 2)
    # A single dark pixel with bright ones around it is no paper, either.
    white[:, 10, 10] = 0
    assert (colour.compare_paper(white, PORTRAIT)[0] == 0).all()


@pytest.mark.parametrize(
    ("images", "photograph", "message"),
    [
        (np.zeros((2, 64, 64, 3), np.uint8), PORTRAIT, "at least 64"),
        (np.zeros((2, 32, 31, 3), np.uint8), PORTRAIT, "32 × 31 pixels"),
        (np.zeros((2, 27, 27, 3), np.uint8), PORTRAIT, "from 28 to 1024"),
        (np.zeros((2, 32, 32, 3)), PORTRAIT, "needed is uint8"),
        (np.zeros((2, 32, 32, 3), np.uint8), PORTRAIT[..., 0], "For a photograph"),
        (np.zeros((0, 32, 32, 3), np.uint8), PORTRAIT, "1 or more of each"),
    ],
)
def test_what_cannot_be_compared_is_named(images, photograph, message):
    with pytest.raises(ValueError, match=message):
        colour.compare_paper(images, photograph)
