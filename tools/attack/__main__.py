"""Attacks the package as a bad day does: kills, damaged files, full disks.

Examples:
  python -m tools.attack
  python -m tools.attack files --count 10000 --seed 1
  python -m tools.attack kills --count 100 --name lesson_05

It prints what was tried, what held and what broke, and ends with 1 when anything broke.
It writes into a temporary folder of its own only, and ends no process that it did not
start. All parts took seven minutes on two cores, `--size slice` one.
"""

import argparse
import functools
import importlib
import inspect
import os
import random
import sys
import tempfile
import time
from pathlib import Path

from tools.attack import children, report

PARTS = ("calls", "clock", "disk", "environment", "files", "kills")


def main():
    options = parse()
    rows, begun = [], time.monotonic()
    say = functools.partial(print, file=sys.stderr, flush=True)
    say(f"seed {options.seed}")
    with tempfile.TemporaryDirectory(prefix="attack-") as folder:
        folder = Path(folder)
        children.private(folder)
        for part in options.parts or PARTS:
            attack = importlib.import_module(f"tools.attack.{part}").attack
            given = more(options, attack)
            for row in attack(folder, options.seed, options.size, **given):
                rows.append(row)
                took = time.monotonic() - begun
                say(
                    f"{took:5.0f} s  {row.what}: {len(row.faults)} of {row.tried} broke"
                )
    print(report.table(rows))
    return int(any(row.faults for row in rows))


def parse():
    parser = argparse.ArgumentParser(
        prog="python -m tools.attack",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", help=f"of: {', '.join(PARTS)}")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--size", choices=("slice", "full"), default="full")
    parser.add_argument("--count", type=int, help="how many files or kills")
    parser.add_argument("--name", default="attack", help="which model is killed")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(unknown)}; see --help")
    if not hasattr(os, "fork"):
        parser.error("it forks and sends signals, which this system cannot")
    return options


def more(options, attack):
    """Returns the options that this part knows."""
    known = inspect.signature(attack).parameters
    given = {"count": options.count, "name": options.name, "say": print}
    return {name: value for name, value in given.items() if name in known}


if __name__ == "__main__":
    sys.exit(main())
