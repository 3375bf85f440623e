"""Damages files by a seed, and looks at what the package makes of them."""

import importlib
import random
import shutil

from tools.attack import children
from tools.attack.report import Row

# Percent of the cases that each victim gets, and what it is called.
SHARES = {
    "saved.Checkpoints": (30, "checkpoints"),
    "saved.Runs": (8, "run.json"),
    "victims.Cards": (26, "cards and weights"),
    "victims.Weights": (12, "weights, the card signed anew"),
    "victims.Digits": (8, "data/mnist.npz"),
    "victims.Images": (16, "images to evaluate"),
}
COUNTS = {"slice": 150, "full": 1500}
LIMIT = 60  # seconds for one case


def attack(folder, seed, size, count=None):
    """Damages so many files.

    Args:
        folder: where to write.
        seed: decides every damage.
        size: "slice" or "full".
        count: how many files, in place of the size's own number.

    Yields:
        A `report.Row` for each kind of file.
    """
    count = count or COUNTS[size]
    for name, (share, title) in SHARES.items():
        whole = folder / "files" / name
        whole.mkdir(parents=True)
        ((_, fault),) = children.work(make, [(name, whole)], 600)
        if fault:
            raise RuntimeError(f"{name} could not be made: {fault}.")
        cases = [(name, whole, seed, place) for place in range(count * share // 100)]
        faults = [
            f"{case[3]}, {fault}"
            for case, fault in children.work(attempt, cases, LIMIT)
            if fault
        ]
        yield Row(f"files: {title}", len(cases), faults)
        shutil.rmtree(whole)


def victim(name):
    """Makes a victim by the names of its module and class."""
    module, _, kind = name.partition(".")
    return getattr(importlib.import_module(f"tools.attack.{module}"), kind)()


def make(case, tell):
    """Makes what is to be damaged."""
    name, whole = case
    victim(name).make(whole)


def attempt(case, tell):
    """Damages once; tells what was done and returns what broke, or None."""
    name, whole, seed, number = case
    chance = random.Random(f"{name} {seed} {number}")
    folder = whole.with_name(f"{name}-{number}")
    try:
        return victim(name).attempt(chance, whole, folder, tell)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
