"""A row of settings for each GAN of five classic tutorials, as written and varied.

Losses are taken of logits; three of the articles took them of probabilities. Two things
are gone from Keras and replaced: one optimizer for both networks (`keras_gan`), and the
argument `decay` (`bulten`).
"""

import dataclasses
from collections.abc import Callable
from functools import partial

from gan_utils import colour
from gan_utils.models import classics
from gan_utils.settings import BOTH, NORMAL, UNIFORM, Recipe, adams, pair
from gan_utils.steps import FAKE, MERGED, REAL, alternating_step

import tensorflow as tf
from keras.optimizers import Adam, RMSprop
from keras.optimizers.schedules import InverseTimeDecay, LearningRateSchedule


def over_photograph(digits, seed):
    """Lays digits over the photograph."""
    return colour.colour_digits(digits, colour.load_photograph(), seed)


def old_adams(of_generator, of_discriminator, beta_1=0.9):
    """Names an Adam for each network, with the ε that TensorFlow 1 had."""
    return adams(of_generator, of_discriminator, beta_1=beta_1, epsilon=1e-8)


@dataclasses.dataclass
class Quartered(LearningRateSchedule):
    """A quarter of another schedule, from a step on."""

    schedule: Callable
    start: int

    def __call__(self, step):
        rate = self.schedule(step)
        return tf.where(tf.cast(step, tf.int64) < self.start, rate, rate / 4)


def bulten_optimizers(of_generator, of_discriminator, decays, quartered=None):
    """Names Bulten's optimizers, which clip, with the decay that Keras 1 had."""
    optimizers = {}
    rates = of_generator, of_discriminator
    for name, kind, rate, decay in zip(BOTH, (Adam, RMSprop), rates, decays):
        schedule = InverseTimeDecay(rate, 1, decay)
        if quartered:
            schedule = Quartered(schedule, quartered)
        optimizers[name] = partial(kind, schedule, clipvalue=1.0)
    return optimizers


# What most of the articles have: one update of D on a merged batch of both kinds.
classic = partial(
    Recipe,
    step=partial(alternating_step, turns=(MERGED,)),
    averaging=None,
    pixel_range=(0.0, 1.0),
    precision="float16",
)

OREILLY = classic(
    about="Jon Bruner and Adit Deshpande, Generative Adversarial Networks for "
    "Beginners, O'Reilly, 2017",
    iterations=100_000,
    networks=pair(
        classics.build_oreilly_generator, classics.build_oreilly_discriminator
    ),
    optimizers=old_adams(1e-4, 3e-4) | {"fake": partial(Adam, 3e-4, epsilon=1e-8)},
    step=partial(
        alternating_step,
        turns=(REAL, FAKE),
        optimizers=("discriminator", "fake"),
        at_once=True,
        head_start=300,
    ),
    **NORMAL,
    batch_size=50,
    steps=10_000,
    judge_every=1000,
    ships=BOTH,
)

BULTEN_AS_WRITTEN = classic(
    about="Wouter Bulten, Getting started with generative adversarial networks (GAN)",
    iterations=10_001,
    networks=pair(classics.build_bulten_generator, classics.build_bulten_discriminator),
    optimizers=bulten_optimizers(4e-4, 8e-4, decays=(1e-10, 1e-10)),
    step=partial(alternating_step, turns=(MERGED,), reduce=tf.reduce_mean),
    **UNIFORM,
    batch_size=256,
    steps=10_001,
    judge_every=500,
    ships=BOTH,
)

BULTEN_COLOUR_AS_WRITTEN = BULTEN_AS_WRITTEN.vary(
    about="Wouter Bulten, Getting started with GANs (Part 2): Colorful MNIST",
    iterations=20_001,
    networks=pair(
        classics.build_bulten_colour_generator,
        classics.build_bulten_colour_discriminator,
    ),
    optimizers=bulten_optimizers(1e-4, 2e-4, decays=(3e-8, 6e-8)),
    change=over_photograph,
    batch_size=128,
    steps=20_001,
    ships=("generator",),
)

TINY_MLP = classic(
    about="Introduction to GANs with Python and TensorFlow, without an author",
    iterations=1_000_000,
    networks=pair(classics.build_dense_generator, classics.build_dense_discriminator),
    optimizers=old_adams(1e-3, 1e-3),
    **UNIFORM,
    batch_size=128,
    steps=30_000,
    interval=500,
    judge_every=2500,
)

