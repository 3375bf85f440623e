"""What builders share: batch norm, lists of layers, weights drawn by a seed."""

import functools
import inspect

from gan_utils import checks, quiet  # noqa: F401

import keras
import numpy as np
from keras import layers

# What the sizes that builders take may be, from and to.
SIZES = {
    "seed": (0, 2**50),
    **dict.fromkeys(("latent_dim", "paper_dim", "hidden"), (1, 100_000)),
    **dict.fromkeys(("channels", "side", "last_stride"), (1, 4096)),
    "kinds": (2, 4096),
    "depth": (1, 100),
}


def checked(builder, multiple=1):
    """Returns a builder that refuses sizes from which no network can be made.

    It is called below a builder and not written as a decorator: lessons show some.

    Args:
        builder: a function that has some of the arguments in `SIZES`, and `shape`.
        multiple: what height and width in `shape` are multiples of.
    """
    signature = inspect.signature(builder)

    @functools.wraps(builder)
    def build(*given, **named):
        check_settings()
        arguments = signature.bind(*given, **named)
        arguments.apply_defaults()
        for name, value in arguments.arguments.items():
            if name in SIZES:
                arguments.arguments[name] = checks.count(value, name, *SIZES[name])
            elif name == "shape":
                check_shape(value, multiple)
        return builder(*arguments.args, **arguments.kwargs)

    return build


def check_settings():
    """Raises `ValueError` unless Keras makes float32 networks, channels last.

    A `keras.json` of yours or `keras.config` may have set it to another type or order;
    the weights and pictures would be others.
    """
    settings = [
        ("floatx", keras.config.floatx, "float32"),
        ("image_data_format", keras.config.image_data_format, "channels_last"),
        # Last, since reading it fixes it to what floatx is.
        ("dtype_policy", lambda: keras.config.dtype_policy().name, "float32"),
    ]
    for name, read, needed in settings:
        if (found := read()) != needed:
            raise ValueError(
                f"Keras is set to {name} {found}; these networks need {needed}. Call "
                f'keras.config.set_{name}("{needed}"), or mend ~/.keras/keras.json '
                "and start Python anew."
            )


def check_shape(shape, multiple=1):
    """Raises `ValueError` unless it is the shape of an image.

    Args:
        shape: height, width and channels.
        multiple: what height and width are multiples of.

    Example:
        >>> check_shape((28, 28, 1), multiple=4)
    """
    sizes = checks.numbers(shape, "shape", (3,), "iu")
    if sizes.min() < 1 or sizes.max() > 4096 or (sizes[:2] % multiple).any():
        raise ValueError(
            f"The shape {sizes.tolist()} was given; needed are height, width and "
            "channels of an image, from 1 to 4096, the first two multiples of "
            f"{multiple}."
        )


def batch_norm():
    """Makes a layer of batch norm that remembers about the last ten batches."""
    return layers.BatchNormalization(momentum=0.9)


def leaves(model):
    """Returns the layers of a model in their order, those of nested models too."""
    found = []
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            found += leaves(layer)
        else:
            found.append(layer.layer if isinstance(layer, layers.Wrapper) else layer)
    return found


