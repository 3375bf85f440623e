"""Lessons are inserted, split and renamed on a copy, and every mention follows."""

import shutil
import subprocess

from gan_utils import paths
from tests.test_lessons import read
from tools import number
from tools.lessons import find_lessons, navigation

import nbformat
import pytest

TITLES = {"01_a": "Load a", "02_b": "Build b", "03_c": "Train c"}
CELLS = {
    "01_a": ["**What you need:** nothing. [Lesson 3](03_c.ipynb) trains."],
    "02_b": ["**What you need:** [lesson 1](01_a.ipynb).", "one", "two", "three"],
    "03_c": ["**What you need:** lessons [1](01_a.ipynb) and 2; lesson 3's end."],
}
TEXT = "Lessons 1 to 3, lesson 2's loss, [lesson 3](notebooks/03_c.ipynb), 2 seeds.\n"


@pytest.fixture
def copy(tmp_path):
    """A small series under version control."""
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "notebooks").mkdir()
    rows = []
    for stem, title in TITLES.items():
        heading = f"# {int(stem[:2])} · {title}"
        settings = [nbformat.v4.new_code_cell(text) for text in ("import a", "A = 1")]
        texts = [nbformat.v4.new_markdown_cell(text) for text in CELLS[stem]]
        heading = nbformat.v4.new_markdown_cell(heading)
        cells = [heading, texts[0], *settings, *texts[1:]]
        number.write_lesson(tmp_path, int(stem[:2]), stem[3:], cells)
        rows += [f"| [{int(stem[:2])} · {title}](notebooks/{stem}.ipynb) | it | 20 |"]
    (tmp_path / "README.md").write_text(TEXT + "\n".join(rows) + "\nend\n", "utf-8")
    (tmp_path / "ignored.md").write_text(TEXT, "utf-8")
    (tmp_path / ".gitignore").write_text("ignored.md\n", "utf-8")
    return tmp_path


def names(root):
    return [path.stem for path in find_lessons(root)]


def texts(root, place):
    return [cell.source for cell in read(find_lessons(root)[place - 1]).cells]


def check_series(root):
    lessons = find_lessons(root)
    for index, path in enumerate(lessons, 1):
        cells = [cell.source for cell in read(path).cells]
        assert int(path.name[:2]) == index
        assert cells[0] == cells[-1] == navigation(path, lessons)
        assert cells[1].startswith(f"# {index} · ")
    rows = (root / "README.md").read_text("utf-8").splitlines()[1:-1]
    linked = [row.split("](notebooks/")[1].split(".ipynb")[0] for row in rows]
    assert linked == names(root)
    shown = [row.split("·")[0] for row in rows]
    assert shown == [f"| [{n} " for n in range(1, len(lessons) + 1)]


def test_a_lesson_is_inserted_and_the_later_ones_move(copy):
    number.main(["insert", "2", "new_one", "See it"], copy)
    assert names(copy) == ["01_a", "02_new_one", "03_b", "04_c"]
    check_series(copy)
    assert texts(copy, 2)[1] == "# 2 · See it"
    assert (
        texts(copy, 1)[2]
        == "**What you need:** nothing. [Lesson 4](04_c.ipynb) trains."
    )
    assert texts(copy, 4)[2] == (
        "**What you need:** lessons [1](01_a.ipynb) and 3; lesson 4's end."
    )
    assert (copy / "README.md").read_text("utf-8").splitlines()[0] == (
        "Lessons 1 to 4, lesson 3's loss, [lesson 4](notebooks/04_c.ipynb), 2 seeds."
    )
    assert (copy / "ignored.md").read_text("utf-8") == TEXT


def test_a_lesson_is_split(copy, capsys):
    number.main(["split", "2", "6", "7", "second", "Go on"], copy)
    assert names(copy) == ["01_a", "02_b", "03_second", "04_c"]
    check_series(copy)
    first, second = texts(copy, 2), texts(copy, 3)
    assert first[2:-1] == [CELLS["02_b"][0], "import a", "A = 1", "one", "three"]
    assert second[3:6] == ["import a", "A = 1", "two"]
    ids = [cell.id for path in find_lessons(copy) for cell in read(path).cells]
    assert len(ids) == len(set(ids))
    printed = capsys.readouterr().out
    assert "README.md names lesson 2: lesson 2" in printed
    assert "04_c.ipynb names lesson 2: lessons [1](01_a.ipynb) and 2" in printed


def test_a_lesson_is_renamed(copy):
    number.main(["rename", "3", "teach", "Teach c"], copy)
    assert names(copy) == ["01_a", "02_b", "03_teach"]
    check_series(copy)
    assert texts(copy, 1)[2].endswith("[Lesson 3](03_teach.ipynb) trains.")
    assert "[3 · Teach c](notebooks/03_teach.ipynb) | it | 20 |" in (
        copy / "README.md"
    ).read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["insert", "1", "new", "New"], "2 to 4 can"),
        (["insert", "5", "new", "New"], "2 to 4 can"),
        (["insert", "2", "New one", "New"], "small letters"),
        (["insert", "2", "c", "New"], "has this name already"),
        (["rename", "4", "d", "New"], "1 to 3"),
        (["rename", "3", "a", "New"], "has this name already"),
        (["split", "2", "0", "3", "new", "New"], "cannot be moved"),
        (["split", "2", "1", "3", "new", "New"], "cannot be moved"),
        (["split", "2", "5", "9", "new", "New"], "cannot be moved"),
        (["split", "2", "5", "6", "a", "New"], "has this name already"),
    ],
)
def test_what_cannot_be_done_is_refused_and_nothing_moves(copy, arguments, said):
    before = {path: path.read_bytes() for path in copy.rglob("*.*") if path.is_file()}
    with pytest.raises(SystemExit, match=said):
        number.main(arguments, copy)
    assert all(path.read_bytes() == old for path, old in before.items())


def test_mending_twice_the_same_numbers_is_nothing_new_for_the_series_itself(tmp_path):
    root = tmp_path / "copy"
    ignore = shutil.ignore_patterns("*.npz", "*.h5", "*.gif", "*.png", "log")
    for name in ("notebooks", "gan_utils", "tests", "tools"):
        shutil.copytree(paths.ROOT / name, root / name, ignore=ignore)
    shutil.copy(paths.ROOT / "README.md", root)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    before = {path: path.read_text("utf-8") for path in number.list_texts(root)}
    number.mend_files(root, {n: n for n in range(1, 99)}, {})
    number.finish(root)
    changed = [
        path.name for path, old in before.items() if path.read_text("utf-8") != old
    ]
    assert changed == []
