"""The GANs of five classic tutorials, as rows of settings.

`classic_networks` builds their networks. Losses are taken of logits; three of the
articles took them of probabilities. Two things are gone from Keras and replaced: one
optimizer for both networks (`keras_gan`), and the argument `decay` (`bulten`).
"""

import dataclasses
import functools
from collections.abc import Callable

from gan_utils import classic_networks as networks
from gan_utils import training
from gan_utils.alternating import FAKE, MERGED, REAL, AlternatingGAN, Procedure

import tensorflow as tf
from keras.optimizers import Adam, RMSprop
from keras.optimizers.schedules import InverseTimeDecay, LearningRateSchedule


@dataclasses.dataclass(frozen=True, kw_only=True)
class Classic(Procedure):
    """An article's GAN: its procedure, and all that goes with it.

    Args:
        article: who wrote it, what it is called, and when.
        generator: from a seed to G.
        discriminator: from a seed to D.
        iterations: how many the article ran.
        prior: as for `training.GAN`.
        pixel_range: values of black and white.
        colours: whether the digits are coloured.
    """

    article: str
    generator: Callable
    discriminator: Callable
    iterations: int
    prior: Callable = training.uniform
    pixel_range: tuple = (0.0, 1.0)
    colours: bool = False

    def vary(self, remark, **changes):
        """Returns a copy that departs from its article.

        Args:
            remark: how it departs, in words.
            **changes: fields of `Classic` and of `Procedure`.

        Example:
            >>> slim = CLASSICS["bulten"].vary("in batches of 64", batch_size=64)
        """
        article = f"{self.article}, {remark}"
        return dataclasses.replace(self, article=article, **changes)

    def build(self, seed):
        """Builds the GAN, compiled."""
        networks = self.generator(seed), self.discriminator(seed + 1)
        drawing = {"prior": self.prior, "pixel_range": self.pixel_range}
        gan = AlternatingGAN(*networks, seed, self, **drawing)
        gan.compile()
        return gan


@dataclasses.dataclass
class _Cooling(LearningRateSchedule):
    """A quarter of another schedule, from a step on."""

    schedule: Callable
    start: int

    def __call__(self, step):
        rate = self.schedule(step)
        return tf.where(tf.cast(step, tf.int64) < self.start, rate, rate / 4)


def _decaying(optimizer, rate, decay, cooling=None):
    """Makes a maker of optimizers that clip, with the decay that Keras 1 had."""
    schedule = InverseTimeDecay(rate, 1, decay)
    if cooling:
        schedule = _Cooling(schedule, cooling)
    return lambda: optimizer(schedule, clipvalue=1.0)


# TensorFlow 1 had another ε than Keras.
_adam = functools.partial(functools.partial, Adam, epsilon=1e-8)
_dense_g = functools.partial(functools.partial, networks.build_dense_generator)
_dense_d = functools.partial(functools.partial, networks.build_dense_discriminator)
_keras_gan_adam = functools.partial(Adam, 2e-4, beta_1=0.5)

