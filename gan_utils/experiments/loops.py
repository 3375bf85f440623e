"""Steps per second of `fit` against three other loops, side by side in one process."""

import statistics
import tempfile
import time
from pathlib import Path

from gan_utils import data
from gan_utils.experiments import lesson_five
from gan_utils.gan import GAN
from gan_utils.models import classics

import keras
import tensorflow as tf

ROUNDS = 5


def bare_loop(gan, images, batch_size, steps):
    """Returns a function that runs the same steps as fit in one tf.function."""
    resident = data.scale_pixels(images)

    @tf.function
    def run():
        for _ in tf.range(steps):
            rows = tf.random.uniform((batch_size,), 0, len(images), tf.int32)
            gan.train_step(tf.gather(resident, rows))
            gan.after_step()

    return run


def single_steps(gan, images, batch_size, steps):
    """Returns a function that makes one call a step over a tf.data pipeline."""
    stream = iter(lesson_five.shuffled_pipeline(images, batch_size))

    @tf.function
    def step(batch):
        gan.train_step(batch)
        gan.after_step()

    def run():
        for _ in range(steps):
            step(next(stream))

    return run


class Plain(keras.Model):
    """A GAN that Keras' own fit trains, with its own loop over steps."""

    def __init__(self, gan):
        super().__init__()
        self.gan = gan
        self.built = True

    def train_step(self, batch):
        numbers = self.gan.train_step(batch)
        self.gan.after_step()
        return dict(zip(self.gan.names, tf.unstack(numbers)))


def plain_fit(gan, images, batch_size, steps):
    """Returns a function that runs Keras' fit as it comes: one step an execution."""
    model = Plain(gan)
    model.compile(None, jit_compile=False)
    pipeline = lesson_five.shuffled_pipeline(images, batch_size)

    def run():
        model.fit(pipeline, steps_per_epoch=steps, shuffle=False, verbose=0)

    return run


def medians(loops, steps):
    """Times each loop in turn, several rounds, and returns steps per second."""
    for run in loops.values():
        run()  # builds the graphs
    rates = {name: [] for name in loops}
    for _ in range(ROUNDS):
        for name, run in loops.items():
            started = time.perf_counter()
            run()
            rates[name].append(steps / (time.perf_counter() - started))
    return {name: statistics.median(values) for name, values in rates.items()}


def measure_dcgan(steps=400):
    """Measures lesson 5's fit, with all its callbacks, beside the other loops."""
    scope = lesson_five.load()
    gan = scope["make_gan"]()
    images, batch_size = scope["x_train"], scope["BATCH_SIZE"]
    with tempfile.TemporaryDirectory() as folder:

        def run_fit():
            lesson_five.fit(scope, gan, gan.step + steps, Path(folder))

        loops = {
            "fit": run_fit,
            "bare": bare_loop(gan, images, batch_size, steps),
            "single": single_steps(gan, images, batch_size, steps),
            "plain": plain_fit(scope["make_gan"](), images, batch_size, steps),
        }
        return medians(loops, steps)


def measure_tiny_mlp(steps=4000, batch_size=128):
    """Measures the smallest classic, where the loop costs more than the networks."""
    (x_train, _), _ = data.load_mnist()

    def make_gan():
        generator = classics.build_dense_generator()
        gan = GAN(generator, classics.build_dense_discriminator(), seed=0)
        adam = keras.optimizers.Adam
        gan.compile(adam(1e-3), adam(1e-3), steps_per_execution=steps // 4)
        return gan

    gan = make_gan()

    def run_fit():
        gan.fit(
            data.batches(x_train, batch_size, 0, gan.step),
            steps_per_epoch=steps // 4,
            epochs=4,
            verbose=0,
        )

    loops = {
        "fit": run_fit,
        "bare": bare_loop(gan, x_train, batch_size, steps),
        "single": single_steps(gan, x_train, batch_size, steps),
        "plain": plain_fit(make_gan(), x_train, batch_size, steps),
    }
    return medians(loops, steps)
