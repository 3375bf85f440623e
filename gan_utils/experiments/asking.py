"""Trains GANs that are asked for a digit, told to D in several ways, seed by seed.

python -m gan_utils.experiments.asking [--out data/asking.json] [--show]

All have lesson 5's sizes and rates, and 3,000 batches of 64. Writes the record after
each training and goes on from what is there. `--show` prints the shipped one.
"""

from functools import partial

from gan_utils import data, judge, models, paths, penalties, steps
from gan_utils.experiments import shipped
from gan_utils.fitting import fit_until
from gan_utils.gan import normal_with_kinds
from gan_utils.models.parts import checked
from gan_utils.recipes import LESSON_05
from gan_utils.settings import pair

import keras
import numpy as np
import tensorflow as tf
from keras import layers

PLACE = paths.MNIST.with_name("asking.json")
SEEDS = (0, 1, 2)
MEASURED_AT = (1000, 2000, 3000)  # steps
COUNT = 5000  # samples that are measured each time
FIGURES = ("asked_share", "frechet_distance", "classifier_score", "recall")
SCHEMA = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "additionalProperties": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "object", "required": [*FIGURES, "spreads"]},
        },
    },
}


@checked
def build_striped_discriminator(
    channels=32, seed=0, shape=(28, 28, 1), dropout=0.3, kinds=10
):
    """Builds a `build_plane_discriminator` whose planes are wrong, as they circulate.

    The shares are repeated pixel by pixel instead of all together, so that each kind
    is a stripe in all planes.
    """
    height, width, colours = shape
    images, shares = keras.Input(shape), keras.Input((kinds,))
    repeated = layers.RepeatVector(height * width)(shares)
    stripes = layers.Reshape((height, width, kinds))(layers.Permute((2, 1))(repeated))
    judge = models.build_discriminator(
        channels, seed, (height, width, colours + kinds), dropout=dropout
    )
    logits = judge(layers.Concatenate()([images, stripes]))
    return keras.Model([images, shares], logits, name="discriminator")


def build_fixed_discriminator(**options):
    """Builds a `build_projection_discriminator` whose vectors stay random."""
    network = models.build_projection_discriminator(**options)
    network.get_layer("vectors").trainable = False
    return network


def shuffled_batches(recipe, seed, first_step):
    """Makes batches of digits whose labels belong to others."""
    (digits, labels), _ = data.load_mnist()
    labels = np.random.default_rng(seed).permutation(labels)
    return data.batches(digits, recipe.batch_size, seed, first_step, labels)


def told_by(build, **options):
    """Returns what a recipe changes for a D that is told the kind."""
    discriminator = partial(build, dropout=0.1, **options)
    networks = pair(models.build_conditional_generator, discriminator)
    return {"networks": networks, "step": steps.conditional_step}


def asked_by(**options):
    """Returns what a recipe changes for a D that reads the kind."""
    step = partial(steps.auxiliary_step, **options)
    return told_by(models.build_reading_discriminator) | {"step": step}


def penalised_step(gan, batch, latents, penalty):
    """Updates both networks once, as `steps.conditional_step`; D pays for steepness.

    Args:
        gan: as for `steps.conditional_step`.
        batch: as for `steps.conditional_step`.
        latents: as for `steps.conditional_step`.
        penalty: weight of `penalties.zero_centred_penalty`, at real images that are
            told their own kind.

    Returns:
        What `steps.conditional_step` returns.
    """
    real_images, labels = batch
    _, asked = latents
    told = tf.one_hot(labels, asked.shape[1])

    def judge_as_told(images, training):
        return gan.discriminator([images, told], training=training)

    with tf.GradientTape(persistent=True) as tape:
        fake_images = gan.generator(latents, training=True)
        real_logits = judge_as_told(real_images, training=True)
        fake_logits = gan.discriminator([fake_images, asked], training=True)
        loss_real, loss_fake = gan.discriminator_loss(real_logits, fake_logits)
        paid, _ = penalties.zero_centred_penalty(
            judge_as_told, real_images, None, weight=penalty
        )
        discriminator_loss = loss_real + loss_fake + paid
        generator_loss = gan.generator_loss(fake_logits)
    steps.move(gan.discriminator, gan.discriminator_optimizer, tape, discriminator_loss)
    steps.move(gan.generator, gan.generator_optimizer, tape, generator_loss)
    values = dict(zip(steps.LOSSES, (generator_loss, loss_real, loss_fake)))
    return values | steps.opinions(real_logits, fake_logits)


