"""GANs whose networks take turns, as five classic articles have it.

The articles differ in few things, and a `Procedure` names each of them.
"""

import dataclasses
from collections.abc import Callable

from gan_utils import losses, training

import keras
import tensorflow as tf

TARGETS = {"real": 1.0, "fake": 0.0}
# What one update of D looks at; both kinds together are one merged batch.
REAL, FAKE, MERGED = ("real",), ("fake",), ("real", "fake")


@dataclasses.dataclass(frozen=True)
class Procedure:
    """What one iteration does.

    Args:
        turns: D's updates in their order, each `REAL`, `FAKE` or `MERGED`.
        optimizers: make D's optimizers: one for all turns, or one a turn.
        generator_optimizer: makes G's optimizer.
        batch_size: real images in an iteration; D sees as many fakes.
        generator_batch: fakes in G's update; as many as real images when None.
        fresh_latents: whether G's update draws latent points of its own, instead
            of those that D was trained with.
        reduce: turns the losses of a merged batch into one: `tf.add_n`, or
            `tf.reduce_mean`.
        head_start: iterations at the beginning in which only D is trained.

    Raises:
        ValueError: a kind of image is in no turn, there is neither one optimizer
            nor one a turn, or G has no latent points of its own but another batch.

    Example:
        >>> adam = functools.partial(keras.optimizers.Adam, 1e-3)
        >>> Procedure((MERGED,), (adam,), adam, batch_size=128).turns
        (('real', 'fake'),)
    """

    turns: tuple
    optimizers: tuple
    generator_optimizer: Callable
    batch_size: int
    generator_batch: int | None = None
    fresh_latents: bool = True
    reduce: Callable = tf.add_n
    head_start: int = 0

    def __post_init__(self):
        missing = sorted(set(MERGED) - {kind for turn in self.turns for kind in turn})
        if missing:
            raise ValueError(
                f"D's turns {self.turns} leave out {' and '.join(missing)} images. "
                "Give turns that have both kinds, as (REAL, FAKE) or (MERGED,) have."
            )
        if len(self.optimizers) not in (1, len(self.turns)):
            raise ValueError(
                f"{len(self.optimizers)} optimizers were given for {len(self.turns)} "
                "turns of D; give one for all turns, or one a turn."
            )
        if self.generator_batch and not self.fresh_latents:
            raise ValueError(
                f"G was given a batch of {self.generator_batch} and the latent points "
                "of D's update. Give it some of its own, or leave generator_batch out."
            )


def alternating_step(gan, real_images):
    """Updates D in its turns, then G, which sees D as it is by then.

    D's fakes are drawn with G at rest (`training=False`), as `predict` draws them.

    Args:
        gan: an `AlternatingGAN`.
        real_images: float32 `(n, height, width, channels)` in G's pixel range.

    Returns:
        `(values, real_logits, fake_logits)`: a dict of the three losses of
        `training.LOSSES` before their updates and of `generator_accuracy`, whether
        D took the fakes of G's update for real; and D's logits `(n, 1)`.

    Source:
        Goodfellow et al., Generative Adversarial Nets, 2014, algorithm 1.

    Example:
        >>> values, real_logits, fake_logits = alternating_step(gan, images)
    """
    procedure = gan.procedure
    count = tf.shape(real_images)[0]
    latents = gan.draw_latents(count)
    images = {"real": real_images, "fake": gan.generator(latents, training=False)}
    logits, halves = {}, {}
    for kinds, optimizer in zip(procedure.turns, gan.optimizer_a_turn):
        with tf.GradientTape() as tape:
            batch = tf.concat([images[kind] for kind in kinds], axis=0)
            parts = tf.split(gan.discriminator(batch, training=True), len(kinds))
            for kind, part in zip(kinds, parts):
                logits[kind] = part
                halves[kind] = losses.cross_entropy(part, TARGETS[kind])
            loss = procedure.reduce([halves[kind] for kind in kinds])
        weights = gan.discriminator.trainable_variables
        optimizer.apply(tape.gradient(loss, weights), weights)

    if procedure.fresh_latents:
        latents = gan.draw_latents(procedure.generator_batch or count, draw=1)
    loss, fooled = tf.cond(
        gan.step_count < procedure.head_start,
        lambda: _judge_generator(gan, latents, training=False),
        lambda: _move_generator(gan, latents),
    )
    values = dict(zip(training.LOSSES, (loss, halves["real"], halves["fake"])))
    values["generator_accuracy"] = tf.cast(fooled > 0, tf.float32)
    return values, logits["real"], logits["fake"]


def _judge_generator(gan, latents, training):
    fake_images = gan.generator(latents, training=training)
    fake_logits = gan.discriminator(fake_images, training=True)
    return gan.generator_loss(fake_logits), fake_logits


def _move_generator(gan, latents):
    with tf.GradientTape() as tape:
        loss, fake_logits = _judge_generator(gan, latents, training=True)
    weights = gan.generator.trainable_variables
    gan.generator_optimizer.apply(tape.gradient(loss, weights), weights)
    return loss, fake_logits


class AlternatingGAN(training.GAN):
    """A `GAN` whose iterations follow a `Procedure`.

    It draws with the generator as trained and averages no weights, since the
    articles did not. Beside the numbers of a `GAN` it reports `generator_accuracy`.

    Args:
        generator: as for `GAN`.
        discriminator: as for `GAN`.
        seed: an integer; decides the latent points of every step.
        procedure: a `Procedure`.
        **options: as for `GAN`.

    Example:
        >>> gan = AlternatingGAN(generator, discriminator, 0, procedure)
        >>> gan.compile()
    """

    def __init__(self, generator, discriminator, seed, procedure, **options):
        super().__init__(generator, discriminator, seed, averaging=None, **options)
        self.procedure = procedure
        self.means["generator_accuracy"] = keras.metrics.Mean("generator_accuracy")

    def compile(self, steps_per_execution=50):
        """Makes the optimizers of the procedure."""
        made = [make() for make in self.procedure.optimizers]
        super().compile(
            self.procedure.generator_optimizer(),
            made[0],
            steps_per_execution=steps_per_execution,
        )
        for turn, optimizer in enumerate(made[1:], 2):
            optimizer.build(self.discriminator.trainable_variables)
            setattr(self, f"discriminator_optimizer_{turn}", optimizer)  # for `state`
        self.discriminator_optimizers = made
        self.optimizer_a_turn = made * (len(self.procedure.turns) // len(made))

    def take_step(self, real_images):
        return alternating_step(self, real_images)
