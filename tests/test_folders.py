"""Whatever fails while a folder takes the place of another, one of both is whole."""

import itertools
import os
import shutil
import signal
import subprocess
import sys

from gan_utils import folders
from tools.modules import ROOT

import pytest

OURS = ["card.json", "*.h5", "log/*"]


def fill(folder, text):
    (folder / "log").mkdir(parents=True, exist_ok=True)
    for name in ("a.h5", "log/events", "card.json"):
        (folder / name).write_text(text)


def put(folder, text):
    with folders.replacing(folder, OURS) as new:
        fill(new, text)


def read(folder):
    """Returns the text that is in all files of a folder that is whole."""
    names = ("a.h5", "log/events", "card.json")
    (text,) = {(folder / name).read_text() for name in names}
    return text


@pytest.fixture
def folder(tmp_path):
    fill(tmp_path / "above" / "model", "old")
    return tmp_path / "above" / "model"


def beside(folder):
    return sorted(name for name in os.listdir(folder.parent) if name != folder.name)


def test_one_takes_the_place_of_another(folder):
    put(folder, "new")
    assert read(folder) == "new" and not beside(folder)


def test_parents_are_made_and_rights_are_those_of_any_folder(tmp_path):
    put(tmp_path / "deep" / "below", "new")
    (tmp_path / "usual").mkdir()
    made = tmp_path / "deep" / "below"
    assert made.stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_an_empty_folder_is_filled(tmp_path):
    put(tmp_path, "new")
    assert read(tmp_path) == "new"


@pytest.mark.parametrize("error", [OSError("full"), ValueError(), KeyboardInterrupt()])
def test_what_fails_while_filling_leaves_the_old_one(folder, error):
    with pytest.raises(type(error)), folders.replacing(folder, OURS) as new:
        fill(new, "new")
        raise error
    assert read(folder) == "old" and not beside(folder)


def failing(monkeypatch, *at):
    """Lets some renames fail, counted from the one that ends the filling, 0."""
    count, rename = itertools.count(), os.rename

    def broken(source, target):
        if next(count) in at:
            raise PermissionError(13, "Permission denied")
        rename(source, target)

    monkeypatch.setattr(os, "rename", broken)


@pytest.mark.parametrize("at", [1, 2])
def test_the_new_one_is_kept_when_it_cannot_be_put_in(folder, monkeypatch, at):
    failing(monkeypatch, at)
    with pytest.raises(OSError, match="Permission denied.*lies whole in") as error:
        put(folder, "new")
    assert read(folder) == "old"
    (name,) = beside(folder)
    assert str(folder.parent / name / "new") in str(error.value)
    assert read(folder.parent / name / "new") == "new"
    monkeypatch.undo()
    put(folder, "newer")
    assert read(folder) == "newer" and beside(folder) == [name]


def test_both_are_named_when_neither_can_be_put_in(folder, monkeypatch):
    failing(monkeypatch, 2, 3)
    with pytest.raises(OSError, match="whole in .*/new, and the old one in .*/old;"):
        put(folder, "new")
    (name,) = beside(folder)
    assert read(folder.parent / name / "new") == "new"
    assert read(folder.parent / name / "old") == "old"
    assert folders.find_left(folder) == [folder.parent / name / "new"]


def test_an_old_one_that_cannot_be_deleted_does_not_matter(folder, monkeypatch):
    monkeypatch.setattr(shutil, "rmtree", lambda *_, **options: None)
    put(folder, "new")
    put(folder, "newer")
    assert read(folder) == "newer" and len(beside(folder)) == 2
    monkeypatch.undo()
    put(folder, "newest")
    assert read(folder) == "newest" and not beside(folder)


