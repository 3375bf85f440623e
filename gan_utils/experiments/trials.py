"""Short trainings that differ from a healthy one in one thing: failures and cures.

The healthy one on digits is the DCGAN with 16 channels and neither batch norm nor
dropout in D, for 600 steps; the healthy one in the plane is the playground's.
"""

import argparse
import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path

from gan_utils import data, latent, losses, models, paths, playground
from gan_utils.callbacks import Doctor
from gan_utils.training import GAN, LOSSES

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from keras.optimizers import Adam
from keras.optimizers.schedules import CosineDecay, LearningRateSchedule

CHANNELS, LATENT_DIM, INTERVAL = 16, 64, 25
BATCH_NORM = functools.partial(layers.BatchNormalization, momentum=0.9)


@dataclasses.dataclass(frozen=True)
class Trial:
    """A training on digits, or, with `mixture`, in the plane.

    Each field but the last two is something that can be broken or mended alone.
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
    penalty: float = 0.0  # weight of the squared gradient of D at real images
    resting: int = 1  # G moves at every n-th step only
    averaged: bool = False  # samples are drawn with the averaged weights
    mixture: playground.Mixture | None = None
    steps: int = 600

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
        gan = TrialGAN(*self._networks(seed), seed, trial=self)
        rates = self.rates
        if self.mixture:  # they cool as the playground's do
            rates = [CosineDecay(rate, self.steps) for rate in rates]
        rates = (Resting(rates[0], self.resting), rates[1])
        gan.compile(
            *[self.optimizer(rate) for rate in rates],
            generator_loss=self.generator_loss,
            discriminator_loss=self.discriminator_loss,
            steps_per_execution=INTERVAL,
        )
        return gan

    def _networks(self, seed):
        if self.mixture:
            gan = playground.build_gan(seed)
            generator, discriminator = gan.generator, gan.discriminator
        else:
            generator = models.build_generator(LATENT_DIM, CHANNELS, 2 * seed)
            discriminator = models.build_discriminator(CHANNELS, 2 * seed + 1)
        parts = []
        hidden = without_norm(discriminator)
        for layer in hidden:
            weighs = bool(layer.weights)
            parts.append(self.wrap(layer) if weighs and self.wrap else layer)
            if weighs and layer is not hidden[-1]:
                parts.extend(make() for make in self.behind)
        if self.noise:
            parts.insert(0, layers.GaussianNoise(self.noise, seed=seed))
        return generator, rebuild(parts, discriminator.input_shape)


def without_norm(network):
    """Returns the layers of a network but for batch norm and dropout."""
    left_out = (layers.BatchNormalization, layers.Dropout)
    return [layer for layer in network.layers if not isinstance(layer, left_out)]


def rebuild(parts, input_shape):
    """Makes a network of layers that may have weights already."""
    return keras.Sequential([keras.Input(input_shape[1:]), *parts])


class Resting(LearningRateSchedule):
    """A rate that is 0 but at every n-th step: a network that waits for the other."""

    def __init__(self, rate, every):
        self.rate, self.every = rate, every

    def __call__(self, step):
        rate = self.rate(step) if callable(self.rate) else self.rate
        moves = tf.cast(step, tf.int64) % self.every == self.every - 1
        return tf.where(moves, rate, 0.0)


class TrialGAN(GAN):
    """A GAN with a step in which more can be broken or mended."""

    def __init__(self, *networks_and_seed, trial):
        super().__init__(*networks_and_seed)
        self.trial = trial

    def take_step(self, real_images):
        trial = self.trial
        latents = self.draw_latents(tf.shape(real_images)[0])
        with tf.GradientTape(persistent=True) as tape:
            fake_images = self.generator(latents, training=trial.generator_training)
            if trial.mixed:
                both = tf.concat([real_images, fake_images], axis=0)
                halves = tf.split(self.discriminator(both, training=True), 2)
            else:
                halves = [
                    self.discriminator(images, training=True)
                    for images in (real_images, fake_images)
                ]
            loss_real, loss_fake = self.discriminator_loss(*halves)
            of_d = loss_real + loss_fake
            if trial.penalty:
                of_d += trial.penalty * self._steepness(real_images)
            of_g = self.generator_loss(halves[1])
        for network, optimizer, loss in (
            (self.discriminator, self.discriminator_optimizer, of_d),
            (self.generator, self.generator_optimizer, of_g),
        ):
            weights = network.trainable_variables
            optimizer.apply(tape.gradient(loss, weights), weights)
        values = (of_g, loss_real, loss_fake)
        return dict(zip(LOSSES, values)), *halves

    def _steepness(self, real_images):
        """Half of D's squared gradient at real images (Mescheder et al., 2018)."""
        with tf.GradientTape() as tape:
            tape.watch(real_images)
            logits = tf.reduce_sum(self.discriminator(real_images, training=True))
        slopes = tape.gradient(logits, real_images)
        all_but_first = list(range(1, slopes.shape.rank))
        return tf.reduce_mean(tf.reduce_sum(slopes**2, axis=all_but_first)) / 2


class Probe(keras.callbacks.Callback):
    """Measures how hard D pulls at samples, and keeps samples of some steps."""

    def __init__(self, keep_at=()):
        super().__init__()
        self.keep_at, self.pulls, self.samples = keep_at, [], []

    def on_epoch_end(self, epoch, logs=None):
        gan = self.model
        points = latent.sample_latents(64, gan.generator.input_shape[-1], seed=0)
        samples = gan.generator(points, training=False).numpy()
        pulls = playground.pulls(gan, samples).reshape(len(samples), -1)
        self.pulls.append(float(np.linalg.norm(pulls, axis=1).mean()))
        if gan.step in self.keep_at:
            self.samples.append(samples)


def parse(module, names, seeds):
    """Reads names, seeds and a folder from the command line; makes the folder."""
    parser = argparse.ArgumentParser(prog=f"python -m tests.benchmarks.{module}")
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
        judge: as `pretrained.load_judge` returns it; not needed in the plane.
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
    points = latent.sample_latents(2000, generator.input_shape[-1], seed=1)
    samples = models.make_sampler(generator)(points)
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
