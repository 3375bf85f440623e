"""Trains critics between two clouds in the plane, and draws what they answer.

python -m gan_utils.experiments.surfaces

Draws the pictures of lessons 15 and 16: the same two clouds, and a critic held in three
ways; a ring drawn twice, anew at each step, and a D that is penalised in three ways.
"""

import functools

from gan_utils import critics, latent, paths, penalties, playground, plotting
from gan_utils.gan import assemble

import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from matplotlib.ticker import MaxNLocator
from PIL import Image
from scipy import optimize

PICTURES = paths.ROOT / "notebooks" / "pictures"
WAYS = {
    "nothing": {},
    "weight clipping at 0.1": {"clip": 0.1},
    "gradient penalty": {"penalty": penalties.gradient_penalty},
}
PAYING = {
    "nothing": penalties.no_penalty,
    "slopes of 1": functools.partial(penalties.gradient_penalty, weight=0.1),
    "R1": penalties.zero_centred_penalty,
}


def train_between(
    real,
    fake,
    seed=0,
    steps=400,
    rate=3e-3,
    shuffled=True,
    step=critics.critic_step,
    anew=None,
    **options,
):
    """Trains a critic, or a usual D, between two clouds.

    They stay as they are, or are drawn anew at each step. G returns what it is given,
    the points of `fake`, and never moves.

    Args:
        real: float32 `(n, 2)`.
        fake: as many.
        seed: decides the critic's first weights and who meets whom.
        steps: a multiple of 50.
        rate: of the critic at the start; it falls to 0 along half a cosine.
        shuffled: whether who meets whom, between whom slopes are paid for, is drawn
            anew at each step; else the first meets the first.
        step: of `critics`; a critic's has its losses, the other the usual ones.
        anew: a `playground.Mixture` of which both clouds are drawn anew at each step,
            of as many points as those given; None keeps these.
        **options: of the step, as `penalty`.

    Returns:
        The critic, or D, a `keras.Model`.
    """
    still = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(2, kernel_initializer="identity")]
    )
    gan = assemble(
        still,
        playground.build_discriminator(seed),
        seed,
        (0.0, keras.optimizers.schedules.CosineDecay(rate, steps)),
        functools.partial(step, head_start=steps, **options),
        **_losses_of(step),
    )
    chance = tf.random.experimental

    def prior(shape, seed):
        if anew:  # by another seed than the real ones of this step
            return anew.draw(len(fake), chance.stateless_fold_in(seed, 1))
        if shuffled:
            return chance.stateless_shuffle(fake, tf.cast(seed, tf.int32))
        return fake

    gan.prior = prior
    batches = tf.data.Dataset.from_tensors(real).repeat()
    if anew:
        batches = anew.batches(len(real), seed)
    gan.fit(batches, epochs=steps // 50, steps_per_epoch=50, verbose=0)
    return gan.discriminator


def _losses_of(step):
    return critics.WASSERSTEIN if step is critics.critic_step else {}


def train_ahead(seed, steps, step=critics.penalised_step, **options):
    """Lets a D of the ring learn alone, while G rests.

    Args:
        seed: as for `playground.build_gan`.
        steps: a multiple of 50.
        step: of `critics`; a critic's has its losses, too.
        **options: of the step, as `penalty`.

    Returns:
        The GAN, compiled.
    """
    of_step = _losses_of(step)
    step = functools.partial(step, head_start=steps, **options)
    gan = playground.build_gan(seed, steps=None, step=step, **of_step)
    batches = playground.RING.batches(128, seed)
    gan.fit(batches, epochs=steps // 50, steps_per_epoch=50, verbose=0)
    return gan


def pull(gan, loss, goals):
    """Measures the pull on samples, and whether it leads to where they are due.

    With None for the loss, each is pulled straight out of the middle of all.

    Args:
        gan: a compiled `GAN` in the plane.
        loss: what G is to lower, or None.
        goals: float `(n, 2)`. The cheapest plan sends each of n samples to one.

    Returns:
        The median length of the pulls, and the mean cosine of the angle between a pull
        and the way on which the plan sends its sample.
    """
    gan.generator_loss = loss
    noise = latent.sample_latents(len(goals), 2, gan.seed)
    points = gan.generator(noise, training=False).numpy()
    apart = np.linalg.norm(points[:, None] - goals, axis=2)
    ways = goals[optimize.linear_sum_assignment(apart)[1]] - points
    pulls = playground.pulls(gan, points) if loss else points - points.mean(axis=0)
    lengths = np.linalg.norm([pulls, ways], axis=2)
    cosines = (pulls * ways).sum(axis=1) / lengths.prod(axis=0)
    return float(np.median(lengths[0])), float(cosines.mean())


def measure(critic, real, fake, count=20):
    """Returns a critic's estimate, and its mean and steepest slope between two clouds.

    No estimate is above the exact distance times the steepest slope on the ways from
    fakes to real points; here places on them are tried.

    Args:
        critic: from points `(n, 2)` to one answer each.
        real: float32 `(n, 2)`.
        fake: as many.
        count: how many fakes each real point meets, with a place between each two.
    """
    of_real, of_fake = (
        float(tf.reduce_mean(critic(points, training=False))) for points in (real, fake)
    )
    meets = [
        np.roll(fake, n * max(len(fake) // count, 1), axis=0) for n in range(count)
    ]
    many = tf.constant(np.tile(real, (count, 1))), tf.constant(np.concatenate(meets))
    slopes = penalties.slopes(critic, penalties.mix(*many, seed=(0, 0))).numpy()
    return of_real - of_fake, float(slopes.mean()), float(slopes.max())


def scaled(critic, by):
    """Returns a critic that answers what another does, divided by a number."""
    return lambda points, training: critic(points, training=training) / by


def draw(critics_by_name, real, fake, reach=1.5, side=80, alike=False):
    """Draws how far critics answer above their mean at fakes, as maps of a square.

    Args:
        critics_by_name: from points `(n, 2)` to one answer each.
        real: float32 `(n, 2)`.
        fake: float32 `(m, 2)`.
        reach: as for `playground.lattice`.
        side: as for `playground.lattice`.
        alike: whether one scale serves all maps, and stands beside the last one.
    """
    count = len(critics_by_name)
    figure, panels = plt.subplots(
        1, count, figsize=(3.4 * count, 3.2), layout="constrained", squeeze=False
    )
    ticks = np.linspace(-reach, reach, side)
    maps = []
    for critic in critics_by_name.values():
        answers = critic(playground.lattice(reach, side), training=False).numpy()
        answers = answers - critic(fake, training=False).numpy().mean()
        maps.append(answers.reshape(side, side))
    all_levels = MaxNLocator(14).tick_values(np.min(maps), np.max(maps))
    levels = all_levels if alike else 14
    for name, answers, panel in zip(critics_by_name, maps, panels[0]):
        filled = panel.contourf(ticks, ticks, answers, levels, cmap="cividis")
        lines = {"colors": "white", "linewidths": 0.5, "linestyles": "-"}
        panel.contour(ticks, ticks, answers, levels, **lines)
        panel.plot(*real[:100].T, "o", ms=4, mfc="white", mec="black", label="real")
        panel.plot(*fake[:100].T, "o", ms=3, color="black", label="fake")
        panel.set(title=name, xticks=[], yticks=[], aspect="equal")
        if alike and panel is not panels[0, -1]:
            continue
        bar = figure.colorbar(filled, ax=panels[0] if alike else panel, shrink=0.9)
        bar.set_label("answer above the mean at fakes", fontsize=8)
        bar.ax.tick_params(labelsize=8)
        bar.formatter.set_powerlimits((-3, 4))
    panels[0, 0].legend(facecolor="0.6", fontsize=8, loc="lower left")
    return figure


def pairs(count=256, seed=0):
    """Returns pairs of clouds, `(count, 2)` each, by what they are.

    In the last one each point stands beside its partner in the cheapest plan.
    """
    drawn = [playground.RING.draw(count, (seed, draw)).numpy() for draw in range(3)]
    noise = tf.random.stateless_normal((count, 2), (seed, 1))
    untrained = playground.build_generator(seed + 2)(noise, training=False).numpy()
    point = np.repeat(np.float32([[1.0, 0.0]]), count, axis=0)
    cos, sin = np.cos(np.pi / 8), np.sin(np.pi / 8)
    turned = drawn[1] @ np.float32([[cos, sin], [-sin, cos]])
    apart = np.linalg.norm(drawn[0][:, None] - turned, axis=2)
    by_plan = turned[optimize.linear_sum_assignment(apart)[1]]
    return {
        "two points": (point, -point),
        "ring, untrained G": (drawn[0], untrained),
        "ring, turned": (drawn[0], turned),
        "ring, drawn again": (drawn[0], drawn[2]),
        "turned, by plan": (drawn[0], by_plan),
    }


def save(figure, name):
    """Saves a picture of a lesson, in 128 colours of its own: no eye can tell."""
    picture = Image.fromarray(plotting.render(figure))
    palette = picture.quantize(128, kmeans=4, dither=Image.Dither.NONE)
    palette.save(PICTURES / f"{name}.png", optimize=True)


def main():
    both = pairs()["ring, untrained G"]
    made = {name: train_between(*both, **options) for name, options in WAYS.items()}
    save(draw(made, *both), "three_critics")
    twice = pairs()["ring, drawn again"]
    step = critics.penalised_step
    made = {
        name: train_between(
            *twice, steps=200, step=step, penalty=penalty, anew=playground.RING
        )
        for name, penalty in PAYING.items()
    }
    save(draw(made, *twice, alike=True), "three_payments")


if __name__ == "__main__":
    main()
