"""Trains lesson 5's GAN, and others that differ from it in one thing, seed by seed.

python -m gan_utils.experiments.controls [--out data/controls.json] [--show]

Writes the record after each training and goes on from what stands there; three to four
hours in all. `--show` prints the shipped one.
"""

from functools import partial

from gan_utils import judge, losses, models, paths, steps
from gan_utils.experiments import shipped
from gan_utils.recipes import LESSON_05
from gan_utils.settings import adams

import keras
import numpy as np
import tensorflow as tf

PLACE = paths.MNIST.with_name("controls.json")
SEEDS = (0, 1, 2)
MEASURED_AT = (250, 1000, 2500)  # steps of D
COUNT = 5000  # samples that are measured each time
ALONE = 200  # steps that D takes before G begins, in one of the kinds
FIGURES = ("frechet_distance", "classifier_score", "precision", "recall")
CURVES = (*steps.LOSSES, "probability_real", "probability_fake")
SCHEMA = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "additionalProperties": {
            "type": "object",
            "required": ["averaged", "raw", "settled", "curves"],
        },
    },
}


def move_discriminator(gan, real_images, latents):
    """Updates D once, G at work; returns its two losses and its logits before it."""
    with tf.GradientTape() as tape:
        fake_images = gan.generator(latents, training=True)
        real_logits = gan.discriminator(real_images, training=True)
        fake_logits = gan.discriminator(fake_images, training=True)
        halves = gan.discriminator_loss(real_logits, fake_logits)
        loss = sum(halves)
    weights = gan.discriminator.trainable_variables
    gan.discriminator_optimizer.apply(tape.gradient(loss, weights), weights)
    return halves, real_logits, fake_logits


def head_start_step(gan, real_images, latents):
    """Updates D alone in the first steps, then both: see `steps.adversarial_step`."""

    def move_alone():
        halves, real_logits, fake_logits = move_discriminator(gan, real_images, latents)
        values = dict(zip(steps.LOSSES, (gan.generator_loss(fake_logits), *halves)))
        return values | steps.opinions(real_logits, fake_logits)

    return tf.cond(
        gan.step_count < ALONE,
        move_alone,
        lambda: steps.adversarial_step(gan, real_images, latents),
    )


def build_linearly_mapped_generator(latent_dim=64, hidden=128, seed=0):
    """Builds the generator of lesson 5, its mapping without a ReLU."""
    mapping = [keras.layers.Dense(hidden, use_bias=False), models.batch_norm()]
    return models.build_generator(latent_dim, seed=seed, first=mapping)


def networks(**changes):
    """Returns the networks of lesson 5 with other builders."""
    return {"networks": LESSON_05.networks | changes}


# What each kind changes in the recipe.
KINDS = {
    "lesson 5": {},
    "no mapping": networks(generator=models.build_generator),
    "no mapping, 128 numbers": networks(
        generator=partial(models.build_generator, latent_dim=128)
    ),
    "mapping without ReLU": networks(generator=build_linearly_mapped_generator),
    "no label smoothing": {
        "discriminator_loss": losses.cross_entropy_discriminator_loss
    },
    "β2 of .999": {"optimizers": adams(2e-3, 1e-3)},
    "rates of .003 and .0005": {"optimizers": adams(3e-3, 5e-4, beta_2=0.99)},
    "dropout of .3": networks(
        discriminator=partial(models.build_discriminator, dropout=0.3)
    ),
    "batches of 64": {"batch_size": 64},
    "D alone first": {"step": head_start_step},
    "saturating loss": {"generator_loss": losses.saturating_generator_loss},
    "G's rate × 10": {"optimizers": adams(2e-2, 1e-3, beta_2=0.99)},
}


def train(kind, seed):
    """Trains one kind once.

    Args:
        kind: a name in `KINDS`.
        seed: decides all that is random.

    Returns:
        A dict: `averaged`, the figures of samples by the averaged weights at each of
        the steps in `MEASURED_AT`; `raw`, by the weights themselves at the last of
        them, with batch norm as training left it; `settled`, by those with batch norm
        measured anew, as that of the averaged ones is; `curves`, a list for each name,
        a value every 50 steps.
    """
    recipe = LESSON_05.vary(**KINDS[kind])
    gan = recipe.build(seed)
    measure = judge.load_judge()

    def look(generator):
        found = measure(judge.draw(generator, COUNT, seed, **recipe.drawing))
        return {name: round(found[name], 4) for name in FIGURES}

    averaged, curves = [], {name: [] for name in CURVES}
    for until in MEASURED_AT:
        history = gan.fit(
            recipe.batches(seed, gan.step),
            initial_epoch=gan.step // recipe.interval,
            epochs=until // recipe.interval,
            steps_per_epoch=recipe.interval,
            verbose=0,
        ).history
        for name, values in curves.items():
            values += np.round(history[name], 4).tolist()
        averaged.append(look(gan.averaged_generator))
    raw = look(gan.generator)
    models.settle_batch_norm(gan.generator, gan.watched_latents(512))
    found = {"averaged": averaged, "raw": raw, "settled": look(gan.generator)}
    return found | {"curves": curves}


def lay_out(record):
    """Returns the figures of each training after the last step, in Markdown."""
    heads = "Fréchet | score | precision | recall"
    lines = [f"| lesson 5, but | seed | {heads} |", "|---|---|---|---|---|---|"]
    for kind, by_seed in record.items():
        for seed, found in by_seed.items():
            values = [f"{found['averaged'][-1][name]:.2f}" for name in FIGURES]
            lines.append(f"| {kind} | {seed} | {' | '.join(values)} |")
    return "\n".join(lines) + "\n"


def main(arguments=None):
    plan = dict.fromkeys(KINDS, SEEDS)
    shipped.run_trainings("controls", PLACE, SCHEMA, plan, train, lay_out, arguments)


if __name__ == "__main__":
    main()
