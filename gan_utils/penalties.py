"""What a discriminator pays for being steep, and whether a penalty is right.

A slope is the length of the gradient of D's answer by its image. A penalty of this
module is a function of D, real images, fakes and a seed, and returns a pair: what D
pays, a scalar, and the slopes that it pays for, `(n,)`. Give it its options by
`functools.partial`.
"""

from gan_utils import checks, quiet  # noqa: F401

import numpy as np
import tensorflow as tf


def squared_slopes(discriminator, images):
    """Measures how steep D is at images.

    Args:
        discriminator: from images to one answer each, where the answer to an image
            depends on no other of its batch, as it does with batch norm.
        images: float32 `(n, ...)`.

    Returns:
        float32 `(n,)`, 0 or more: squares, whose gradient is a number at 0, too.

    Example:
        >>> def twice_the_sum(images, training):
        ...     return 2 * tf.reduce_sum(images, axis=1, keepdims=True)
        >>> squared_slopes(twice_the_sum, tf.zeros((2, 3))).numpy()
        array([12., 12.], dtype=float32)
    """
    with tf.GradientTape() as tape:
        tape.watch(images)
        answers = tf.reduce_sum(discriminator(images, training=True))
    gradients = tape.gradient(answers, images)
    all_but_first = list(range(1, gradients.shape.rank))
    return tf.reduce_sum(gradients**2, axis=all_but_first)


def slopes(discriminator, images):
    """Measures how steep D is at images, as lengths.

    Args:
        discriminator: as for `squared_slopes`.
        images: as for `squared_slopes`.

    Returns:
        float32 `(n,)`, above 0: where D is level it is 1e-6, since a root at 0 has no
        gradient that is a number, and one such image would spoil all of D's weights.

    Example:
        >>> def thrice(images, training):
        ...     return 3.0 * images
        >>> slopes(thrice, tf.zeros((1, 1))).numpy().round(3)
        array([3.], dtype=float32)
    """
    return tf.sqrt(squared_slopes(discriminator, images) + 1e-12)


def mix(real_images, fake_images, seed):
    """Takes a point between each real image and a fake, anywhere alike likely.

    Args:
        real_images: float32 `(n, ...)`.
        fake_images: as many, of their shape.
        seed: two integers; the same seed gives the same shares.

    Returns:
        float32 of their shape.

    Example:
        >>> mixed = mix(tf.ones((4, 2)), tf.zeros((4, 2)), seed=(0, 0))
        >>> bool(tf.reduce_all(mixed[:, 0] == mixed[:, 1]))  # a share for each image
        True
    """
    ones = [1] * (real_images.shape.rank - 1)
    shape = tf.concat([tf.shape(real_images)[:1], ones], axis=0)
    shares = tf.random.stateless_uniform(shape, seed)
    return shares * real_images + (1.0 - shares) * fake_images


def no_penalty(discriminator, real_images, fake_images, seed):
    """Lets D pay nothing; the slopes are those of `gradient_penalty`."""
    found = slopes(discriminator, mix(real_images, fake_images, seed))
    return tf.zeros(()), tf.stop_gradient(found)


def gradient_penalty(discriminator, real_images, fake_images, seed, weight=10.0):
    """Lets D pay for each slope that is not 1, between real images and fakes.

    Args:
        discriminator: as for `squared_slopes`.
        real_images: float32 `(n, ...)`.
        fake_images: as many, of their shape.
        seed: as for `mix`.
        weight: of what D pays, in the unit of its answers.

    Returns:
        What D pays, a scalar, and the slopes, `(n,)`.

    Source:
        Gulrajani et al., Improved Training of Wasserstein GANs, 2017, section 4.

    Example:
        >>> def thrice(images, training):
        ...     return 3.0 * images
        >>> ones = tf.ones((2, 1))
        >>> paid, _ = gradient_penalty(thrice, ones, 0 * ones, seed=(0, 0))
        >>> round(float(paid), 3)  # 10 times the square of 3 - 1
        40.0
    """
    found = slopes(discriminator, mix(real_images, fake_images, seed))
    return weight * tf.reduce_mean((found - 1.0) ** 2), found


