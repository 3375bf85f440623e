"""Short trainings that differ from a healthy one in one thing: failures and cures.

The healthy one on digits is the DCGAN with 16 channels and neither batch norm nor
dropout in D, for 600 steps; the healthy one in the plane is the playground's.
"""

import argparse
import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path

from gan_utils import (
    compiled,
    critics,
    data,
    latent,
    losses,
    models,
    paths,
    penalties,
    playground,
)
from gan_utils.doctor import Doctor
from gan_utils.gan import GAN
from gan_utils.models.parts import leaves
from gan_utils.steps import LOSSES, adversarial_step, move, opinions

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from keras.optimizers import Adam
from keras.optimizers.schedules import CosineDecay

CHANNELS, LATENT_DIM, INTERVAL = 16, 64, 25
WEIGHED = (layers.Conv2D, layers.Dense)  # what D's layers with weights are


@dataclasses.dataclass(frozen=True)
class Trial:
    """A training on digits, or, with `mixture`, in the plane.

    Each field but the last three is something that can be broken or mended alone. Those
    of which a step would leave one out are refused together, by `ValueError`.
    """

    rates: tuple = (3e-3, 1e-3)  # of G and of D
    optimizer: Callable = functools.partial(Adam, beta_1=0.5)
    generator_loss: Callable = losses.non_saturating_generator_loss
    discriminator_loss: Callable = losses.cross_entropy_discriminator_loss
    batch_size: int = 64
    pixel_range: tuple = (-1.0, 1.0)  # of the real images
    generator_training: bool = True
    mixed: bool = False  # real and fake images in one batch of D
    behind: tuple = ()  # make the layers behind each hidden layer of D
    wrap: Callable | None = None  # around each layer of D that has weights
    noise: float = 0.0  # on whatever D sees
    penalty: Callable | None = None  # one of `penalties`
    paired: bool = False  # D compares a real image with a fake
    critic: bool = False  # D's answers have no bound; see `AS_CRITIC`
    clip: float | None = None  # limit of a critic's weights
    generator_every: int = 1  # G moves at every n-th step only
    head_start: int = 0  # steps at the beginning in which G does not move
    averaged: bool = False  # samples are drawn with the averaged weights
    mixture: playground.Mixture | None = None
    hidden: tuple = (128, 128)  # units of the hidden layers in the plane
    activation: str | None = "relu"  # of D's, before what stands behind, in the plane
    steps: int = 600

    def __post_init__(self):
        own = {"critic": self.critic, "paired": self.paired, "broken": self._broken}
        kinds = [name for name, given in own.items() if given]
        if len(kinds) > 1:
            raise ValueError(
                f"This trial is {' and '.join(kinds)}; a step is one of them. (Mixed "
                "batches and a G called by training=False are broken.)"
            )
        if self._broken and not self._plain:
            raise ValueError(
                "A broken step takes no penalty, no other pace and no head start."
            )
        if self.clip is not None and not self.critic:
            raise ValueError("clip cuts a critic's weights; give critic=True with it.")

    @property
    def _broken(self):
        return self.mixed or not self.generator_training

    @property
    def _plain(self):
        return (self.penalty, self.generator_every, self.head_start) == (None, 1, 0)

    def vary(self, **changes):
        """Returns a copy with other fields."""
        return dataclasses.replace(self, **changes)

    def batches(self, seed):
        """Returns an endless dataset of real images, or of points."""
        if self.mixture:
            return self.mixture.batches(self.batch_size, seed)
        (images, _), _ = data.load_mnist()
        return data.batches(images, self.batch_size, seed, pixel_range=self.pixel_range)

    def build(self, seed):
        """Builds the GAN, compiled."""
        keras.utils.set_random_seed(seed)  # spectral normalisation takes no seed
        gan = GAN(*self.build_networks(seed), seed, step=self.step)
        rates = self.rates
        if self.mixture:  # they cool as the playground's do, over the moves of each
            moving = self.steps - self.head_start
            moves = moving // self.generator_every, self.steps
            rates = [CosineDecay(rate, count) for rate, count in zip(rates, moves)]
        gan.compile(
            *[self.optimizer(rate) for rate in rates],
            generator_loss=self.generator_loss,
            discriminator_loss=self.discriminator_loss,
            steps_per_execution=INTERVAL,
        )
        return gan

    @property
    def step(self):
        """What one step of this trial does."""
        if self._broken:
            return functools.partial(
                broken_step,
                generator_training=self.generator_training,
                mixed=self.mixed,
            )
        options = {
            "penalty": self.penalty or penalties.no_penalty,
            "generator_every": self.generator_every,
            "head_start": self.head_start,
        }
        if self.critic:
            return functools.partial(critics.critic_step, clip=self.clip, **options)
        if self.paired:
            return functools.partial(critics.penalised_step, paired=True, **options)
        if self._plain:
            return adversarial_step
        return functools.partial(critics.penalised_step, **options)

    def build_networks(self, seed):
        """Builds G and D; whatever D is given more, it starts with the same weights."""
        if self.mixture:
            generator = playground.build_generator(2 * seed + 2, self.hidden)
            discriminator = playground.build_discriminator(2 * seed + 1, self.hidden)
        else:
            generator = models.build_generator(LATENT_DIM, CHANNELS, 2 * seed)
            discriminator = models.build_discriminator(
                CHANNELS, 2 * seed + 1, norm=layers.Identity, dropout=0.0
            )
        if self.behind or self.wrap or self.noise or self.activation != "relu":
            discriminator = self._alter(discriminator, seed)
        return generator, discriminator

    def _alter(self, healthy, seed):
        """Builds D with what this trial puts before, around and behind its layers."""
        if self.mixture:
            sizes = (2, *self.hidden, 1)
            parts = models.build_layers(sizes, self.activation, self.behind)
        else:
            parts = digit_layers(self.behind)
        if self.wrap:
            parts = [
                self.wrap(part) if isinstance(part, WEIGHED) else part for part in parts
            ]
        if self.noise:
            parts.insert(0, layers.GaussianNoise(self.noise, seed=seed))
        shape = healthy.inputs[0].shape[1:]
        altered = keras.Sequential([keras.Input(shape), *parts], name="discriminator")
        pairs = zip(weighed(altered), weighed(healthy), strict=True)
        for layer, of_healthy in pairs:
            layer.set_weights(of_healthy.get_weights())
        return altered


