"""How each model of the series is trained: a row of settings for each name.

A row names functions and numbers; `Recipe` turns it into a model and its batches. The
classics stand here as their articles have them. Losses are taken of logits; three of
the articles took them of probabilities. Two things are gone from Keras and replaced:
one optimizer for both networks (`keras_gan`), and the argument `decay` (`bulten`).
"""

import dataclasses
import functools
from collections.abc import Callable

from gan_utils import colour, data, fitting, latent, losses, models
from gan_utils.gan import GAN, uniform
from gan_utils.models import classics
from gan_utils.steps import (
    FAKE,
    MERGED,
    REAL,
    adversarial_step,
    alternating_step,
    classifier_step,
)

import tensorflow as tf
from keras.layers import Identity
from keras.optimizers import Adam, RMSprop
from keras.optimizers.schedules import (
    CosineDecay,
    InverseTimeDecay,
    LearningRateSchedule,
)

# The same prior twice: in TensorFlow for training, in NumPy for drawing.
NORMAL = {
    "prior": tf.random.stateless_normal,
    "sample_latents": latent.sample_latents,
}
UNIFORM = {"prior": uniform, "sample_latents": latent.sample_uniform}
BOTH = ("generator", "discriminator")


def digit_batches(recipe, seed, first_step):
    """Makes batches of MNIST, changed and labelled as the recipe says."""
    (digits, labels), _ = data.load_mnist()
    return data.batches(
        recipe.change(digits, seed) if recipe.change else digits,
        recipe.batch_size,
        seed,
        first_step,
        labels if recipe.labelled else None,
        recipe.pixel_range,
    )


def make_gan(recipe, seed):
    """Makes the `GAN` of a recipe, compiled."""
    gan = GAN(
        **recipe.build_networks(seed),
        seed=seed,
        averaging=recipe.averaging,
        prior=recipe.prior,
        pixel_range=recipe.pixel_range,
        step=recipe.step,
    )
    made = {f"{name}_optimizer": make() for name, make in recipe.optimizers.items()}
    gan.compile(
        **made,
        generator_loss=recipe.generator_loss,
        discriminator_loss=recipe.discriminator_loss,
    )
    return gan


