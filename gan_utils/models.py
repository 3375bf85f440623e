"""Builders of the networks: the DCGAN's two, and a classifier of digits.

Each builder takes a seed and touches no global state: the same seed gives the
same weights.
"""

from gan_utils import quiet  # noqa: F401

import keras
import numpy as np
import tensorflow as tf
from keras import layers


def initialize(model, seed):
    """Draws kernels and biases anew, each layer's from a seed of its own.

    Each layer keeps the initializer it was built with. What is not drawn at
    random, such as the scales of batch norm, stays as it is.

    Args:
        model: a built `keras.Model`; it is changed in place.
        seed: an integer from 0.

    Returns:
        The same model.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model = initialize(model, seed=0)
    """
    for position, layer in enumerate(model.layers):
        for part in ("kernel", "bias"):
            weight = getattr(layer, part, None)
            if weight is not None:
                initializer = getattr(layer, f"{part}_initializer").clone()
                # Zeros and ones have no use for it.
                initializer.seed = 1000 * seed + 2 * position + (part == "bias")
                weight.assign(initializer(weight.shape, weight.dtype))
    return model


def build_layers(
    sizes, activation="relu", behind=(), initializer=lambda incoming: "glorot_uniform"
):
    """Builds dense layers from a list of sizes.

    Args:
        sizes: numbers of units: what comes in, hidden layers, what goes out.
        activation: of the hidden layers; the last has none.
        behind: make the layers that stand behind each hidden one, in their order.
        initializer: from the number of units that come in to an initializer.

    Returns:
        A list of Keras layers.

    Raises:
        ValueError: fewer than two sizes were given.

    Example:
        >>> len(build_layers([784, 500, 200, 1]))
        3
    """
    if len(sizes) < 2:
        raise ValueError(f"Sizes {list(sizes)} given; a network needs two or more.")
    parts = []
    for incoming, units in zip(sizes, sizes[1:]):
        kernel = initializer(incoming)
        parts.append(layers.Dense(units, activation, kernel_initializer=kernel))
        parts.extend(make() for make in behind)
    parts = parts[: len(parts) - len(behind)]
    parts[-1].activation = keras.activations.linear
    return parts


