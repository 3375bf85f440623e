"""Networks as functions from NumPy to NumPy, each compiled once."""

from gan_utils import models, quiet  # noqa: F401

import keras
import numpy as np
import tensorflow as tf


def make_sampler(generator, batch_size=500):
    """Compiles a generator into a function from NumPy to NumPy.

    One compiled graph serves every number of points, so a slider does not wait
    for a new one.

    Args:
        generator: a `keras.Model` from `(n, latent_dim)` to images.
        batch_size: images that are drawn at once, so that many fit in memory.

    Returns:
        A function from latent points, float `(n, latent_dim)`, to images,
        float32 `(n, height, width, channels)`. It raises `ValueError` when the
        points have another shape or are not finite.

    Example:
        >>> sample = make_sampler(models.build_generator(latent_dim=64))
        >>> sample(np.zeros((2, 64))).shape
        (2, 28, 28, 1)
    """
    latent_dim = models.latent_dim(generator)

    @tf.function(input_signature=[tf.TensorSpec((None, latent_dim), tf.float32)])
    def draw(latents):
        return generator(latents, training=False)

    draw = draw.get_concrete_function()  # many first calls make TensorFlow warn

    def sample(latents):
        latents = np.asarray(latents, np.float32)
        if latents.ndim != 2 or latents.shape[1] != latent_dim:
            raise ValueError(
                f"Latent points of shape {latents.shape} were given; this generator "
                f"needs (n, {latent_dim}). For one point, pass latents[None]."
            )
        if not np.isfinite(latents).all():
            raise ValueError(
                "Some latent points are not finite. Look for a division by zero."
            )
        starts = range(0, max(1, len(latents)), batch_size)
        parts = [draw(latents[start : start + batch_size]) for start in starts]
        return np.concatenate(parts)

    return sample


def make_matcher(generator, images):
    """Compiles how far a generator is from given images, and the way towards them.

    Args:
        generator: a `keras.Model` from `(n, latent_dim)` to images.
        images: float `(n, height, width, channels)` in the generator's range.

    Returns:
        A function from latent points, float `(n, latent_dim)`, one for each image,
        to `(losses, gradients)`: the mean squared difference of the pixels, float32
        `(n,)`, and its gradient for each point, float32 `(n, latent_dim)`.

    Raises:
        ValueError: the images have another shape than the generator's.
    """
    images = tf.constant(images, tf.float32)
    if images.shape[1:] != generator.output_shape[1:]:
        raise ValueError(
            f"Images of shape {tuple(images.shape)} were given; this generator draws "
            f"(n, {', '.join(map(str, generator.output_shape[1:]))})."
        )
    shape = (len(images), models.latent_dim(generator))

    @tf.function(input_signature=[tf.TensorSpec(shape, tf.float32)])
    def compare(points):
        with tf.GradientTape() as tape:
            tape.watch(points)
            differences = generator(points, training=False) - images
            losses = tf.reduce_mean(differences**2, axis=(1, 2, 3))
        return losses, tape.gradient(losses, points)

    def loss_and_gradient(points):
        if np.shape(points) != shape:
            raise ValueError(
                f"Points {np.shape(points)} were given; needed are {shape}, as images."
            )
        return tuple(values.numpy() for values in compare(points))

    return loss_and_gradient


def make_reader(classifier, batch_size=500):
    """Compiles a classifier into a function from images to what it sees in them.

    Args:
        classifier: as `build_classifier` makes it, trained.
        batch_size: images that are read at once.

    Returns:
        A function from images, float `(n, height, width, channels)` in the
        classifier's range, to `(features, probabilities)`, float32 `(n, 128)`
        and `(n, 10)`.

    Example:
        >>> read = make_reader(models.build_classifier())
        >>> features, probabilities = read(np.zeros((2, 28, 28, 1)))
        >>> features.shape, probabilities.shape
        ((2, 128), (2, 10))
    """
    outputs = [classifier.get_layer("features").output, classifier.outputs[0]]
    network = keras.Model(classifier.inputs, outputs)

    @tf.function(input_signature=[tf.TensorSpec(network.input_shape, tf.float32)])
    def look(images):
        features, logits = network(images, training=False)
        return features, tf.nn.softmax(logits)

    def read(images):
        images = np.asarray(images, np.float32)
        if images.shape[1:] != network.input_shape[1:] or len(images) == 0:
            raise ValueError(
                f"Images of shape {images.shape} were given; the classifier reads "
                f"(n, {', '.join(map(str, network.input_shape[1:]))}), n from 1."
            )
        starts = range(0, len(images), batch_size)
        parts = [look(images[start : start + batch_size]) for start in starts]
        return tuple(np.concatenate(part) for part in zip(*parts))

    return read
