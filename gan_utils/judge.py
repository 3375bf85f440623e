"""Draws samples of models and measures them; the judge is made once a process."""

import functools
import math

from gan_utils import (
    checks,
    colour,
    compiled,
    data,
    latent,
    metrics,
    models,
    plotting,
    recipes,
)
from gan_utils.store import load_pretrained, load_second_classifier

import numpy as np

SAMPLES_SEED = 0  # of what the figures on a card are taken of


def make_judge(classifier, real_digits=None, real_labels=None):
    """Compiles a classifier into a measure of images against real digits.

    Args:
        classifier: as `models.build_classifier` makes it, trained.
        real_digits: uint8 `(n, 28, 28)`, thousands; the test digits when None.
        real_labels: integers `(n,)`, of these digits.

    Returns:
        A function from images, uint8 `(n, 28, 28)` or float `(n, 28, 28, 1)` in
        [-1, 1], n from 2, to the dict of `metrics.evaluate`. Of colour images, uint8
        `(n, side, side, 3)`, the strokes are judged. Of stacked digits, uint8
        `(n, 28, 28, 3)`, modes are counted, as `metrics.count_modes` does. Given the
        digits that were asked for, too, integers `(n,)`, it adds `asked_share` and
        `asked_shares`, as `metrics.read_as_asked` does, and `asked_coverages`, as
        `metrics.coverage_by_kind`. It raises `ValueError` for anything else: other
        shapes, types and ranges, pixels that are not finite, grey digits in three
        equal channels, or more images than the memory holds.
    """
    read = compiled.make_reader(classifier)
    if real_digits is None:
        _, (real_digits, real_labels) = data.load_mnist()
    real_features, _ = _read_parts(read, real_digits)
    sizes = metrics.ball_sizes(real_features, metrics.BALLS)

    def judge(images, asked=None):
        images = _check_judged(images)
        if images.shape[1:] == recipes.THREE:
            channels = [_read_parts(read, images[..., place])[1] for place in range(3)]
            return metrics.count_modes(np.stack(channels, axis=1))
        if images.shape[-1] == 3:
            images = colour.find_strokes(images)
        features, probabilities = _read_parts(read, images)
        figures = metrics.evaluate(features, probabilities, real_features, sizes)
        if asked is not None:
            share, shares = metrics.read_as_asked(probabilities, asked)
            figures |= {"asked_share": share, "asked_shares": shares.tolist()}
            if real_labels is not None:
                coverages = metrics.coverage_by_kind(
                    features, asked, real_features, real_labels
                )
                figures["asked_coverages"] = coverages.tolist()
        return figures

    return judge


def _read_parts(read, images):
    """Reads images part by part, so that few of them lie in memory as floats."""
    parts = []
    for start in range(0, len(images), compiled.BATCH):
        part = images[start : start + compiled.BATCH]
        parts.append(read(data.scale_pixels(part) if part.dtype == np.uint8 else part))
    return tuple(np.concatenate(part) for part in zip(*parts))


def _check_judged(images):
    """Returns images as an array, or says why no figure would mean anything."""
    images = checks.images(images)
    count = len(images)
    if count < 2:
        raise ValueError("One image was given to judge; the figures need 2 or more.")
    # What a classifier sees, once as float32 and some times as float64.
    data.check_memory(count * 4000, f"{count:,} images to judge")
    if images.dtype != np.uint8 and images.min() >= 0:
        raise ValueError(
            f"The pixels go from {images.min():g} to {images.max():g}, and in digits "
            "paper is -1. If black is 0 in them, scale them: 2 * images - 1."
        )
    grey = images.shape[1:] == recipes.THREE and (images == images[..., :1]).all()
    if grey and (images != images[:, :1, :1]).any():
        raise ValueError(
            "The three channels of these images are the same: they are grey digits, no "
            "stacked ones. Give one channel, images[..., 0]."
        )
    return images


@functools.cache
def load_judge():
    """Loads the shipped classifier as a judge, once a process; see `make_judge`.

    Raises:
        OSError, ValueError: as `load_pretrained`.
    """
    return make_judge(load_pretrained("classifier"))


@functools.cache
def load_second_judge():
    """Loads a judge by which nothing is chosen, once a process; see `make_judge`.

    It has the recipe of the shipped classifier and another seed. What looks better to
    the one classifier that a GAN was chosen by need not look so to another. It is not
    shipped: `make judge` trains it.

    Raises:
        OSError, ValueError: as `store.load_second_classifier`.
    """
    return make_judge(load_second_classifier())


@functools.cache
def load_validation_judge():
    """Loads the shipped classifier as a judge by training digits; see `data.hold_out`.

    Settings and moments to stop are chosen by it, so that the test digits have not
    been asked before the card is written.

    Raises:
        OSError, ValueError: as `load_pretrained`.
    """
    (x_train, _), _ = data.load_mnist()
    _, held_out = data.hold_out(x_train)
    return make_judge(load_pretrained("classifier"), held_out)


