"""Trains lesson 4's forgers against a D that learns quickly, seed by seed.

python -m gan_utils.experiments.forgers [--out data/forgers.npz] [--show]

Writes the record at the end, after 10 to 25 minutes on two cores. `--show` prints
the shipped one.
"""

from functools import partial

from gan_utils import losses, models, paths, plotting
from gan_utils.experiments import shipped
from gan_utils.experiments.controls import move_discriminator
from gan_utils.settings import Recipe, adams, pair

import keras
import numpy as np
import tensorflow as tf

PLACE = paths.MNIST.with_name("forgers.npz")
SEEDS = (0, 1, 2, 3, 4)
STEPS = 250
INTERVAL = 50  # steps between two points of a curve
SHOWN = 4  # fakes of each forger


def in_turn_step(gan, real_images, latents):
    """Updates D, then G, which sees D as it is by then, on the same latent points.

    Args and the losses it returns: see `steps.adversarial_step`; `fake_logit` is the
    mean of D's logits in G's update.
    """
    move_discriminator(gan, real_images, latents)
    with tf.GradientTape() as tape:
        fake_images = gan.generator(latents, training=True)
        fake_logits = gan.discriminator(fake_images, training=True)
        generator_loss = gan.generator_loss(fake_logits)
    weights = gan.generator.trainable_variables
    gan.generator_optimizer.apply(tape.gradient(generator_loss, weights), weights)
    return {"fake_logit": tf.reduce_mean(fake_logits)}


def odds(fake_logits):
    """Returns how long the saturating loss's gradient is beside the other's."""
    believed, rejected = tf.sigmoid(fake_logits), tf.sigmoid(-fake_logits)
    return tf.stop_gradient(tf.reduce_mean(believed) / tf.reduce_mean(rejected))


def lengthened_loss(fake_logits):
    """The saturating loss, its gradient as long as the non-saturating one's."""
    return losses.saturating_generator_loss(fake_logits) / odds(fake_logits)


def shortened_loss(fake_logits):
    """The non-saturating loss, its gradient as short as the saturating one's."""
    return losses.non_saturating_generator_loss(fake_logits) * odds(fake_logits)


def shrink(times):
    """Returns the non-saturating loss, as many times as short from the beginning."""

    def shrunk_loss(fake_logits):
        return losses.non_saturating_generator_loss(fake_logits) / times

    return shrunk_loss


QUICK = Recipe(
    about="A forger against a D that learns quickly",
    networks=pair(
        models.build_generator,
        partial(models.build_discriminator, norm=keras.layers.Identity, dropout=0.0),
    ),
    optimizers=adams(2e-3, 3e-3, beta_2=0.99),
    step=in_turn_step,
    averaging=None,
    batch_size=64,
    steps=STEPS,
    interval=INTERVAL,
)
SATURATING = QUICK.vary(generator_loss=losses.saturating_generator_loss)


def vary_generator(recipe, **options):
    """Returns a forger with other settings of G's Adam."""
    adam = {"generator": adams(2e-3, 2e-3, **options)["generator"]}
    return recipe.vary(optimizers=recipe.optimizers | adam)


MUCH_SHORTER = QUICK.vary(generator_loss=shrink(1e8))
FORGERS = {
    "non-saturating": QUICK,
    "lengthened": QUICK.vary(generator_loss=lengthened_loss),
    "saturating": SATURATING,
    "shortened": QUICK.vary(generator_loss=shortened_loss),
    "100,000 times as short": QUICK.vary(generator_loss=shrink(1e5)),
    "10⁸ times as short": MUCH_SHORTER,
    "the same, G's ε 1e-15": vary_generator(MUCH_SHORTER, beta_2=0.99, epsilon=1e-15),
    "saturating, D's rate .001": SATURATING.vary(
        optimizers=adams(2e-3, 1e-3, beta_2=0.99)
    ),
    "saturating, G's β2 .9": vary_generator(SATURATING, beta_2=0.9),
    "saturating, G's ε 1e-14": vary_generator(SATURATING, beta_2=0.99, epsilon=1e-14),
}


def train(name, seed):
    """Trains a forger once.

    Returns:
        D's mean logit for its fakes, a list, each the mean over `INTERVAL` steps; and
        fakes at the end, uint8 `(SHOWN, 28, 28)`.
    """
    recipe = FORGERS[name]
    gan = recipe.build(seed)
    curve = gan.fit(
        recipe.batches(seed, gan.step),
        epochs=recipe.steps // recipe.interval,
        steps_per_epoch=recipe.interval,
        verbose=0,
    ).history["fake_logit"]
    # Batch norm takes the means of a whole batch, as in training.
    fakes = gan.generator(gan.watched_latents(recipe.batch_size), training=True)
    return curve, plotting.to_uint8(fakes.numpy()[:SHOWN, :, :, 0])


def measure():
    """Trains each forger by each seed; returns arrays, forgers first, then seeds."""
    found = []
    for name in FORGERS:
        found.append([train(name, seed) for seed in SEEDS])
        print(f"{name} is trained.", flush=True)
    curves, fakes = zip(*(zip(*by_seed) for by_seed in found))
    return {
        "names": np.array(list(FORGERS)),
        "logits": np.array(curves, np.float32),
        "fakes": np.array(fakes),
    }


def read(place=PLACE):
    """Reads a record.

    Returns:
        A dict: for each forger its mean logits, float32 `(seeds, points)`; and a dict:
        for each its fakes, uint8 `(seeds, SHOWN, 28, 28)`.
    """
    with np.load(place) as record:
        names = record["names"].tolist()
        return tuple(dict(zip(names, record[key])) for key in ("logits", "fakes"))


def lay_out(logits):
    """Returns the logits at the end as text, a line for each forger."""
    lines = [f"{'seed':26}" + "".join(f"{seed:8}" for seed in SEEDS)]
    for name, curves in logits.items():
        lines.append(f"{name:26}" + "".join(f"{value:8.1f}" for value in curves[:, -1]))
    return "\n".join(lines)


def make(place):
    """Trains all, and writes the record beside its place first."""
    part = place.with_name(f".{place.name}")
    np.savez_compressed(part, **measure())
    part.replace(place)


def show(place):
    return lay_out(read(place)[0])


def main(arguments=None):
    shipped.run_on("forgers", PLACE, make, show, arguments)


if __name__ == "__main__":
    main()
