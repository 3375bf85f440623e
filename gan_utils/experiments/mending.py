"""Tries which of five changes mend O'Reilly's GAN, alone and together.

python -m gan_utils.experiments.mending [--out data/mending.json] [--show]

Writes the record after each training and goes on from what stands there. A training
takes five to twenty minutes of one core. `--show` prints the shipped record.
"""

from functools import partial

from gan_utils import judge, paths
from gan_utils.classic_recipes import OREILLY, old_adams
from gan_utils.experiments import shipped
from gan_utils.models import classics
from gan_utils.steps import FAKE, MERGED, REAL, alternating_step

from keras.optimizers import Adam

PLACE = paths.MNIST.with_name("mending.json")
STEPS = 2500
MEASURE_EVERY = 500
COUNT = 2000  # samples that are measured, against digits held out of the training set
CHANGES = {
    "grow": "a G that grows from 7×7 in place of one that halves 56×56",
    "merged": "one update of D on both kinds of image",
    "no head start": "no iterations of D alone",
    "rate": "a rate of G of .001 in place of .0001",
    "β1": "Adam's β1 of .5 in place of .9",
}
SEEDS = (0, 1, 2)
# What was trained, and by which seeds: all five, all but one, and some that are fewer.
PLAN = {
    " + ".join(CHANGES): SEEDS,
    "merged + no head start + rate + β1": SEEDS,
    "grow + no head start + rate + β1": SEEDS,
    "grow + merged + rate + β1": SEEDS,
    "grow + merged + no head start + β1": (0,),
    "grow + merged + no head start + rate": SEEDS,
    "merged + no head start + rate": (0, 1),
    "merged + rate + β1": (0,),
    "merged + rate": (0,),
    "rate + β1": (0,),
    "grow + rate": (0,),
    "rate": (0,),
    "grow": (0,),
}
FIGURES = ("classifier_score", "frechet_distance", "precision", "recall")
SCHEMA = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "additionalProperties": {"type": "array", "items": {"type": "object"}},
    },
}


def make_recipe(changes):
    """Returns O'Reilly's recipe with some of `CHANGES`."""
    beta_1 = 0.5 if "β1" in changes else 0.9
    optimizers = old_adams(1e-3 if "rate" in changes else 1e-4, 3e-4, beta_1=beta_1)
    head_start = 0 if "no head start" in changes else OREILLY.head_start
    if "merged" in changes:
        step = partial(alternating_step, turns=(MERGED,), head_start=head_start)
    else:
        optimizers["fake"] = partial(Adam, 3e-4, epsilon=1e-8, beta_1=beta_1)
        step = partial(
            alternating_step,
            turns=(REAL, FAKE),
            optimizers=("discriminator", "fake"),
            at_once=True,
            head_start=head_start,
        )
    networks = dict(OREILLY.networks)
    if "grow" in changes:
        networks["generator"] = partial(classics.build_oreilly_generator, halving=False)
    return OREILLY.vary(networks=networks, optimizers=optimizers, step=step)


def train(name, seed):
    """Trains a row of `PLAN` by a seed.

    Returns:
        A list: figures of samples, a dict every `MEASURE_EVERY` steps.
    """
    recipe = make_recipe(name.split(" + "))
    gan = recipe.build(seed)
    measure = judge.load_validation_judge()
    found = []
    for _ in range(STEPS // MEASURE_EVERY):
        batches = recipe.batches(seed, gan.step)
        gan.fit(batches, steps_per_epoch=MEASURE_EVERY, epochs=1, verbose=0)
        gan.settle_for_good()
        images = judge.draw(gan.averaged_generator, COUNT, 0, **recipe.drawing)
        figures = measure(images)
        found.append({name: round(figures[name], 2) for name in FIGURES})
    return found


def lay_out(record):
    """Returns the figures after the last step as text, a line for each training."""
    lines = [f"{'changes':42}seed  score  Fréchet"]
    for name, by_seed in record.items():
        for seed, found in by_seed.items():
            score, distance = (found[-1][figure] for figure in FIGURES[:2])
            lines.append(f"{name:42}{seed:>4}{score:7.2f}{distance:9.1f}")
    return "\n".join(lines)


def main(arguments=None):
    shipped.run_trainings("mending", PLACE, SCHEMA, PLAN, train, lay_out, arguments)


if __name__ == "__main__":
    main()
