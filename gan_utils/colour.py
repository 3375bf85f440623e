"""Digits in colour over a photograph, and their strokes found again. NumPy only.

A digit is cut out of a piece of the photograph by turning its pixels into their
negative. Paper is always darker than half and ink always brighter, so that the
strokes can be told from the paper without knowing the photograph.
"""

from pathlib import Path

from gan_utils import checks

import matplotlib
import numpy as np
from PIL import Image

SIZE = 64  # pixels, both ways
DARK = 0.45  # of white; the brightest that paper is in the photograph


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
    path = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    with Image.open(path) as photograph:
        half = photograph.convert("RGB").reduce(2)
    return (np.asarray(half) * DARK).astype(np.uint8)


def colour_digits(digits, photograph, seed, tint=True, batch_size=2000):
    """Enlarges digits and lays them over pieces of a photograph, as its negative.

    Args:
        digits: uint8 `(n, 28, 28)`, as `data.load_mnist` returns them.
        photograph: uint8 `(height, width, 3)`, both at least 64, no pixel above
            half of white.
        seed: decides pieces and tints; the same seed gives the same images.
        tint: whether each channel of an image is averaged with a random value,
            0 to half of white, of its own.
        batch_size: images that are made at once, so that memory stays small.

    Returns:
        uint8 `(n, 64, 64, 3)`.

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
    if min(photograph.shape[:2]) < SIZE or photograph.max() > 127:
        raise ValueError(
            f"The photograph has shape {photograph.shape} and values up to "
            f"{photograph.max()}; needed are {SIZE} pixels or more both ways and "
            "values up to 127. load_photograph() gives one that fits."
        )
    random = np.random.default_rng(checks.count(seed, "seed", 0))
    checks.count(batch_size, "batch_size")
    count = len(digits)
    rows, columns = (
        random.integers(0, size - SIZE + 1, count) for size in photograph.shape[:2]
    )
    tints = random.integers(0, 128, (count, 1, 1, 3), dtype=np.uint8)
    window = (SIZE, SIZE, 3)
    pieces = np.lib.stride_tricks.sliding_window_view(photograph, window)[:, :, 0]
    enlarge = _interpolation(28, SIZE)
    images = np.empty((count, SIZE, SIZE, 3), np.uint8)
    for start in range(0, count, batch_size):
        part = slice(start, start + batch_size)
        ink = enlarge @ digits[part].astype(np.float32) @ enlarge.T > 127.5
        paper = pieces[rows[part], columns[part]]
        if tint:
            paper = (paper + tints[part]) // 2  # 127 + 127 is no overflow
        images[part] = paper ^ (255 * ink.astype(np.uint8))[..., None]
    return images


def find_strokes(images):
    """Finds the ink in colour images and returns it at the size of MNIST.

    Ink is what is brighter than half of white in the mean of the channels.

    Args:
        images: uint8 `(n, 64, 64, 3)`.

    Returns:
        uint8 `(n, 28, 28)`, 255 for ink.

    Raises:
        ValueError: the images have another shape or type.

    Example:
        >>> find_strokes(np.zeros((10, 64, 64, 3), np.uint8)).shape
        (10, 28, 28)
    """
    images = _pixels("images", images, ("n", SIZE, SIZE, 3))
    # Each pixel is repeated 28 times; then every 64 of them are one.
    repeated = np.eye(SIZE, dtype=np.float32).repeat(28, axis=0)
    shrink = repeated.reshape(28, SIZE, SIZE).mean(axis=1)
    strokes = np.empty((len(images), 28, 28), np.uint8)
    for start in range(0, len(images), 2000):
        part = slice(start, start + 2000)
        ink = images[part].mean(axis=3, dtype=np.float32) > 127.5
        strokes[part] = np.rint(255 * (shrink @ ink.astype(np.float32) @ shrink.T))
    return strokes


def _interpolation(size, larger):
    """A matrix `(larger, size)` that interpolates linearly, corner to corner."""
    places = np.linspace(0, size - 1, larger)
    distances = np.abs(places[:, None] - np.arange(size))
    return (1 - distances).clip(0).astype(np.float32)


def _pixels(what, values, shape):
    array = checks.numbers(values, what, shape)
    if array.dtype != np.uint8:
        raise ValueError(f"For {what}, type {array.dtype} was given; needed is uint8.")
    return array