def make_trainable(recipe, seed):
    """Makes a plain `Trainable`, each network with the optimizer of its name."""
    networks = recipe.build_networks(seed)
    model = fitting.Trainable(networks, recipe.step)
    model.compile(
        {
            name: (make(), networks[name].trainable_variables)
            for name, make in recipe.optimizers.items()
        }
    )
    return model


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that decides how one model is trained.

    Args:
        about: what it is, in a sentence; of a classic, its article.
        departs: how a classic departs from its article.
        iterations: how many the article ran; None for what is no classic.
        networks: a dict from names to builders, which take a seed.
        optimizers: a dict from names to makers of optimizers.
        step: what one iteration does; see `steps`.
        generator_loss: as for `GAN.compile`.
        discriminator_loss: as for `GAN.compile`.
        averaging: as for `GAN`.
        prior: as for `GAN`.
        sample_latents: draws from the same prior, as `latent.sample_latents` does.
        pixel_range: values of black and white in the images.
        change: makes other images of digits and a seed; None leaves them.
        labelled: whether the digits come with their labels.
        batch_size: images in a batch.
        steps: how many are taken.
        interval: steps between two points of a curve.
        judge_every: steps between two measurements of a GAN's samples; 0 for none.
        ships: names of the networks that are saved with a card.
        precision: type in which weights are stored.
        samples: how many the numbers on the card are taken of.
        make: from a recipe and a seed to a compiled model.
        source: from a recipe, a seed and the first step to a dataset of batches.
    """

    about: str
    departs: str = ""
    iterations: int | None = None
    networks: dict
    optimizers: dict
    step: Callable = adversarial_step
    generator_loss: Callable = losses.non_saturating_generator_loss
    discriminator_loss: Callable = losses.cross_entropy_discriminator_loss
    averaging: float | None = 0.2
    prior: Callable = tf.random.stateless_normal
    sample_latents: Callable = latent.sample_latents
    pixel_range: tuple = (-1.0, 1.0)
    change: Callable | None = None
    labelled: bool = False
    batch_size: int
    steps: int
    interval: int = 50
    judge_every: int = 0
    ships: tuple = ("generator",)
    precision: str = "float32"
    samples: int = 10_000
    make: Callable = make_gan
    source: Callable = digit_batches

    def vary(self, **changes):
        """Returns a copy with other fields."""
        return dataclasses.replace(self, **changes)

    def build(self, seed):
        """Makes the model, compiled."""
        return self.make(self, seed)

    def build_networks(self, seed):
        """Builds the networks by name, each by a seed one higher than the last."""
        makers = self.networks.items()
        return {name: make(seed=seed + n) for n, (name, make) in enumerate(makers)}

    def batches(self, seed, first_step):
        """Makes the dataset of batches from a step on."""
        return self.source(self, seed, first_step)

    @property
    def drawing(self):
        """What `judge.draw` has to know of the model, as a dict."""
        return {"sample_latents": self.sample_latents, "pixel_range": self.pixel_range}

    @property
    def head_start(self):
        """Steps at the beginning in which only D is trained."""
        return getattr(self.step, "keywords", {}).get("head_start", 0)

    def describe(self, steps):
        """Says what the model is after so many steps, in a sentence for its card."""
        if self.iterations is None:
            return self.about
        departs = f", {self.departs}" if self.departs else ""
        return (
            f"The GAN of: {self.about}{departs}. {steps:,} of its "
            f"{self.iterations:,} iterations"
        )


def over_photograph(digits, seed):
    """Lays digits over the photograph."""
    return colour.colour_digits(digits, colour.load_photograph(), seed)


def adams(of_generator, of_discriminator, **options):
    """Names an Adam for each network, with learning rates and β1 .5."""
    rates = dict(zip(BOTH, (of_generator, of_discriminator)))
    options = {"beta_1": 0.5, **options}
    return {
        name: functools.partial(Adam, rate, **options) for name, rate in rates.items()
    }


def old_adams(of_generator, of_discriminator, beta_1=0.9):
    """Names an Adam for each network, with the ε that TensorFlow 1 had."""
    return adams(of_generator, of_discriminator, beta_1=beta_1, epsilon=1e-8)


@dataclasses.dataclass
class Quartered(LearningRateSchedule):
    """A quarter of another schedule, from a step on."""

    schedule: Callable
    start: int

    def __call__(self, step):
        rate = self.schedule(step)
        return tf.where(tf.cast(step, tf.int64) < self.start, rate, rate / 4)


def bulten_optimizers(of_generator, of_discriminator, decays, quartered=None):
    """Names Bulten's optimizers, which clip, with the decay that Keras 1 had."""
    optimizers = {}
    rates = of_generator, of_discriminator
    for name, kind, rate, decay in zip(BOTH, (Adam, RMSprop), rates, decays):
        schedule = InverseTimeDecay(rate, 1, decay)
        if quartered:
            schedule = Quartered(schedule, quartered)
        optimizers[name] = functools.partial(kind, schedule, clipvalue=1.0)
    return optimizers


def pair(generator, discriminator):
    """Names the builders of G and D."""
    return {"generator": generator, "discriminator": discriminator}


def dense_pair(of_generator, of_discriminator, **options):
    """Names builders of dense networks by their sizes."""
    build_generator = functools.partial(
        classics.build_dense_generator, sizes=of_generator, **options
    )
    build_discriminator = functools.partial(
        classics.build_dense_discriminator, sizes=of_discriminator, **options
    )
    return pair(build_generator, build_discriminator)


# Both rates follow a half cosine of 40,000 steps. Training ends at half of it: from
# there on D grew too strong, and the samples became worse.
DCGAN = Recipe(
    about="The DCGAN, with a wider generator behind one more dense layer",
    networks=pair(
        functools.partial(models.build_mapped_generator, channels=48),
        models.build_discriminator,
    ),
    optimizers=adams(*[CosineDecay(rate, 40_000, alpha=0.02) for rate in (3e-3, 5e-4)]),
    discriminator_loss=losses.smoothed_discriminator_loss,
    batch_size=64,
    steps=20_000,
    interval=100,
    judge_every=1000,
    ships=BOTH,
)