CLASSICS = {
    "oreilly": Classic(
        article="Jon Bruner and Adit Deshpande, Generative Adversarial Networks for "
        "Beginners, O'Reilly, 2017",
        generator=networks.build_oreilly_generator,
        discriminator=networks.build_oreilly_discriminator,
        turns=(REAL, FAKE),
        optimizers=(_adam(3e-4), _adam(3e-4)),
        generator_optimizer=_adam(1e-4),
        batch_size=50,
        head_start=300,
        iterations=100_000,
        prior=tf.random.stateless_normal,
    ),
    "bulten": Classic(
        article="Wouter Bulten, Getting started with generative adversarial networks "
        "(GAN)",
        generator=networks.build_bulten_generator,
        discriminator=networks.build_bulten_discriminator,
        turns=(MERGED,),
        optimizers=(_decaying(RMSprop, 8e-4, 1e-10),),
        generator_optimizer=_decaying(Adam, 4e-4, 1e-10),
        batch_size=256,
        reduce=tf.reduce_mean,
        iterations=10_001,
    ),
    "bulten_colour": Classic(
        article="Wouter Bulten, Getting started with GANs (Part 2): Colorful MNIST",
        generator=networks.build_bulten_colour_generator,
        discriminator=networks.build_bulten_colour_discriminator,
        turns=(MERGED,),
        optimizers=(_decaying(RMSprop, 2e-4, 6e-8),),
        generator_optimizer=_decaying(Adam, 1e-4, 3e-8),
        batch_size=128,
        reduce=tf.reduce_mean,
        iterations=20_001,
        colours=True,
    ),
    "tiny_mlp": Classic(
        article="Introduction to GANs with Python and TensorFlow, without an author",
        generator=networks.build_dense_generator,
        discriminator=networks.build_dense_discriminator,
        turns=(MERGED,),
        optimizers=(_adam(1e-3),),
        generator_optimizer=_adam(1e-3),
        batch_size=128,
        iterations=1_000_000,
    ),
    "layered_mlp": Classic(
        article="An anonymous tutorial that makes a network of a list of layer sizes",
        generator=_dense_g(sizes=(100, 200, 500, 784), initializer=networks.he_like),
        discriminator=_dense_d(sizes=(784, 500, 200, 1), initializer=networks.he_like),
        turns=(MERGED,),
        optimizers=(_adam(1e-3),),
        generator_optimizer=_adam(1e-3),
        batch_size=128,
        fresh_latents=False,
        iterations=500_000,
    ),
    "keras_gan": Classic(
        article="Skymind, GAN: A Beginner's Guide to Generative Adversarial Networks, "
        "with the code of Erik Linder-Norén's Keras-GAN",
        generator=_dense_g(
            sizes=(100, 256, 512, 1024, 784),
            output="tanh",
            activation=None,
            behind=(networks.LESS_LEAKY, networks.NORM),
        ),
        discriminator=_dense_d(
            sizes=(784, 512, 256, 1), activation=None, behind=(networks.LESS_LEAKY,)
        ),
        turns=(REAL, FAKE),
        optimizers=(_keras_gan_adam,),
        generator_optimizer=_keras_gan_adam,
        batch_size=16,
        generator_batch=32,
        iterations=30_000,
        prior=tf.random.stateless_normal,
        pixel_range=(-1.0, 1.0),
    ),
}

VARIATIONS = {
    # Whole batches are heavy without a graphics processor. With small ones, rates as
    # high as the article's leave the samples rough, and D of the colour network wins.
    "bulten": CLASSICS["bulten"].vary(
        "in batches of 64 in place of 256, and from iteration 7,000 on at a quarter "
        "of its rates",
        optimizers=(_decaying(RMSprop, 8e-4, 1e-10, cooling=7_000),),
        generator_optimizer=_decaying(Adam, 4e-4, 1e-10, cooling=7_000),
        batch_size=64,
    ),
    "bulten_colour": CLASSICS["bulten_colour"].vary(
        "in batches of 16 in place of 128, with four times the rate for G, and from "
        "iteration 7,500 on at a quarter of its rates",
        optimizers=(_decaying(RMSprop, 2e-4, 6e-8, cooling=7_500),),
        generator_optimizer=_decaying(Adam, 4e-4, 3e-8, cooling=7_500),
        batch_size=16,
    ),
    # As they were written, these two draw nothing, or little. Here are the smallest
    # changes found that mend them.
    "oreilly_mended": CLASSICS["oreilly"].vary(
        "but for a G that grows from 7×7, one update of D on both kinds of image, no "
        "head start, a rate of G of .001 and Adam's β1 of .5",
        generator=functools.partial(CLASSICS["oreilly"].generator, halving=False),
        turns=(MERGED,),
        optimizers=(_adam(3e-4, beta_1=0.5),),
        generator_optimizer=_adam(1e-3, beta_1=0.5),
        head_start=0,
    ),
    "layered_mlp_mended": CLASSICS["layered_mlp"].vary(
        "but for batch norm in G and Adam's β1 of .5",
        generator=functools.partial(
            CLASSICS["layered_mlp"].generator, behind=(networks.NORM,)
        ),
        optimizers=(_adam(1e-3, beta_1=0.5),),
        generator_optimizer=_adam(1e-3, beta_1=0.5),
    ),
}
