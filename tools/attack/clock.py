"""Lets the clock jump between two sittings: the times of all files change."""

import os
import random
import time

from tools.attack import children, kills, training
from tools.attack.report import Row

YEAR = 365 * 24 * 3600
# From a chance, and the place of a file among all, to its time in seconds.
JUMPS = {
    "back by ten years": lambda chance, place: time.time() + 10 * YEAR,
    "on by ten years": lambda chance, place: time.time() - 10 * YEAR,
    "to 1970": lambda chance, place: 0,
    "the newest file is the oldest": lambda chance, place: time.time() - place * YEAR,
    "at random": lambda chance, place: chance.uniform(0, 2**32),
}


def attack(folder, seed, size):
    """Goes on with a training after each jump; see `tools.attack`."""
    trainings = kills.Trainings(folder / "clock")
    children.warm()
    whole, _, _ = trainings.whole()
    chance, faults = random.Random(seed), []
    jumps = dict(list(JUMPS.items())[: None if size == "full" else 1])
    for number, (title, jump) in enumerate(jumps.items()):
        run = trainings.folder / f"run{number}"
        half = ["train", training.NAME, "--steps", 100, "--seed", 3, "--out", run]
        children.Child(half, run.with_suffix(".out")).end()
        paths = sorted(run.rglob("*"), key=lambda path: path.stat().st_mtime)
        for place, path in enumerate(paths):
            os.utime(path, (when := jump(chance, place), when))
        fault = trainings.finish(run)
        fault = fault or kills.difference(training.contents(run), whole, ["SIGKILL"])
        faults += [f"{title}: {fault}"] if fault else []
    yield Row("clock: it jumps between two sittings", len(jumps), faults)
