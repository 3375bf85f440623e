"""Trains for some seconds in a process of its own and saves 5,000 samples.

python -m gan_utils.experiments.quality KIND SECONDS SEED FOLDER
"""

import json
import resource
import sys
import time
from pathlib import Path

from gan_utils import data, latent, models
from gan_utils.experiments import lesson_five
from gan_utils.gan import GAN
from gan_utils.steps import adversarial_step

import keras
import numpy as np
import tensorflow as tf

COUNT = 5000
UNMAPPED = {"build_mapped_generator": models.build_generator}
# What the lesson's names are changed to, for each of its variations.
CHANGES = {
    "ours": {},
    "unmapped": UNMAPPED,
    "plain": {
        **UNMAPPED,
        "BATCH_SIZE": 64,
        "GENERATOR_RATE": 3e-3,
        "DISCRIMINATOR_RATE": 5e-4,
        "BETA_2": 0.999,
        "DROPOUT": 0.3,
    },
}


def peak_megabytes():
    """Returns the largest resident size this process has had."""
    status = Path("/proc/self/status")
    if status.exists():  # on Linux, getrusage counts what the parent held, too
        return int(status.read_text().split("VmHWM:")[1].split()[0]) * 1024 / 1e6
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes here
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def train_ours(kind, seconds, seed, folder):
    """Trains as lesson 5 does, or a variation of it, stopped by the clock."""
    scope = lesson_five.load()
    stop = lesson_five.StopAfter(seconds)  # the clock runs before anything is built
    scope.update(CHANGES[kind], SEED=seed)
    gan = scope["make_gan"]()
    lesson_five.fit(scope, gan, 10**6 * scope["INTERVAL"], folder, [stop])
    return gan.averaged_generator, gan.step


def train_rival(seconds, seed):
    """Trains the TensorFlow site's DCGAN by its own procedure, step by step."""
    (x_train, _), _ = data.load_mnist()
    deadline = time.monotonic() + seconds
    keras.utils.set_random_seed(seed)
    gan = GAN(*lesson_five.rival(), seed=seed)
    gan.compile(keras.optimizers.Adam(1e-4), keras.optimizers.Adam(1e-4))
    step = tf.function(
        lambda images: adversarial_step(gan, images, tf.random.normal((256, 100)))
    )
    pipeline = lesson_five.shuffled_pipeline(x_train, 256, seed)
    for number, images in enumerate(pipeline, start=1):
        step(images)
        if time.monotonic() >= deadline:
            return gan.generator, number


def main(kind, seconds, seed, folder):
    seconds, seed, folder = float(seconds), int(seed), Path(folder)
    if kind == "rival":
        generator, steps = train_rival(seconds, seed)
    else:
        generator, steps = train_ours(kind, seconds, seed, folder)
    peak = peak_megabytes()
    points = latent.sample_latents(COUNT, models.latent_dim(generator), seed=12345)
    images = [
        generator(points[start : start + 500], training=False)
        for start in range(0, COUNT, 500)
    ]
    np.save(folder / "samples.npy", np.concatenate(images))
    figures = {"steps": steps, "peak_megabytes": peak}
    (folder / "figures.json").write_text(json.dumps(figures))


if __name__ == "__main__":
    main(*sys.argv[1:])
