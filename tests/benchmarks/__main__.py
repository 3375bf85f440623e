"""Prints two tables: quality and memory after four minutes, speed of the loops.

python -m tests.benchmarks [--seconds 240] [--seeds 0 1 2] [--kinds ours warm rival]
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from gan_utils import data
from tests.benchmarks import loops
from tests.benchmarks.judge import Judge

import keras
import numpy as np
import tensorflow as tf

NAMES = {
    "ours": "lesson 5",
    "warm": "lesson 5, D alone first",
    "rival": "TensorFlow site's DCGAN",
}


def processor():
    """Returns the processor's name, as far as the system tells it."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":")[1].strip()
    return platform.processor()


def train(kind, seconds, seed):
    """Trains in a process of its own; returns samples and figures."""
    with tempfile.TemporaryDirectory() as folder:
        module = [sys.executable, "-m", "tests.benchmarks.quality"]
        command = [*module, kind, str(seconds), str(seed), folder]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        figures = json.loads((Path(folder) / "figures.json").read_text())
        return np.load(Path(folder) / "samples.npy"), figures


def print_quality(seconds, seeds, kinds):
    judge = Judge()
    print(f"Classifier: {judge.accuracy:.2%} of the test digits, {judge.seconds:.0f} s")
    (x_train, _), _ = data.load_mnist()
    print(f"\n| {seconds:.0f} s of training | seed | steps | Fréchet | score | MB |")
    print("|---|---|---|---|---|---|")
    distance, score = judge.score(data.scale_pixels(x_train[:5000]).numpy())
    print(f"| none: 5,000 real digits | – | – | {distance:.2f} | {score:.2f} | – |")
    found = {}
    plan = [("ours", seed) for seed in seeds if "ours" in kinds]
    plan += [(kind, seeds[0]) for kind in ("warm", "rival") if kind in kinds]
    for kind, seed in plan:
        images, figures = train(kind, seconds, seed)
        distance, score = judge.score(images)
        found.setdefault(kind, []).append(distance)
        print(
            f"| {NAMES[kind]} | {seed} | {figures['steps']:,} | {distance:.2f} "
            f"| {score:.2f} | {figures['peak_megabytes']:.0f} |",
            flush=True,
        )
    if "ours" in found:
        mean, worst = np.mean(found["ours"]), max(found["ours"])
        print(f"\nLesson 5: mean {mean:.2f}, worst {worst:.2f}")
        if "rival" in found:
            print(f"Rival / lesson 5, worst: {found['rival'][0] / worst:.0f}")


def print_loops():
    print(
        f"\n| steps a second, median of {loops.ROUNDS} rounds | lesson 5 | tiny MLP |"
    )
    print("|---|---|---|")
    rates = loops.measure_dcgan(), loops.measure_tiny_mlp()
    rows = {
        "fit": "`fit` as the lessons run it",
        "bare": "the same step in one bare `tf.function`",
        "single": "one call a step over a shuffled `tf.data` pipeline",
        "plain": "Keras' `fit` as it comes, over that pipeline",
    }
    for key, name in rows.items():
        print(f"| {name} | {rates[0][key]:.1f} | {rates[1][key]:.0f} |")
    for key in ("bare", "single", "plain"):
        ratios = [f"{rate['fit'] / rate[key]:.2f}" for rate in rates]
        print(f"| ratio of the first to: {rows[key]} | {' | '.join(ratios)} |")


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("--seconds", type=float, default=240, help="of each training")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument(
        "--kinds",
        nargs="+",
        choices=NAMES,
        default=list(NAMES),
        help="which trainings to run",
    )
    options = parser.parse_args()
    print(f"{processor()}, {os.cpu_count()} cores, {platform.system()}; ", end="")
    print(f"Python {platform.python_version()}, TensorFlow {tf.__version__}, ", end="")
    print(f"Keras {keras.__version__}, NumPy {np.__version__}\n", flush=True)
    print_quality(options.seconds, options.seeds, options.kinds)
    print_loops()


if __name__ == "__main__":
    main()
