"""The losses of a GAN, as pure functions on the discriminator's logits.

Real is 1 and fake is 0. A discriminator's loss comes in two halves, one for
real and one for fake images, so that you can watch each; their sum is what its
optimizer lowers. All losses are means over the batch.

Every function takes float tensors of any one shape, here `(n, 1)`, and returns
float32 scalars.
"""

import functools

from gan_utils import checks, quiet  # noqa: F401

import tensorflow as tf


def cross_entropy(logits, target):
    """Cross-entropy between the probability sigmoid(logits) and one target.

    It is computed from the logits, so it stays finite where the probability
    rounds to 0 or 1.

    Args:
        logits: float `(n, 1)`, any finite value.
        target: 1.0 for real, 0.0 for fake, or a value between.

    Returns:
        A scalar, 0 or more, in nats.

    Raises:
        ValueError: the target is no probability.

    Example:
        >>> round(float(cross_entropy(tf.zeros((4, 1)), 1.0)), 4)  # ln 2
        0.6931
    """
    targets = tf.fill(tf.shape(logits), tf.cast(target, logits.dtype))
    return tf.reduce_mean(
        tf.nn.sigmoid_cross_entropy_with_logits(labels=targets, logits=logits)
    )


def _checked(loss):
    """Checks the target of a loss that a lesson shows word for word."""

    @functools.wraps(loss)
    def checked(logits, target):
        if not tf.is_tensor(target):
            target = checks.number(target, "target", 0, 1)
        return loss(logits, target)

    return checked


cross_entropy = _checked(cross_entropy)


def cross_entropy_discriminator_loss(real_logits, fake_logits):
    """D's loss of the first GAN: real images to 1, fake images to 0.

    Returns:
        `(loss_real, loss_fake)`, two scalars in nats. A D that cannot tell has
        ln 2 for each, 2 ln 2 in all.

    Source:
        Goodfellow et al., Generative Adversarial Nets, 2014, algorithm 1.

    Example:
        >>> unsure = tf.zeros((4, 1))
        >>> real, fake = cross_entropy_discriminator_loss(unsure, unsure)
        >>> round(float(real + fake), 4)  # 2 ln 2
        1.3863
    """
    return cross_entropy(real_logits, 1.0), cross_entropy(fake_logits, 0.0)


def smoothed_discriminator_loss(real_logits, fake_logits):
    """D's loss with one-sided label smoothing: real images to 0.9, fakes to 0.

    A D that is surer than 0.9 about a real image is wrong, which keeps it careful.

    Returns:
        `(loss_real, loss_fake)`, two scalars in nats. `loss_real` is never below
        0.325, the entropy of 0.9. A D that cannot tell still has ln 2 for each.

    Source:
        Salimans et al., Improved Techniques for Training GANs, 2016, section 3.4.

    Example:
        >>> real, fake = smoothed_discriminator_loss(tf.zeros((4, 1)), tf.zeros((4, 1)))
        >>> round(float(real), 4)  # ln 2
        0.6931
    """
    return cross_entropy(real_logits, 0.9), cross_entropy(fake_logits, 0.0)


def saturating_generator_loss(fake_logits):
    """G's loss as the value function has it: the mean of log(1 - D(G(z))).

    Its gradient vanishes while D rejects every fake.

    Returns:
        A scalar in nats, 0 or less.

    Source:
        Goodfellow et al., Generative Adversarial Nets, 2014, equation 1.

    Example:
        >>> round(float(saturating_generator_loss(tf.zeros((4, 1)))), 4)
        -0.6931
    """
    return -cross_entropy(fake_logits, 0.0)


def non_saturating_generator_loss(fake_logits):
    """G's loss in practice: the mean of -log D(G(z)).

    It has its largest gradient where D rejects the fakes.

    Returns:
        A scalar in nats, 0 or more.

    Source:
        Goodfellow et al., Generative Adversarial Nets, 2014, section 3.

    Example:
        >>> round(float(non_saturating_generator_loss(tf.zeros((4, 1)))), 4)
        0.6931
    """
    return cross_entropy(fake_logits, 1.0)


