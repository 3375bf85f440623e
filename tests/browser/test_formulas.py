"""Every formula of every lesson is rendered: no error, no bare command in it."""

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from tests.browser.conftest import refuse
from tools.lessons import LESSONS

import nbformat
import pytest

FOLDER = Path(__file__).parent / "formulas"
HOW = (
    "No Node was found, which renders the formulas. Install it with npm, version 18 or "
    "later (Debian and Ubuntu: apt-get install nodejs npm; others: nodejs.org)."
)
CODE = re.compile(r"^```.*?^```|`[^`]*`", re.MULTILINE | re.DOTALL)
FORMULA = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$", re.DOTALL)
COMMAND = re.compile(r"\\([A-Za-z]+)")
MATHML = "{http://www.w3.org/1998/Math/MathML}"


def find_formulas(text):
    """Returns the formulas of a Markdown text, and what is left without them."""
    prose = CODE.sub("", text)
    formulas = [display or inline for display, inline in FORMULA.findall(prose)]
    return formulas, FORMULA.sub("", prose)


def find_bare_commands(mathml, commands):
    """Returns the commands that a rendered formula spells letter by letter."""
    tree = ElementTree.fromstring(mathml)
    letters = "".join(
        element.text if len(element.text or "") == 1 else " "
        for element in tree.iter(f"{MATHML}mi")
    )
    return [command for command in commands if command in letters]


def find_mistakes(formulas, rendered):
    """Returns a line for each formula that does not print as it was meant."""
    commands = {name for text in formulas for name in COMMAND.findall(text)}
    commands |= {"left", "right", "frac", "sqrt", "text"}
    mistakes = []
    for formula, result in zip(formulas, rendered, strict=True):
        if "error" in result:
            mistakes.append(f"{formula}: {result['error']}")
        elif bare := find_bare_commands(result["mathml"], commands):
            mistakes.append(f"{formula}: prints {', '.join(bare)}")
    return mistakes


@pytest.fixture(scope="module")
def render():
    """Returns a function from formulas to what KaTeX makes of them."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not (node and npm):
        refuse(HOW)
    subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=FOLDER, check=True)

    def run(formulas):
        command = [node, FOLDER / "render.mjs"]
        given = json.dumps(formulas).encode()
        return json.loads(
            subprocess.run(command, input=given, check=True, capture_output=True).stdout
        )

    return run


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_formula_of_a_lesson_prints_as_it_was_meant(path, render):
    """No error, no bare command, no dollar sign without its partner."""
    cells = nbformat.read(path, as_version=4).cells
    found = [
        find_formulas(cell.source) for cell in cells if cell.cell_type == "markdown"
    ]
    formulas = [formula for several, _ in found for formula in several]
    assert not [rest for _, rest in found if "$" in rest]
    assert not find_mistakes(formulas, render(formulas))


@pytest.mark.parametrize(
    "wrong",
    [
        r"\\left(C\right)",
        r"\frca{1}{2}",
        r"frac{1}{2}",
        r"\left( x",
        "log D(x)",
        "x_1_2",
    ],
)
def test_a_broken_formula_is_found(wrong, render):
    """A backslash too many, too few, a misspelt command, a bracket left open."""
    formulas = [wrong, r"\log D(x)"]
    mistakes = find_mistakes(formulas, render(formulas))
    assert len(mistakes) == 1 and mistakes[0].startswith(wrong)
