"""The anatomy of the lessons, their links, and what they show of the package."""

import ast
import base64
import functools
import io
import json
import re

from gan_utils import plotting
from tools import refresh
from tools.lessons import LESSONS, ROOT, navigation

import nbformat
import numpy as np
import pytest
from PIL import Image

PACKAGE = ROOT / "gan_utils"
FIXED = ["Explore", "Recap", "Exercises", "Further reading"]
# Words that tell a reader who is stuck that it should be easy.
FORBIDDEN = r"\b(simply|just|obviously|of course|trivial(ly)?|easy to see)\b"
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")

each_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)


@functools.cache
def read(path):
    return nbformat.read(path, as_version=4)


def sources(notebook, kind):
    return [cell.source for cell in notebook.cells if cell.cell_type == kind]


def tags(cell):
    return cell.metadata.get("tags", [])


def test_the_lessons_are_numbered_without_a_gap():
    assert [int(path.name[:2]) for path in LESSONS] == [*range(1, len(LESSONS) + 1)]


@each_lesson
def test_navigation_stands_at_both_ends(path):
    cells = read(path).cells
    assert cells[0].source == cells[-1].source == navigation(path)


@each_lesson
def test_the_beginning_says_what_comes_out_and_how_long_it_takes(path):
    title, what = (cell.source for cell in read(path).cells[1:3])
    assert re.match(rf"# {int(path.name[:2])} · [A-Z]", title)
    assert "At the end you hold" in title
    assert re.search(r"!\[[^\]]{20,}\]\(pictures/", title), "a picture with alt text"
    assert re.search(r"\*Takes about .* minutes", title)
    bullets = what.split("**What you will learn**")[1].split("**What you need:**")[0]
    assert 3 <= bullets.count("\n- ") <= 5


@each_lesson
def test_code_begins_with_imports_then_parameters(path):
    cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
    statements = ast.parse(cells[0].source).body
    assert all(isinstance(node, (ast.Import, ast.ImportFrom)) for node in statements)
    assert tags(cells[1]) == ["parameters"]
    names = [node.targets[0].id for node in ast.parse(cells[1].source).body]
    assert "SEED" in names
    assert all(name.isupper() for name in names)
    assert not any("parameters" in tags(cell) for cell in cells[2:])
    for source in sources(read(path), "code")[1:]:
        assert not re.search(r"^\s*(import|from) ", source, re.M), source


@each_lesson
def test_sections_come_in_order(path):
    text = "\n".join(sources(read(path), "markdown"))
    headings = re.findall(r"^## (.+)$", text, re.M)
    assert headings[-4:] == FIXED
    assert 3 <= len(headings[:-4]) <= 6
    assert text.count("**Predict") >= 2


@each_lesson
def test_no_cell_is_empty(path):
    cells = read(path).cells
    assert [n for n, cell in enumerate(cells) if not cell.source.strip()] == []


@each_lesson
def test_the_lesson_keeps_its_limits(path):
    notebook = read(path)
    code = sources(notebook, "code")
    lines = [len(source.splitlines()) for source in code]
    prose = "\n".join(sources(notebook, "markdown"))
    prose = re.sub(r"```.*?```|\$\$.*?\$\$|\]\([^)]*\)", " ", prose, flags=re.S)
    words = len(re.findall(r"[A-Za-z]+", prose))
    assert 20 <= len(notebook.cells) <= 64
    assert max(lines) <= 25
    assert sum(lines) <= 240
    assert 600 <= words <= 2000
    assert path.stat().st_size <= 700_000


@each_lesson
def test_the_words_are_plain(path):
    for source in sources(read(path), "markdown"):
        found = re.search(FORBIDDEN, source, re.I)
        assert not found, f"{found[0]!r} in: {source[:80]}"


@each_lesson
def test_outputs_are_stored_and_clean(path):
    text = path.read_text(encoding="utf-8")
    cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == [*range(1, len(cells) + 1)]
    assert any(cell.outputs for cell in cells)
    for cell in cells:
        for output in cell.outputs:
            assert output.get("name") != "stderr"
            assert output.output_type != "error"
    assert "model_id" not in text
    assert str(ROOT) not in text
    assert "PosixPath(" not in text
    assert set(json.loads(text)["metadata"]) == {"kernelspec", "language_info"}


@each_lesson
def test_ignored_outputs_are_followed_by_a_strict_verdict(path):
    """A cell whose output is not compared may not hide a broken lesson."""
    cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
    ignored = ["nbval-ignore-output" in tags(cell) for cell in cells]
    for index, cell in enumerate(cells):
        shows = any(
            "text/plain" in out.get("data", {}) or "text" in out for out in cell.outputs
        )
        if ignored[index] and shows and index + 1 < len(cells):
            later = [
                i
                for i in range(index + 1, len(cells))
                if not ignored[i] and cells[i].outputs
            ]
            assert later, f"nothing strict comes after cell {cell.id}"
            assert later[0] - index <= 3, f"no verdict soon after cell {cell.id}"


def functions(tree):
    """Returns functions and methods by name, without their docstrings."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            if ast.get_docstring(node) is not None:
                node.body = node.body[1:]
            found.setdefault(node.name, []).append(ast.dump(node))
    return found


@functools.cache
def packaged():
    found = {}
    for path in PACKAGE.rglob("*.py"):
        for name, bodies in functions(ast.parse(path.read_text("utf-8"))).items():
            found.setdefault(name, []).extend(bodies)
    return found


@each_lesson
def test_taught_code_is_the_package_s_code(path):
    ours = packaged()
    for cell in read(path).cells:
        if "taught" in tags(cell):
            body = ast.parse(cell.source).body
            assert len(body) == 1, "a taught cell is one function"
            for name, (shown,) in functions(ast.parse(cell.source)).items():
                assert shown in ours.get(name, []), f"{name} differs from the package"


def test_something_is_taught_from_the_second_lesson_on():
    for path in LESSONS[1:5]:
        assert any("taught" in tags(cell) for cell in read(path).cells), path.name


def heading_anchors(path):
    lines = path.read_text("utf-8").splitlines()
    titles = [line.lstrip("# ") for line in lines if line.startswith("#")]
    return {
        re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles
    }


def documents():
    for path in LESSONS:
        yield path, "\n".join(sources(read(path), "markdown"))
    for path in [*ROOT.glob("*.md"), *ROOT.glob("data/*.md")]:
        yield path, path.read_text("utf-8")


@pytest.mark.parametrize(
    "document", [*documents()], ids=lambda document: document[0].name
)
def test_relative_links_lead_somewhere(document):
    path, text = document
    for link in LINK.findall(text):
        if not link.startswith(("https://", "http://", "mailto:")):
            file, _, anchor = link.partition("#")
            target = (path.parent / file).resolve() if file else path
            assert target.exists(), f"{link} in {path.name}"
            if anchor:
                assert anchor in heading_anchors(target), f"{link} in {path.name}"


def test_a_stored_picture_looks_as_it_was_drawn():
    red, grey = np.mgrid[:64, :64].astype(np.uint8)
    drawn = np.dstack([3 * red, 3 * grey, 2 * red])
    png = base64.b64encode(plotting.png_bytes(drawn)).decode()
    stored = Image.open(io.BytesIO(base64.b64decode(refresh.shrink(png))))
    assert (stored.mode, stored.size) == ("P", (64, 64))
    assert np.abs(np.asarray(stored.convert("RGB"), float) - drawn).mean() < 6


def test_every_picture_is_used():
    text = "\n".join(text for _, text in documents())
    for path in (ROOT / "notebooks" / "pictures").iterdir():
        assert f"pictures/{path.name}" in text
