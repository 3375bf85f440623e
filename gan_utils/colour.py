"""Digits in colour over a photograph, and their strokes found again. NumPy only.

A digit is cut out of a piece of the photograph by turning its pixels into their
negative. Paper is always darker than half and ink always brighter, so that the
strokes can be told from the paper without knowing the photograph.
"""

import math
from pathlib import Path

from gan_utils import checks

import matplotlib
import numpy as np
from PIL import Image

SIZE = 64  # pixels, both ways
SIDES = (28, 1024)  # smallest and largest side of an image
DARK = 0.45  # of white; the brightest that paper is in the photograph
HEAD = (120, 20, 420, 320)  # of the photograph: left, top, right, bottom


def load_photograph():
    """Loads the photograph of Grace Hopper that comes with matplotlib, darkened.

    It was taken by James S. Davis for the United States Navy and is in the public
    domain. She led the team that wrote one of the first compilers. Half the size
    shows more of her in a piece.

    Returns:
        uint8 `(300, 256, 3)` up to 45 % of white.

    Example:
        >>> load_photograph().shape
        (300, 256, 3)
    """
    with Image.open(_path()) as photograph:
        half = photograph.convert("RGB").reduce(2)
    return (np.asarray(half) * DARK).astype(np.uint8)


def load_portrait(side=36):
    """Loads the head from the same photograph, small, so that any piece shows a face.

    Shades are lifted before all is darkened: pixels from 0 to 1 to the power of 0.7.

    Args:
        side: pixels, both ways, from 1 to 300; 36 has 25 pieces of 32 × 32.

    Returns:
        uint8 `(side, side, 3)` up to half of white.

    Raises:
        ValueError: the side is out of range.

    Example:
        >>> load_portrait().shape
        (36, 36, 3)
    """
    side = checks.count(side, "side", 1, HEAD[2] - HEAD[0])
    with Image.open(_path()) as photograph:
        head = photograph.convert("RGB").crop(HEAD)
        head = head.resize((side, side), Image.Resampling.LANCZOS)
    return np.rint(127 * (np.asarray(head) / 255) ** 0.7).astype(np.uint8)


def _path():
    return Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"


def average(pieces, tints):
    """Averages each channel with a tint, as the article does: half the contrast.

    Args:
        pieces: uint8 `(n, height, width, 3)` up to 127.
        tints: uint8 `(n, 1, 1, 3)` up to 127.

    Returns:
        uint8, as the pieces.

    Raises:
        ValueError: shapes, types or values do not fit.

    Example:
        >>> pieces = np.full((1, 8, 8, 3), 100, np.uint8)
        >>> tints = np.zeros((1, 1, 1, 3), np.uint8)
        >>> int(average(pieces, tints).max())
        50
    """
    pieces, tints = _dark(pieces, tints)
    return (pieces + tints) // 2  # 127 + 127 is no overflow


def shine(pieces, tints):
    """Lights pieces with a lamp of a colour: each channel times 0.4 to 1.

    Black stays black, and contrast shrinks by the same 0.4 to 1; `average` halves it.

    Args:
        pieces: uint8 `(n, height, width, 3)` up to 127.
        tints: uint8 `(n, 1, 1, 3)` up to 127: 0 for 0.4 and 127 for 1.

    Returns:
        uint8, as the pieces.

    Raises:
        ValueError: shapes, types or values do not fit.

    Example:
        >>> pieces = np.full((1, 8, 8, 3), 100, np.uint8)
        >>> tints = np.zeros((1, 1, 1, 3), np.uint8)
        >>> int(shine(pieces, tints).max())
        40
    """
    pieces, tints = _dark(pieces, tints)
    gains = np.float32(0.4) + np.float32(0.6 / 127) * tints
    return np.rint(pieces * gains).astype(np.uint8)


