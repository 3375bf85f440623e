"""Folders that take the place of others: the old one or the new one is there, whole."""

import contextlib
import fnmatch
import glob
import os
import shutil
import tempfile
from pathlib import Path

LITTER = (".DS_Store", "Thumbs.db")  # of file managers, which nobody misses


@contextlib.contextmanager
def replacing(folder, ours):
    """Gives an empty folder to fill, which then takes the place of another.

    It is filled beside, in a hidden folder `.NAME.*.part`. Then the old folder is
    moved aside, the new one in, and only then is the old one deleted. When the new
    one is filled and cannot be moved in, it is kept. What a killed process left half
    is cleared away the next time; what it left whole is put in where nothing stands,
    and is kept where something does. One process at a time may do this.

    Args:
        folder: a path. A link stays, and what it leads to is replaced.
        ours: patterns of the files that the old folder may hold, as paths in it; the
            first has to be there. Other folders are left alone.

    Yields:
        The path of the folder to fill.

    Raises:
        OSError: the folder cannot be made or replaced; it says what lies where.
        ValueError: something else is in the way.

    Example:
        >>> with tempfile.TemporaryDirectory() as parent:
        ...     with replacing(Path(parent) / "model", ["card.json"]) as new:
        ...         (new / "card.json").touch()
        ...     os.listdir(parent)
        ['model']
    """
    place = find_place(folder, ours)
    place.parent.mkdir(parents=True, exist_ok=True)
    _tidy(place)
    beside = Path(tempfile.mkdtemp(".part", f".{place.name}.", place.parent))
    try:
        half = beside / "half"
        half.mkdir()
        yield half
        flush(half)
        os.rename(half, beside / "new")
    except OSError as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise OSError(
            f"{place} could not be written ({error.strerror or error}). What was there "
            "stands as it was."
        ) from error
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    try:
        _swap(place, beside)
    except OSError as error:
        olds = beside / "old"
        kept = f", and the old one in {olds}" if olds.exists() else ""
        raise OSError(
            f"{place} could not be replaced ({error.strerror or error}). The new one "
            f"lies whole in {beside / 'new'}{kept}; move it from there."
        ) from error
    shutil.rmtree(beside, ignore_errors=True)  # the next time tries again


def find_left(folder):
    """Finds what a killed process had filled for a folder and not yet put in.

    Args:
        folder: a path.

    Returns:
        A list of paths of whole folders, the newest first.
    """
    found = [beside / "new" for beside in _find_beside(Path(os.path.realpath(folder)))]
    found = [path for path in found if path.is_dir()]
    return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)


def flush(folder):
    """Waits until the files below a folder are on the disk.

    Else a loss of power could leave them empty after they were moved into place.

    Args:
        folder: a path.
    """
    for path in Path(folder).rglob("*"):
        if path.is_file():
            with path.open("rb+") as file:
                os.fsync(file.fileno())


def copy(source, target, without=()):
    """Copies the files below a folder, without their rights: they may be read-only.

    Args:
        source: a folder; links to folders are not followed.
        target: a folder; made when it is missing.
        without: names of folders that are left out.
    """
    Path(target).mkdir(parents=True, exist_ok=True)
    for path in Path(source).rglob("*"):
        parts = path.relative_to(source).parts
        if path.is_file() and not set(parts[:-1]) & set(without):
            copied = Path(target, *parts)
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copied)


def find_place(folder, ours):
    """Finds where a folder really is, when it may be replaced.

    Args:
        folder: as for `replacing`.
        ours: as for `replacing`.

    Returns:
        A path without links.

    Raises:
        ValueError: something else is in the way.
    """
    folder = Path(folder)
    if folder.is_symlink() and not folder.exists():
        raise ValueError(
            f"{folder} is a link to {os.readlink(folder)}, which is not there. Mend "
            "the link or remove it."
        )
    place = Path(os.path.realpath(folder))
    if not place.exists():
        return place
    if not place.is_dir():
        raise ValueError(f"{folder} is no folder. Move it away, or give another.")
    names = sorted(
        path.relative_to(place).as_posix()
        for path in place.rglob("*")
        if path.name not in LITTER and (path.is_symlink() or not path.is_dir())
    )
    if names and ours[0] not in names:
        raise ValueError(
            f"{folder} is not replaced, since it holds {names[0]} and no {ours[0]}. "
            "Move it away, or give another folder."
        )
    for name in names:
        if not any(fnmatch.fnmatch(name, pattern) for pattern in ours):
            raise ValueError(
                f"{folder} is not replaced, since {name} in it would be lost. Move "
                "that away, or give another folder."
            )
    return place


def _find_beside(place):
    # Eight characters, or those of `NAME.more` would be found, too.
    pattern = f".{glob.escape(place.name)}.{'?' * 8}.part"
    found = [path for path in place.parent.glob(pattern) if path.is_dir()]
    return [path for path in found if set(os.listdir(path)) <= {"half", "new", "old"}]


def _tidy(place):
    """Puts in what was left whole, and clears away what is half or replaced."""
    for new in find_left(place):
        if not place.exists():
            os.rename(new, place)
    for beside in _find_beside(place):
        if not (beside / "new").exists():
            shutil.rmtree(beside, ignore_errors=True)


def _swap(place, beside):
    if place.exists():
        os.rename(place, beside / "old")
    try:
        os.rename(beside / "new", place)
    except BaseException:
        if (beside / "old").exists():
            os.rename(beside / "old", place)
        raise
