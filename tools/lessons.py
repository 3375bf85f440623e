"""Where the lessons are and how their navigation lines read."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def find_lessons(root=ROOT):
    """Lists the paths of the lessons in their order."""
    return sorted((root / "notebooks").glob("[0-9][0-9]_*.ipynb"))


LESSONS = find_lessons()


def find_lesson(name):
    """Returns the path of a lesson by its file's name without the number."""
    found = [path for path in LESSONS if path.stem[3:] == name]
    if not found:
        known = ", ".join(path.stem[3:] for path in LESSONS)
        raise LookupError(f"There is no lesson {name!r}; there are: {known}.")
    return found[0]


def navigation(path, lessons=LESSONS):
    """Returns the line that links a lesson with its neighbours and the contents."""
    index = lessons.index(path)
    links = ["[contents](../README.md#the-lessons)"]
    if index > 0:
        links.insert(0, f"[← previous]({lessons[index - 1].name})")
    if index + 1 < len(lessons):
        links.append(f"[next →]({lessons[index + 1].name})")
    return " · ".join(links)