def least_squares_discriminator_loss(real_logits, fake_logits):
    """D's loss of the least-squares GAN: squared distance to 1 and to 0.

    Returns:
        `(loss_real, loss_fake)`, two scalars, 0 or more.

    Source:
        Mao et al., Least Squares Generative Adversarial Networks, 2017,
        equation 9.

    Example:
        >>> fooled = tf.ones((4, 1))
        >>> real, fake = least_squares_discriminator_loss(fooled, fooled)
        >>> float(real), float(fake)
        (0.0, 0.5)
    """
    loss_fake = tf.reduce_mean(tf.square(fake_logits)) / 2.0
    return least_squares_generator_loss(real_logits), loss_fake


def least_squares_generator_loss(fake_logits):
    """G's loss of the least-squares GAN: squared distance to 1.

    Returns:
        A scalar, 0 or more.

    Source:
        Mao et al., Least Squares Generative Adversarial Networks, 2017,
        equation 9.

    Example:
        >>> float(least_squares_generator_loss(tf.zeros((4, 1))))
        0.5
    """
    return tf.reduce_mean(tf.square(fake_logits - 1.0)) / 2.0


def wasserstein_discriminator_loss(real_logits, fake_logits):
    """A critic's loss: it raises the mean of real images over that of fakes.

    Minus the sum is the critic's estimate of the distance from fakes to real images,
    in the unit of a pixel's distance where no slope of its is above 1.

    Returns:
        `(loss_real, loss_fake)`, two scalars without a bound.

    Source:
        Arjovsky, Chintala, Bottou, Wasserstein GAN, 2017, algorithm 1.

    Example:
        >>> ones = tf.ones((4, 1))
        >>> real, fake = wasserstein_discriminator_loss(ones, -ones)
        >>> float(-(real + fake))
        2.0
    """
    return -tf.reduce_mean(real_logits), tf.reduce_mean(fake_logits)


def wasserstein_generator_loss(fake_logits):
    """G's loss against a critic: minus the mean of its answers to fakes.

    Returns:
        A scalar without a bound. Only its changes mean something: adding a number to
        all answers of a critic changes nothing that it says.

    Source:
        Arjovsky, Chintala, Bottou, Wasserstein GAN, 2017, algorithm 1.

    Example:
        >>> float(wasserstein_generator_loss(tf.ones((4, 1))))
        -1.0
    """
    return -tf.reduce_mean(fake_logits)


def hinge_discriminator_loss(real_logits, fake_logits):
    """D's hinge loss: real images to 1 or above, fakes to -1 or below.

    G's loss beside it is `wasserstein_generator_loss`.

    Returns:
        `(loss_real, loss_fake)`, two scalars, 0 or more.

    Source:
        Lim and Ye, Geometric GAN, 2017; Miyato et al., Spectral Normalization for
        Generative Adversarial Networks, 2018, equations 16 and 17.

    Example:
        >>> real, fake = hinge_discriminator_loss(tf.ones((4, 1)), tf.ones((4, 1)))
        >>> float(real), float(fake)
        (0.0, 2.0)
    """
    loss_real = tf.reduce_mean(tf.nn.relu(1.0 - real_logits))
    return loss_real, tf.reduce_mean(tf.nn.relu(1.0 + fake_logits))


def with_gradient(loss):
    """Makes a loss return its gradient, too, for `exercises.check`.

    Args:
        loss: a function of one tensor, such as yours.

    Returns:
        A function from numbers to `(value, gradient)`; the gradient is None where
        TensorFlow did not compute the value.

    Example:
        >>> value, gradient = with_gradient(tf.square)(3.0)
        >>> float(value), float(gradient)
        (9.0, 6.0)
    """

    def both(numbers):
        numbers = tf.Variable(numbers)
        with tf.GradientTape() as tape:
            value = loss(numbers)
        return value, tape.gradient(value, numbers) if tf.is_tensor(value) else None

    return both
