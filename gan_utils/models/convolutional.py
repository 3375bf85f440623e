"""Builds convolutional generators and discriminators, after the DCGAN paper."""

from gan_utils.models.parts import batch_norm, checked, initialize

import keras
from keras import layers


def build_generator(
    latent_dim=64, channels=32, seed=0, shape=(28, 28, 1), norm=batch_norm, first=()
):
    """Builds the DCGAN's generator: latent points in, images out.

    Args:
        latent_dim: length of a latent point, 1 or more.
        channels: width of the last hidden layer; the others have twice as many.
        seed: an integer from 0.
        shape: of an image: height and width, both multiples of 4, and channels.
        norm: makes the layer that each activation stands behind;
            `keras.layers.Identity` for none.
        first: layers that stand before all others.

    Returns:
        A `keras.Model` from float32 `(n, latent_dim)` to float32 `(n, *shape)` in
        (-1, 1).

    Raises:
        ValueError: from these sizes no network can be made.

    Source:
        Radford, Metz, Chintala, Unsupervised Representation Learning with Deep
        Convolutional Generative Adversarial Networks, 2016.

    Example:
        >>> build_generator(latent_dim=64).output_shape
        (None, 28, 28, 1)
        >>> build_generator(shape=(64, 64, 3)).output_shape
        (None, 64, 64, 3)
    """
    height, width, colours = shape[0] // 4, shape[1] // 4, shape[2]
    model = keras.Sequential(
        [
            keras.Input((latent_dim,)),
            *first,
            layers.Dense(height * width * 2 * channels, use_bias=False),
            layers.Reshape((height, width, 2 * channels)),
            norm(),
            layers.ReLU(),
            layers.Conv2D(2 * channels, 3, padding="same", use_bias=False),
            norm(),
            layers.ReLU(),
            layers.Conv2DTranspose(channels, 4, 2, padding="same", use_bias=False),
            norm(),
            layers.ReLU(),
            layers.Conv2DTranspose(colours, 4, 2, padding="same", activation="tanh"),
        ],
        name="generator",
    )
    return initialize(model, seed)


build_generator = checked(build_generator, multiple=4)


def build_mapped_generator(
    latent_dim=64, channels=32, hidden=128, seed=0, shape=(28, 28, 1), depth=1
):
    """Builds the DCGAN's generator behind more dense layers, the mapping.

    With one layer, the samples of lesson 5's GAN came closer to real digits than
    without it, for each of three seeds; without its ReLU as close. Of a generator with
    as many weights and no mapping they did not: `experiments.controls`.

    Args:
        latent_dim: length of a latent point, 1 or more.
        channels: as in `build_generator`.
        hidden: units of each of its layers, 1 or more.
        seed: an integer from 0.
        shape: as in `build_generator`.
        depth: how many layers it has, 1 or more.

    Returns:
        A `keras.Model`, as `build_generator` returns it.

    Source:
        Karras, Laine, Aila, A Style-Based Generator Architecture for Generative
        Adversarial Networks, 2019, section 2.

    Example:
        >>> build_mapped_generator().output_shape
        (None, 28, 28, 1)
    """
    mapping = []
    for _ in range(depth):
        mapping += [layers.Dense(hidden, use_bias=False), batch_norm(), layers.ReLU()]
    return build_generator(latent_dim, channels, seed, shape, first=mapping)


build_mapped_generator = checked(build_mapped_generator, multiple=4)


