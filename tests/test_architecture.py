"""The arrows between the modules, and how heavy each import is."""

import ast
import subprocess
import sys

from tests.lessons import ROOT

import pytest

PACKAGE = ROOT / "gan_utils"
ALLOWED = {
    "__main__": {
        *("data", "metrics", "paths", "plotting"),
        *("pretrained", "recipes", "runs"),
    },
    "runs": {
        *("callbacks", "fitting", "pretrained"),
        *("recipes", "training"),
    },
    "pretrained": {
        *("colour", "data", "latent", "metrics", "models"),
        *("paths", "plotting", "recipes"),
    },
    "recipes": {
        *("classics", "colour", "data", "latent"),
        *("losses", "models", "training"),
    },
    "classics": {"alternating", "classic_networks", "training"},
    "classic_networks": {"models"},
    "alternating": {"losses", "training"},
    "callbacks": {"plotting", "quiet"},
    "playground": {"models", "training"},
    "widgets": {"latent", "plotting"},
    "training": {"fitting", "losses", "models", "quiet"},
    "fitting": {"quiet"},
    "metrics": set(),
    "latent": set(),
    "colour": set(),
    "models": {"quiet"},
    "losses": {"quiet"},
    "data": {"paths", "quiet"},
    "plotting": set(),
    "paths": set(),
    "quiet": set(),
    "__init__": set(),
}
HEAVY = {"tensorflow", "keras", "matplotlib", "numpy", "ipywidgets"}


def imports(path):
    """Returns the modules of ours, and the others, that a file imports."""
    ours, others = set(), set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            others |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "gan_utils":
            ours |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            top, *rest = node.module.split(".")
            if top == "gan_utils":
                ours.add(rest[0])
            else:
                others.add(top)
    return ours, others


def test_the_table_lists_every_module():
    assert {path.stem for path in PACKAGE.glob("*.py")} == set(ALLOWED)


@pytest.mark.parametrize("name", ALLOWED)
def test_arrows_go_where_the_table_says(name):
    ours, _ = imports(PACKAGE / f"{name}.py")
    assert ours <= ALLOWED[name]


@pytest.mark.parametrize(
    "name",
    ["plotting", "latent", "metrics", "widgets", "colour", "paths", "__init__"],
)
def test_light_modules_never_import_tensorflow(name):
    module = "gan_utils" if name == "__init__" else f"gan_utils.{name}"
    code = f"import sys, {module}; print(*sys.modules)"
    run = [sys.executable, "-W", "error", "-c", code]
    loaded = set(
        subprocess.run(run, capture_output=True, text=True, check=True).stdout.split()
    )
    assert not loaded & {"tensorflow", "keras"}
    if name == "__init__":
        assert not loaded & HEAVY


def test_importing_the_heavy_modules_prints_nothing():
    code = "import gan_utils.data, gan_utils.training, tensorflow as tf; tf.zeros(1)"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert run.stdout + run.stderr == ""


def code_lines(path):
    """Counts the lines of a file, docstrings aside."""
    text = path.read_text(encoding="utf-8")
    count = len(text.splitlines())
    for node in ast.walk(ast.parse(text)):
        kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
        if isinstance(node, kinds) and ast.get_docstring(node) is not None:
            count -= node.body[0].end_lineno - node.body[0].lineno + 1
    return count


def test_the_package_stays_small():
    sizes = {path.name: code_lines(path) for path in PACKAGE.glob("*.py")}
    assert max(sizes.values()) < 300, sizes
    assert sum(sizes.values()) < 3000, sizes