LESSON_05 = Recipe(
    about="The GAN that lesson 5 trains",
    networks=pair(models.build_generator, models.build_discriminator),
    optimizers=adams(3e-3, 5e-4),
    discriminator_loss=losses.smoothed_discriminator_loss,
    batch_size=64,
    steps=6_000,
)

CLASSIFIER = Recipe(
    about="A classifier of digits, whose features judge generated images",
    networks={"classifier": models.build_classifier},
    optimizers={"classifier": functools.partial(Adam, CosineDecay(2e-3, 4_700))},
    step=classifier_step,
    labelled=True,
    batch_size=128,
    steps=4_700,
    ships=("classifier",),
    make=make_trainable,
)

THREE = (28, 28, 3)  # three digits in three channels
STACKED_PLAIN = LESSON_05.vary(
    about="Lesson 5's networks for stacked digits, both rates 0.0002, the DCGAN "
    "paper's",
    networks=pair(
        functools.partial(models.build_generator, shape=THREE),
        functools.partial(models.build_discriminator, shape=THREE),
    ),
    optimizers=adams(2e-4, 2e-4),
    discriminator_loss=losses.cross_entropy_discriminator_loss,
    change=data.stack_digits,
    steps=10_000,
    judge_every=1000,
    precision="float16",
    samples=26_000,
)
STACKED = STACKED_PLAIN.vary(
    about="Lesson 5's networks for stacked digits, D without batch norm and dropout, "
    "both rates 0.001",
    networks=STACKED_PLAIN.networks
    | {
        "discriminator": functools.partial(
            models.build_discriminator, shape=THREE, norm=Identity, dropout=0.0
        )
    },
    optimizers=adams(1e-3, 1e-3),
)

# What most of the articles have: one update of D on a merged batch of both kinds.
classic = functools.partial(
    Recipe,
    step=functools.partial(alternating_step, turns=(MERGED,)),
    averaging=None,
    pixel_range=(0.0, 1.0),
    precision="float16",
)

OREILLY = classic(
    about="Jon Bruner and Adit Deshpande, Generative Adversarial Networks for "
    "Beginners, O'Reilly, 2017",
    iterations=100_000,
    networks=pair(
        classics.build_oreilly_generator, classics.build_oreilly_discriminator
    ),
    optimizers=old_adams(1e-4, 3e-4)
    | {"fake": functools.partial(Adam, 3e-4, epsilon=1e-8)},
    step=functools.partial(
        alternating_step,
        turns=(REAL, FAKE),
        optimizers=("discriminator", "fake"),
        head_start=300,
    ),
    **NORMAL,
    batch_size=50,
    steps=12_000,
    judge_every=1000,
    ships=BOTH,
)

BULTEN = classic(
    about="Wouter Bulten, Getting started with generative adversarial networks (GAN)",
    iterations=10_001,
    networks=pair(classics.build_bulten_generator, classics.build_bulten_discriminator),
    optimizers=bulten_optimizers(4e-4, 8e-4, decays=(1e-10, 1e-10)),
    step=functools.partial(alternating_step, turns=(MERGED,), reduce=tf.reduce_mean),
    **UNIFORM,
    batch_size=256,
    steps=10_001,
    judge_every=500,
    ships=BOTH,
)

BULTEN_COLOUR = BULTEN.vary(
    about="Wouter Bulten, Getting started with GANs (Part 2): Colorful MNIST",
    iterations=20_001,
    networks=pair(
        classics.build_bulten_colour_generator,
        classics.build_bulten_colour_discriminator,
    ),
    optimizers=bulten_optimizers(1e-4, 2e-4, decays=(3e-8, 6e-8)),
    change=over_photograph,
    batch_size=128,
    steps=20_001,
    ships=("generator",),
)

TINY_MLP = classic(
    about="Introduction to GANs with Python and TensorFlow, without an author",
    iterations=1_000_000,
    networks=pair(classics.build_dense_generator, classics.build_dense_discriminator),
    optimizers=old_adams(1e-3, 1e-3),
    **UNIFORM,
    batch_size=128,
    steps=30_000,
    interval=500,
    judge_every=2500,
)

