"""Trains the two dense classics with other optimizers, and tries what mends one.

python -m gan_utils.experiments.dense [--out data/dense.json] [--show]

Writes the record after each training and goes on from what stands there; half an hour
of one core in all. `--show` prints the shipped record.
"""

from functools import partial

from gan_utils import judge, paths
from gan_utils.classic_recipes import LAYERED_MLP, TINY_MLP, old_adams
from gan_utils.experiments import shipped
from gan_utils.models import classics
from gan_utils.settings import BOTH

from keras.optimizers import SGD, Adam, RMSprop
from keras.optimizers.schedules import InverseTimeDecay

PLACE = paths.MNIST.with_name("dense.json")
SEEDS = (0, 1, 2)
TINY, LAYERED = TINY_MLP.vary(steps=4000), LAYERED_MLP.vary(steps=2000)
COUNT = 2000  # samples that are measured, against digits held out of the training set
FIGURES = ("classifier_score", "frechet_distance", "precision", "recall")
SCHEMA = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "additionalProperties": {"type": "object", "required": list(FIGURES)},
    },
}


def tiny(kind, rate, decay=None, **options):
    """Returns the smallest classic with other optimizers, the same for G and for D.

    Args:
        kind: class of the optimizer.
        rate: its learning rate, at the beginning.
        decay: by step n the rate is divided by 1 + n times this, as Keras 1 did it.
        **options: of the optimizer.
    """
    schedule = InverseTimeDecay(rate, 1, decay) if decay else rate
    if kind is Adam:
        options = {"epsilon": 1e-8} | options  # as in the article
    return TINY.vary(
        optimizers={name: partial(kind, schedule, **options) for name in BOTH}
    )


def layered(norm=False, beta_1=0.9):
    """Returns the list of layers, with batch norm in G or another β1 of Adam."""
    networks = dict(LAYERED.networks)
    if norm:
        networks["generator"] = partial(networks["generator"], behind=(classics.NORM,))
    return LAYERED.vary(
        networks=networks, optimizers=old_adams(1e-3, 1e-3, beta_1=beta_1)
    )


RATES = {
    SGD: (0.01, 0.1, 1.0),
    RMSprop: (1e-4, 1e-3, 0.01, 0.1),
    Adam: (1e-4, 1e-3, 0.01),
}
KINDS = {
    f"{kind.__name__} {rate:g}": tiny(kind, rate)
    for kind, rates in RATES.items()
    for rate in rates
}
# One seed is enough where the rate is a factor of ten from those that draw best.
ONCE = ("SGD 0.01", "SGD 1", "RMSprop 0.0001", "RMSprop 0.1", "Adam 0.0001")
# Adam without its memory of directions, with one of sizes as short as RMSprop's, and
# both. What is left between it and RMSprop: a bias correction, and ε, which RMSprop
# adds under the root and Adam beside it, so that these two pairs have the same.
KINDS |= {
    "Adam 0.01, β1 0": tiny(Adam, 0.01, beta_1=0.0),
    "Adam 0.01, β2 0.9": tiny(Adam, 0.01, beta_2=0.9),
    "Adam 0.01, β1 0, β2 0.9": tiny(Adam, 0.01, beta_1=0.0, beta_2=0.9),
    "Adam 0.01, β1 0, β2 0.9, ε 3e-4": tiny(
        Adam, 0.01, beta_1=0.0, beta_2=0.9, epsilon=1e-7**0.5
    ),
    "RMSprop 0.01, ε 1e-16": tiny(RMSprop, 0.01, epsilon=1e-16),
    "decay 1e-10": tiny(Adam, 1e-3, decay=1e-10),
    "layers": layered(),
    "layers, batch norm": layered(norm=True),
    "layers, β1 0.5": layered(beta_1=0.5),
    "layers, batch norm, β1 0.5": layered(norm=True, beta_1=0.5),
}
PLAN = {name: SEEDS[:1] if name in ONCE else SEEDS for name in KINDS}
# These differ in nothing that counts: more seeds show how far luck alone moves a score.
NOTHING = ("Adam 0.001", "decay 1e-10")
PLAN |= dict.fromkeys(NOTHING, tuple(range(7)))


def train(kind, seed):
    """Trains one of `KINDS` by a seed; returns the figures of its samples, a dict."""
    recipe = KINDS[kind]
    gan = recipe.build(seed)
    gan.fit(recipe.batches(seed, 0), steps_per_epoch=recipe.steps, epochs=1, verbose=0)
    images = judge.draw(gan.averaged_generator, COUNT, 0, **recipe.drawing)
    figures = judge.load_validation_judge()(images)
    return {name: round(figures[name], 2) for name in FIGURES}


def lay_out(record):
    """Returns the figures as text, a line for each kind, its seeds side by side."""
    lines = [f"{'':27}{'score':49}Fréchet"]
    for name, by_seed in record.items():
        scores, distances = (
            "".join(f"{found[figure]:7.1f}" for found in by_seed.values())
            for figure in FIGURES[:2]
        )
        lines.append(f"{name:27}{scores:49}{distances}")
    return "\n".join(lines)


def main(arguments=None):
    shipped.run_trainings("dense", PLACE, SCHEMA, PLAN, train, lay_out, arguments)


if __name__ == "__main__":
    main()
