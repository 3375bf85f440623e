"""The arrows between the modules, how large each is, and how heavy its import.

An arrow is an import. The arrows are read from the code; where they may go stands here.
"""

import ast
import graphlib
import subprocess
import sys

from tools.modules import MODULES, ROOT, imports

import pytest

ALLOWED = {
    "__main__": {
        *("data", "judge", "metrics", "paths", "plotting"),
        *("recipes", "runs", "store", "terminal"),
    },
    "runs": {
        *("callbacks", "checkpoints", "fitting", "gan", "judge", "recipes"),
        *("checks", "models", "records"),
    },
    "judge": {
        *("checks", "colour", "compiled", "data", "latent", "metrics", "models"),
        *("plotting", "recipes", "store"),
    },
    "store": {"checks", "folders", "models", "paths", "recipes", "records"},
    "recipes": {
        *("classic_recipes", "colour", "critics", "data", "gan", "losses"),
        *("models", "penalties", "settings", "steps"),
    },
    "classic_recipes": {"colour", "models.classics", "settings", "steps"},
    "settings": {"data", "fitting", "gan", "latent", "losses", "steps"},
    "playground": {"checks", "gan", "models"},
    "gan": {"fitting", "losses", "models", "quiet", "steps"},
    "critics": {"checks", "losses", "penalties", "quiet", "steps"},
    "steps": {"losses", "quiet"},
    "penalties": {"checks", "quiet"},
    "checkpoints": {"folders", "quiet"},
    "fitting": {"quiet"},
    "callbacks": {"plotting", "quiet"},
    "doctor": {"checks", "quiet"},
    "widgets": {"checks", "latent", "plotting", "widget_parts"},
    "widget_parts": {"checks", "plotting"},
    "compiled": {"checks", "models", "quiet"},
    "models": {
        *("models.classifier", "models.conditional", "models.convolutional"),
        "models.parts",
    },
    "models.conditional": {"models.convolutional", "models.parts"},
    "models.classics": {"models.parts"},
    "models.classifier": {"models.parts"},
    "models.convolutional": {"models.parts"},
    "models.parts": {"checks", "quiet"},
    "losses": {"checks", "quiet"},
    "data": {"checks", "paths", "quiet"},
    "metrics": {"checks", "neighbours", "paths", "records"},
    "neighbours": {"checks"},
    "latent": {"checks"},
    "colour": {"checks"},
    "exercises": set(),
    "plotting": {"checks"},
    "checks": set(),
    "paths": set(),
    "records": {"folders"},
    "folders": set(),
    "terminal": set(),
    "quiet": set(),
}
LIGHT = (
    "plotting",
    "latent",
    "metrics",
    "neighbours",
    "widgets",
    "widget_parts",
    "colour",
    "exercises",
    "checks",
    "paths",
    "records",
    "folders",
)
HEAVY = {"tensorflow", "keras", "matplotlib", "numpy", "ipywidgets"}
ARROWS = {name: imports(path)[0] for name, path in MODULES.items()}
HOUSE = [name for name in MODULES if name.split(".")[0] != "experiments"]


def test_the_table_lists_every_module_but_the_experiments():
    assert set(HOUSE) == set(ALLOWED)
    assert len(HOUSE) < len(MODULES)


@pytest.mark.parametrize("name", ALLOWED)
def test_arrows_go_where_the_table_says(name):
    assert ARROWS[name] <= ALLOWED[name]


@pytest.mark.parametrize("arrows", [ALLOWED, ARROWS], ids=["table", "code"])
def test_arrows_only_go_down(arrows):
    graphlib.TopologicalSorter(arrows).prepare()  # raises where there is a circle


@pytest.mark.parametrize("name", HOUSE)
def test_nothing_in_the_house_needs_what_is_built_around_it(name):
    ours, others = imports(MODULES[name])
    assert not [other for other in ours if other.startswith("experiments")]
    assert not others & {"tests", "tools"}


def below(name):
    """Returns all modules that an import of one brings with it."""
    return set().union(*({other} | below(other) for other in ARROWS[name]))


@pytest.mark.parametrize("name", MODULES)
def test_tensorflow_is_quiet_before_a_module_imports_it(name):
    _, others = imports(MODULES[name])
    if name != "quiet" and others & {"tensorflow", "keras"}:
        assert "quiet" in below(name)


def run(code):
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


def test_light_modules_never_import_tensorflow():
    names = ("gan_utils", *(f"gan_utils.{name}" for name in LIGHT))
    code = f"""
import importlib, sys
for name in {names}:
    importlib.import_module(name)
    print(name, *({HEAVY} & set(sys.modules)))
"""
    lines = run(code).stdout.splitlines()
    loaded = {name: set(heavy) for name, *heavy in map(str.split, lines)}
    assert list(loaded) == list(names)
    assert not loaded["gan_utils"]
    for heavy in loaded.values():
        assert not heavy & {"tensorflow", "keras"}


def test_importing_the_heavy_modules_prints_nothing():
    code = "import gan_utils.data, gan_utils.gan, tensorflow as tf; tf.zeros(1)"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert found.stdout + found.stderr == ""


def code_lines(node, lines):
    """Counts the lines of a module or function of so many lines, docstrings aside."""
    for part in ast.walk(node):
        kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        if isinstance(part, kinds) and ast.get_docstring(part) is not None:
            lines -= part.body[0].end_lineno - part.body[0].lineno + 1
    return lines


@pytest.mark.parametrize("name", MODULES)
def test_modules_and_functions_stay_small(name):
    text = MODULES[name].read_text(encoding="utf-8")
    module = ast.parse(text)
    assert code_lines(module, len(text.splitlines())) <= 300
    for node in ast.walk(module):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = node.end_lineno - node.lineno + 1
            assert code_lines(node, length) <= 40, node.name
