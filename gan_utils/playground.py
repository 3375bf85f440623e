"""GANs in the plane: Gaussians on a ring or a grid, small networks, D's field.

In the plane you see everything: each sample, each mode, and what D says of each
place. A training takes seconds.
"""

import dataclasses

from gan_utils import checks, models
from gan_utils.gan import assemble

import keras
import numpy as np
import tensorflow as tf


def lattice(reach, side):
    """Returns the points of a square lattice, the lowest row first.

    Args:
        reach: it goes from -reach to reach in both directions, 0 to 1e6.
        side: points in a row, 2 to 1,000.

    Returns:
        float32 `(side * side, 2)`.

    Raises:
        ValueError: a number is out of range.

    Example:
        >>> lattice(1, 3)[:2]
        array([[-1., -1.],
               [ 0., -1.]], dtype=float32)
    """
    reach = checks.number(reach, "reach", 0, 1e6)
    side = checks.count(side, "side", 2, 1000)
    ticks = np.linspace(-reach, reach, side, dtype=np.float32)
    return np.stack(np.meshgrid(ticks, ticks), axis=2).reshape(-1, 2)


@dataclasses.dataclass(frozen=True)
class Mixture:
    """Gaussians in the plane, each as wide and as likely as the others.

    Args:
        centres: float32 `(modes, 2)`.
        spread: standard deviation of each, in both directions, 0 or more.

    Raises:
        ValueError: the centres are no points of the plane, or the spread is no number.

    Source:
        Metz et al., Unrolled Generative Adversarial Networks, 2017, section 3.1.

    Example:
        >>> Mixture(lattice(1, 3), spread=0.05).draw(1000, seed=(0, 0)).shape
        TensorShape([1000, 2])
    """

    centres: np.ndarray
    spread: float

    def __post_init__(self):
        checks.numbers(self.centres, "centres", ("modes", 2))
        checks.number(self.spread, "spread", 0, 1e6)

    def draw(self, count, seed):
        """Draws points, float32 `(count, 2)`; the seed is two integers."""
        count = checks.count(count, "count", 1, checks.MOST // 2)
        if not tf.is_tensor(seed):
            seed = tuple(checks.numbers(seed, "seed", (2,), "iu").tolist())
        modes = tf.random.stateless_uniform(
            (count,), seed, maxval=len(self.centres), dtype=tf.int32
        )
        noise = tf.random.stateless_normal((count, 2), seed)
        return tf.gather(self.centres, modes) + self.spread * noise

    def batches(self, batch_size, seed, first_step=0):
        """Makes an endless dataset of points, as `data.batches` does of images."""
        batch_size = checks.count(batch_size, "batch_size", 1, checks.MOST // 2)
        seed = checks.count(seed, "seed", 0, 2**50)
        first_step = checks.count(first_step, "first_step", 0, 2**50)
        steps = tf.data.Dataset.range(first_step, tf.int64.max)
        return steps.map(lambda step: self.draw(batch_size, tf.stack([seed, step])))

    def judge(self, points):
        """Counts the modes that points cover, and tells which share of them is good.

        A point is good within three spreads of a centre. A mode is covered when a
        quarter of the good points it is due lie there.

        Args:
            points: float `(n, 2)`, n from 1.

        Returns:
            `(covered, good)`: an integer up to the number of modes, and a float
            from 0 to 1. Of the mixture's own points, 98.9 % are good.

        Raises:
            ValueError: the points have another shape, or are not finite.

        Source:
            The share of good points: Srivastava et al., VEEGAN, 2017, section 4.1.
        """
        points = checks.numbers(points, "points", ("n", 2))
        distances = np.linalg.norm(points[:, None] - self.centres, axis=2)
        near = distances < 3 * self.spread
        covered = near.mean(axis=0) > 0.25 / len(self.centres)
        return int(covered.sum()), float(near.any(axis=1).mean())


_circle = np.exp(2j * np.pi * np.arange(8) / 8)
RING = Mixture(np.float32([_circle.real, _circle.imag]).T, 0.05)
GRID = Mixture(lattice(1, 5), 0.03)


def build_generator(seed=0, hidden=(128, 128)):
    """Builds a dense network from points of the plane to others.

    Args:
        seed: an integer from 0.
        hidden: units of each hidden layer, 1 to 4,096.

    Raises:
        ValueError: a number is out of range.
    """
    return _build_dense("generator", 2, seed, hidden)


def build_discriminator(seed=0, hidden=(128, 128)):
    """Builds a dense network from points of the plane to logits.

    Args:
        seed: as in `build_generator`.
        hidden: as in `build_generator`.

    Raises:
        ValueError: a number is out of range.
    """
    return _build_dense("discriminator", 1, seed, hidden)


def _build_dense(name, outputs, seed, hidden):
    seed = checks.count(seed, "seed", 0, 2**50)
    widths = [checks.count(width, "A width in hidden", 1, 4096) for width in hidden]
    sizes = (2, *widths, outputs)
    parts = [keras.Input((2,)), *models.build_layers(sizes)]
    return models.initialize(keras.Sequential(parts, name=name), seed)


def build_gan(seed, rates=(2e-3, 6e-3), steps=3000, **options):
    """Builds a GAN whose latent points and samples both lie in the plane, compiled.

    Args:
        seed: an integer from 0.
        rates: learning rates of G and of D at the start.
        steps: over which both fall to 0 along half a cosine; None keeps them.
        **options: as for `gan.assemble`.

    Raises:
        ValueError: the seed is no integer from 0, a rate is negative, or there is no
            step.
    """
    seed = checks.count(seed, "seed", 0, 2**40)
    rates = tuple(rates) if np.iterable(rates) else ()
    if len(rates) != 2:
        raise ValueError("For rates, give two numbers or schedules: of G and of D.")
    for rate in rates:
        if not isinstance(rate, keras.optimizers.schedules.LearningRateSchedule):
            checks.number(rate, "A learning rate", 0, 1000)
    networks = build_generator(2 * seed + 2), build_discriminator(2 * seed + 1)
    if steps is not None:
        steps = checks.count(steps, "steps")
        rates = [keras.optimizers.schedules.CosineDecay(rate, steps) for rate in rates]
    return assemble(*networks, seed, rates, **options)


def field(discriminator, reach=1.5, side=60):
    """Asks D at every place of a square how likely it is that a point there is real.

    Args:
        discriminator: from points `(n, 2)` to logits.
        reach: as for `lattice`.
        side: as for `lattice`.

    Returns:
        float32 `(side, side)` from 0 to 1, the lowest row first.

    Raises:
        ValueError: as `lattice`.
    """
    logits = discriminator(lattice(reach, side), training=False)
    return tf.sigmoid(logits).numpy().reshape(side, side)


def pulls(gan, points):
    """Tells where G's loss pulls each sample: minus its gradient, times n.

    Args:
        gan: a compiled `GAN`.
        points: samples of the shape that D takes, float `(n, 2)` or images.

    Returns:
        float32 of their shape.

    Raises:
        ValueError: the points have another shape, or are not finite.
    """
    taken = gan.discriminator.input_shape[1:]
    points = checks.numbers(points, "points", ("n", *taken))
    points = tf.constant(points.astype(np.float32))
    with tf.GradientTape() as tape:
        tape.watch(points)
        loss = gan.generator_loss(gan.discriminator(points, training=False))
    return -len(points) * tape.gradient(loss, points).numpy()
