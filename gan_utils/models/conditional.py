"""Networks that are told of what kind an image is to be, or is said to be."""

from gan_utils.models.convolutional import build_discriminator, build_mapped_generator
from gan_utils.models.parts import batch_norm, checked, initialize

import keras
from keras import layers


def build_conditional_generator(
    latent_dim=64,
    channels=32,
    hidden=128,
    seed=0,
    shape=(28, 28, 1),
    depth=1,
    kinds=10,
):
    """Builds a `build_mapped_generator` that is told what to draw, beside the point.

    Args:
        latent_dim: as in `build_mapped_generator`.
        channels: as in `build_mapped_generator`.
        hidden: as in `build_mapped_generator`.
        seed: as in `build_mapped_generator`.
        shape: as in `build_mapped_generator`.
        depth: as in `build_mapped_generator`.
        kinds: how many there are, 2 or more.

    Returns:
        A `keras.Model` from two inputs, float32 latent points `(n, latent_dim)` and
        shares of the kinds `(n, kinds)`, one-hot for one kind, to float32
        `(n, *shape)` in (-1, 1).

    Source:
        Mirza and Osindero, Conditional Generative Adversarial Nets, 2014.

    Example:
        >>> [part.shape for part in build_conditional_generator().inputs]
        [(None, 64), (None, 10)]
    """
    points, shares = keras.Input((latent_dim,)), keras.Input((kinds,))
    draw = build_mapped_generator(
        latent_dim + kinds, channels, hidden, seed, shape, depth
    )
    image = draw(layers.Concatenate()([points, shares]))
    return keras.Model([points, shares], image, name="generator")


build_conditional_generator = checked(build_conditional_generator, multiple=4)


def build_plane_discriminator(
    channels=32,
    seed=0,
    shape=(28, 28, 1),
    norm=batch_norm,
    dropout=0.3,
    kinds=10,
):
    """Builds a `build_discriminator` that is told the kind as planes of pixels.

    Behind the image's channels stands one for each kind, all 1 for the kind that the
    image is said to be, all 0 else.

    Args:
        channels: as in `build_discriminator`.
        seed: as in `build_discriminator`.
        shape: as in `build_discriminator`.
        norm: as in `build_discriminator`.
        dropout: as in `build_discriminator`.
        kinds: how many there are, 2 or more.

    Returns:
        A `keras.Model` from two inputs, float32 images `(n, *shape)` in [-1, 1] and
        shares of the kinds `(n, kinds)`, to float32 logits `(n, 1)`: whether the image
        is real and of this kind.

    Source:
        Mirza and Osindero, Conditional Generative Adversarial Nets, 2014, for the
        label as an input of D; as planes in Reed et al., Generative Adversarial Text
        to Image Synthesis, 2016.

    Example:
        >>> [part.shape for part in build_plane_discriminator().inputs]
        [(None, 28, 28, 1), (None, 10)]
    """
    height, width, colours = shape
    images, shares = keras.Input(shape), keras.Input((kinds,))
    planes = layers.RepeatVector(height * width)(shares)
    planes = layers.Reshape((height, width, kinds))(planes)
    taken = (height, width, colours + kinds)
    judge = build_discriminator(channels, seed, taken, norm, dropout)
    logits = judge(layers.Concatenate()([images, planes]))
    return keras.Model([images, shares], logits, name="discriminator")


build_plane_discriminator = checked(build_plane_discriminator)


def build_projection_discriminator(
    channels=32,
    seed=0,
    shape=(28, 28, 1),
    norm=batch_norm,
    dropout=0.3,
    kinds=10,
):
    """Builds a `build_discriminator` that compares its features with the kind's own.

    To the logit it adds the inner product of the last features with a vector that
    belongs to the kind, and is learned.

    Args:
        channels: as in `build_discriminator`.
        seed: as in `build_discriminator`.
        shape: as in `build_discriminator`.
        norm: as in `build_discriminator`.
        dropout: as in `build_discriminator`.
        kinds: how many there are, 2 or more.

    Returns:
        A `keras.Model`, as `build_plane_discriminator` returns it.

    Source:
        Miyato and Koyama, cGANs with Projection Discriminator, 2018.

    Example:
        >>> build_projection_discriminator().output_shape
        (None, 1)
    """
    judge = build_discriminator(channels, seed, shape, norm, dropout)
    judge.layers[-1].name = "logit"
    images, shares = judge.inputs[0], keras.Input((kinds,))
    features = judge.layers[-1].input
    vectors = layers.Dense(features.shape[-1], use_bias=False, name="vectors")(shares)
    fit = layers.Dot(axes=1)([features, vectors])
    logits = layers.Add()([judge.outputs[0], fit])
    network = keras.Model([images, shares], logits, name="discriminator")
    return initialize(network, seed)


build_projection_discriminator = checked(build_projection_discriminator)