def zero_centred_penalty(
    discriminator, real_images, fake_images, seed=None, weight=1.0, at_fakes=False
):
    """Lets D pay for each slope, at real images, and at fakes when it is told so.

    Args:
        discriminator: as for `squared_slopes`.
        real_images: float32 `(n, ...)`.
        fake_images: as many, of their shape.
        seed: not used: nothing is drawn.
        weight: of half the mean square, the paper's γ.
        at_fakes: False is the penalty R1, True is R1 and R2.

    Returns:
        What D pays, a scalar, and the slopes, `(n,)`, or of both `(2n,)`.

    Source:
        Mescheder, Geiger, Nowozin, Which Training Methods for GANs do actually
        Converge?, 2018; both together: Huang et al., The GAN is dead; long live the
        GAN! A Modern Baseline GAN, 2024.

    Example:
        >>> def thrice(images, training):
        ...     return 3.0 * images
        >>> ones = tf.ones((2, 1))
        >>> paid, _ = zero_centred_penalty(thrice, ones, ones, at_fakes=True)
        >>> float(paid)  # half the square of 3, twice
        9.0
    """
    squares = [squared_slopes(discriminator, real_images)]
    if at_fakes:
        squares.append(squared_slopes(discriminator, fake_images))
    paid = weight * tf.add_n([tf.reduce_mean(each) for each in squares]) / 2.0
    return paid, tf.sqrt(tf.concat(squares, axis=0))


def clip_weights(network, limit):
    """Cuts every weight of a network to a limit, in place.

    Args:
        network: a `keras.Model`.
        limit: weights are from -limit to limit afterwards, above 0.

    Raises:
        ValueError: the limit is out of range.

    Source:
        Arjovsky, Chintala, Bottou, Wasserstein GAN, 2017, algorithm 1.
    """
    limit = checks.number(limit, "limit", 1e-9, 1e9)
    for weight in network.trainable_variables:
        weight.assign(tf.clip_by_value(weight, -limit, limit))


def depends_on_others(discriminator, images):
    """Tells whether D's answer to an image depends on more than the image.

    With batch norm it depends on the batch, with dropout on chance. A penalty takes the
    gradient of one answer by one image, and so is of something else there.

    Args:
        discriminator: from images to one answer each.
        images: float32 `(n, ...)`, n from 4.

    Raises:
        ValueError: there are fewer images.

    Example:
        >>> depends_on_others(lambda images, training: 2 * images, tf.ones((4, 1)))
        False
    """
    half = checks.count(len(images), "The number of images", 4) // 2
    of_all, of_half = (
        tf.convert_to_tensor(discriminator(each, training=True)).numpy()[:half]
        for each in (images, images[:half])
    )
    return bool(abs(of_all - of_half).max() > 1e-3 * abs(of_all).max())


def find_mistakes(penalty):
    """Tries whether a penalty is that of Gulrajani et al., and names what is not.

    It watches which images critics of known slopes are asked about, and what is paid.

    Args:
        penalty: as `gradient_penalty`, of weight 10; it is called outside of graphs.

    Returns:
        A list of sentences, empty when nothing was found.

    Source:
        Of the mistakes, code that circulates has a share from a normal distribution,
        one share for a batch, real images alone, and a root that has no gradient at 0.

    Example:
        >>> find_mistakes(gradient_penalty)
        []
    """
    first, _ = _try(penalty, _of_slopes(3.0, 3.0), seed=(0, 0))
    if first is None:
        return ["The critic is never asked."]
    again, _ = _try(penalty, _of_slopes(3.0, 3.0), seed=(0, 1))
    mistakes = _judge_shares(first, again)
    mistakes += _find_wrong_fakes(penalty, mistakes)
    if not _asks_in_training(penalty):
        mistakes.append("The critic is not asked as it is trained: training=True.")
    mistakes += _find_wrong_price(penalty) or _find_wrong_gradient(penalty)
    gradient = _gradient(penalty, slope=0.0)
    if gradient is not None and not np.isfinite(gradient):
        mistakes.append("Where the critic is level, its gradient is no number.")
    return mistakes


def _find_wrong_fakes(penalty, known):
    """Names what reals of 1 and fakes of 0 cannot show: what is done to the fakes."""
    for real, fake in ((0.0, 1.0), (3.0, 2.0)):
        shares, _ = _try(penalty, _of_slopes(3.0, 3.0), (0, 0), real, fake)
        if set(_judge_shares(shares)) - set(known):
            low, high = sorted(fake + (real - fake) * np.quantile(shares, [0, 1]))
            return [
                f"With reals of {real:g} and fakes of {fake:g} it asks about pixels "
                f"from {low:.2g} to {high:.2g}: not a share of one, the rest the other."
            ]
    return []


