"""What images, points and numbers must be before anything is made of them. NumPy only.

Each function returns what it was given in the form that is worked with, or raises a
`ValueError` that says what was given and what is needed.
"""

import operator
import reprlib

import numpy as np

LARGEST = 1e15  # as far from 0 as a number may lie: float32 still holds its square
MOST = 2**28  # numbers in one array that is made; 1 GB as float32


def array_of(values, what):
    """Returns values as an array of any type; a masked one would lose its mask.

    Example:
        >>> array_of([1, 2], "steps").shape
        (2,)
    """
    parts = values if isinstance(values, (list, tuple)) else ()
    if any(map(np.ma.isMaskedArray, (values, *parts))):
        raise ValueError(f"The {what} are a masked array; pass its filled() values.")
    try:
        return np.asarray(values)
    except Exception as error:  # whatever conversion a foreign type may bring
        raise ValueError(
            f"The {what} are no array: their rows differ in length, or they are no "
            "numbers."
        ) from error


def numbers(values, what, shape, kinds="iuf", largest=LARGEST):
    """Checks real, finite numbers.

    Args:
        values: an array, or what NumPy makes one of.
        what: what they are called, such as `"points"`.
        shape: for each axis the size that it must have, or a name such as `"n"`
            where any will do but 0.
        kinds: NumPy's letters of the types that will do.
        largest: as far from 0 as one may lie.

    Returns:
        The array, of the type that it had.

    Example:
        >>> numbers([[1.0, 2.0]], "points", ("n", 2)).shape
        (1, 2)
    """
    array = array_of(values, what)
    fits = array.ndim == len(shape) and all(
        size == needed or isinstance(needed, str)
        for size, needed in zip(array.shape, shape)
    )
    if not fits or array.size == 0:
        needed = ", ".join(map(str, shape)) + "," * (len(shape) == 1)
        single = array.ndim == len(shape) - 1 and array.size
        raise ValueError(
            f"For {what}, an array of shape {array.shape} was given; needed is "
            f"({needed}), with 1 or more of each."
            + " For a single one, pass it as values[None]."
            * bool(single)
        )
    if array.dtype.kind not in kinds:
        needed = "real numbers" if "f" in kinds else "integers"
        raise ValueError(f"For {what}, {needed} are needed, not {array.dtype}.")
    # As float64, since float16 cannot be compared with what it does not hold.
    ends = float(array.min()), float(array.max())
    if not -largest <= ends[0] <= ends[1] <= largest or not np.isfinite(ends).all():
        raise ValueError(
            f"Among the {what} are NaN, infinity, or numbers beyond {largest:g}; look "
            "at what made them."
        )
    return array


def points(values, what="points"):
    """Checks points of latent space.

    Returns:
        float32 `(n, latent_dim)`, both 1 or more.

    Example:
        >>> points([[1, 2]])
        array([[1., 2.]], dtype=float32)
    """
    return numbers(values, what, ("n", "latent_dim")).astype(np.float32, copy=False)


def labels(values, shape, classes=10, what="labels"):
    """Checks labels.

    Args:
        values: integers from 0 to classes - 1.
        shape: as for `numbers`.
        classes: how many there are.
        what: what they are called.

    Returns:
        The array, of the type of integers that it had.

    Example:
        >>> labels([0, 9], ("n",)).tolist()
        [0, 9]
    """
    array = numbers(values, what, shape, "iu")
    if array.min() < 0 or array.max() >= classes:
        raise ValueError(
            f"The {what} go from {array.min()} to {array.max()}; needed are integers "
            f"from 0 to {classes - 1}."
        )
    return array


def probabilities(values):
    """Checks what a softmax returns.

    Returns:
        float64 `(n, classes)`, from 0; each row sums to 1.

    Example:
        >>> probabilities([[0.25, 0.75]])
        array([[0.25, 0.75]])
    """
    array = numbers(values, "probabilities", ("n", "classes")).astype(np.float64)
    if array.min() < 0 or not np.allclose(array.sum(axis=1), 1):
        raise ValueError(
            "Probabilities are from 0, and each row of them sums to 1; these do not. "
            "Pass logits through a softmax."
        )
    return array


