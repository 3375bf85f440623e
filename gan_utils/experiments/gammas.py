"""Trains GANs with R1 by eight weights γ, on digits of two sizes, seed by seed.

python -m gan_utils.experiments.gammas [--out data/gammas.json] [--show]

A rule says that γ grows with the number of pixels: four times for twice the side.
Digits are laid on 32 × 32 pixels, and each square of four becomes one for 16 × 16.
Samples of both sizes are judged on 28 × 28, the small ones with every pixel doubled, so
distances are compared within a size; what real digits get there stands beside them.
Writes the record after each training and goes on from what is there, an hour of one
core in all. `--show` prints the shipped one.
"""

from functools import partial

from gan_utils import critics, data, judge, losses, models, paths, penalties, plotting
from gan_utils.experiments import shipped
from gan_utils.recipes import LESSON_05
from gan_utils.settings import adams, pair

import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Identity

PLACE = paths.MNIST.with_name("gammas.json")
SEEDS = (0, 1, 2)
SIDES = (16, 32)
GAMMAS = (0.01, 0.1, 1, 10, 30, 100, 300, 1000)
STEPS, BATCH_SIZE, COUNT = 800, 64, 5000
SCHEMA = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "additionalProperties": {"type": "number"},
    },
}
KINDS = {
    f"γ = {gamma} at {side} × {side}": (gamma, side)
    for side in SIDES
    for gamma in GAMMAS
}
REAL = {f"real digits at {side} × {side}": side for side in SIDES}
PLAN = dict.fromkeys(REAL, (0,)) | dict.fromkeys(KINDS, SEEDS)


def resize(digits, seed=None, side=32):
    """Lays digits on more pixels, or on fewer.

    Args:
        digits: uint8 `(n, 28, 28)`.
        seed: not used; a recipe gives it.
        side: 32 adds two black pixels on each side; 16 takes the mean of each four of
            those.

    Returns:
        uint8 `(n, side, side)`.
    """
    framed = np.pad(digits, ((0, 0), (2, 2), (2, 2)))
    step = 32 // side
    squares = framed.reshape(len(digits), side, step, side, step)
    return squares.mean(axis=(2, 4)).round().astype(np.uint8)


def restore(images):
    """Brings images of either size to 28 × 28: pixels are doubled, frames cut off.

    Args:
        images: uint8 `(n, side, side)`.

    Returns:
        uint8 `(n, 28, 28)`.
    """
    step = 32 // images.shape[1]
    return images.repeat(step, axis=1).repeat(step, axis=2)[:, 2:-2, 2:-2]


def make_recipe(gamma, side):
    """Returns lesson 5's recipe without batch norm in D, which pays for its slopes."""
    shape = (side, side, 1)
    return LESSON_05.vary(
        networks=pair(
            partial(models.build_generator, shape=shape),
            partial(
                models.build_discriminator, shape=shape, norm=Identity, dropout=0.0
            ),
        ),
        optimizers=adams(1e-3, 1e-3, beta_1=0.0, beta_2=0.99),
        step=partial(
            critics.penalised_step,
            penalty=partial(penalties.zero_centred_penalty, weight=gamma),
        ),
        discriminator_loss=losses.cross_entropy_discriminator_loss,
        change=partial(resize, side=side),
        batch_size=BATCH_SIZE,
    )


def train(name, seed):
    """Trains one of `KINDS`, if it is one, and measures.

    Args:
        name: a key of `PLAN`.
        seed: decides all that is random.

    Returns:
        The Fréchet distance of `COUNT` samples by the averaged weights, or of as many
        real digits.
    """
    if name in REAL:
        (digits, _), _ = data.load_mnist()
        images = resize(digits[:COUNT], side=REAL[name])
    else:
        recipe = make_recipe(*KINDS[name])
        gan = recipe.build(seed)
        gan.fit(recipe.batches(seed, 0), steps_per_epoch=STEPS, verbose=0)
        images = judge.draw(gan.averaged_generator, COUNT, seed, **recipe.drawing)
    distance = judge.load_judge()(restore(images))["frechet_distance"]
    return float(f"{distance:.4g}")


def lay_out(record):
    """Returns the distances of each training, in Markdown."""
    lines = ["| | Fréchet distance, seed by seed |", "|---|---|"]
    for name, by_seed in record.items():
        cells = " · ".join(f"{distance:.1f}" for distance in by_seed.values())
        lines.append(f"| {name} | {cells} |")
    return "\n".join(lines) + "\n"