def _asks_in_training(penalty):
    """Tells whether the critic is asked with `training=True`, and not otherwise."""
    asked, images = [], tf.ones((8, 1, 1, 1))

    def critic(images, training=None):
        asked.append(training)
        return 3.0 * images[:, :, 0, 0]

    penalty(critic, images, 0.0 * images, seed=(0, 0))
    return all(training is True for training in asked)


def _find_wrong_gradient(penalty):
    """Names what is wrong with how a critic of slope 3 learns from what it pays."""
    gradient = _gradient(penalty, slope=3.0)
    if not gradient:
        return ["The critic does not learn from what it pays."]
    if np.isclose(gradient, 40.0, rtol=1e-3):
        return []
    return [
        f"The critic does not learn all that it pays: where its slope is 3, the "
        f"gradient is {gradient:.4g}; needed is 40: 2 times 10 (slope - 1)."
    ]


def _find_wrong_price(penalty):
    """Returns a sentence on what is taken for known slopes, none when all is right."""
    prices = {(3.0, 3.0): 40.0, (0.5, 0.5): 2.5, (1.0, 3.0): 20.0}
    for slopes, price in prices.items():
        _, paid = _try(penalty, _of_slopes(*slopes), seed=(0, 0))
        if not np.isclose(paid, price, rtol=1e-3):
            which = " and ".join(f"{slope:g}" for slope in dict.fromkeys(slopes))
            return [
                f"For slopes of {which}, each spread over 4 pixels, it takes "
                f"{paid:.4g}; needed is {price:g}: 10 mean squares of slope - 1."
            ]
    # Here the slope at an image is three times its length.
    shares, paid = _try(penalty, lambda images: 1.5 * _sum(images**2), seed=(0, 0))
    price = 10 * np.mean((3 * np.linalg.norm(shares, axis=1) - 1) ** 2)
    if not np.isclose(paid, price, rtol=1e-3):
        return [
            "The slopes are not those at the images that the critic is asked about."
        ]
    return []


def _sum(images):
    return tf.reduce_sum(images, axis=(1, 2, 3))


def _of_slopes(first, second):
    """Makes a critic of one slope at each half of the images."""
    steepness = tf.repeat(tf.constant([first, second]) / 2.0, 512)
    return lambda images: steepness * _sum(images)


def _try(penalty, answer, seed, real=1.0, fake=0.0):
    """Returns the shares of real images that a penalty asks about, and what it takes.

    All pixels of real images are alike, and so are those of fakes. A pixel of a mix
    then tells its share.
    """
    asked, shape = [], (1024, 2, 2, 1)

    def critic(images, training=True):
        asked.append(images)
        return answer(images)[:, None]

    paid, _ = penalty(critic, tf.fill(shape, real), tf.fill(shape, fake), seed=seed)
    if not asked:
        return None, float(paid)
    shares = (asked[-1].numpy().reshape(-1, 4) - fake) / (real - fake)
    return np.round(shares, 5), float(paid)


def _gradient(penalty, slope):
    """Returns the gradient of what a critic pays by its slope, None where none is."""
    steepness = tf.Variable(slope)
    images = tf.ones((8, 2, 2, 1)), tf.zeros((8, 2, 2, 1))

    def critic(images, training=True):
        return steepness / 2.0 * _sum(images)[:, None]

    with tf.GradientTape() as tape:
        paid, _ = penalty(critic, *images, seed=(0, 0))
    gradient = tape.gradient(paid, steepness)
    return None if gradient is None else float(gradient)


def _judge_shares(shares, again=None):
    """Names what is wrong with shares, `(images, pixels)`; others are of a new seed."""
    first, mistakes = np.sort(shares[:, 0]), []
    if np.ptp(shares, axis=1).any():
        mistakes.append("The share is not the same for all pixels of an image.")
    if np.ptp(first) == 0 and first[0] in (0, 1):
        kind = "real images" if first[0] else "fakes"
        return [*mistakes, f"Only {kind} are asked about."]
    if np.array_equal(shares, again):
        mistakes.append("Another seed gives the same shares.")
    if np.ptp(first) == 0:
        mistakes.append("One share serves the whole batch.")
    elif first[0] < 0 or first[-1] > 1:
        mistakes.append("Shares lie outside of 0 to 1: no place between the two.")
    elif abs(first - np.linspace(0, 1, len(first))).max() > 0.1:
        mistakes.append("Not all places between the two are alike likely.")
    return mistakes
