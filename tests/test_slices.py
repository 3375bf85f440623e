"""What a piece of a lesson needs, by itself and in every lesson with a control."""

import ast
import builtins
import re

from tests import slices
from tools.lessons import LESSONS

import nbformat
import pytest


def test_what_a_control_needs_is_all_that_runs():
    code = """
import numpy as np
import keras
count = 3
points = np.zeros(count)
points[0] = 1
far = points + 1
far *= 2
print(far)
def look(size):
    return far[:size]
def unused(size):
    return keras.Input(size)
widgets.explore(look, size=(0, 3, 1, 0))
count = 4
"""
    needed = """def lesson():
    import numpy as np
    count = 3
    points = np.zeros(count)
    points[0] = 1
    far = points + 1
    far *= 2
    def look(size):
        return far[:size]
    display(widgets.explore(look, size=(0, 3, 1, 0)))


lesson()"""
    assert slices.show_controls("lesson", code) == needed


def test_what_a_function_uses_may_get_its_value_below_it():
    code = """
def look(size):
    return far[:size]
unused = 3
far = [1, 2, 3]
widgets.explore(look, size=(0, 3, 1, 0))
"""
    shown = """def lesson():
    def look(size):
        return far[:size]
    far = [1, 2, 3]
    display(widgets.explore(look, size=(0, 3, 1, 0)))


lesson()"""
    assert slices.show_controls("lesson", code) == shown


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_controls_of_a_lesson_use_no_name_that_has_no_value(path):
    cells = nbformat.read(path, as_version=4).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    shown = slices.show_controls("lesson", re.sub(r"(?m)^[%!].*$", "", code))
    given, used = slices.names(ast.parse(shown))
    assert used - given - {*dir(builtins), "display"} == set()
