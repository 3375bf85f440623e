"""Tries each cure on each failure, alone and from the same start.

python -m gan_utils.experiments.cures [NAME ...] [--seeds 0 1 2] [--out runs/cures]

A run in the plane takes about ten seconds, one on digits thirty. All without a name.
What is there already is not run again. A cure that was tried on a failure with all its
seeds goes into data/cures.json, by which the lessons show it; the others stay there as
they are. With --seeds, only what the folder lacks of these.
"""

import functools
import json

from gan_utils import losses, models, paths, penalties, playground
from gan_utils.experiments.failures import FAILURES
from gan_utils.experiments.trials import AS_CRITIC, Trial, parse, run
from gan_utils.judge import load_judge

from keras import layers

RING = Trial(rates=(2e-3, 6e-4), mixture=playground.RING, batch_size=128, steps=3000)
STARTS = {"ring": RING, "grid": RING.vary(mixture=playground.GRID)} | {
    name: FAILURES[name][1]
    for name in ("d_too_strong", "saturating_loss", "partial_collapse", "momentum")
}


def seeds_of(name):
    """Returns the seeds of a failure: five on the ring, three elsewhere."""
    return range(5 if name == "ring" else 3)


def times(of_g, of_d):
    """Returns a cure that multiplies both learning rates."""
    return lambda trial: {"rates": (trial.rates[0] * of_g, trial.rates[1] * of_d)}


def always(**changes):
    """Returns a cure that changes the same whatever the failure."""
    return lambda trial: changes


DROPOUT = functools.partial(layers.Dropout, 0.3, seed=0)
R1 = functools.partial(penalties.zero_centred_penalty, weight=1.0)
BOTH_PENALTIES = functools.partial(R1, at_fakes=True)


SLOPES_OF_1 = functools.partial(penalties.gradient_penalty, weight=0.1)


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
    "gradient penalty": always(penalty=R1),
    "instance noise": always(noise=0.1),
    "batches × 4": lambda trial: {"batch_size": 4 * trial.batch_size},
    "averaged weights": always(averaged=True),
    # What follows was tried in the plane alone.
    "pairs, both penalties": always(paired=True, penalty=BOTH_PENALTIES),
    "critic, clipped": always(**AS_CRITIC, clip=0.1),
    "critic, slopes of 1": always(**AS_CRITIC, penalty=SLOPES_OF_1),
    "critic, five steps ahead": always(
        **AS_CRITIC, penalty=SLOPES_OF_1, generator_every=5
    ),
    "G moves at every fifth step": always(generator_every=5),
}


IN_THE_PLANE = [*CURES][-5:]


def cures_of(name):
    """Returns the names of the cures that are tried on a failure."""
    in_the_plane = STARTS[name].mixture is not None
    return [cure for cure in CURES if in_the_plane or cure not in IN_THE_PLANE]


def load():
    """Returns the record: by failure, by cure, a list of results by seed."""
    path = paths.MNIST.with_name("cures.json")
    return json.loads(path.read_text(encoding="utf-8"))


def place(folder, name, cure, seed):
    """Returns where a run is kept."""
    return folder / f"{name}, {cure}, {seed}.json"


def gather(folder, table):
    """Adds what is complete in a folder, by failure and cure, to a table."""
    found = {}
    for name in STARTS:
        rows = dict(table.get(name, {}))
        for cure in cures_of(name):
            places = [place(folder, name, cure, seed) for seed in seeds_of(name)]
            if all(path.exists() for path in places):
                rows[cure] = [json.loads(path.read_text())["result"] for path in places]
        if rows:
            found[name] = {cure: rows[cure] for cure in cures_of(name) if cure in rows}
    return found


def main():
    options = parse("cures", STARTS, None)
    judge, known = load_judge(), load()
    for name in options.names:
        for seed in options.seeds or seeds_of(name):
            for cure in cures_of(name):
                if cure in known.get(name, {}):
                    continue
                path = place(options.out, name, cure, seed)
                if path.exists():
                    continue
                trial = STARTS[name].vary(**CURES[cure](STARTS[name]))
                found = run(trial, seed, judge)
                record = {"result": found["result"], "stopped": found["stopped"]}
                path.write_text(json.dumps(record))
                print(path.stem, found["result"], found["stopped"] or "", flush=True)
    table = gather(options.out, known)
    lines = json.dumps(table, indent=1, ensure_ascii=False)
    path = paths.MNIST.with_name("cures.json")
    path.write_text(lines + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
