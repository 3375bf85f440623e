"""Lesson 5's own training, taken from the notebook, and other loops beside it."""

import time

from gan_utils import callbacks, checkpoints, data, latent
from tools.lessons import find_lesson

import keras
import nbformat
import tensorflow as tf


def load():
    """Runs the cells of lesson 5 that import, set parameters and define training."""
    scope = {}
    for cell in nbformat.read(find_lesson("train_the_gan"), as_version=4).cells:
        if cell.cell_type == "code":
            needed = {"parameters", "taught"} & set(cell.metadata.get("tags", []))
            if scope == {} or needed or "def make_gan(" in cell.source:
                exec(cell.source, scope)
        if "make_gan" in scope:
            return scope
    raise LookupError("lesson 5 does not define make_gan")


class StopAfter(keras.callbacks.Callback):
    """Ends training when the seconds are over."""

    def __init__(self, seconds):
        super().__init__()
        self.deadline = time.monotonic() + seconds

    def on_train_batch_end(self, batch, logs=None):
        if time.monotonic() >= self.deadline:
            self.model.stop_training = True


def fit(scope, gan, steps, folder, more_callbacks=()):
    """Trains as the lesson does, with everything it writes, up to `steps`."""
    watched = latent.sample_latents(36, gan.latent_dim, seed=2)
    gan.fit(
        data.batches(scope["x_train"], scope["BATCH_SIZE"], scope["SEED"], gan.step),
        initial_epoch=gan.step // scope["INTERVAL"],
        epochs=steps // scope["INTERVAL"],
        steps_per_epoch=scope["INTERVAL"],
        callbacks=[
            callbacks.ProgressBar(),
            callbacks.SampleFrames(watched, folder / "frames"),
            callbacks.TensorBoardLog(folder / "log", watched),
            checkpoints.Checkpoint(gan, folder / "checkpoint"),
            *more_callbacks,
        ],
        verbose=0,
    )


def rival():
    """Builds both networks of the TensorFlow site's DCGAN."""
    layers = keras.layers
    generator = keras.Sequential(
        [
            keras.Input((100,)),
            layers.Dense(7 * 7 * 256, use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            layers.Reshape((7, 7, 256)),
            layers.Conv2DTranspose(128, 5, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            layers.Conv2DTranspose(64, 5, 2, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            layers.Conv2DTranspose(
                1, 5, 2, padding="same", use_bias=False, activation="tanh"
            ),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(64, 5, 2, padding="same"),
            layers.LeakyReLU(),
            layers.Dropout(0.3),
            layers.Conv2D(128, 5, 2, padding="same"),
            layers.LeakyReLU(),
            layers.Dropout(0.3),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    return generator, discriminator


def shuffled_pipeline(images, batch_size, seed=0):
    """Makes the usual tf.data pipeline: all images as floats, shuffled, batched."""
    dataset = tf.data.Dataset.from_tensor_slices(data.scale_pixels(images))
    dataset = dataset.shuffle(len(images), seed=seed).repeat()
    return dataset.batch(batch_size, drop_remainder=True)