def colour_digits(digits, photograph, seed, tint=True, batch_size=2000, side=SIZE):
    """Enlarges digits and lays them over pieces of a photograph, as its negative.

    Args:
        digits: uint8 `(n, 28, 28)`, as `data.load_mnist` returns them.
        photograph: uint8 `(height, width, 3)`, both at least `side`, no pixel above
            half of white.
        seed: decides pieces and tints; the same seed gives the same images.
        tint: True for `average`, or another function as `shine`; it gets a random
            value, 0 to half of white, for each channel of an image. False for none.
        batch_size: images that are made at once, so that memory stays small.
        side: of an image in pixels, from 28.

    Returns:
        uint8 `(n, side, side, 3)`.

    Raises:
        ValueError: shapes or types do not fit, or the photograph is too bright.

    Source:
        Wouter Bulten, Getting started with GANs (Part 2): Colorful MNIST. He
        took a photograph as bright as it was: where it is half of white, ink looks
        like paper.

    Example:
        >>> digits = np.zeros((10, 28, 28), np.uint8)
        >>> colour_digits(digits, load_photograph(), seed=0).shape
        (10, 64, 64, 3)
    """
    digits = _pixels("digits", digits, ("n", 28, 28))
    photograph = _pixels("a photograph", photograph, ("height", "width", 3))
    side = checks.count(side, "side", *SIDES)
    if min(photograph.shape[:2]) < side or photograph.max() > 127:
        raise ValueError(
            f"The photograph has shape {photograph.shape} and values up to "
            f"{photograph.max()}; needed are {side} pixels or more both ways and "
            "values up to 127. load_photograph() gives one that fits."
        )
    random = np.random.default_rng(checks.count(seed, "seed", 0))
    checks.count(batch_size, "batch_size")
    count = len(digits)
    rows, columns = (
        random.integers(0, size - side + 1, count) for size in photograph.shape[:2]
    )
    tints = random.integers(0, 128, (count, 1, 1, 3), dtype=np.uint8)
    pieces = _pieces(photograph, side)
    blend = _blend(tint)
    enlarge = _interpolation(28, side)
    images = np.empty((count, side, side, 3), np.uint8)
    for start in range(0, count, batch_size):
        part = slice(start, start + batch_size)
        ink = enlarge @ digits[part].astype(np.float32) @ enlarge.T > 127.5
        paper = blend(pieces[rows[part], columns[part]], tints[part])
        images[part] = paper ^ (255 * ink.astype(np.uint8))[..., None]
    return images


def find_strokes(images):
    """Finds the ink in colour images and returns it at the size of MNIST.

    Ink is what is brighter than half of white in the mean of the channels.

    Args:
        images: uint8 `(n, side, side, 3)`, side from 28.

    Returns:
        uint8 `(n, 28, 28)`, 255 for ink.

    Raises:
        ValueError: the images have another shape or type.

    Example:
        >>> find_strokes(np.zeros((10, 64, 64, 3), np.uint8)).shape
        (10, 28, 28)
    """
    images = _square(images)
    side = images.shape[1]
    # Each pixel is repeated 28 times; then every `side` of them are one.
    repeated = np.eye(side, dtype=np.float32).repeat(28, axis=0)
    shrink = repeated.reshape(28, side, side).mean(axis=1)
    strokes = np.empty((len(images), 28, 28), np.uint8)
    for start in range(0, len(images), 2000):
        part = slice(start, start + 2000)
        ink = _ink(images[part])
        strokes[part] = np.rint(255 * (shrink @ ink.astype(np.float32) @ shrink.T))
    return strokes


def compare_paper(images, photograph):
    """Compares the paper of colour images with every piece of a photograph.

    Paper is what is no ink, one pixel away from ink. Of each image, the piece is
    found whose pixels correlate best with it: in each channel for itself, so that no
    tint counts, and as the mean of the three.

    What a match cannot see: whether there is more than one piece, so look at `places`,
    and whether tints are right, so look at `tints`. A blurred piece still matches.
    Plain paper gets 0, and so does noise, but for what the best of many pieces is by
    chance: measure that.

    Args:
        images: uint8 `(n, side, side, 3)`, side from 28.
        photograph: uint8 `(height, width, 3)`, both at least `side`. It takes as much
            time as it has pieces.

    Returns:
        A tuple: `matches`, float `(n,)` from -1 to 1, 1 for the piece itself, however
        tinted by `average` or `shine`, and 0 without paper; `places`, integers
        `(n, 2)`, row and column of the piece's corner; `tints`, float `(n, 3)`, how
        bright paper is in each channel, as a share of the same pixels of the piece.

    Raises:
        ValueError: shapes or types do not fit.

    Example:
        >>> portrait = load_portrait()
        >>> images = np.stack([portrait[1:33, 4:36], portrait[2:34, :32] // 2])
        >>> matches, places, tints = compare_paper(images, portrait)
        >>> [round(float(match), 2) for match in matches], places.tolist()
        ([1.0, 1.0], [[1, 4], [2, 0]])
        >>> [round(float(tint), 1) for tint in tints.mean(axis=1)]
        [1.0, 0.5]
    """
    images = _square(images)
    side = images.shape[1]
    photograph = _pixels("a photograph", photograph, ("height", "width", 3))
    if min(photograph.shape[:2]) < side:
        raise ValueError(
            f"The photograph has shape {photograph.shape} and the images {side} "
            f"pixels both ways; needed is a photograph of at least {side}."
        )
    pieces = _pieces(photograph, side)
    columns = pieces.shape[1]
    found = []
    for part in np.array_split(images, math.ceil(len(images) / 500)):
        paper, pixels = _paper(part)
        # A row of places at a time, so that memory stays small.
        rows = [_correlate(pixels, paper, _flat(row)) for row in pieces]
        values = np.concatenate(rows, axis=1)
        best = values.argmax(axis=1)
        places = np.stack(np.divmod(best, columns), axis=1)
        here = _flat(pieces[places[:, 0], places[:, 1]])
        dark = np.maximum((here * paper).sum(axis=2), 1)  # black has no tint
        tints = ((pixels * paper).sum(axis=2) / dark).T
        found.append((values[np.arange(len(part)), best], places, tints))
    return tuple(np.concatenate(each) for each in zip(*found))


