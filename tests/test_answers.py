"""The exercises: their checks find mistakes, and their folded answers are true."""

import ast
import contextlib
import io
import re
import textwrap

from tests import answers, slices
from tests.test_lessons import read, sources
from tools.lessons import LESSONS, find_lesson

import matplotlib.pyplot as plt
import pytest

KIND = re.compile(r"\*\*(Predict|Change|Build)\.\*\*")


def exercises():
    for path in LESSONS:
        cells = read(path).cells
        for index, cell in enumerate(cells):
            if cell.cell_type == "code" and "# your code here" in cell.source:
                yield path, cell.source, cells[index + 1].source


def imports_for(code, lesson):
    """Returns those imports at the top of a lesson that a piece of code needs."""
    used = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    needed = [
        node
        for node in ast.parse(sources(read(lesson), "code")[0]).body
        for alias in node.names
        if (alias.asname or alias.name.split(".")[0]) in used
    ]
    return "\n".join(map(ast.unparse, needed))


def run_check(exercise, answer):
    """Runs the cell of an exercise with an answer in it; returns what it prints."""
    path, stub, _ = exercise
    solved = answer + stub.split("# your code here\n", 1)[1]
    scope = {}
    exec(imports_for(solved, path), scope)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(solved, scope)
    return printed.getvalue()


each_exercise = pytest.mark.parametrize(
    "exercise", [*exercises()], ids=lambda exercise: exercise[0].stem
)


@each_exercise
def test_the_folded_answer_solves_the_exercise(exercise):
    answer = re.search(r"<details>.*?```python\n(.*?)```", exercise[2], re.S)[1]
    printed = run_check(exercise, answer)
    if "exercises.check" in exercise[1]:
        assert printed.startswith("right, all of it: ")
        return
    expected, yours = (line.split(":", 1)[1].strip() for line in printed.splitlines())
    assert expected == yours


@each_exercise
def test_the_usual_mistakes_are_found(exercise):
    path, stub, _ = exercise
    if path.stem[3:] not in answers.WRONG:
        pytest.skip("this lesson's check prints what is expected, for the reader's eye")
    heading = re.search(r"def \w+\(.*?\):\n", stub, re.S)[0]
    mistakes = answers.WRONG[path.stem[3:]]
    assert len(mistakes) >= 3
    for mistake in mistakes:
        printed = run_check(exercise, heading + textwrap.indent(mistake, "    ") + "\n")
        assert not printed.startswith("right"), mistake
        assert "raised" not in printed, mistake


def folded(path):
    """Returns the kinds of a lesson's exercises, and the text up to the next one."""
    text = "\n".join(sources(read(path), "markdown"))
    text = text.split("## Exercises")[1].split("## Further reading")[0]
    _, *parts = KIND.split(text)
    return list(zip(parts[::2], parts[1::2]))


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_no_exercise_is_without_an_answer(path):
    unanswered = [kind for kind, text in folded(path) if "<details>" not in text]
    assert {kind for kind, _ in folded(path)} == {"Predict", "Change", "Build"}
    assert not unanswered


def run(path, code):
    """Runs code after what it needs of a lesson; returns what it prints."""
    lesson = "\n".join(sources(read(path), "code"))
    lesson = re.sub(r"^[%!].*$", "", lesson, flags=re.MULTILINE)
    given, used = slices.names(ast.parse(code))
    parts = slices.needed(ast.parse(lesson).body, used - given)
    scope, printed = {}, io.StringIO()
    exec("\n".join(map(ast.unparse, parts)), scope)
    plt.close("all")
    with contextlib.redirect_stdout(printed):
        exec(code, scope)
    return printed.getvalue()


def number(text):
    return float(text.replace("−", "-").replace(",", ""))


def agrees(value, expected):
    """Says whether a number lies in a range, or is another when it is rounded."""
    if isinstance(expected, tuple):
        low, high = map(number, expected)
        return low <= value <= high
    digits = len(expected.partition(".")[2])
    return round(value, digits) == number(expected)


@pytest.mark.parametrize("exercise", answers.PRINTED, ids="-".join)
def test_what_a_folded_answer_says_comes_out(exercise):
    lesson, kind = exercise
    path = find_lesson(lesson)
    answer = dict(folded(path))[kind]
    words, code = answer.split("```python\n")
    code, _, more_words = code.partition("```")
    build = dict(folded(path))["Build"].split("```python\n")[1].split("```")[0]
    values = [float(value) for value in run(path, build + code).split()]
    expected = answers.PRINTED[exercise]
    for value, wanted in zip(values, expected, strict=True):
        assert agrees(value, wanted), f"{value}, and the answer says {wanted}"
        for text in wanted if isinstance(wanted, tuple) else [wanted]:
            assert text in words + more_words


def test_each_number_that_an_answer_computes_is_checked():
    computed = {
        (path.stem[3:], kind)
        for path in LESSONS
        for kind, text in folded(path)
        if kind != "Build" and "```python" in text
    }
    assert computed == set(answers.PRINTED)


LESSON = """
import numpy as np
STEPS = 3
def train(network, count): network.append(count)
network = []
other = []
train(other, STEPS)
train(network, STEPS)
print(network)
shown = len(network)
network.append(4)
"""


def test_a_piece_of_a_lesson_gets_what_it_uses_and_what_changed_that():
    parts = slices.needed(ast.parse(LESSON).body, {"network"})
    kept = [ast.unparse(part).split("\n")[0] for part in parts]
    assert kept == [
        "STEPS = 3",
        "def train(network, count):",
        "network = []",
        "train(network, STEPS)",
        "shown = len(network)",
        "network.append(4)",
    ]