def projected(penalty=0, **options):
    """Returns what a recipe changes for a D that compares with the kind's vector."""
    changes = told_by(models.build_projection_discriminator, **options)
    step = partial(penalised_step, penalty=penalty)
    return changes | ({"step": step} if penalty else {})


# What each kind changes in lesson 5's recipe; all are asked for a digit.
KINDS = {
    "planes": told_by(models.build_plane_discriminator),
    "planes, labels shuffled": told_by(models.build_plane_discriminator)
    | {"source": shuffled_batches},
    "planes, repeated wrongly": told_by(build_striped_discriminator),
    "D reads both": asked_by(),
    "D reads real digits": asked_by(fakes_too=False),
    "projection": projected(),
    "projection, no batch norm": projected(norm=layers.Identity),
    "the same, penalty 1": projected(penalty=1, norm=layers.Identity),
    "the same, penalty 20": projected(penalty=20, norm=layers.Identity),
    "the same, fixed vectors": told_by(build_fixed_discriminator, norm=layers.Identity),
    "planes, no batch norm": told_by(
        models.build_plane_discriminator, norm=layers.Identity
    ),
}


def make_recipe(kind):
    """Returns the recipe of a kind, one of `KINDS`."""
    asked = {"prior": normal_with_kinds, "labelled": True, "batch_size": 64}
    return LESSON_05.vary(**asked | KINDS[kind])


def spreads(images, kinds):
    """Measures how far apart images of each kind lie in the mean, up to 200 of each.

    Args:
        images: uint8 `(n, height, width)`.
        kinds: integers `(n,)` from 0 to 9.

    Returns:
        float `(10,)`, in lengths of pixels from 0 to 1.
    """
    flat = images.reshape(len(images), -1) / 255
    found = []
    for kind in range(10):
        own = flat[kinds == kind][:200]
        apart = np.linalg.norm(own[:, None] - own, axis=2)
        found.append(apart[np.triu_indices(len(own), 1)].mean())
    return np.array(found)


def train(kind, seed):
    """Trains one kind once.

    Args:
        kind: a name in `KINDS`.
        seed: decides all that is random.

    Returns:
        A list of dicts, one for each of the steps in `MEASURED_AT`, of samples by the
        averaged weights: the `FIGURES`; `asked_shares` and `asked_coverages` by digit;
        `spreads`, how far apart images of a digit lie, over the same of real ones.
    """
    recipe = make_recipe(kind)
    gan, measure, found = recipe.build(seed), judge.load_judge(), []
    _, (real, labels) = data.load_mnist()
    asked = judge.asked_of(gan.generator, COUNT)
    for until in MEASURED_AT:
        fit_until(gan, partial(recipe.batches, seed), until, 50, [])
        images = judge.draw(gan.averaged_generator, COUNT, seed, **recipe.drawing)
        figures = measure(images, asked)
        row = {"step": gan.step}
        row |= {name: round(figures[name], 4) for name in FIGURES}
        by_digit = {name: figures[name] for name in ("asked_shares", "asked_coverages")}
        by_digit["spreads"] = spreads(images, asked) / spreads(real, labels)
        row |= {name: np.round(each, 3).tolist() for name, each in by_digit.items()}
        found.append(row)
    return found


def lay_out(record):
    """Returns the figures of each training after its last step, in Markdown."""
    heads = "as asked | Fréchet | score | recall | coverage within | spread within"
    lines = [f"| | seed | {heads} |", "|---" * 8 + "|"]
    for kind, by_seed in record.items():
        for seed, found in by_seed.items():
            last = found[-1]
            values = [
                f"{last['asked_share']:.1%}",
                f"{last['frechet_distance']:.2f}",
                f"{last['classifier_score']:.2f}",
                f"{last['recall']:.2f}",
                f"{np.mean(last['asked_coverages']):.2f}",
                f"{np.mean(last['spreads']):.2f}",
            ]
            lines.append(f"| {kind} | {seed} | {' | '.join(values)} |")
    return "\n".join(lines) + "\n"


def main(arguments=None):
    plan = dict.fromkeys(KINDS, SEEDS)
    shipped.run_trainings("asking", PLACE, SCHEMA, plan, train, lay_out, arguments)


if __name__ == "__main__":
    main()