# What makes a trial's D a critic. What bounds its slopes comes on top.
AS_CRITIC = {"critic": True, **critics.WASSERSTEIN}


def digit_layers(behind):
    """Lists the layers of the healthy D on digits, with others behind its hidden ones.

    Args:
        behind: make the layers that stand behind each hidden layer with weights.

    Returns:
        A list of Keras layers.
    """
    return [
        layers.Conv2D(CHANNELS, 4, 2, padding="same"),
        *[make() for make in behind],
        layers.LeakyReLU(negative_slope=0.2),
        layers.Conv2D(2 * CHANNELS, 4, 2, padding="same", use_bias=False),
        *[make() for make in behind],
        layers.LeakyReLU(negative_slope=0.2),
        layers.Flatten(),
        layers.Dense(8 * CHANNELS, use_bias=False),
        *[make() for make in behind],
        layers.LeakyReLU(negative_slope=0.2),
        layers.Dense(1),
    ]


def weighed(network):
    """Returns the convolutions and dense layers of a network, in their order."""
    return [layer for layer in leaves(network) if isinstance(layer, WEIGHED)]


def broken_step(gan, real_images, latents, generator_training, mixed):
    """Updates both networks once, by a step with a mistake in it.

    Args:
        gan: as for `steps.adversarial_step`.
        real_images: float32 `(n, ...)`.
        latents: float32 `(n, latent_dim)`.
        generator_training: how G is called; False is a mistake.
        mixed: whether D sees both kinds of image in one batch; a mistake where it has
            batch norm.

    Returns:
        What `steps.adversarial_step` returns.
    """
    with tf.GradientTape(persistent=True) as tape:
        fake_images = gan.generator(latents, training=generator_training)
        if mixed:
            both = tf.concat([real_images, fake_images], axis=0)
            logits = gan.discriminator(both, training=True)
            real_logits, fake_logits = tf.split(logits, 2)
        else:
            real_logits = gan.discriminator(real_images, training=True)
            fake_logits = gan.discriminator(fake_images, training=True)
        loss_real, loss_fake = gan.discriminator_loss(real_logits, fake_logits)
        discriminator_loss = loss_real + loss_fake
        generator_loss = gan.generator_loss(fake_logits)
    move(gan.discriminator, gan.discriminator_optimizer, tape, discriminator_loss)
    move(gan.generator, gan.generator_optimizer, tape, generator_loss)
    values = dict(zip(LOSSES, (generator_loss, loss_real, loss_fake)))
    return values | opinions(real_logits, fake_logits)


