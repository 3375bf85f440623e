"""Trains GANs on digits by each loss with each penalty, and critics with mistakes.

python -m gan_utils.experiments.critics [--out data/critics.json] [--show]

All start as the healthy trial on digits, for 400 steps. One weight serves a penalty
beside all losses: no row is tuned. Writes the record after each training and goes on
from what is there, about an hour of one core in all. `--show` prints the shipped one.
"""

import functools

from gan_utils import losses, models, paths, penalties
from gan_utils.experiments import shipped
from gan_utils.experiments.trials import AS_CRITIC, INTERVAL, Trial, measure, run
from gan_utils.judge import load_judge

import keras
import numpy as np
import tensorflow as tf
from keras.optimizers import Adam
from scipy import stats

PLACE = paths.MNIST.with_name("critics.json")
SEEDS = (0, 1, 2)
MISTAKES_SEEDS = (0, 1, 2, 3, 4)
KEPT = ("score", "digits", "frechet", "coverage")
FIGURES = {"type": "object", "additionalProperties": {"type": "number"}}
CURVES = {"type": "object", "additionalProperties": {"type": "array"}}
SCHEMA = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "additionalProperties": {"anyOf": [FIGURES, CURVES]},
    },
}

# Each changes what G and D lower, and nothing else.
LOSSES = {
    "cross-entropy": {},
    "least squares": {
        "generator_loss": losses.least_squares_generator_loss,
        "discriminator_loss": losses.least_squares_discriminator_loss,
    },
    "hinge": {
        "generator_loss": losses.wasserstein_generator_loss,
        "discriminator_loss": losses.hinge_discriminator_loss,
    },
    "critic": AS_CRITIC,
    "pair": {"paired": True},
}
ZERO_CENTRED = penalties.zero_centred_penalty


def penalties_of(slopes_weight):
    """Returns the penalties by name; the weight of one depends on the distances."""
    return {
        "none": None,
        "slopes of 1": functools.partial(
            penalties.gradient_penalty, weight=slopes_weight
        ),
        "R1": functools.partial(ZERO_CENTRED, weight=1.0),
        "R1 and R2": functools.partial(ZERO_CENTRED, weight=1.0, at_fakes=True),
    }


NORMS = {"plain D": (), "batch norm": (models.batch_norm,)}


def mixing(share):
    """Makes a penalty for slopes that are not 1 at other places than it should.

    Args:
        share: from the shape of the shares, `(n, 1, ...)`, and a seed to shares.
    """

    def penalty(discriminator, real_images, fake_images, seed, weight=10.0):
        ones = [1] * (real_images.shape.rank - 1)
        shape = tf.concat([tf.shape(real_images)[:1], ones], axis=0)
        shares = share(shape, seed)
        mixed = shares * real_images + (1.0 - shares) * fake_images
        found = penalties.slopes(discriminator, mixed)
        return weight * tf.reduce_mean((found - 1.0) ** 2), found

    return penalty


def one_share(shape, seed):
    """Draws one share for a whole batch."""
    return tf.random.stateless_uniform(tf.ones_like(shape), seed)


def real_alone(shape, seed):
    """Takes real images as they are."""
    return tf.ones(shape)


def bare_root(discriminator, real_images, fake_images, seed, weight=10.0):
    """Takes a root without a gradient where a critic is level."""
    mixed = penalties.mix(real_images, fake_images, seed)
    found = tf.sqrt(penalties.squared_slopes(discriminator, mixed))
    return weight * tf.reduce_mean((found - 1.0) ** 2), found


def detached(discriminator, real_images, fake_images, seed, weight=10.0):
    """Lets D pay for slopes that it cannot learn from."""
    mixed = penalties.mix(real_images, fake_images, seed)
    found = tf.stop_gradient(penalties.slopes(discriminator, mixed))
    return weight * tf.reduce_mean((found - 1.0) ** 2), found


def fakes_forgotten(discriminator, real_images, fake_images, seed, weight=10.0):
    """Mixes real images with nothing."""
    nothing = tf.zeros_like(fake_images)
    return penalties.gradient_penalty(discriminator, real_images, nothing, seed, weight)


def not_in_training(discriminator, real_images, fake_images, seed, weight=10.0):
    """Asks D as it is used, not as it is trained."""
    return penalties.gradient_penalty(
        lambda images, training: discriminator(images, training=False),
        real_images,
        fake_images,
        seed,
        weight,
    )


def half_detached(discriminator, real_images, fake_images, seed, weight=10.0):
    """Lets D learn half of what it pays."""
    mixed = penalties.mix(real_images, fake_images, seed)
    found = penalties.slopes(discriminator, mixed)
    off = (found - 1.0) * tf.stop_gradient(found - 1.0)
    return weight * tf.reduce_mean(off), found


# Gulrajani et al.'s penalty, each with one mistake. Circulating code has the first
# three, and the bare root; the others are slips that are easily made.
WRONG_PENALTIES = {
    "normal share": mixing(tf.random.stateless_normal),
    "one share": mixing(one_share),
    "real images alone": mixing(real_alone),
    "fakes forgotten": fakes_forgotten,
    "not in training": not_in_training,
    "bare root": bare_root,
    "detached": detached,
    "half detached": half_detached,
}


TRAINED = ("normal share", "one share", "real images alone")


def mistakes_of(slopes_weight):
    """Returns what circulating code has in place of Gulrajani et al.'s penalty."""
    return {
        name: {
            "penalty": functools.partial(WRONG_PENALTIES[name], weight=slopes_weight)
        }
        for name in TRAINED
    }


