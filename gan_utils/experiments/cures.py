"""Tries each cure on each failure, alone and from the same start.

python -m gan_utils.experiments.cures [NAME ...] [--seeds 0 1 2] [--out runs/cures]

A run in the plane takes about ten seconds, one on digits thirty. All without a name.
What is there already is not run again. A failure on which all cures were tried with
all its seeds goes into data/cures.json, by which the lessons show it; the others stay
there as they are.
"""

import functools
import json

from gan_utils import losses, models, paths, playground
from gan_utils.experiments.failures import FAILURES
from gan_utils.experiments.trials import Trial, parse, run
from gan_utils.judge import load_judge

from keras import layers

RING = Trial(rates=(2e-3, 6e-4), mixture=playground.RING, batch_size=128, steps=3000)
STARTS = {"ring": RING} | {
    name: FAILURES[name][1]
    for name in ("d_too_strong", "saturating_loss", "partial_collapse", "momentum")
}


def seeds_of(name):
    """Returns the seeds of a failure: five in the plane, three on digits."""
    return range(5 if STARTS[name].mixture else 3)


def times(of_g, of_d):
    """Returns a cure that multiplies both learning rates."""
    return lambda trial: {"rates": (trial.rates[0] * of_g, trial.rates[1] * of_d)}


def always(**changes):
    """Returns a cure that changes the same whatever the failure."""
    return lambda trial: changes


DROPOUT = functools.partial(layers.Dropout, 0.3, seed=0)
# From a trial to what the cure changes in it.
CURES = {
    "none": always(),
    "label smoothing": always(discriminator_loss=losses.smoothed_discriminator_loss),
    "non-saturating loss": always(generator_loss=losses.non_saturating_generator_loss),
    "G's rate × 4": times(4, 1),
    "G's rate ÷ 3": times(1 / 3, 1),
    "D's rate × 4": times(1, 4),
    "D's rate ÷ 4": times(1, 1 / 4),
    "G moves at every third step": always(generator_every=3),
    "dropout in D": always(behind=(DROPOUT,)),
    "batch norm in D": always(behind=(models.batch_norm,)),
    "spectral normalisation of D": always(wrap=layers.SpectralNormalization),
    "gradient penalty": always(penalty=1.0),
    "instance noise": always(noise=0.1),
    "batches × 4": lambda trial: {"batch_size": 4 * trial.batch_size},
    "averaged weights": always(averaged=True),
}


def gather(folder, table):
    """Adds the failures that are complete in a folder to a table."""
    found = dict(table)
    for name in STARTS:
        paths_of = {
            cure: [folder / f"{name}, {cure}, {seed}.json" for seed in seeds_of(name)]
            for cure in CURES
        }
        if all(path.exists() for each in paths_of.values() for path in each):
            found[name] = {
                cure: [json.loads(path.read_text())["result"] for path in each]
                for cure, each in paths_of.items()
            }
    return found


def main():
    options = parse("cures", STARTS, None)
    judge = load_judge()
    for name in options.names:
        for seed in options.seeds or seeds_of(name):
            for cure, change in CURES.items():
                path = options.out / f"{name}, {cure}, {seed}.json"
                if path.exists():
                    continue
                trial = STARTS[name].vary(**change(STARTS[name]))
                found = run(trial, seed, judge)
                record = {"result": found["result"], "stopped": found["stopped"]}
                path.write_text(json.dumps(record))
                print(path.stem, found["result"], found["stopped"] or "", flush=True)
    path = paths.MNIST.with_name("cures.json")
    table = gather(options.out, json.loads(path.read_text(encoding="utf-8")))
    lines = json.dumps(table, indent=1, ensure_ascii=False)
    path.write_text(lines + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
