"""Trains GANs on stacked digits that differ in D's layers, in the rates, or in both.

python -m gan_utils.experiments.stacking [--out data/stacking.json] [--show]

The shipped `stacked_plain` and `stacked` differ in both, so they do not tell which one
counts. Here are all four, short, seed by seed, with half as many channels so that they
take less time. The low rates go on until their rate times steps is that of the high
ones at their first point, at which most of those still read as one number. Writes the
record after each training and goes on from what is there, twenty minutes in all.
`--show` prints the shipped one.
"""

from functools import partial

from gan_utils import judge, models, paths
from gan_utils.experiments import shipped
from gan_utils.recipes import STACKED_PLAIN, THREE
from gan_utils.settings import adams, pair

from keras.layers import Identity

PLACE = paths.MNIST.with_name("stacking.json")
SEEDS = (0, 1, 2)
MEASURED_AT = (400, 800, 1200)  # steps
LONGER = (2000,)  # at the low rates also: 2,000 of their steps weigh as 400 others
COUNT = 5000  # samples that are read each time
CHANNELS = 16  # half of what the shipped ones have
FIGURE = {"type": "object", "additionalProperties": {"type": "number"}}
SCHEMA = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "additionalProperties": {"type": "array", "minItems": 1, "items": FIGURE},
    },
}
PLAIN = {"norm": Identity, "dropout": 0.0}  # nothing behind D's layers
LAYERS = {"norm and dropout in D": {}, "a plain D": PLAIN}
RATES = {"rates .0002": 2e-4, "rates .001": 1e-3}
KINDS = {
    f"{layers}, {rates}": (LAYERS[layers], RATES[rates])
    for layers in LAYERS
    for rates in RATES
}


def measured_at(kind):
    """Returns after which steps a kind is measured."""
    _, rate = KINDS[kind]
    return MEASURED_AT + LONGER * (rate == min(RATES.values()))


def make_recipe(kind):
    """Returns the recipe of a kind, one of `KINDS`."""
    layers, rate = KINDS[kind]
    return STACKED_PLAIN.vary(
        networks=pair(
            partial(models.build_generator, channels=CHANNELS, shape=THREE),
            partial(
                models.build_discriminator, channels=CHANNELS, shape=THREE, **layers
            ),
        ),
        optimizers=adams(rate, rate),
    )


def train(kind, seed):
    """Trains one kind once.

    Args:
        kind: a name in `KINDS`.
        seed: decides all that is random.

    Returns:
        A list of dicts, one for each of the steps in `measured_at`: `step`, and the
        figures of `metrics.count_modes` of samples by the weights as they are.
    """
    recipe = make_recipe(kind)
    gan, measure, found = recipe.build(seed), judge.load_judge(), []
    for until in measured_at(kind):
        count = until - gan.step
        gan.fit(recipe.batches(seed, gan.step), steps_per_epoch=count, verbose=0)
        figures = measure(judge.draw(gan.generator, COUNT, seed, **recipe.drawing))
        found.append({"step": gan.step} | figures)
    return found


def lay_out(record):
    """Returns the figures of each training, in Markdown."""
    heads = "step | modes | sure | sure modes"
    lines = [f"| | seed | {heads} |", "|---|---|---|---|---|---|"]
    for kind, by_seed in record.items():
        for seed, found in by_seed.items():
            for each in found:
                lines.append(
                    f"| {kind} | {seed} | {each['step']:,} | {each['modes_covered']:,} "
                    f"| {each['sure_share']:.1%} | {each['sure_modes']:,} |"
                )
    return "\n".join(lines) + "\n"


def main(arguments=None):
    plan = dict.fromkeys(KINDS, SEEDS)
    shipped.run_trainings("stacking", PLACE, SCHEMA, plan, train, lay_out, arguments)


if __name__ == "__main__":
    main()