LAYERED_MLP = TINY_MLP.vary(
    about="An anonymous tutorial that makes a network of a list of layer sizes",
    iterations=500_000,
    networks=pair(
        partial(
            classics.build_dense_generator,
            sizes=(100, 200, 500, 784),
            initializer=classics.he_like,
        ),
        partial(
            classics.build_dense_discriminator,
            sizes=(784, 500, 200, 1),
            initializer=classics.he_like,
        ),
    ),
    step=partial(alternating_step, turns=(MERGED,), fresh_latents=False),
    steps=60_000,
    judge_every=5000,
)

KERAS_GAN = classic(
    about="Skymind, GAN: A Beginner's Guide to Generative Adversarial Networks, "
    "with the code of Erik Linder-Norén's Keras-GAN",
    iterations=30_000,
    networks=pair(
        partial(
            classics.build_dense_generator,
            sizes=(100, 256, 512, 1024, 784),
            output="tanh",
            activation=None,
            behind=(classics.LESS_LEAKY, classics.NORM),
        ),
        partial(
            classics.build_dense_discriminator,
            sizes=(784, 512, 256, 1),
            activation=None,
            behind=(classics.LESS_LEAKY,),
        ),
    ),
    optimizers=adams(2e-4, 2e-4),
    step=partial(alternating_step, turns=(REAL, FAKE), generator_batches=2),
    **NORMAL,
    pixel_range=(-1.0, 1.0),
    batch_size=16,
    steps=30_000,
    interval=200,
    judge_every=2000,
)

CLASSICS = {
    "tiny_mlp": TINY_MLP,
    # Ten times as long: it shows what becomes of the samples.
    "tiny_mlp_long": TINY_MLP.vary(steps=300_000, interval=1000, judge_every=5000),
    "layered_mlp": LAYERED_MLP,
    "layered_mlp_mended": LAYERED_MLP.vary(
        departs="but for batch norm in G and Adam's β1 of .5",
        networks=LAYERED_MLP.networks
        | {
            "generator": partial(
                LAYERED_MLP.networks["generator"], behind=(classics.NORM,)
            )
        },
        optimizers=old_adams(1e-3, 1e-3, beta_1=0.5),
        steps=4_000,
        interval=50,
        judge_every=500,
    ),
    "keras_gan": KERAS_GAN,
    "bulten_as_written": BULTEN_AS_WRITTEN,
    # Whole batches are heavy without a graphics processor. With small ones, rates as
    # high as the article's leave the samples rough, and D of the colour network wins.
    "bulten": BULTEN_AS_WRITTEN.vary(
        departs="in batches of 64 in place of 256, and from iteration 7,000 on at a "
        "quarter of its rates",
        optimizers=bulten_optimizers(
            4e-4, 8e-4, decays=(1e-10, 1e-10), quartered=7_000
        ),
        batch_size=64,
        steps=8_500,
    ),
    "bulten_colour_as_written": BULTEN_COLOUR_AS_WRITTEN,
    "bulten_colour": BULTEN_COLOUR_AS_WRITTEN.vary(
        departs="in batches of 16 in place of 128, with four times the rate for G, and "
        "from iteration 7,500 on at a quarter of its rates",
        optimizers=bulten_optimizers(4e-4, 2e-4, decays=(3e-8, 6e-8), quartered=7_500),
        batch_size=16,
        steps=8_500,
    ),
    "oreilly": OREILLY,
    # As they were written, oreilly and layered_mlp draw nothing, or little. These are
    # the smallest changes found that mend them.
    "oreilly_mended": OREILLY.vary(
        departs="but for a G that grows from 7×7, one update of D on both kinds of "
        "image, no head start, a rate of G of .001 and Adam's β1 of .5",
        networks=OREILLY.networks
        | {"generator": partial(classics.build_oreilly_generator, halving=False)},
        optimizers=old_adams(1e-3, 3e-4, beta_1=0.5),
        step=partial(alternating_step, turns=(MERGED,)),
        steps=6_000,
        judge_every=500,
        ships=("generator",),
    ),
}