def initialize(model, seed):
    """Draws kernels, biases and embeddings anew, each layer's from its own seed.

    Each layer keeps the initializer it was built with. What is not drawn at
    random, such as the scales of batch norm, stays as it is.

    Args:
        model: a built `keras.Model`; it is changed in place.
        seed: an integer from 0.

    Returns:
        The same model.

    Raises:
        ValueError: the seed is no integer from 0, or see `check_settings`.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model = initialize(model, seed=0)
    """
    check_settings()  # for builders that are not `checked`
    checks.count(seed, "seed", *SIZES["seed"])
    for position, layer in enumerate(leaves(model)):
        for part in ("kernel", "bias", "embeddings"):
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
        ValueError: fewer than two sizes were given, or one is no number from 1.

    Example:
        >>> len(build_layers([784, 500, 200, 1]))
        3
    """
    sizes = [checks.count(size, "a size", 1, 100_000) for size in sizes]
    if len(sizes) < 2:
        raise ValueError(f"Sizes {sizes} given; a network needs two or more.")
    parts = []
    for incoming, units in zip(sizes[:-2], sizes[1:-1]):
        kernel = initializer(incoming)
        parts.append(layers.Dense(units, activation, kernel_initializer=kernel))
        parts.extend(make() for make in behind)
    parts.append(layers.Dense(sizes[-1], kernel_initializer=initializer(sizes[-2])))
    return parts


def latent_dim(generator):
    """Returns how many numbers a latent point of a generator has.

    Args:
        generator: a built `keras.Model`; of several inputs, the first is meant.

    Raises:
        ValueError: it takes something else than points `(n, latent_dim)`.

    Example:
        >>> latent_dim(keras.Sequential([keras.Input((64,)), keras.layers.Dense(1)]))
        64
    """
    taken = [each.shape for each in getattr(generator, "inputs", None) or []]
    if not taken or len(taken[0]) != 2 or not taken[0][1]:
        raise ValueError(
            "This is no built generator that takes latent points (n, latent_dim); it "
            f"takes {taken[0] if taken else 'nothing yet'}."
        )
    return taken[0][1]


def kinds(generator):
    """Returns how many kinds of image a generator can be asked for; 0 for none.

    Args:
        generator: a built `keras.Model`; of two inputs, the second is the kinds.

    Example:
        >>> kinds(keras.Sequential([keras.Input((64,)), keras.layers.Dense(1)]))
        0
    """
    return generator.inputs[1].shape[1] if len(generator.inputs) > 1 else 0


def inputs_of(generator, points, asked=None):
    """Returns what a generator is called with: points, and kinds where it takes some.

    Args:
        generator: a built `keras.Model`.
        points: float `(n, latent_dim)`.
        asked: what each image is to show: integers `(n,)`, or shares of the kinds,
            float `(n, kinds)`. When None, and from a generator that can be asked,
            all kinds in turn.

    Returns:
        float32 `(n, latent_dim)`; or a list of that and the shares of the kinds,
        float32 `(n, kinds)`, one-hot for integers.

    Raises:
        ValueError: there is not one kind for each point, a kind is not there, shares
            are not finite, or the generator cannot be asked.

    Example:
        >>> from gan_utils.models import build_conditional_generator
        >>> points = np.zeros((2, 64))
        >>> inputs_of(build_conditional_generator(), points, [3, 8])[1].argmax(axis=1)
        array([3, 8])
    """
    points, most = checks.points(points, "latent points"), kinds(generator)
    if not most:
        if asked is not None:
            raise ValueError(
                "This generator takes latent points alone and cannot be asked for a "
                "kind; `conditional` can."
            )
        return points
    asked = np.arange(len(points)) % most if asked is None else np.asarray(asked)
    if asked.ndim == 1:
        shares = np.eye(most)[checks.labels(asked, (len(points),), most, "kinds")]
    else:
        shares = checks.numbers(asked, "shares of the kinds", (len(points), most))
    return [points, shares.astype(np.float32)]


def settle_batch_norm(network, inputs):
    """Measures what batch norm remembers anew, on one batch.

    Weights that were averaged never ran while training, so what was remembered
    belongs to others. Only the means and variances of batch norm change. The batch
    passes as while training, through Dropout, too.

    Args:
        network: a `keras.Model` of any shape; it is changed in place.
        inputs: a large batch, float `(n, ...)`, or a list for several inputs.

    Raises:
        ValueError: there is no input, or a number in it is not finite.

    Source:
        Izmailov et al., Averaging Weights Leads to Wider Optima and Better
        Generalization, 2018, section 3.2.

    Example:
        >>> network = keras.Sequential([keras.Input((1,)), batch_norm()])
        >>> settle_batch_norm(network, np.float32([[2], [4]]))
        >>> float(network.layers[0].moving_mean[0])
        3.0
    """
    for part in inputs if isinstance(inputs, (list, tuple)) else [inputs]:
        checks.numbers(part, "inputs", ("n", *np.shape(part)[1:]))
    kinds = layers.BatchNormalization
    norms = [layer for layer in leaves(network) if isinstance(layer, kinds)]
    memories = [layer.momentum for layer in norms]
    weights = {id(weight) for weight in network.weights}
    seeds = [each for each in network.variables if id(each) not in weights]
    drawn_so_far = [seed.numpy() for seed in seeds]
    try:
        for layer in norms:
            layer.momentum = 0.0  # so that this batch replaces all before it
        network(inputs, training=True)
    finally:
        for layer, memory in zip(norms, memories):
            layer.momentum = memory
        # What Dropout draws next may not depend on how often was settled.
        for seed, so_far in zip(seeds, drawn_so_far):
            seed.assign(so_far)
