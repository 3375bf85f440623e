"""Draws samples of models and measures them; the judge is made once a process."""

import functools

from gan_utils import colour, compiled, data, latent, metrics, models, plotting, recipes
from gan_utils.store import load_pretrained

import numpy as np


def make_judge(classifier):
    """Compiles a classifier into a measure of images against the test digits.

    Args:
        classifier: as `models.build_classifier` makes it, trained.

    Returns:
        A function from images, uint8 `(n, 28, 28)` or float `(n, 28, 28, 1)` in
        [-1, 1], to the dict of `metrics.evaluate`. Of colour images, uint8
        `(n, 64, 64, 3)`, the strokes are judged. Of stacked digits, uint8
        `(n, 28, 28, 3)`, modes are counted, as `metrics.count_modes` does.
    """
    read = compiled.make_reader(classifier)
    _, (x_test, _) = data.load_mnist()
    real_features, _ = read(data.scale_pixels(x_test))
    sizes = metrics.ball_sizes(real_features)

    def judge(images):
        images = np.asarray(images)
        if images.shape[1:] == recipes.THREE:
            channels = [data.scale_pixels(images[..., place]) for place in range(3)]
            digits = [read(channel)[1].argmax(axis=1) for channel in channels]
            return metrics.count_modes(np.stack(digits, axis=1))
        if images.shape[-1] == 3:
            images = colour.find_strokes(images)
        if images.dtype == np.uint8:
            images = data.scale_pixels(images)
        return metrics.evaluate(*read(images), real_features, sizes)

    return judge


@functools.cache
def load_judge():
    """Loads the shipped classifier as a judge, once a process; see `make_judge`.

    Raises:
        OSError, ValueError: as `load_pretrained`.
    """
    return make_judge(load_pretrained("classifier"))


def draw(
    generator, count, seed, sample_latents=latent.sample_latents, pixel_range=(-1, 1)
):
    """Draws samples as pixels.

    Args:
        generator: a `keras.Model` from latent points to images.
        count: number of samples, 1 or more.
        seed: decides the latent points, 0 or more.
        sample_latents: draws them from the generator's prior.
        pixel_range: values of black and white in its images.

    Returns:
        uint8 `(count, height, width)`, or `(count, height, width, 3)`.

    Example:
        >>> draw(models.build_generator(), 100, seed=0).shape
        (100, 28, 28)
    """
    points = sample_latents(count, models.latent_dim(generator), seed)
    return plotting.to_uint8(compiled.make_sampler(generator)(points), pixel_range)


def draw_pretrained(name, count, seed, folder=None):
    """Draws samples of a trained model from its own prior, as pixels.

    Args:
        name: a name in `recipes.RECIPES`.
        count: number of samples, 1 or more.
        seed: decides the latent points, 0 or more.
        folder: where the model lies; `pretrained/NAME` when it is None.

    Returns:
        uint8 `(count, height, width)`, or `(count, height, width, 3)`.

    Raises:
        OSError, ValueError: as `load_pretrained`.

    Example:
        >>> draw_pretrained("keras_gan", 100, seed=0).shape
        (100, 28, 28)
    """
    generator = load_pretrained(name, "generator", folder)
    return draw(generator, count, seed, **recipes.find(name).drawing)


def measure(name, networks, count=None):
    """Measures a trained model by the network that it ships first.

    Args:
        name: a name in `recipes.RECIPES`.
        networks: a dict from names to `keras.Model`, as `GAN.networks`.
        count: samples to draw; real digits to compare for a classifier. The
            recipe's own number when None.

    Returns:
        A dict from names to numbers, for the card. A classifier has
        `test_accuracy`, and in `real_digits` the figures of training digits, which
        no generator can be expected to surpass. Empty when nothing in `MEASURES`
        knows the network.
    """
    recipe = recipes.find(name)
    first = recipe.ships[0]
    if first not in MEASURES:
        return {}
    return MEASURES[first](recipe, networks[first], count or recipe.samples)


def _measure_samples(recipe, generator, count):
    return load_judge()(draw(generator, count, 0, **recipe.drawing))


def _measure_reading(recipe, classifier, count):
    (x_train, _), (x_test, y_test) = data.load_mnist()
    _, probabilities = compiled.make_reader(classifier)(data.scale_pixels(x_test))
    right = probabilities.argmax(axis=1) == y_test
    return {
        "n": len(y_test),
        "test_accuracy": float(right.mean()),
        "real_digits": make_judge(classifier)(x_train[:count]),
    }


# How a model is measured, by the network that it ships first.
MEASURES = {"generator": _measure_samples, "classifier": _measure_reading}