def by_gamma(record, side):
    """Returns the distances of a size by γ, those of all seeds in a sorted list.

    Weights that the record lacks are left out.
    """
    found = {
        gamma: sorted(record.get(name, {}).values())
        for name, (gamma, of_side) in KINDS.items()
        if of_side == side
    }
    return {gamma: distances for gamma, distances in found.items() if distances}


def good(record, side):
    """Returns the γ of a size whose seeds overlap with those of the best one.

    The best one has the smallest distance with its middle seed.

    Args:
        record: as it is shipped.
        side: one of `SIDES`.

    Returns:
        A list of γ from small to large; empty when nothing was trained.

    Example:
        >>> two = {"γ = 0.1 at 16 × 16": {"0": 8, "1": 10}}
        >>> two["γ = 1 at 16 × 16"] = {"0": 9, "1": 12}
        >>> two["γ = 10 at 16 × 16"] = {"0": 11, "1": 20}
        >>> good(two, 16)
        [0.1, 1]
    """
    found = by_gamma(record, side)
    best = min(found.values(), key=np.median, default=[0.0])
    return [gamma for gamma, each in found.items() if each[0] <= best[-1]]


def without(record, seed):
    """Returns a record that lacks a seed, as text."""
    return {
        name: {one: distance for one, distance in by_seed.items() if one != seed}
        for name, by_seed in record.items()
    }


def factors(record):
    """Returns the least and the largest factor that fits.

    One fits when the range of `good` γ at the smaller size, times the factor, meets
    that at the larger one.

    Example:
        >>> both = {"γ = 0.1 at 16 × 16": {"0": 8}, "γ = 1 at 32 × 32": {"0": 8}}
        >>> factors(both)
        (10.0, 10.0)
    """
    small, large = (good(record, side) for side in SIDES)
    return min(large) / max(small), max(large) / min(small)


def unbeaten(record, side):
    """Returns the γ of a size than which no other is better with each seed.

    Args:
        record: as it is shipped, with the same seeds for each γ.
        side: one of `SIDES`.

    Example:
        >>> two = {"γ = 0.1 at 16 × 16": {"0": 8, "1": 10}}
        >>> two["γ = 1 at 16 × 16"] = {"0": 9, "1": 12}
        >>> unbeaten(two, 16)
        [0.1]
    """
    rows = {
        gamma: np.array([*record[name].values()])
        for name, (gamma, of_side) in KINDS.items()
        if of_side == side and name in record
    }
    return [
        gamma
        for gamma, row in rows.items()
        if not any((other < row).all() for other in rows.values())
    ]


def draw(record):
    """Draws distances over those of real digits by γ: a mark a seed, lines by medians.

    Marks are filled where γ is `good`.
    """
    panel = plt.subplots(figsize=(6, 3.4), layout="constrained")[1]
    looks = zip(SIDES, plotting.COLOURS, plotting.STYLES, "os")
    for side, colour, style, mark in looks:
        (of_real,) = record[f"real digits at {side} × {side}"].values()
        found, best = by_gamma(record, side), good(record, side)
        middles = [np.median(distances) - of_real for distances in found.values()]
        name = f"{side} × {side}"
        panel.plot([*found], middles, style, color=colour, lw=1.2, label=name)
        for gamma, distances in found.items():
            panel.plot(
                *np.broadcast_arrays(gamma, np.subtract(distances, of_real)),
                mark,
                color=colour,
                mfc=colour if gamma in best else "white",
            )
    if panel.dataLim.height > 0:  # a log has no room for none
        panel.set(yscale="log")
        panel.yaxis.set_minor_formatter("{x:g}")
    panel.set(xscale="log", xlabel="γ, the weight of R1")
    panel.set(ylabel="Fréchet distance\nabove real digits' own")
    for axis in (panel.xaxis, panel.yaxis):
        axis.set_major_formatter("{x:g}")
    panel.spines[["top", "right"]].set_visible(False)
    panel.legend(frameon=False, title="pixels")
    return panel.figure


def main(arguments=None):
    shipped.run_trainings("gammas", PLACE, SCHEMA, PLAN, train, lay_out, arguments)


if __name__ == "__main__":
    main()
