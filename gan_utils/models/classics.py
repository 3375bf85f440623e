"""The networks of five classic tutorials, weight for weight.

Where an article ends D in a sigmoid, the sigmoid is part of the loss here, so that
the loss stays finite. Flat images are reshaped inside the networks. Each builder
takes a seed and returns a `keras.Model`, G from float32 `(n, 100)` to images, D
from images to logits `(n, 1)`.
"""

import functools

from gan_utils.models.parts import (
    batch_norm,
    build_layers,
    checked,
    initialize,
)

import keras
import numpy as np
import tensorflow as tf
from keras import initializers, layers

LATENT_DIM = 100
FLAT = 28 * 28
LEAKY = functools.partial(layers.LeakyReLU, negative_slope=0.3)  # Keras' own slope
LESS_LEAKY = functools.partial(layers.LeakyReLU, negative_slope=0.2)
NORM = functools.partial(layers.BatchNormalization, momentum=0.8)


@keras.saving.register_keras_serializable("gan_utils")
class BatchStatistics(layers.Layer):
    """Batch norm that knows nothing but its batch, also when sampling.

    An image drawn alone differs from the same image drawn among others. It learns
    an offset and no scale, as `tf.contrib.layers.batch_norm` did, which is gone.

    Source:
        Ioffe and Szegedy, Batch Normalization, 2015, without the averages.

    Example:
        >>> BatchStatistics()(np.zeros((2, 7, 7, 4), "float32")).shape
        TensorShape([2, 7, 7, 4])
    """

    def build(self, shape):
        self.shift = self.add_weight(shape=shape[-1:], initializer="zeros")

    def call(self, images):
        mean, variance = tf.nn.moments(images, axes=[0, 1, 2])
        return tf.nn.batch_normalization(images, mean, variance, self.shift, None, 1e-5)


@keras.saving.register_keras_serializable("gan_utils")
class UpsamplingConv2D(layers.Conv2D):
    """`UpSampling2D` and a 5×5 `Conv2D` in one, with the same weights and results.

    After each pixel was repeated, a 5×5 kernel sees only 3×3 different ones. So its
    taps are added up first, once for each of the four places that an output pixel
    can have, and the small image is convolved: 36 products in place of 100.

    Args:
        filters: channels of the output.
        **options: as in `keras.layers.Conv2D`; size, stride, padding and bias are
            the ones named above.

    Example:
        >>> UpsamplingConv2D(8)(np.zeros((1, 7, 7, 4), "float32")).shape
        TensorShape([1, 14, 14, 8])
    """

    def __init__(self, filters, **options):
        super().__init__(filters, **{"kernel_size": 5, "padding": "same", **options})

    def call(self, images):
        # Tap t of an output pixel at place p (0 or 1) falls on row (p + t - 2) // 2
        # of the small image, counted from the pixel's own.
        place, tap = np.mgrid[:2, :5]
        falls = np.eye(3, dtype=np.float32)[(place + tap - 2) // 2 + 1]
        small = tf.einsum("pta,qub,tuio->abipqo", falls, falls, self.kernel)
        small = tf.reshape(small, (3, 3, -1, 4 * self.filters))
        phases = tf.nn.conv2d(images, small, strides=1, padding="SAME")
        return self.activation(tf.nn.depth_to_space(phases, 2) + self.bias)

    def compute_output_shape(self, shape):
        count, height, width, _ = shape
        return count, 2 * height, 2 * width, self.filters


def build_oreilly_generator(seed=0, halving=True):
    """Builds the generator that halves what it has enlarged, with `BatchStatistics`.

    Enlarging is bilinear. TensorFlow 1 put its grid half a pixel further left and
    up, which no layer does any more.

    Args:
        seed: an integer from 0.
        halving: whether the same number of values begins as 56×56 pixels, which
            every convolution halves, or as 7×7 places of 64 channels, which grow.
    """
    stride = 2 if halving else 1
    values = {
        "kernel_initializer": initializers.TruncatedNormal(stddev=0.02),
        "bias_initializer": initializers.TruncatedNormal(stddev=0.02),
    }
    settings = {"strides": stride, "padding": "same", **values}
    larger = functools.partial(layers.UpSampling2D, interpolation="bilinear")
    grow = [
        layers.Conv2D(LATENT_DIM // 2, 3, **settings),
        BatchStatistics(),
        layers.ReLU(),
        larger(),
        layers.Conv2D(LATENT_DIM // 4, 3, **settings),
        BatchStatistics(),
        layers.ReLU(),
    ]
    model = keras.Sequential(
        [
            keras.Input((LATENT_DIM,)),
            layers.Dense(56 * 56, **values),
            layers.Reshape((56, 56, 1) if halving else (7, 7, 64)),
            BatchStatistics(),
            layers.ReLU(),
            *([*grow, larger()] if halving else [larger(), *grow]),
            layers.Conv2D(1, 1, activation="sigmoid", **settings),
        ],
        name="generator",
    )
    return initialize(model, seed)


@checked
def build_oreilly_discriminator(seed=0):
    """Builds the classifier of TensorFlow's first tutorials, with one output."""
    normal = {"kernel_initializer": initializers.TruncatedNormal(stddev=0.02)}
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 5, padding="same", activation="relu", **normal),
            layers.AveragePooling2D(2),
            layers.Conv2D(64, 5, padding="same", activation="relu", **normal),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.Dense(1024, activation="relu", **normal),
            layers.Dense(1, **normal),
        ],
        name="discriminator",
    )
    return initialize(model, seed)


