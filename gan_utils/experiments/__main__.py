"""Prints tables: quality and memory after four minutes, speed of loops and sliders.

python -m gan_utils.experiments [--seconds 240] [--seeds 0 1 2]
                                [--kinds ours unmapped plain rival]
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from gan_utils import data, store
from gan_utils.experiments import classics, latents, loops
from gan_utils.judge import load_judge

import numpy as np

NAMES = {
    "ours": "lesson 5",
    "unmapped": "lesson 5 without the mapping",
    "plain": "no mapping, batches of 64, other rates",
    "rival": "TensorFlow site's DCGAN",
}
COMPARED = ("ours", "unmapped")  # by all seeds; of the others, one is enough to see
HEADS = "Fréchet | score | surely read"


def train(kind, seconds, seed):
    """Trains in a process of its own; returns samples and figures."""
    with tempfile.TemporaryDirectory() as folder:
        module = [sys.executable, "-m", "gan_utils.experiments.quality"]
        command = [*module, kind, str(seconds), str(seed), folder]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        figures = json.loads((Path(folder) / "figures.json").read_text())
        return np.load(Path(folder) / "samples.npy"), figures


def row(quality):
    return (
        f"{quality['frechet_distance']:.2f} | {quality['classifier_score']:.2f} "
        f"| {quality['confident_share']:.1%}"
    )


def print_quality(seconds, seeds, kinds):
    judge = load_judge()
    (x_train, _), _ = data.load_mnist()
    print(f"| {seconds:.0f} s of training | seed | steps | a second | {HEADS} | MB |")
    print("|---|---|---|---|---|---|---|---|")
    real = judge(x_train[:5000])
    print(f"| none: 5,000 real digits | – | – | – | {row(real)} | – |")
    found = {}
    plan = [(kind, seed) for kind in COMPARED for seed in seeds if kind in kinds]
    plan += [
        (kind, seeds[0]) for kind in NAMES if kind in kinds and kind not in COMPARED
    ]
    for kind, seed in plan:
        images, figures = train(kind, seconds, seed)
        quality = judge(images)
        found.setdefault(kind, []).append(quality["frechet_distance"])
        print(
            f"| {NAMES[kind]} | {seed} | {figures['steps']:,} "
            f"| {figures['steps'] / seconds:.1f} | {row(quality)} "
            f"| {figures['peak_megabytes']:.0f} |",
            flush=True,
        )
    if "ours" in found:
        mean, best, worst = (f(found["ours"]) for f in (np.mean, min, max))
        print(f"\nLesson 5: mean {mean:.2f}, from {best:.2f} to {worst:.2f}")
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
        "plain": "Keras' own `fit` as it comes, over that pipeline",
    }
    for key, name in rows.items():
        print(f"| {name} | {rates[0][key]:.1f} | {rates[1][key]:.0f} |")
    for key in ("bare", "single", "plain"):
        ratios = [f"{rate['fit'] / rate[key]:.2f}" for rate in rates]
        print(f"| ratio of the first to: {rows[key]} | {' | '.join(ratios)} |")


def main():
    parser = argparse.ArgumentParser(prog="python -m gan_utils.experiments")
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
    print(", ".join(f"{key} {name}" for key, name in store.machine().items()))
    print_quality(options.seconds, options.seeds, options.kinds)
    print_loops()
    classics.main()
    latents.main()


if __name__ == "__main__":
    main()