def build_generator(latent_dim=64, channels=32, seed=0):
    """Builds the DCGAN's generator: latent points in, images out.

    Args:
        latent_dim: length of a latent point, 1 or more.
        channels: width of the last hidden layer; the others have twice as many.
        seed: an integer from 0.

    Returns:
        A `keras.Model` from float32 `(n, latent_dim)` to float32
        `(n, 28, 28, 1)` in (-1, 1).

    Source:
        Radford, Metz, Chintala, Unsupervised Representation Learning with Deep
        Convolutional Generative Adversarial Networks, 2016.

    Example:
        >>> build_generator(latent_dim=64).output_shape
        (None, 28, 28, 1)
    """
    model = keras.Sequential(
        [
            keras.Input((latent_dim,)),
            layers.Dense(7 * 7 * 2 * channels, use_bias=False),
            layers.Reshape((7, 7, 2 * channels)),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Conv2D(2 * channels, 3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Conv2DTranspose(channels, 4, 2, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Conv2DTranspose(1, 4, 2, padding="same", activation="tanh"),
        ],
        name="generator",
    )
    return initialize(model, seed)


def build_mapped_generator(latent_dim=64, channels=32, hidden=128, seed=0):
    """Builds the DCGAN's generator behind one more dense layer, the mapping.

    A cloud of latent points is of one piece, and ten kinds of digits are not: what
    is drawn from between two kinds is no digit. Another layer can stretch the cloud
    where kinds meet, so that fewer points lie there.

    Args:
        latent_dim: length of a latent point, 1 or more.
        channels: as in `build_generator`.
        hidden: units of the mapping, 1 or more.
        seed: an integer from 0.

    Returns:
        A `keras.Model`, as `build_generator` returns it.

    Source:
        Karras, Laine, Aila, A Style-Based Generator Architecture for Generative
        Adversarial Networks, 2019, section 2.

    Example:
        >>> build_mapped_generator().output_shape
        (None, 28, 28, 1)
    """
    model = keras.Sequential(
        [
            keras.Input((latent_dim,)),
            layers.Dense(hidden, use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            *build_generator(hidden, channels).layers,
        ],
        name="generator",
    )
    return initialize(model, seed)


def build_discriminator(channels=32, seed=0):
    """Builds the DCGAN's discriminator: images in, logits out.

    A logit above 0 says real, below 0 says fake. Batch norm makes the logit of
    one image depend on its batch while training: give real and fake images in
    separate batches.

    Args:
        channels: width of the first layer; the second has twice as many.
        seed: an integer from 0.

    Returns:
        A `keras.Model` from float32 `(n, 28, 28, 1)` in [-1, 1] to float32
        logits `(n, 1)`.

    Source:
        Radford, Metz, Chintala, Unsupervised Representation Learning with Deep
        Convolutional Generative Adversarial Networks, 2016.

    Example:
        >>> build_discriminator().output_shape
        (None, 1)
    """
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(channels, 4, 2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Conv2D(2 * channels, 4, 2, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Dropout(0.3, seed=seed),
            layers.Flatten(),
            layers.Dense(8 * channels, use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Dense(1),
        ],
        name="discriminator",
    )
    return initialize(model, seed)


def build_classifier(seed=0):
    """Builds a classifier of digits whose features judge generated images.

    Args:
        seed: an integer from 0.

    Returns:
        A `keras.Model` from float32 `(n, 28, 28, 1)` in [-1, 1] to float32
        logits `(n, 10)`. Its layer `features` gives `(n, 128)`.

    Source:
        The pattern of convolution, batch norm and ReLU of Ioffe and Szegedy,
        Batch Normalization, 2015.

    Example:
        >>> build_classifier().get_layer("features").output.shape
        (None, 128)
    """
    model = keras.Sequential([keras.Input((28, 28, 1))], name="classifier")
    # While training, digits are moved by up to two pixels over their paper.
    far = (2 / 28, 2 / 28)
    paper = {"fill_mode": "constant", "fill_value": -1.0}
    model.add(layers.RandomTranslation(*far, seed=seed + 2, **paper))
    for filters, stride in ((32, 1), (32, 2), (64, 1), (64, 2)):
        model.add(layers.Conv2D(filters, 3, stride, padding="same", use_bias=False))
        model.add(layers.BatchNormalization(momentum=0.9))
        model.add(layers.ReLU())
    model.add(layers.Flatten())
    model.add(layers.Dropout(0.3, seed=seed))
    model.add(layers.Dense(128, activation="relu", name="features"))
    model.add(layers.Dropout(0.5, seed=seed + 1))
    model.add(layers.Dense(10))
    return initialize(model, seed)


def settle_batch_norm(network, inputs):
    """Measures what batch norm remembers anew, on one batch.

    Weights that were averaged never ran while training, so what was remembered
    belongs to others. Only the means and variances of batch norm change.

    Args:
        network: a `keras.Sequential`; it is changed in place.
        inputs: a large batch, float `(n, ...)`.

    Source:
        Izmailov et al., Averaging Weights Leads to Wider Optima and Better
        Generalization, 2018, section 3.2.

    Example:
        >>> settle_batch_norm(build_generator(64), sample_latents(512, 64, seed=0))
    """
    values = inputs
    for layer in network.layers:
        if isinstance(layer, layers.BatchNormalization):
            every_axis_but_channels = list(range(values.ndim - 1))
            mean, variance = keras.ops.moments(values, every_axis_but_channels)
            layer.moving_mean.assign(mean)
            layer.moving_variance.assign(variance)
        values = layer(values, training=False)


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
        >>> sample = make_sampler(build_generator(latent_dim=64))
        >>> sample(np.zeros((2, 64))).shape
        (2, 28, 28, 1)
    """
    latent_dim = generator.input_shape[-1]

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

    Example:
        >>> match = make_matcher(generator, images)
        >>> points, losses = latent.invert(match, starts)
    """
    images = tf.constant(images, tf.float32)
    if images.shape[1:] != generator.output_shape[1:]:
        raise ValueError(
            f"Images of shape {tuple(images.shape)} were given; this generator draws "
            f"(n, {', '.join(map(str, generator.output_shape[1:]))})."
        )
    shape = (len(images), generator.input_shape[-1])

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
        >>> read = make_reader(load_pretrained("classifier"))
        >>> features, probabilities = read(images)
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