@checked
def build_bulten_generator(
    seed=0, side=7, widths=(128, 64), channels=1, activation=LEAKY
):
    """Builds the generator that repeats pixels and then convolves.

    Args:
        seed: an integer from 0.
        side: pixels at the beginning, both ways.
        widths: channels after each time that it grows.
        channels: of an image.
        activation: makes the layer that follows each batch norm.
    """
    model = keras.Sequential(
        [
            keras.Input((LATENT_DIM,)),
            layers.Dense(side * side * 256),
            batch_norm(),
            activation(),
            layers.Reshape((side, side, 256)),
            layers.Dropout(0.4, seed=seed),
        ],
        name="generator",
    )
    grow = [UpsamplingConv2D(width) for width in widths]
    for convolution in (*grow, layers.Conv2D(32, 5, padding="same")):
        model.add(convolution)
        model.add(batch_norm())
        model.add(activation())
    model.add(layers.Conv2D(channels, 5, padding="same", activation="sigmoid"))
    return initialize(model, seed)


@checked
def build_bulten_discriminator(seed=0, shape=(28, 28, 1), last_stride=1):
    """Builds four wide convolutions with dropout.

    Args:
        seed: an integer from 0.
        shape: of an image.
        last_stride: stride of the last convolution; the others have 2.
    """
    model = keras.Sequential([keras.Input(shape)], name="discriminator")
    for filters, stride in ((64, 2), (128, 2), (256, 2), (512, last_stride)):
        model.add(layers.Conv2D(filters, 5, stride, padding="same"))
        model.add(LEAKY())
        if filters > 64:
            model.add(layers.Dropout(0.4, seed=seed + filters))
    model.add(layers.Flatten())
    model.add(layers.Dense(1))
    return initialize(model, seed)


def build_bulten_colour_generator(seed=0):
    """Builds the generator of 64×64 images in colour."""
    return build_bulten_generator(seed, 8, (128, 128, 64), 3, layers.ReLU)


def build_bulten_colour_discriminator(seed=0):
    """Builds the discriminator of 64×64 images in colour."""
    return build_bulten_discriminator(seed, shape=(64, 64, 3), last_stride=2)


def he_like(incoming):
    """Returns a normal initializer with σ = 1 / √(incoming / 2)."""
    return initializers.RandomNormal(stddev=(incoming / 2) ** -0.5)


def build_dense_generator(
    seed=0, sizes=(LATENT_DIM, 128, FLAT), output="sigmoid", **options
):
    """Builds dense layers that end in an image.

    Args:
        seed: an integer from 0.
        sizes: as for `build_layers`; ends in 784.
        output: activation that decides the pixel range.
        **options: as for `build_layers`.
    """
    _check_ends(sizes, last=FLAT)
    parts = [keras.Input((sizes[0],)), *build_layers(sizes, **options)]
    parts += [layers.Activation(output), layers.Reshape((28, 28, 1))]
    return initialize(keras.Sequential(parts, name="generator"), seed)


def build_dense_discriminator(seed=0, sizes=(FLAT, 128, 1), **options):
    """Builds dense layers that begin with an image; `sizes` goes from 784 to 1."""
    _check_ends(sizes, last=1, first=FLAT)
    parts = [keras.Input((28, 28, 1)), layers.Flatten()]
    parts += build_layers(sizes, **options)
    return initialize(keras.Sequential(parts, name="discriminator"), seed)


def _check_ends(sizes, last, first=None):
    if not len(sizes) or sizes[-1] != last or first not in (None, sizes[0]):
        raise ValueError(
            f"Sizes {list(sizes)} were given; needed are some that begin with "
            f"{first or 'the latent points'} and end with {last}."
        )
