"""How each model of the series is trained: one plain dict from names to recipes."""

import dataclasses
from collections.abc import Callable

from gan_utils import data, losses, models, training

import keras

LATENT_DIM = 64


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How one model is trained.

    Args:
        about: one sentence for the card.
        build: from a seed to a compiled `GAN` or `Classifier`.
        batches: from a seed and the first step to a dataset of batches.
        steps: how many it takes.
        ships: names of the networks that are saved with a card.
        interval: steps between two points of a curve.
        judge_every: steps between two measurements of a GAN's samples; 0 for none.
    """

    about: str
    build: Callable
    batches: Callable
    steps: int
    ships: tuple
    interval: int = 50
    judge_every: int = 0


def build_dcgan(seed):
    """Builds the DCGAN of the pretrained model, compiled.

    Both learning rates follow a half cosine of 40,000 steps. Training ends at half
    of it: from there on D grew too strong, and the samples became worse.
    """
    gan = training.GAN(
        models.build_mapped_generator(LATENT_DIM, channels=48, seed=seed),
        models.build_discriminator(seed=seed + 1),
        seed,
    )

    def adam(rate):
        schedule = keras.optimizers.schedules.CosineDecay(rate, 40_000, alpha=0.02)
        return keras.optimizers.Adam(schedule, beta_1=0.5)

    gan.compile(
        adam(3e-3),
        adam(5e-4),
        discriminator_loss=losses.smoothed_discriminator_loss,
    )
    return gan


def build_lesson_gan(seed):
    """Builds the GAN that lesson 5 trains, compiled."""
    gan = training.GAN(
        models.build_generator(LATENT_DIM, seed=seed),
        models.build_discriminator(seed=seed + 1),
        seed,
    )
    gan.compile(
        keras.optimizers.Adam(3e-3, beta_1=0.5),
        keras.optimizers.Adam(5e-4, beta_1=0.5),
        discriminator_loss=losses.smoothed_discriminator_loss,
    )
    return gan


def build_digit_classifier(seed):
    """Builds the classifier of digits, compiled."""
    classifier = training.Classifier(models.build_classifier(seed))
    rate = keras.optimizers.schedules.CosineDecay(2e-3, decay_steps=4_700)
    classifier.compile(keras.optimizers.Adam(rate))
    return classifier


def training_digits(batch_size, labels=False):
    """Returns a function from a seed and a first step to batches of MNIST."""

    def batches(seed, first_step):
        (x_train, y_train), _ = data.load_mnist()
        return data.batches(
            x_train, batch_size, seed, first_step, y_train if labels else None
        )

    return batches


RECIPES = {
    "dcgan": Recipe(
        "The DCGAN, with a wider generator behind one more dense layer",
        build_dcgan,
        training_digits(64),
        steps=20_000,
        ships=("generator", "discriminator"),
        interval=100,
        judge_every=1000,
    ),
    "lesson_05": Recipe(
        "The GAN that lesson 5 trains",
        build_lesson_gan,
        training_digits(64),
        steps=6_000,
        ships=("generator",),
    ),
    "classifier": Recipe(
        "A classifier of digits, whose features judge generated images",
        build_digit_classifier,
        training_digits(128, labels=True),
        steps=4_700,
        ships=("classifier",),
    ),
}


def find(name):
    """Returns the recipe of a name; raises `ValueError` that lists the names."""
    if name not in RECIPES:
        raise ValueError(
            f"There is no model {name!r}; there are: {', '.join(RECIPES)}."
        )
    return RECIPES[name]