KILLED = """
import itertools, os, shutil, signal, sys
from pathlib import Path
from gan_utils import folders

folder, at, count = Path(sys.argv[1]), int(sys.argv[2]), itertools.count()

def killing(call):
    def called(*given, **options):
        if next(count) == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*given, **options)
    return called

os.rename, os.fsync, shutil.rmtree = map(killing, (os.rename, os.fsync, shutil.rmtree))
with folders.replacing(folder, ["card.json", "*.h5", "log/*"]) as new:
    (new / "log").mkdir()
    for name in ("a.h5", "log/events", "card.json"):
        (new / name).write_text("new")
"""


@pytest.mark.parametrize("at", range(7))
def test_a_process_killed_anywhere_leaves_one_of_both(folder, at):
    """Three files are flushed; then come three renames, and the deletion."""
    command = [sys.executable, "-c", KILLED, str(folder), str(at)]
    assert subprocess.run(command, cwd=ROOT).returncode == -signal.SIGKILL
    if folder.exists():
        assert read(folder) == ("new" if at == 6 else "old")
    else:
        assert at == 5
        (left,) = folders.find_left(folder)
        assert read(left) == "new" and read(left.with_name("old")) == "old"
    with pytest.raises(RuntimeError), folders.replacing(folder, OURS):
        raise RuntimeError  # the next one comes no further, and yet:
    assert read(folder) == ("new" if at >= 5 else "old")
    assert len(beside(folder)) == (at == 4)  # which was whole and never put in
    put(folder, "newer")
    assert read(folder) == "newer"


def test_what_is_no_model_is_not_touched(tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("mine")
    with pytest.raises(ValueError, match="holds thesis.txt and no card.json"):
        put(mine, "new")
    fill(mine, "old")
    with pytest.raises(ValueError, match="since thesis.txt in it would be lost"):
        put(mine, "new")
    assert (mine / "thesis.txt").read_text() == "mine" and not beside(mine)
    (mine / "thesis.txt").rename(mine / ".DS_Store")
    put(mine, "new")
    assert read(mine) == "new"


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "model").write_text("mine")
    with pytest.raises(ValueError, match="is no folder"):
        put(tmp_path / "model", "new")
    assert (tmp_path / "model").read_text() == "mine"


def test_a_link_stays_and_what_it_leads_to_is_replaced(folder, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(folder)
    put(link, "new")
    assert link.is_symlink() and read(folder) == "new"
    assert not beside(folder) and beside(link) == ["above"]


@pytest.mark.parametrize("goal", ["nowhere", "link"])
def test_a_link_that_leads_nowhere_is_named(tmp_path, goal):
    link = tmp_path / "link"
    link.symlink_to(tmp_path / goal)
    with pytest.raises(ValueError, match=f"is a link to .*{goal}, which is not there"):
        put(link, "new")
    assert link.is_symlink() and not beside(link)


def test_hidden_folders_of_others_are_left_alone(folder):
    """Those of `model.more`, and one that only looks like ours."""
    others = [".model.more.abcdefgh.part/new", ".model.abcdefgh.part/mine"]
    for name in others:
        (folder.parent / name).mkdir(parents=True)
    shutil.rmtree(folder)
    put(folder, "new")
    assert read(folder) == "new"
    assert all((folder.parent / name).exists() for name in others)


def test_files_are_copied_without_their_rights(tmp_path):
    source = tmp_path / "source"
    fill(source, "mine")
    (source / "log" / "graphs").mkdir()
    (source / "log" / "graphs" / "large").touch()
    (source / "log" / "events").chmod(0o400)
    os.mkfifo(source / "pipe")
    folders.copy(source, tmp_path / "target", without=["graphs"])
    assert read(tmp_path / "target") == "mine"
    assert (tmp_path / "target" / "log" / "events").stat().st_mode & 0o200
    assert not (tmp_path / "target" / "log" / "graphs").exists()


def test_links_that_lead_round_are_named(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(ValueError, match="which is not there"):
        folders.find_place(tmp_path / "a", OURS)
    assert folders.find_left(tmp_path / "a") == []
