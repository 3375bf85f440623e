"""Lets the clock jump between two sittings: the times of all files change."""

import os
import random
import time

from tools.attack import children, kills, training
from tools.attack.report import Row

YEAR = 365 * 24 * 3600
# By how much the clock of the first sitting is wrong, in seconds, and that of a file.
JUMPS = {
    "back by ten years": (10 * YEAR, lambda chance, place: 10 * YEAR),
    "on by ten years": (-10 * YEAR, lambda chance, place: -10 * YEAR),
    "the newest file is the oldest": (0, lambda chance, place: -place * YEAR),
    "files of any time": (0, lambda chance, place: chance.uniform(-1, 1) * 50 * YEAR),
}


def attack(folder, seed, size):
    """Goes on with a training after each jump; see `tools.attack`."""
    trainings = kills.Trainings(folder, "clock")
    chance, faults = random.Random(seed), []
    jumps = dict(list(JUMPS.items())[: None if size == "full" else 1])
    for number, (title, (wrong, wrong_for)) in enumerate(jumps.items()):
        run = trainings.folder / f"run{number}"
        half = ["train", training.NAME, "--steps", 100, "--seed", 3, "--out", run]
        children.Child(half, run.with_suffix(".out"), clock=wrong).end()
        paths = sorted(run.rglob("*"), key=lambda path: path.stat().st_mtime)
        for place, path in enumerate(paths):
            when = time.time() + wrong_for(chance, place)
            os.utime(path, (when, when))
        fault = trainings.compare(run)
        faults += [f"{title}: {fault}"] if fault else []
    yield Row("clock: it jumps between two sittings", len(jumps), faults)