def _ink(images):
    """Tells which pixels `(n, side, side)` of colour images are ink."""
    return images.mean(axis=3, dtype=np.float32) > 127.5


def _paper(images):
    """Returns which pixels are paper `(n, pixels)`, 0 or 1, and all by channels."""
    ink = np.pad(_ink(images), ((0, 0), (1, 1), (1, 1)))
    side = images.shape[1]
    near = np.lib.stride_tricks.sliding_window_view(ink, (side, side), (1, 2))
    paper = ~near.any(axis=(1, 2))
    return paper.reshape(len(images), -1).astype(np.float32), _flat(images)


def _flat(images):
    """Returns images as float `(3, n, pixels)`."""
    return np.moveaxis(images.reshape(len(images), -1, 3), 2, 0).astype(np.float32)


def _correlate(pixels, paper, pieces):
    """Correlates images and pieces where paper is: the mean of channels `(n, m)`."""
    count = np.maximum(paper.sum(axis=1, keepdims=True), 1)
    total = 0
    for values, others in zip(pixels, pieces):
        middle = (values * paper).sum(axis=1, keepdims=True) / count
        values = (values - middle) * paper
        means = paper @ others.T / count
        spread = paper @ (others**2).T / count - means**2
        own = (values**2).sum(axis=1, keepdims=True) / count
        sizes = np.sqrt(own * spread.clip(0))
        # Plain paper has no pattern, and no size to divide by.
        total = total + values @ others.T / count / np.maximum(sizes, 0.25)
    return total / 3


def _pieces(photograph, side):
    """All pieces of a photograph, `(rows, columns, side, side, 3)`, without a copy."""
    window = (side, side, 3)
    return np.lib.stride_tricks.sliding_window_view(photograph, window)[:, :, 0]


def _interpolation(size, larger):
    """A matrix `(larger, size)` that interpolates linearly, corner to corner."""
    places = np.linspace(0, size - 1, larger)
    distances = np.abs(places[:, None] - np.arange(size))
    return (1 - distances).clip(0).astype(np.float32)


def _blend(tint):
    """Returns the function that a tint stands for."""
    if isinstance(tint, (bool, np.bool_)):
        return average if tint else lambda pieces, tints: pieces
    if not callable(tint):
        raise ValueError(
            f"tint is {tint!r}; needed is True, False, or a function such as "
            "colour.shine."
        )
    return tint


def _dark(pieces, tints):
    """Checks what a tint is made of."""
    pieces = _pixels("pieces", pieces, ("n", "height", "width", 3))
    tints = _pixels("tints", tints, (len(pieces), 1, 1, 3))
    if max(pieces.max(), tints.max()) > 127:
        raise ValueError(
            f"Pieces up to {pieces.max()} and tints up to {tints.max()} were given; "
            "needed are values up to 127. load_portrait() gives some that fit."
        )
    return pieces, tints


def _square(images):
    images = _pixels("images", images, ("n", "side", "side", 3))
    height, width = images.shape[1:3]
    if height != width or not SIDES[0] <= height <= SIDES[1]:
        raise ValueError(
            f"Images of {height} × {width} pixels were given; needed are square ones "
            f"from {SIDES[0]} to {SIDES[1]} pixels both ways."
        )
    return images


def _pixels(what, values, shape):
    array = checks.numbers(values, what, shape)
    if array.dtype != np.uint8:
        raise ValueError(f"For {what}, type {array.dtype} was given; needed is uint8.")
    return array
