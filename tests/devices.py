"""Trains on several devices or workers, in a process of its own, and prints figures.

python -m tests.devices mirrored FOLDER, for example. TensorFlow takes its devices once,
before it computes anything; so no test can do this in its own process.
"""

import functools
import hashlib
import json
import sys
from pathlib import Path

from gan_utils import data, latent, models, recipes, runs, steps
from gan_utils.checkpoints import Checkpoint
from gan_utils.fitting import fit_until
from gan_utils.gan import GAN
from gan_utils.models import classics
from gan_utils.recipes import Recipe, adams, pair

import keras
import numpy as np
import tensorflow as tf
from keras.layers import Dropout, Identity
from keras.optimizers import SGD

IMAGES = np.random.default_rng(0).integers(0, 256, (256, 28, 28), np.uint8)
POINTS = latent.sample_latents(256, 8, seed=1)


def fixed_batches(first_step):
    """Makes batches of images that bring their latent points along."""
    return data.batches(IMAGES, 64, 0, first_step, labels=POINTS)


def fixed_step(gan, batch, latents):
    return steps.adversarial_step(gan, *batch)


def make_plain():
    """Builds a GAN of whose batch each image goes its own way, and plain SGD."""
    generator = models.build_generator(8, 4, norm=Identity)
    discriminator = models.build_discriminator(4, norm=Identity, dropout=0.0)
    gan = GAN(generator, discriminator, seed=0, step=fixed_step)
    gan.compile(SGD(0.02), SGD(0.02))
    return gan


def train_plain(gan, until=10):
    fit_until(gan, fixed_batches, until, 5, [])
    return [w.numpy() for network in gan.trained.values() for w in network.weights]


def distance(first, second):
    return max(float(np.abs(a - b).max()) for a, b in zip(first, second, strict=True))


def small_digits(recipe, seed, first_step):
    labels = np.arange(len(IMAGES)) % 10 if recipe.labelled else None
    return data.batches(IMAGES, recipe.batch_size, seed, first_step, labels)


SMALL = Recipe(
    about="Dense networks, G with batch norm and D with dropout",
    networks=pair(
        functools.partial(
            classics.build_dense_generator,
            sizes=(8, 32, 784),
            behind=(models.batch_norm,),
        ),
        functools.partial(
            classics.build_dense_discriminator,
            sizes=(784, 32, 1),
            behind=(functools.partial(Dropout, 0.3, seed=0),),
        ),
    ),
    optimizers=adams(1e-3, 1e-3),
    batch_size=16,
    steps=8,
    interval=2,
    source=small_digits,
)


def mirrored(folder):
    strategy = runs.spread(2)
    with strategy.scope():
        shared = make_plain()
    start = train_plain(shared, until=0)
    found = {"replicas": strategy.num_replicas_in_sync}
    together = train_plain(shared)
    alone = train_plain(make_plain())
    found["moved"] = distance(start, together)
    found["apart"] = distance(alone, together)

    draw = tf.function(lambda: strategy.run(lambda: shared.draw_latents(4)))
    first, second = strategy.experimental_local_results(draw())
    found["points_in_common"] = int(np.isin(first, second).sum())

    with strategy.scope():
        whole, broken, resumed = (SMALL.build(0) for _ in range(3))

    def batches(first_step):
        return SMALL.batches(0, first_step)

    fit_until(whole, batches, 8, 2, [])
    fit_until(broken, batches, 4, 2, [Checkpoint(broken, folder / "small")])
    Checkpoint(resumed, folder / "small")
    found["resumed_at"] = resumed.step
    fit_until(resumed, batches, 8, 2, [])
    states = [
        [np.asarray(each) for part in gan.state().values() for each in part]
        for gan in (whole, resumed)
    ]
    found["resumed_apart"] = distance(*states)
    return found


def recorded(folder):
    """Trains a row in one folder on two devices, and then asks for one."""
    recipes.RECIPES["small"] = SMALL
    model, _ = runs.train("small", folder, steps=4, devices=2)
    found = json.loads((folder / "run.json").read_text())
    try:
        runs.train("small", folder, steps=8)
    except ValueError as error:
        found["refused"] = str(error)
    return {**found, "step": model.step}


def worker():
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    with strategy.scope():
        shared = make_plain()
    together = train_plain(shared)
    content = b"".join(weight.tobytes() for weight in together)
    return {
        "workers": strategy.num_replicas_in_sync,
        "weights": hashlib.sha256(content).hexdigest(),
        "apart": distance(train_plain(make_plain()), together),
    }


if __name__ == "__main__":
    keras.utils.disable_interactive_logging()
    kind, *folder = sys.argv[1:]
    scenarios = {"mirrored": mirrored, "recorded": recorded, "worker": worker}
    print(json.dumps(scenarios[kind](*map(Path, folder))))
