"""Networks as functions from NumPy to NumPy, each compiled once."""

import math

from gan_utils import checks, models, quiet  # noqa: F401

import keras
import numpy as np
import tensorflow as tf

BATCH = 500  # images of the size of digits that are drawn or read at once


def make_sampler(generator, batch_size=None):
    """Compiles a generator into a function from NumPy to NumPy.

    One compiled graph serves every number of points, so a slider does not wait
    for a new one.

    Args:
        generator: a `keras.Model` from `(n, latent_dim)`, and from the kinds where it
            can be asked for some, to images.
        batch_size: images that are drawn at once, so that many fit in memory; as
            `batch_size_of` says when None.

    Returns:
        A function from latent points, float `(n, latent_dim)`, n from 1, to images,
        float32 `(n, height, width, channels)`. A generator that can be asked takes
        kinds behind them, as `models.inputs_of`. It raises `ValueError` when
        the points have another shape or are not finite, and as `models.inputs_of`.

    Example:
        >>> sample = make_sampler(models.build_generator(latent_dim=64))
        >>> sample(np.zeros((2, 64))).shape
        (2, 28, 28, 1)
    """
    latent_dim, kinds = models.latent_dim(generator), models.kinds(generator)
    if batch_size is None:
        batch_size = batch_size_of(generator)
    batch_size = checks.count(batch_size, "batch_size")

    taken = [tf.TensorSpec((None, latent_dim), tf.float32)]
    if kinds:
        taken.append(tf.TensorSpec((None, kinds), tf.float32))

    @tf.function(input_signature=taken)
    def draw(*inputs):
        return generator(inputs if kinds else inputs[0], training=False)

    draw = draw.get_concrete_function()  # many first calls make TensorFlow warn

    def sample(latents, asked=None):
        latents = checks.numbers(latents, "latent points", ("n", latent_dim))
        inputs = models.inputs_of(generator, latents, asked)
        inputs = inputs if kinds else [inputs]
        starts = range(0, len(latents), batch_size)
        parts = [
            draw(*[part[start : start + batch_size] for part in inputs])
            for start in starts
        ]
        return np.concatenate(parts)

    return sample


def batch_size_of(generator):
    """Returns how many images a generator draws at once: fewer when they are large.

    Nothing else may decide it: some networks draw an image by its whole batch.
    """
    pixels = math.prod(generator.output_shape[1:-1])  # 1 for points of the plane
    return max(1, min(BATCH, BATCH * 28 * 28 // pixels))


def make_matcher(generator, images, mask=None):
    """Compiles how far a generator is from given images, and the way towards them.

    Args:
        generator: a `keras.Model` from `(n, latent_dim)` to images.
        images: float `(n, height, width, channels)`, n from 1, in the generator's
            range, which lies in [-1, 1].
        mask: bool `(height, width)`: which pixels are compared; None for all.

    Returns:
        A function from latent points, float `(n, latent_dim)`, one for each image,
        to `(losses, gradients)`: the mean squared difference of these pixels, float32
        `(n,)`, and its gradient for each point, float32 `(n, latent_dim)`. Both are
        NaN for a point that is not finite.

    Raises:
        ValueError: the images have another shape than the generator's, or the
            values of other ones; or the mask has another shape, or no pixel.
    """
    images = tf.constant(_floats(images, generator.output_shape, "generator draws"))
    shape = (len(images), models.latent_dim(generator))
    weights = _weigh(mask, images.shape[1:3])

    @tf.function(input_signature=[tf.TensorSpec(shape, tf.float32)])
    def compare(points):
        with tf.GradientTape() as tape:
            tape.watch(points)
            differences = generator(points, training=False) - images
            losses = tf.reduce_mean(weights * differences**2, axis=(1, 2, 3))
        return losses, tape.gradient(losses, points)

    def loss_and_gradient(points):
        points = checks.array_of(points, "points")
        if points.shape != shape or points.dtype.kind not in "iuf":
            raise ValueError(
                f"Points of {points.dtype} {points.shape} were given; "
                f"needed are {shape} real numbers, as images."
            )
        with np.errstate(over="ignore"):  # what float32 cannot hold is infinite
            points = points.astype(np.float32)
        return tuple(values.numpy() for values in compare(points))

    return loss_and_gradient


def _weigh(mask, shape):
    """Returns weights of the pixels, 1 in the mean and 0 outside the mask."""
    if mask is None:
        return 1.0
    mask = np.asarray(mask)
    if mask.shape != tuple(shape) or mask.dtype != bool or not mask.any():
        raise ValueError(
            f"A mask of {mask.dtype} {mask.shape} with {np.count_nonzero(mask)} pixels "
            f"was given; needed are bools of shape {tuple(shape)}, one or more True."
        )
    return tf.constant(mask[:, :, None] / mask.mean(), tf.float32)


def make_reader(classifier, batch_size=BATCH):
    """Compiles a classifier into a function from images to what it sees in them.

    Args:
        classifier: as `build_classifier` makes it, trained.
        batch_size: images that are read at once.

    Returns:
        A function from images, float `(n, height, width, channels)` in [-1, 1], n
        from 1, to `(features, probabilities)`, float32 `(n, 128)` and `(n, 10)`.
        It raises `ValueError` when the images have another shape or other values.

    Example:
        >>> read = make_reader(models.build_classifier())
        >>> features, probabilities = read(np.zeros((2, 28, 28, 1)))
        >>> features.shape, probabilities.shape
        ((2, 128), (2, 10))
    """
    batch_size = checks.count(batch_size, "batch_size")
    outputs = [classifier.get_layer("features").output, classifier.outputs[0]]
    network = keras.Model(classifier.inputs, outputs)

    @tf.function(input_signature=[tf.TensorSpec(network.input_shape, tf.float32)])
    def look(images):
        features, logits = network(images, training=False)
        return features, tf.nn.softmax(logits)

    def read(images):
        images = _floats(images, network.input_shape, "classifier reads")
        starts = range(0, len(images), batch_size)
        parts = [look(images[start : start + batch_size]) for start in starts]
        return tuple(np.concatenate(part) for part in zip(*parts))

    return read


def _floats(images, shape, who):
    """Returns images of a network's shape as float32, from -1 to 1."""
    images = checks.images(images)
    if images.shape[1:] != shape[1:]:
        raise ValueError(
            f"Images of shape {images.shape} were given; the {who} "
            f"(n, {', '.join(map(str, shape[1:]))}), n from 1."
        )
    if images.dtype == np.uint8:
        raise ValueError(
            "Images of type uint8 were given; needed are floats from -1 to 1. "
            "data.scale_pixels makes them."
        )
    return images.astype(np.float32, copy=False)
