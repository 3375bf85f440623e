"""Inserts, splits and renames lessons, and mends what names them by number or file.

python -m tools.number insert 8 choose_the_digit "Choose the digit"
python -m tools.number split 7 24 40 find_directions "Give directions"
python -m tools.number rename 7 walk_through_latent_space "Walk through latent space"

`insert` makes an empty lesson in front of the one that has its number so far. `split`
moves cells, here 24 to 39, into a lesson of its own behind. Mended are the names of
files, titles, navigation, README's table, and in every text under version control
"lesson 8", "lessons 8 to 10" and links. What a lesson says of a part that moved is for
you to read: `split` lists who names the lesson. Then run `make refresh`
and `make test`.
"""

import argparse
import copy
import re
import subprocess
from pathlib import Path

from tools.lessons import ROOT, find_lessons, navigation

import nbformat
from nbformat import v4

TEXTS = {".md", ".py", ".toml", ".yml", ".svg", ".ipynb", ""}
# They speak of lessons that only stand there as examples.
LEFT_ALONE = {"tools/number.py", "tests/test_number.py"}
ITEM = r"\[?\d+\]?(?:\([^)\s]*\))?"
LIST = rf"(?<=essons ){ITEM}(?:(?:, | and | to | or ){ITEM})*"
NAMED = re.compile(rf"\b([Ll]essons? )({LIST}|{ITEM})")
ONE = re.compile(r"(\[?)(\d+)(\]?(?:\([^)\s]*\))?)")
SECTIONS = (
    "**What you will learn**\n\n**What you need:**",
    "## Recap",
    "## Exercises",
    "## Further reading",
)


def mend(text, numbers, names):
    """Mends a text.

    Args:
        text: of a file or a cell.
        numbers: a dict from lessons' numbers to new ones; others stay.
        names: a dict from names of their files to new ones.

    Returns:
        The text with the new ones.

    Example:
        >>> mend("see lessons 7 and [8](08_a.ipynb)", {8: 9}, {"08_a": "09_a"})
        'see lessons 7 and [9](09_a.ipynb)'
    """
    if names:
        known = "|".join(map(re.escape, names))
        text = re.sub(rf"\b({known})\b", lambda found: names[found[1]], text)

    def renumber(found):
        number = int(found[2])
        return f"{found[1]}{numbers.get(number, number)}{found[3]}"

    return NAMED.sub(lambda found: found[1] + ONE.sub(renumber, found[2]), text)


def list_texts(root):
    """Lists the texts under version control, and those that are not ignored."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(
        command, cwd=root, check=True, capture_output=True, text=True
    )
    for name in listed.stdout.splitlines():
        path = root / name
        if path.suffix in TEXTS and name not in LEFT_ALONE and path.is_file():
            yield path


def read_notebook(path):
    return nbformat.read(path, as_version=4)


def mend_files(root, numbers, names):
    """Mends every text; of a notebook its cells, not their outputs."""
    for path in list_texts(root):
        if path.suffix != ".ipynb":
            old = path.read_text("utf-8")
            new = mend(old, numbers, names)
            if new != old:
                path.write_text(new, "utf-8")
            continue
        notebook = read_notebook(path)
        for cell in notebook.cells:
            cell.source = mend(cell.source, numbers, names)
        nbformat.write(notebook, path)


def make_room(root, start):
    """Moves the lessons from a number on by one, and mends what names them."""
    lessons = [path for path in find_lessons(root) if int(path.name[:2]) >= start]
    numbers = {int(path.name[:2]): int(path.name[:2]) + 1 for path in lessons}
    names = {
        path.stem: f"{number:02}{path.stem[2:]}"
        for path, number in zip(lessons, numbers.values())
    }
    for path in lessons:
        path.rename(path.with_stem(names[path.stem]))
    mend_files(root, numbers, names)


def write_lesson(root, number, slug, cells):
    """Writes a lesson whose first and last cell will hold the navigation."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = v4.new_notebook(
        cells=[v4.new_markdown_cell(), *cells, v4.new_markdown_cell()],
        metadata={"kernelspec": kernel, "language_info": {"name": "python"}},
    )
    path = root / "notebooks" / f"{number:02}_{slug}.ipynb"
    nbformat.write(notebook, path)
    return path


def finish(root):
    """Writes each lesson's navigation and number, and README's rows."""
    lessons = find_lessons(root)
    for path in lessons:
        notebook = read_notebook(path)
        cells = notebook.cells
        cells[0].source = cells[-1].source = navigation(path, lessons)
        title = cells[1].source
        cells[1].source = re.sub(r"^# \d+ ·", f"# {int(path.name[:2])} ·", title)
        nbformat.write(notebook, path)
    readme = root / "README.md"
    readme.write_text(mend_table(readme.read_text("utf-8"), lessons), "utf-8")


