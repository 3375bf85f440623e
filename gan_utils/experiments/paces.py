"""Measures what a step with a penalty costs, and five steps of a critic for one of G.

python -m gan_utils.experiments.paces [--out data/paces.json] [--show]

Steps are timed in turns, in one process, on networks of the same sizes. Then a critic
is trained by seed for the same seconds, with one and with five of its steps for one of
G. Seven minutes on a machine that does nothing else. `--show` prints the shipped
record.
"""

import time

from gan_utils import paths
from gan_utils.experiments import critics, shipped
from gan_utils.experiments.trials import INTERVAL, measure
from gan_utils.judge import load_judge

import numpy as np

PLACE = paths.MNIST.with_name("paces.json")
ROUNDS, STEPS_A_ROUND = 7, 2 * INTERVAL
SECONDS, SEEDS = 40, (0, 1, 2)
TIMED = {
    "no penalty": "cross-entropy, none, plain D",
    "slopes of 1": "cross-entropy, slopes of 1, plain D",
    "R1": "cross-entropy, R1, plain D",
    "R1 and R2": "cross-entropy, R1 and R2, plain D",
    "pair, R1 and R2": "pair, R1 and R2, plain D",
}
CRITIC = critics.TABLE["critic, slopes of 1, plain D"]
COMPARED = {
    "one critic step": CRITIC,
    "five critic steps": CRITIC.vary(generator_every=5),
}
NUMBERS = {"type": "array", "items": {"type": "number"}, "minItems": 1}
SCHEMA = {
    "type": "object",
    "required": ["seconds", "equal_seconds"],
    "properties": {
        "seconds": {"type": "object", "additionalProperties": NUMBERS},
        "equal_seconds": {
            "type": "object",
            "additionalProperties": {
                "type": "array",
                "items": {"type": "object", "required": ["steps", "frechet"]},
            },
        },
    },
}


def train_on(gan, batches, steps):
    """Takes steps; returns the seconds that one took."""
    began = time.perf_counter()
    gan.fit(
        batches,
        epochs=steps // INTERVAL,
        steps_per_epoch=INTERVAL,
        verbose=0,
    )
    return (time.perf_counter() - began) / steps


def time_steps(names=tuple(TIMED), rounds=ROUNDS, steps=STEPS_A_ROUND, seed=0):
    """Times each kind of step, in turns; returns the seconds by round.

    Args:
        names: of `TIMED`.
        rounds: in which each kind has its turn.
        steps: of a turn, a multiple of `INTERVAL`.
        seed: decides networks and digits.
    """
    trials = {name: critics.TABLE[TIMED[name]] for name in names}
    gans = {name: trial.build(seed) for name, trial in trials.items()}
    batches = {name: trial.batches(seed) for name, trial in trials.items()}
    for name, gan in gans.items():
        train_on(gan, batches[name], INTERVAL)  # builds its graph
    found = {name: [] for name in gans}
    for _ in range(rounds):
        for name, gan in gans.items():
            seconds = train_on(gan, batches[name], steps)
            found[name].append(float(f"{seconds:.4g}"))
    return found


def train_for(trial, seed, seconds, judge):
    """Trains until so many seconds are over, its graph aside; measures samples."""
    gan, batches = trial.build(seed), trial.batches(seed)
    train_on(gan, batches, INTERVAL)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        train_on(gan, batches, INTERVAL)
    distance = measure(gan, trial, judge)["frechet"]
    return {"steps": gan.step, "frechet": float(f"{distance:.4g}")}


def measure_all():
    """Returns the record."""
    judge, found = load_judge(), {name: [] for name in COMPARED}
    for seed in SEEDS:  # side by side, so that a slow minute slows both
        for name, trial in COMPARED.items():
            found[name].append(train_for(trial, seed, SECONDS, judge))
    return {"seconds": time_steps(), "equal_seconds": found}


def ratios(record):
    """Returns how many plain steps each step costs: the median over the rounds."""
    plain = record["seconds"]["no penalty"]
    return {
        name: float(np.median(np.divide(seconds, plain)))
        for name, seconds in record["seconds"].items()
    }


def lay_out(record):
    """Returns both tables in Markdown."""
    lines = ["| step | milliseconds | of a plain step |", "|---|---|---|"]
    for name, ratio in ratios(record).items():
        milliseconds = 1000 * np.median(record["seconds"][name])
        lines.append(f"| {name} | {milliseconds:.1f} | {ratio:.2f} |")
    lines += [
        "",
        f"| in {SECONDS} s | steps and Fréchet distance, by seed |",
        "|---|---|",
    ]
    for name, by_seed in record["equal_seconds"].items():
        cells = " · ".join(f"{of['steps']:,}, {of['frechet']:.1f}" for of in by_seed)
        lines.append(f"| {name} | {cells} |")
    return "\n".join(lines) + "\n"


def main(arguments=None):
    shipped.run("paces", PLACE, SCHEMA, measure_all, lay_out, arguments)


if __name__ == "__main__":
    main()