LAYERED_SIZES = (100, 200, 500, 784), (784, 500, 200, 1)
LAYERED_MLP = TINY_MLP.vary(
    about="An anonymous tutorial that makes a network of a list of layer sizes",
    iterations=500_000,
    networks=dense_pair(*LAYERED_SIZES, initializer=classics.he_like),
    step=functools.partial(alternating_step, turns=(MERGED,), fresh_latents=False),
    steps=60_000,
    judge_every=5000,
)

KERAS_GAN = classic(
    about="Skymind, GAN: A Beginner's Guide to Generative Adversarial Networks, "
    "with the code of Erik Linder-Norén's Keras-GAN",
    iterations=30_000,
    networks=pair(
        functools.partial(
            classics.build_dense_generator,
            sizes=(100, 256, 512, 1024, 784),
            output="tanh",
            activation=None,
            behind=(classics.LESS_LEAKY, classics.NORM),
        ),
        functools.partial(
            classics.build_dense_discriminator,
            sizes=(784, 512, 256, 1),
            activation=None,
            behind=(classics.LESS_LEAKY,),
        ),
    ),
    optimizers=adams(2e-4, 2e-4),
    step=functools.partial(alternating_step, turns=(REAL, FAKE), generator_batches=2),
    **NORMAL,
    pixel_range=(-1.0, 1.0),
    batch_size=16,
    steps=30_000,
    interval=200,
    judge_every=2000,
)

RECIPES = {
    "dcgan": DCGAN,
    "lesson_05": LESSON_05,
    "classifier": CLASSIFIER,
    "stacked": STACKED,
    "stacked_plain": STACKED_PLAIN,
    "tiny_mlp": TINY_MLP,
    # Ten times as long: it shows what becomes of the samples.
    "tiny_mlp_long": TINY_MLP.vary(steps=300_000, interval=1000, judge_every=5000),
    "layered_mlp": LAYERED_MLP,
    "layered_mlp_mended": LAYERED_MLP.vary(
        departs="but for batch norm in G and Adam's β1 of .5",
        networks=LAYERED_MLP.networks
        | {
            "generator": functools.partial(
                LAYERED_MLP.networks["generator"], behind=(classics.NORM,)
            )
        },
        optimizers=old_adams(1e-3, 1e-3, beta_1=0.5),
        steps=4_000,
        interval=50,
        judge_every=500,
    ),
    "keras_gan": KERAS_GAN,
    "bulten_as_written": BULTEN,
    # Whole batches are heavy without a graphics processor. With small ones, rates as
    # high as the article's leave the samples rough, and D of the colour network wins.
    "bulten": BULTEN.vary(
        departs="in batches of 64 in place of 256, and from iteration 7,000 on at a "
        "quarter of its rates",
        optimizers=bulten_optimizers(
            4e-4, 8e-4, decays=(1e-10, 1e-10), quartered=7_000
        ),
        batch_size=64,
        steps=8_500,
    ),
    "bulten_colour_as_written": BULTEN_COLOUR,
    "bulten_colour": BULTEN_COLOUR.vary(
        departs="in batches of 16 in place of 128, with four times the rate for G, and "
        "from iteration 7,500 on at a quarter of its rates",
        optimizers=bulten_optimizers(4e-4, 2e-4, decays=(3e-8, 6e-8), quartered=7_500),
        batch_size=16,
        steps=8_500,
    ),
    "oreilly": OREILLY,
    # As they were written, oreilly and layered_mlp draw nothing, or little. These are
    # the smallest changes found that mend them.
    "oreilly_mended": OREILLY.vary(
        departs="but for a G that grows from 7×7, one update of D on both kinds of "
        "image, no head start, a rate of G of .001 and Adam's β1 of .5",
        networks=OREILLY.networks
        | {
            "generator": functools.partial(
                classics.build_oreilly_generator, halving=False
            )
        },
        optimizers=old_adams(1e-3, 3e-4, beta_1=0.5),
        step=functools.partial(alternating_step, turns=(MERGED,)),
        steps=6_000,
        judge_every=500,
        ships=("generator",),
    ),
}


def find(name):
    """Returns the recipe of a name; raises `ValueError` that lists the names."""
    if name not in RECIPES:
        known = ", ".join(RECIPES)
        raise ValueError(f"There is no model {name!r}; there are: {known}.")
    return RECIPES[name]