def mend_table(text, lessons):
    """Numbers README's rows anew, and adds those of lessons that have none."""
    lines, behind = text.split("\n"), None
    for path in lessons:
        title = read_notebook(path).cells[1].source.split("\n")[0].lstrip("# ")
        link = f"[{title}](notebooks/{path.name})"
        rows = [
            n for n, line in enumerate(lines) if f"](notebooks/{path.name}) |" in line
        ]
        if rows:
            behind = rows[0]
            _, rest = lines[behind].split(" | ", 1)
            lines[behind] = f"| {link} | {rest}"
        else:
            behind += 1
            lines.insert(behind, f"| {link} |  |  |")
    return "\n".join(lines)


def get_lesson(root, number):
    """Returns the path of the lesson of a number."""
    lessons = find_lessons(root)
    if not 1 <= number <= len(lessons):
        raise SystemExit(f"There is no lesson {number}; there are 1 to {len(lessons)}.")
    return lessons[number - 1]


def check_name(root, slug, number):
    """Refuses a name that is none, or that another lesson has."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", slug):
        raise SystemExit(f"{slug!r} is no name: small letters, digits and _ are.")
    for path in find_lessons(root):
        if path.stem[3:] == slug and int(path.name[:2]) != number:
            raise SystemExit(f"{path.name} has this name already.")


def insert(root, number, slug, title, cells=()):
    """Makes a lesson in front of the one that has its number so far."""
    check_name(root, slug, None)
    count = len(find_lessons(root))
    if not 2 <= number <= count + 1:
        raise SystemExit(f"Lesson {number} cannot be inserted; 2 to {count + 1} can.")
    make_room(root, number)
    first, *others = map(v4.new_markdown_cell, SECTIONS)
    heading = v4.new_markdown_cell(f"# {number} · {title}")
    write_lesson(root, number, slug, [heading, first, *cells, *others])
    finish(root)


def split(root, number, first, last, slug, title):
    """Moves cells of a lesson, and copies of its imports and settings, behind it."""
    path = get_lesson(root, number)
    notebook = read_notebook(path)
    count = len(notebook.cells)
    if not 1 < first < last < count:
        raise SystemExit(
            f"{path.name} has the cells 0 to {count - 1}; {first} to {last - 1} cannot "
            "be moved. Its first and last hold the navigation, the second its title."
        )
    check_name(root, slug, None)
    code = [cell for cell in notebook.cells[:first] if cell.cell_type == "code"]
    settings = copy.deepcopy(code[:2])
    for cell in settings:
        cell.id = v4.new_code_cell().id
    moved = notebook.cells[first:last]
    del notebook.cells[first:last]
    nbformat.write(notebook, path)
    insert(root, number + 1, slug, title, [*settings, *moved])
    for text in list_texts(root):
        for found in NAMED.finditer(text.read_text("utf-8")):
            if re.search(rf"\b{number}\b", found[2]):
                print(f"{text.relative_to(root)} names lesson {number}: {found[0]}")


def rename(root, number, slug, title):
    """Gives a lesson another name and title."""
    path = get_lesson(root, number)
    check_name(root, slug, number)
    notebook = read_notebook(path)
    cell = notebook.cells[1]
    _, *rest = cell.source.split("\n", 1)
    cell.source = "\n".join([f"# {number} · {title}", *rest])
    nbformat.write(notebook, path)
    new = f"{number:02}_{slug}"
    path.rename(path.with_stem(new))
    mend_files(root, {}, {path.stem: new})
    finish(root)


def main(arguments=None, root=ROOT):
    parser = argparse.ArgumentParser(prog="python -m tools.number")
    commands = parser.add_subparsers(dest="command", required=True)
    for command in (insert, split, rename):
        options = commands.add_parser(command.__name__, help=command.__doc__)
        options.add_argument("number", type=int, help="of the lesson")
        if command is split:
            options.add_argument("first", type=int, help="cell that moves, from 0")
            options.add_argument("last", type=int, help="first cell that stays again")
        options.add_argument("slug", help="its file's name, without number and ending")
        options.add_argument("title", help="a verb and what it is about")
        options.set_defaults(run=command)
    given = vars(parser.parse_args(arguments))
    given.pop("command")
    given.pop("run")(Path(root), **given)


if __name__ == "__main__":
    main()