def asked_of(generator, count, digits=None):
    """Lists which digit each of so many samples is asked for, in turn.

    Args:
        generator: a `keras.Model`.
        count: number of samples, 1 or more.
        digits: from 0 to 9, one or more; all ten when None.

    Returns:
        int64 `(count,)`; None for a generator that cannot be asked.

    Raises:
        ValueError: a number is out of range, there is no digit, or the generator
            cannot be asked for one.

    Example:
        >>> asked_of(models.build_conditional_generator(), 5, [3, 8])
        array([3, 8, 3, 8, 3])
    """
    count, kinds = checks.count(count, "count", 1, checks.MOST), models.kinds(generator)
    if not kinds:
        if digits is not None:
            raise ValueError(
                "This model draws what it likes and cannot be asked for digits; "
                "`conditional` can."
            )
        return None
    digits = np.arange(kinds) if digits is None else digits
    digits = checks.labels(digits, ("n",), kinds, "digits")
    return np.resize(digits.astype(np.int64), count)


def draw(
    generator,
    count,
    seed,
    sample_latents=latent.sample_latents,
    pixel_range=(-1, 1),
    digits=None,
):
    """Draws samples as pixels.

    Args:
        generator: a `keras.Model` from latent points to images.
        count: number of samples, 1 or more.
        seed: decides the latent points, 0 or more.
        sample_latents: draws them from the generator's prior.
        pixel_range: values of black and white in its images.
        digits: which ones a generator that can be asked draws, in turn; all ten
            when None.

    Returns:
        uint8 `(count, height, width)`, or `(count, height, width, 3)`.

    Raises:
        ValueError: a number is out of range, the samples are more than the memory
            holds, the network is no generator or draws NaN, or it cannot be asked.

    Example:
        >>> draw(models.build_generator(), 100, seed=0).shape
        (100, 28, 28)
    """
    latent_dim, shape = models.latent_dim(generator), generator.output_shape[1:]
    count = checks.count(count, "count", 1, checks.MOST)
    data.check_memory(
        count * (4 * latent_dim + math.prod(shape)), f"{count:,} samples to draw"
    )
    points = sample_latents(count, latent_dim, seed)
    asked = asked_of(generator, count, digits)
    sample = compiled.make_sampler(generator)
    together = compiled.batch_size_of(generator)
    for start in range(0, count, together):
        rows = slice(start, start + together)
        given = () if asked is None else (asked[rows],)
        images = plotting.to_uint8(sample(points[rows], *given), pixel_range)
        if not start:
            pixels = np.empty((count, *images.shape[1:]), np.uint8)
        pixels[rows] = images
    return pixels


def draw_pretrained(name, count, seed, folder=None, digits=None):
    """Draws samples of a trained model from its own prior, as pixels.

    Args:
        name: a name in `recipes.RECIPES`.
        count: number of samples, 1 or more.
        seed: decides the latent points, 0 or more.
        folder: where the model lies; `pretrained/NAME` when it is None.
        digits: as for `draw`.

    Returns:
        uint8 `(count, height, width)`, or `(count, height, width, 3)`.

    Raises:
        OSError, ValueError: as `load_pretrained`, and as `draw`.

    Example:
        >>> draw_pretrained("keras_gan", 100, seed=0).shape
        (100, 28, 28)
    """
    generator = load_pretrained(name, "generator", folder)
    return draw(generator, count, seed, digits=digits, **recipes.find(name).drawing)


def measure(name, networks, count=None, second=False):
    """Measures a trained model by the network that it ships first.

    Args:
        name: a name in `recipes.RECIPES`.
        networks: a dict from names to `keras.Model`, as `GAN.networks`.
        count: samples to draw; real digits to compare for a classifier. The
            recipe's own number when None.
        second: whether by the second judge, on the same samples. In the place of a
            classifier, the second judge itself is measured.

    Returns:
        A dict from names to numbers, for the card. A classifier has
        `test_accuracy`, and in `real_digits` the figures of training digits.
        Empty when nothing in `MEASURES` knows the network.

    Raises:
        OSError, ValueError: as `load_judge` or `load_second_judge`, and as `draw`.
    """
    recipe = recipes.find(name)
    first = recipe.ships[0]
    if first not in MEASURES:
        return {}
    count = recipe.samples if count is None else checks.count(count, "count")
    return MEASURES[first](recipe, networks[first], count, second)


def _measure_samples(recipe, generator, count, second):
    judge = load_second_judge() if second else load_judge()
    images = draw(generator, count, SAMPLES_SEED, **recipe.drawing)
    return judge(images, asked_of(generator, count))


def _measure_reading(recipe, classifier, count, second):
    if second:
        classifier = load_second_classifier()
    (x_train, _), (x_test, y_test) = data.load_mnist()
    _, probabilities = _read_parts(compiled.make_reader(classifier), x_test)
    right = probabilities.argmax(axis=1) == y_test
    return {
        "n": len(y_test),
        "test_accuracy": float(right.mean()),
        "real_digits": make_judge(classifier)(x_train[:count]),
    }


# How a model is measured, by the network that it ships first.
MEASURES = {"generator": _measure_samples, "classifier": _measure_reading}
