"""The record of how one model is trained; makes the model and its batches."""

import dataclasses
import functools
from collections.abc import Callable

from gan_utils import data, fitting, latent, losses
from gan_utils.gan import GAN, uniform
from gan_utils.steps import MERGED, adversarial_step

import tensorflow as tf
from keras.optimizers import Adam

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
    optimizers = {name: make() for name, make in recipe.optimizers.items()}
    gan.compile(
        optimizers.pop("generator"),
        optimizers.pop("discriminator"),
        recipe.generator_loss,
        recipe.discriminator_loss,
        more_optimizers=optimizers,
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
    """Everything that decides how one model is trained, a row of `recipes`.

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

    def lay_out(self):
        """Returns the row of a GAN as text, for the eye: networks, updates, numbers."""
        lines, rates = [self.about], []
        for name, network in self.build_networks(0).items():
            shapes = (
                network.input_shape,
                *(each.output.shape for each in network.layers),
            )
            sizes = dict.fromkeys("×".join(map(str, shape[1:])) for shape in shapes)
            weights = f"{network.count_params():,} weights"
            lines.append(f"{name}: {' → '.join(sizes)}   ({weights})")
        for name, make in self.optimizers.items():
            optimizer = make()
            rate = float(optimizer.learning_rate)
            rates.append(f"{name}: {type(optimizer).__name__} {rate:.4g}")
        options = getattr(self.step, "keywords", {})
        between = " and " if options.get("at_once") else " then "
        turns = between.join(
            " + ".join(kinds) for kinds in options.get("turns", [MERGED])
        )
        prior = self.prior.__name__.removeprefix("stateless_random_")
        steps = f"iterations: {self.iterations or self.steps:,}"
        lines += ["   ".join(rates), f"D's updates: {turns}   prior: {prior}"]
        return "\n".join(lines) + f"   batch: {self.batch_size}   {steps}"

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


def pair(generator, discriminator):
    """Names the builders of G and D."""
    return {"generator": generator, "discriminator": discriminator}


def adams(of_generator, of_discriminator, **options):
    """Names an Adam for each network, with learning rates and β1 .5."""
    rates = dict(zip(BOTH, (of_generator, of_discriminator)))
    options = {"beta_1": 0.5, **options}
    return {
        name: functools.partial(Adam, rate, **options) for name, rate in rates.items()
    }
