"""Tries an answer of yours to an exercise on several cases."""

import copy
import reprlib

import numpy as np


def check(answer, cases, tolerance=1e-4):
    """Calls your function on each case, and prints the first that comes out wrong.

    Args:
        answer: your function.
        cases: a dict from what each case is to its arguments, a tuple, and to what is
            expected of them: numbers, arrays or strings, or a tuple of those. Yours may
            be of Python, NumPy or TensorFlow, and lists do for arrays.
        tolerance: how far a number may lie from the expected one, as a share of it,
            and of 1 where that is less.

    Example:
        >>> check(lambda width: width // 2, {"a width of 28": ((28,), 14)})
        right, all of it: a width of 28
    """
    for case, (arguments, expected) in cases.items():
        given = copy.deepcopy(arguments)
        wanted = f"{case}: expected {_show(expected)}, yours"
        try:
            found = answer(*given)
        except Exception as error:  # whatever a wrong answer raises, it is shown
            print(f"{wanted} raised {type(error).__name__}: {error}")
            return
        if not _agree(found, expected, tolerance):
            print(wanted, _show(found))
            return
        if not all(_agree(*pair, 0) for pair in zip(given, arguments)):
            print(f"{case}: right, but your function changed what it was given")
            return
    print("right, all of it:", ", ".join(cases))


def _agree(found, expected, tolerance):
    """Tells whether two values are the same but for rounding, in shape, too."""
    if isinstance(expected, tuple):
        return (
            isinstance(found, tuple | list)
            and len(found) == len(expected)
            and all(_agree(a, b, tolerance) for a, b in zip(found, expected))
        )
    try:
        found, expected = np.asarray(found), np.asarray(expected)
    except ValueError:  # lists of different lengths
        return False
    if found.shape != expected.shape:
        return False
    if expected.dtype.kind not in "biufc" or found.dtype.kind not in "biufc":
        return bool((found == expected).all())
    return np.allclose(found, expected, rtol=tolerance, atol=tolerance, equal_nan=True)


def _show(value):
    """Writes a value on a line, numbers with four digits."""
    if isinstance(value, tuple):
        return f"({', '.join(map(_show, value))})"
    if isinstance(value, float | np.floating):
        return f"{value:.4g}"
    if not hasattr(value, "__array__"):
        return reprlib.repr(value)
    with np.printoptions(precision=4, suppress=True, threshold=8, edgeitems=2):
        return " ".join(str(np.asarray(value)).split())