class Probe(keras.callbacks.Callback):
    """Measures how hard D pulls at samples, and keeps samples of some steps."""

    def __init__(self, keep_at=()):
        super().__init__()
        self.keep_at, self.pulls, self.samples = keep_at, [], []

    def on_epoch_end(self, epoch, logs=None):
        gan = self.model
        points = latent.sample_latents(64, gan.latent_dim, seed=0)
        samples = gan.generator(points, training=False).numpy()
        pulls = playground.pulls(gan, samples).reshape(len(samples), -1)
        self.pulls.append(float(np.linalg.norm(pulls, axis=1).mean()))
        if gan.step in self.keep_at:
            self.samples.append(samples)


def parse(module, names, seeds):
    """Reads names, seeds and a folder from the command line; makes the folder."""
    parser = argparse.ArgumentParser(prog=f"python -m gan_utils.experiments.{module}")
    parser.add_argument("names", nargs="*", help="of " + ", ".join(names))
    parser.add_argument("--seeds", type=int, nargs="+", default=seeds)
    parser.add_argument("--out", type=Path, default=paths.run_folder(module))
    options = parser.parse_args()
    if unknown := sorted(set(options.names) - set(names)):
        parser.error(f"no {', '.join(unknown)}; there are: {', '.join(names)}")
    options.names = options.names or list(names)
    options.out.mkdir(parents=True, exist_ok=True)
    return options


def run(trial, seed, judge=None, keep_at=()):
    """Trains; returns what became of it.

    Args:
        trial: a `Trial`.
        seed: decides all that is random.
        judge: as `judge.load_judge` returns it; not needed in the plane.
        keep_at: steps at which samples are kept.

    Returns:
        A dict: `result`, numbers of the last samples; `curves`, of every interval;
        `told`, the doctor's sentences; `stopped`, the error that ended it, or None;
        `samples`, a list of arrays `(64, ...)`.
    """
    gan, told, stopped = trial.build(seed), [], None
    some = next(iter(trial.vary(batch_size=64).batches(seed)))
    doctor, probe = Doctor(some, tell=told.append), Probe(keep_at)
    try:
        gan.fit(
            trial.batches(seed),
            epochs=trial.steps // INTERVAL,
            steps_per_epoch=INTERVAL,
            callbacks=[doctor, probe],
            verbose=0,
        )
    except FloatingPointError as error:
        stopped = str(error)
    curves = {
        name: [*map(float, values)] for name, (_, values) in doctor.curves.items()
    }
    return {
        "result": {} if stopped else measure(gan, trial, judge),
        "curves": {**curves, "pull": probe.pulls},
        "told": told,
        "stopped": stopped,
        "samples": probe.samples,
    }


def measure(gan, trial, judge):
    """Measures 2,000 samples: modes and good points, or a judge's numbers."""
    generator = gan.averaged_generator if trial.averaged else gan.generator
    points = latent.sample_latents(2000, gan.latent_dim, seed=1)
    samples = compiled.make_sampler(generator)(points)
    if trial.mixture:
        covered, good = trial.mixture.judge(samples)
        return {"covered": covered, "good": good}
    found = judge(samples)
    flat = samples[:200].reshape(200, -1)
    apart = np.linalg.norm(flat[:, None] - flat, axis=2)
    return {
        "score": found["classifier_score"],
        "digits": int((np.array(found["shares"]) > 0.01).sum()),
        "frechet": found["frechet_distance"],
        "coverage": found["coverage"],
        "distance": float(apart[np.triu_indices(200, 1)].mean()),
    }
