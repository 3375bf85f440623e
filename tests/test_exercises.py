"""The function that tries a reader's answer: what it lets pass and what it says."""

import contextlib
import io

from gan_utils import exercises, losses

import numpy as np
import pytest
import tensorflow as tf

ROW = np.array([1.0, 2.0, 3.0])
CASES = {"three numbers": ((ROW,), 6.0), "one": ((np.array([5.0]),), 5.0)}


def check(answer, cases):
    """Returns the one line that is printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exercises.check(answer, cases)
    assert printed.getvalue().count("\n") == 1
    return printed.getvalue()


def right(answer, cases):
    return check(answer, cases).startswith("right, all of it: ")


def total(values):
    return values.sum()


@pytest.mark.parametrize(
    "answer",
    [
        total,
        lambda values: float(values.sum()),
        lambda values: np.float32(values.sum()),
        lambda values: tf.reduce_sum(values),
        lambda values: int(values.sum()),
        lambda values: values.sum() * (1 + 1e-5),
    ],
)
def test_a_right_answer_is_right_in_whatever_type_it_comes(answer):
    assert check(answer, CASES) == "right, all of it: three numbers, one\n"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda values: None, "three numbers: expected 6, yours None"),
        (lambda values: 5.0, "three numbers: expected 6, yours 5"),
        (lambda values: 6.0, "one: expected 5, yours 6"),
        (lambda values: [6.0], "three numbers: expected 6, yours [6.0]"),
        (lambda values: "6.0", "three numbers: expected 6, yours '6.0'"),
        (lambda values: float("nan"), "three numbers: expected 6, yours nan"),
        (lambda values: [[1], [1, 2]], "expected 6, yours [[1], [1, 2]]"),
        (lambda: 6.0, "three numbers: expected 6, yours raised TypeError: "),
        (lambda values: values.total(), "yours raised AttributeError: 'numpy.ndarray'"),
    ],
)
def test_the_first_wrong_case_is_named(answer, said):
    assert said in check(answer, CASES)


def test_an_answer_that_writes_into_its_arguments_is_told_so():
    def careless(values):
        values *= 2
        return values.sum() / 2

    said = check(careless, CASES)
    assert said.startswith("three numbers: right, but your function changed")
    assert ROW.tolist() == [1.0, 2.0, 3.0]


def test_arrays_lists_and_tuples_are_compared_part_by_part():
    cases = {"a pair": ((3,), (np.arange(3), "three"))}
    assert right(lambda count: ([0, 1, 2], "three"), cases)
    assert not right(lambda count: ([0, 1, 2], "four"), cases)
    assert not right(lambda count: [0, 1, 2], cases)
    said = check(lambda count: ([0, 1], "three"), cases)
    assert "expected ([0 1 2], 'three'), yours ([0, 1], 'three')" in said
    cases = {"a list": ((), np.array([1, 2]))}
    assert right(lambda: [1, 2], cases)
    assert not right(lambda: [1, 3], cases)
    assert not right(lambda: [[1, 2]], cases)


def test_what_it_says_of_a_large_array_is_one_line():
    many = np.zeros((28, 28))
    said = check(lambda: many + 1, {"an image": ((), many)})
    assert said.startswith("an image: expected [[0. 0. ... 0. 0.]")
    assert len(said) < 300


def test_a_loss_that_the_tape_does_not_see_has_no_gradient():
    cases = {"3": ((3.0,), (9.0, 6.0))}
    assert right(losses.with_gradient(tf.square), cases)
    for unseen in (lambda x: np.square(x), lambda x: tf.constant(np.square(x))):
        said = check(losses.with_gradient(unseen), cases)
        assert said.startswith("3: expected (9, 6), yours (9")
        assert said.endswith(", None)\n")