def pixel_range(ends):
    """Checks the values of black and white.

    Returns:
        `(low, high)`, floats, the first below the second.

    Example:
        >>> pixel_range((0, 255))
        (0.0, 255.0)
    """
    low, high = numbers(ends, "pixel_range", (2,)).tolist()
    if not high - low > 1e-6 * max(1, abs(low), abs(high)):
        raise ValueError(
            f"The pixel_range {low:g} to {high:g} was given; needed are the values of "
            "black and of white, the first below the second, such as (-1, 1)."
        )
    return float(low), float(high)


def images(values, ends=(-1.0, 1.0), beyond=0.01):
    """Checks images.

    Args:
        values: `(n, height, width)` or `(n, height, width, 1 or 3)`: uint8, or floats.
        ends: the values of black and white among floats.
        beyond: how far floats may lie outside, in widths of that range.

    Returns:
        The array, of the type and shape that it had.

    Example:
        >>> images(np.zeros((2, 28, 28))).shape
        (2, 28, 28)
    """
    low, high = pixel_range(ends)
    array = array_of(values, "images")
    colours = array.shape[3:] in ((), (1,), (3,))
    if array.ndim < 3 or not colours or array.size == 0:
        raise ValueError(
            f"Images of shape {array.shape} were given; needed is (n, height, width) "
            "or (n, height, width, 1 or 3). For one image, pass image[None]."
        )
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind != "f":
        raise ValueError(
            f"Images of type {array.dtype} were given; needed is uint8 from 0 to 255, "
            f"or floats from {low:g} to {high:g}."
        )
    margin = beyond * (high - low)
    lowest, highest = float(array.min()), float(array.max())
    if not low - margin <= lowest <= highest <= high + margin:
        raise ValueError(
            f"The pixels go from {lowest:g} to {highest:g}; needed is {low:g} to "
            f"{high:g}. Scale them, or look at what made them."
        )
    return array


def curve(steps, values, name):
    """Checks a curve; its values may be NaN or infinite, as a loss may become.

    Returns:
        `(steps, values)`, arrays of the same length, 1 or more.

    Example:
        >>> curve([0, 1], [2.0, float("nan")], "loss")[1]
        array([ 2., nan])
    """
    steps, values = numbers(steps, "steps", ("n",)), array_of(values, name)
    if values.shape != steps.shape or values.dtype.kind not in "iuf":
        raise ValueError(
            f"For {name!r}, {values.dtype} of shape {values.shape} was given for "
            f"{len(steps)} steps; needed is a number for each."
        )
    return steps, values


def number(value, name, low, high):
    """Checks a single real number, which must be from `low` to `high`.

    Returns:
        A float.

    Example:
        >>> number(1, "share", 0, 1)
        1.0
    """
    real = isinstance(value, (int, float, np.integer, np.floating))
    if not real or isinstance(value, bool) or not low <= value <= high:
        raise ValueError(
            f"{name} is {_shown(value)}; needed is a number from {low:g} to {high:g}."
        )
    return float(value)


def count(value, name, low=1, high=None):
    """Checks a whole number, which must be from `low`, and up to `high` unless None.

    Returns:
        An int.

    Example:
        >>> count(np.int64(3), "columns")
        3
    """
    try:
        whole = None if isinstance(value, bool) else operator.index(value)
    except Exception:  # whatever the index of a foreign type may raise
        whole = None
    if whole is None or whole < low or (high is not None and whole > high):
        limit = "" if high is None else f" to {high:,}"
        raise ValueError(
            f"{name} is {_shown(value)}; needed is a whole number from {low}{limit}."
        )
    return whole


def _shown(value):
    try:
        return reprlib.repr(value)
    except Exception:  # such as an integer of more digits than Python writes
        return f"of type {type(value).__name__}"