def table(start, slopes_weight):
    """Returns a trial for each loss, penalty and norm, by name."""
    return {
        f"{loss}, {penalty}, {norm}": start.vary(
            **of_loss, penalty=of_penalty, behind=behind
        )
        for loss, of_loss in LOSSES.items()
        for penalty, of_penalty in penalties_of(slopes_weight).items()
        for norm, behind in NORMS.items()
    }


def with_mistakes(start, slopes_weight):
    """Returns a trial of a critic for each mistake, by name."""
    return {
        f"mistakes: {name}": start.vary(**AS_CRITIC, **changes)
        for name, changes in mistakes_of(slopes_weight).items()
    }


# What the mistakes are held beside: the right penalty, a norm, and no penalty.
BESIDE = (
    "critic, slopes of 1, plain D",
    "critic, slopes of 1, batch norm",
    "critic, none, plain D",
)
DIGITS = Trial(steps=400)
TABLE = table(DIGITS, 10.0)
MISTAKES = with_mistakes(DIGITS, 10.0)
# Their losses are held beside the Fréchet distance, every 100 moves of G.
ALONG = {
    "along: critic": TABLE["critic, slopes of 1, plain D"].vary(steps=1200),
    "along: critic, five steps": TABLE["critic, slopes of 1, plain D"].vary(
        generator_every=5,
        optimizer=functools.partial(Adam, beta_1=0.0, beta_2=0.9),
        steps=6000,
    ),
    "along: cross-entropy": TABLE["cross-entropy, none, plain D"].vary(steps=1200),
    "along: cross-entropy, R1": TABLE["cross-entropy, R1, plain D"].vary(steps=1200),
}
TRIALS = TABLE | MISTAKES | ALONG
PLAN = dict.fromkeys(TABLE | ALONG, SEEDS)
PLAN |= dict.fromkeys([*BESIDE, *MISTAKES], MISTAKES_SEEDS)


def rounded(values):
    """Keeps four digits of numbers by name."""
    return {name: float(f"{value:.4g}") for name, value in values.items()}


def train(name, seed):
    """Trains one trial once.

    Args:
        name: a key of `TRIALS`.
        seed: decides all that is random.

    Returns:
        A dict of the figures `KEPT` after the last step; of a trial in `ALONG`, of the
        steps, what D's loss says, and the Fréchet distances, lists. A training that
        broke off has none.
    """
    judge = load_judge()
    if name in ALONG:
        return follow(TRIALS[name], seed, judge)
    result = run(TRIALS[name], seed, judge)["result"]
    return rounded({key: result[key] for key in KEPT if key in result})


def follow(trial, seed, judge, moves=100):
    """Trains; returns what D's loss says beside what samples are worth, by step.

    Args:
        trial: a `Trial` on digits.
        seed: decides all that is random.
        judge: as `load_judge` returns it.
        moves: of G between two points.
    """
    gan, found = trial.build(seed), {"steps": [], "says": [], "frechet": []}
    watch = Follower(trial, judge, moves * trial.generator_every, found)
    gan.fit(
        trial.batches(seed),
        epochs=trial.steps // INTERVAL,
        steps_per_epoch=INTERVAL,
        callbacks=[watch],
        verbose=0,
    )
    return found


class Follower(keras.callbacks.Callback):
    """Notes what D's loss says, in the mean over some steps, and a judge's distance."""

    def __init__(self, trial, judge, every, found):
        super().__init__()
        self.trial, self.judge, self.every, self.found = trial, judge, every, found
        self.said = []

    def on_epoch_end(self, epoch, logs=None):
        self.said.append(says(logs))
        if self.model.step % self.every:
            return
        distance = measure(self.model, self.trial, self.judge)["frechet"]
        self.found["steps"].append(self.model.step)
        self.found["says"].append(float(f"{np.mean(self.said):.4g}"))
        self.found["frechet"].append(float(f"{distance:.4g}"))
        self.said = []


def says(logs):
    """Returns how far apart D finds both kinds: its estimate, or minus its loss."""
    if "critic_estimate" in logs:
        return logs["critic_estimate"]
    return -(logs["discriminator_loss_real"] + logs["discriminator_loss_fake"])


def lay_out(record):
    """Returns the figures of each training, in Markdown."""
    lines = ["| | seed | score | digits | Fréchet | coverage |", "|---" * 6 + "|"]
    for name, by_seed in record.items():
        for seed, found in by_seed.items():
            if "frechet" not in found:
                lines.append(f"| {name} | {seed} | broke off | | | |")
            elif "says" not in found:
                cells = " | ".join(f"{found[key]:.4g}" for key in KEPT)
                lines.append(f"| {name} | {seed} | {cells} |")
    lines += [
        "",
        "| | seed | rank correlation with the Fréchet distance |",
        "|---" * 3 + "|",
    ]
    for name in ALONG:
        for seed, found in record.get(name, {}).items():
            lines.append(f"| {name} | {seed} | {correlation(found):+.2f} |")
    return "\n".join(lines) + "\n"


def correlation(found):
    """Returns Spearman's rank correlation of what D's loss says with the distance."""
    return float(stats.spearmanr(found["says"], found["frechet"]).statistic)


def main(arguments=None):
    shipped.run_trainings("critics", PLACE, SCHEMA, PLAN, train, lay_out, arguments)


if __name__ == "__main__":
    main()
