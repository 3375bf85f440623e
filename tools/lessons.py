"""Where the lessons are and how their navigation lines read."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LESSONS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def navigation(path):
    """Returns the line that links a lesson with its neighbours and the contents."""
    index = LESSONS.index(path)
    links = ["[contents](../README.md#the-lessons)"]
    if index > 0:
        links.insert(0, f"[← previous]({LESSONS[index - 1].name})")
    if index + 1 < len(LESSONS):
        links.append(f"[next →]({LESSONS[index + 1].name})")
    return " · ".join(links)
