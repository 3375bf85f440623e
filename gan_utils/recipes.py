"""How each model of the series is trained: one plain dict from names to recipes."""

import dataclasses
import functools
from collections.abc import Callable

from gan_utils import colour, data, latent, losses, models, training
from gan_utils.classics import CLASSICS, VARIATIONS

import keras
import tensorflow as tf
from keras import layers

LATENT_DIM = 64
STACKED = (28, 28, 3)  # three digits in three channels
LESSON = dict(rates=(3e-3, 5e-4), discriminator_loss=losses.smoothed_discriminator_loss)
# The same priors: in TensorFlow for training, in NumPy for drawing.
PRIORS = {
    tf.random.stateless_normal: latent.sample_latents,
    training.uniform: latent.sample_uniform,
}


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How one model is trained.

    Args:
        about: one sentence for the card; `{steps}` in it is how many were taken.
        build: from a seed to a compiled `GAN` or `Classifier`.
        batches: from a seed and the first step to a dataset of batches.
        steps: how many it takes.
        ships: names of the networks that are saved with a card.
        interval: steps between two points of a curve.
        judge_every: steps between two measurements of a GAN's samples; 0 for none.
        sample_latents: draws latent points from the prior, as
            `latent.sample_latents` does.
        pixel_range: values of black and white in the images.
        precision: type in which weights are stored.
        samples: how many the numbers on the card are taken of.
    """

    about: str
    build: Callable
    batches: Callable
    steps: int
    ships: tuple
    interval: int = 50
    judge_every: int = 0
    sample_latents: Callable = latent.sample_latents
    pixel_range: tuple = (-1.0, 1.0)
    precision: str = "float32"
    samples: int = 10_000

    @property
    def drawing(self):
        """What `pretrained.draw` has to know of the model, as a dict."""
        return {"sample_latents": self.sample_latents, "pixel_range": self.pixel_range}


def build_dcgan(seed):
    """Builds the DCGAN of the pretrained model, compiled.

    Both learning rates follow a half cosine of 40,000 steps. Training ends at half
    of it: from there on D grew too strong, and the samples became worse.
    """
    cooling = keras.optimizers.schedules.CosineDecay
    return training.assemble(
        models.build_mapped_generator(LATENT_DIM, channels=48, seed=seed),
        models.build_discriminator(seed=seed + 1),
        seed,
        [cooling(rate, 40_000, alpha=0.02) for rate in (3e-3, 5e-4)],
        discriminator_loss=losses.smoothed_discriminator_loss,
    )


def build_lesson_gan(seed):
    """Builds the GAN that lesson 5 trains, compiled."""
    generator = models.build_generator(LATENT_DIM, seed=seed)
    discriminator = models.build_discriminator(seed=seed + 1)
    return training.assemble(generator, discriminator, seed, **LESSON)


def build_stacked_gan(seed, cured=True):
    """Builds a GAN like lesson 5's for three channels, compiled.

    Args:
        seed: an integer from 0.
        cured: whether D goes without batch norm and dropout, at a higher rate.
    """
    last = layers.Conv2DTranspose(3, 4, 2, padding="same", activation="tanh")
    generator = [*models.build_generator(LATENT_DIM).layers[:-1], last]
    first = layers.Conv2D(32, 4, 2, padding="same")
    discriminator = [first, *models.build_discriminator(seed=seed + 1).layers[1:]]
    if cured:
        brakes = (layers.BatchNormalization, layers.Dropout)
        discriminator = [part for part in discriminator if not isinstance(part, brakes)]
    networks = [
        keras.Sequential([keras.Input((LATENT_DIM,)), *generator], name="generator"),
        keras.Sequential([keras.Input(STACKED), *discriminator], name="discriminator"),
    ]
    for position, network in enumerate(networks):
        models.initialize(network, seed + position)
    rate = 1e-3 if cured else 2e-4
    return training.assemble(*networks, seed, (rate, rate))


def build_digit_classifier(seed):
    """Builds the classifier of digits, compiled."""
    classifier = training.Classifier(models.build_classifier(seed))
    rate = keras.optimizers.schedules.CosineDecay(2e-3, decay_steps=4_700)
    classifier.compile(keras.optimizers.Adam(rate))
    return classifier


def over_photograph(digits, seed):
    """Lays digits over the photograph."""
    return colour.colour_digits(digits, colour.load_photograph(), seed)


def training_digits(batch_size, labels=False, pixel_range=(-1.0, 1.0), change=None):
    """Returns a function from a seed and a first step to batches of MNIST.

    `change` makes other images of digits and a seed.
    """

    def batches(seed, first_step):
        (images, digits), _ = data.load_mnist()
        images = change(images, seed) if change else images
        names = digits if labels else None
        return data.batches(images, batch_size, seed, first_step, names, pixel_range)

    return batches


def classic(name, steps, **options):
    """Makes the recipe of a classic: its article's settings, but for the steps.

    Args:
        name: a name in `classics.CLASSICS` or `classics.VARIATIONS`.
        steps: how many of the article's iterations are run.
        **options: as in `Recipe`.
    """
    of = (CLASSICS | VARIATIONS)[name]
    change = over_photograph if of.colours else None
    return Recipe(
        f"The GAN of: {of.article}. {{steps:,}} of its {of.iterations:,} iterations",
        of.build,
        training_digits(of.batch_size, False, of.pixel_range, change),
        steps,
        sample_latents=PRIORS[of.prior],
        pixel_range=of.pixel_range,
        precision="float16",
        **{"ships": ("generator",), **options},
    )


stacked = functools.partial(
    Recipe,
    batches=training_digits(64, change=data.stack_digits),
    steps=10_000,
    ships=("generator",),
    judge_every=1000,
    precision="float16",
    samples=26_000,
)
BOTH = ("generator", "discriminator")
RECIPES = {
    "dcgan": Recipe(
        "The DCGAN, with a wider generator behind one more dense layer",
        build_dcgan,
        training_digits(64),
        steps=20_000,
        ships=BOTH,
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
    "stacked": stacked(
        "Lesson 5's networks for stacked digits, D without batch norm and dropout, "
        "both rates 0.001",
        build_stacked_gan,
    ),
    "stacked_plain": stacked(
        "Lesson 5's networks for stacked digits, both rates 0.0002, the DCGAN paper's",
        functools.partial(build_stacked_gan, cured=False),
    ),
    "tiny_mlp": classic("tiny_mlp", steps=30_000, interval=500, judge_every=2500),
    # Ten times as long: it shows what becomes of the samples.
    "tiny_mlp_long": classic("tiny_mlp", 300_000, interval=1000, judge_every=5000),
    "layered_mlp": classic("layered_mlp", steps=60_000, interval=500, judge_every=5000),
    "layered_mlp_mended": classic("layered_mlp_mended", steps=4_000, judge_every=500),
    "keras_gan": classic("keras_gan", steps=30_000, interval=200, judge_every=2000),
    "bulten": classic("bulten", steps=8_500, ships=BOTH, judge_every=500),
    "bulten_colour": classic("bulten_colour", steps=8_500, judge_every=500),
    "oreilly": classic("oreilly", steps=12_000, ships=BOTH, judge_every=1000),
    "oreilly_mended": classic("oreilly_mended", steps=6_000, judge_every=500),
}


def find(name):
    """Returns the recipe of a name; raises `ValueError` that lists the names."""
    if name not in RECIPES:
        known = ", ".join(RECIPES)
        raise ValueError(f"There is no model {name!r}; there are: {known}.")
    return RECIPES[name]
