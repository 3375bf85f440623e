"""Writes the table of modules into CONTRIBUTING.md, from the modules themselves.

python -m tools.modules
"""

import ast
import functools
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "gan_utils"
GUIDE = ROOT / "CONTRIBUTING.md"
BEGIN, END = "<!-- python -m tools.modules writes this: -->\n", "<!-- to here -->\n"


def find_modules():
    """Returns the path of each module by its name, as `models.parts`."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        if name:  # gan_utils itself holds nothing
            found[name] = path
    return found


MODULES = find_modules()


@functools.cache
def parse(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path):
    """Returns the modules of ours, and the packages of others, that a file imports."""
    ours, others = set(), set()
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            # What is named may be a module, or stand in one.
            names = [
                name if name.removeprefix("gan_utils.") in MODULES else node.module
                for name in whole
            ]
        else:
            continue
        for name in names:
            top, _, rest = name.partition(".")
            if top != PACKAGE.name:
                others.add(top)
            elif rest:
                ours.add(rest)
    return ours, others


@functools.cache
def height(name):
    """Returns how many imports lie one above the other below a module, at most."""
    ours, _ = imports(MODULES[name])
    return 1 + max((height(other) for other in ours), default=-1)


def job(path):
    """Returns the first line of a module's docstring."""
    return ast.get_docstring(parse(path)).splitlines()[0]


def table():
    """Returns the rows. A module stands above all that it imports, experiments last."""
    lines = ["| module | its one job | imports of ours |", "|---|---|---|"]

    def place(name):
        return name.startswith("experiments"), -height(name), name

    for name in sorted(MODULES, key=place):
        ours, _ = imports(MODULES[name])
        named = ", ".join(f"`{other}`" for other in sorted(ours)) or "none"
        lines.append(f"| `{name}` | {job(MODULES[name])} | {named} |")
    return "\n".join(lines) + "\n"


def renew(text):
    """Returns a text with the table of today between its two marks."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return before + BEGIN + table() + END + after


def main():
    part = GUIDE.with_suffix(".part")
    part.write_text(renew(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
    os.replace(part, GUIDE)


if __name__ == "__main__":
    main()