def build_stencil_generator(
    latent_dim=64, paper_dim=16, channels=32, hidden=128, seed=0, shape=(32, 32, 3)
):
    """Builds a generator of two that know nothing of each other: paper and stencil.

    One draws paper, from -1 to 0 in each channel, from the first numbers of a latent
    point. The other, as `build_mapped_generator`, draws a stencil from the rest, one
    value a pixel from -1 to 1. An image is the product: where the stencil is 1, it is
    paper, and where it is -1, the paper's negative. This rule is given. What lies on
    the paper and what is cut out of the stencil has to be learned, and from whole
    images only: nothing tells the two networks which of them draws what.

    Args:
        latent_dim: length of a latent point, 2 or more.
        paper_dim: how many numbers of it are the paper's, from 1 to all but one.
        channels: as in `build_generator`, of the stencil's; the paper's has half.
        hidden: as in `build_mapped_generator`.
        seed: an integer from 0.
        shape: as in `build_generator`.

    Returns:
        A `keras.Model`, as `build_generator` returns it. Its layers `paper` and
        `stencil` are the two, from `(n, paper_dim)` and `(n, latent_dim - paper_dim)`.

    Raises:
        ValueError: from these sizes no network can be made.

    Source:
        After Yang, Kannan, Batra, Parikh, LR-GAN: Layered Recursive Generative
        Adversarial Networks, 2017: a background, and a foreground that is pasted on by
        a mask. There, the foreground has colours of its own.

    Example:
        >>> generator = build_stencil_generator()
        >>> generator.output_shape
        (None, 32, 32, 3)
        >>> generator.get_layer("stencil").output_shape
        (None, 32, 32, 1)
    """
    if paper_dim >= latent_dim:
        raise ValueError(
            f"paper_dim is {paper_dim} of a latent_dim of {latent_dim}; needed is a "
            "smaller one, since the stencil has the rest."
        )
    paper = build_generator(paper_dim, max(1, channels // 2), seed, shape)
    one = (*shape[:2], 1)
    cut = latent_dim - paper_dim
    stencil = build_mapped_generator(cut, channels, hidden, seed, one)
    paper.name, stencil.name = "paper", "stencil"
    points = keras.Input((latent_dim,))
    dark = layers.Rescaling(0.5, -0.5)(paper(points[:, :paper_dim]))
    image = layers.Multiply()([dark, stencil(points[:, paper_dim:])])
    return initialize(keras.Model(points, image, name="generator"), seed)


build_stencil_generator = checked(build_stencil_generator, multiple=4)


def build_discriminator(
    channels=32, seed=0, shape=(28, 28, 1), norm=batch_norm, dropout=0.3
):
    """Builds the DCGAN's discriminator: images in, logits out.

    A logit above 0 says real, below 0 says fake. Batch norm makes the logit of
    one image depend on its batch while training: give real and fake images in
    separate batches.

    Args:
        channels: width of the first layer; the second has twice as many.
        seed: an integer from 0.
        shape: of an image: height, width and channels.
        norm: makes the layers between the hidden layers and their activations;
            `keras.layers.Identity` for none.
        dropout: share of values that are left out while training, 0 for none.

    Returns:
        A `keras.Model` from float32 `(n, *shape)` in [-1, 1] to float32 logits
        `(n, 1)`.

    Source:
        Radford, Metz, Chintala, Unsupervised Representation Learning with Deep
        Convolutional Generative Adversarial Networks, 2016.

    Example:
        >>> build_discriminator().output_shape
        (None, 1)
    """
    model = keras.Sequential(
        [
            keras.Input(shape),
            layers.Conv2D(channels, 4, 2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Conv2D(2 * channels, 4, 2, padding="same", use_bias=False),
            norm(),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Dropout(dropout, seed=seed),
            layers.Flatten(),
            layers.Dense(8 * channels, use_bias=False),
            norm(),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Dense(1),
        ],
        name="discriminator",
    )
    return initialize(model, seed)


build_discriminator = checked(build_discriminator)


def _strides(*widths):
    """Makes layers that halve height and width each: no norm, no dropout."""
    parts = []
    for width in widths:
        parts.append(layers.Conv2D(width, 4, 2, padding="same"))
        parts.append(layers.LeakyReLU(negative_slope=0.2))
    return parts


def build_strided_discriminator(channels=32, seed=0, shape=(28, 28, 1)):
    """Builds a discriminator of strides alone: no norm, no hidden dense layer.

    No answer depends on other images of a batch, so D can pay for its slopes; see
    `penalties`.

    Args:
        channels: width of the first layer; the second has twice as many, the third
            four times.
        seed: an integer from 0.
        shape: as in `build_discriminator`.

    Returns:
        A `keras.Model`, as `build_discriminator` returns it.

    Source:
        Radford, Metz, Chintala, Unsupervised Representation Learning with Deep
        Convolutional Generative Adversarial Networks, 2016, section 3.

    Example:
        >>> build_strided_discriminator(shape=(28, 28, 3)).output_shape
        (None, 1)
    """
    model = keras.Sequential(
        [
            keras.Input(shape),
            *_strides(channels, 2 * channels, 4 * channels),
            layers.Flatten(),
            layers.Dense(1),
        ],
        name="discriminator",
    )
    return initialize(model, seed)


build_strided_discriminator = checked(build_strided_discriminator)


def build_channelwise_discriminator(channels=16, seed=0, shape=(28, 28, 3), alone=0.1):
    """Builds a discriminator that looks at each channel by itself, and at all together.

    The same two layers look at each channel, which so is said to be a picture of the
    same kind as the others. One layer more looks at what they found in all channels,
    and another one at what they found in each. The answer is what the first says, and
    what the other says of each channel, with less weight. No answer depends on other
    images of a batch.

    Args:
        channels: width of the first layer; the second has twice as many, the one for
            each channel four times, and the one for all eight times.
        seed: an integer from 0.
        shape: as in `build_discriminator`.
        alone: the weight of what is said of each channel by itself; 0 for none.

    Returns:
        A `keras.Model`, as `build_discriminator` returns it.

    Example:
        >>> build_channelwise_discriminator().output_shape
        (None, 1)
    """
    images = keras.Input(shape)
    look = keras.Sequential(
        [keras.Input((*shape[:2], 1)), *_strides(channels, 2 * channels)], name="look"
    )
    each, of_all = (
        keras.Sequential(
            [*_strides(width), layers.Flatten(), layers.Dense(1)], name=name
        )
        for name, width in (("each", 4 * channels), ("all", 8 * channels))
    )
    # As one batch of all channels, which takes less time than one after the other.
    seen = look(keras.ops.concatenate(keras.ops.split(images, shape[2], axis=3)))
    answers = keras.ops.split(each(seen), shape[2])
    together = layers.Concatenate()(keras.ops.split(seen, shape[2]))
    answer = of_all(together) + alone * sum(answers)
    return initialize(keras.Model(images, answer, name="discriminator"), seed)


build_channelwise_discriminator = checked(build_channelwise_discriminator)


def build_reading_discriminator(
    channels=32, seed=0, shape=(28, 28, 1), dropout=0.3, kinds=10
):
    """Builds a `build_discriminator` that says of what kind an image is, too.

    Both answers come from the same features.

    Args:
        channels: as in `build_discriminator`.
        seed: an integer from 0; the weights but for the new answer's are those of
            `build_discriminator`.
        shape: as in `build_discriminator`.
        dropout: as in `build_discriminator`.
        kinds: how many there are, 2 or more.

    Returns:
        A `keras.Model` from float32 `(n, *shape)` in [-1, 1] to two float32 logits:
        `(n, 1)`, real or not, and `(n, kinds)`.

    Source:
        Odena, Olah, Shlens, Conditional Image Synthesis with Auxiliary Classifier
        GANs, 2017. There, G is told the kind that it has to draw; here it is not.

    Example:
        >>> build_reading_discriminator().output_shape
        [(None, 1), (None, 10)]
    """
    model = build_discriminator(channels, seed, shape, dropout=dropout)
    draw = keras.initializers.GlorotUniform(seed)
    reader = layers.Dense(kinds, name="kinds", kernel_initializer=draw)
    outputs = [model.outputs[0], reader(model.layers[-1].input)]
    return keras.Model(model.inputs[0], outputs, name="discriminator")


build_reading_discriminator = checked(build_reading_discriminator)
