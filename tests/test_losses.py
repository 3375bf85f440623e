"""Losses against values worked by hand."""

import math

from gan_utils import losses

import numpy as np
import pytest
import tensorflow as tf

THREE = math.log(3)  # sigmoid(ln 3) = 3/4


def column(*values):
    return tf.constant([[float(value)] for value in values])


def test_cross_entropy_of_known_probabilities():
    # p = 3/4 and 1/4, target 1: the mean of -ln(3/4) and -ln(1/4).
    expected = (math.log(4 / 3) + math.log(4)) / 2
    assert float(losses.cross_entropy(column(THREE, -THREE), 1.0)) == pytest.approx(
        expected
    )
    assert float(losses.cross_entropy(column(THREE), 0.0)) == pytest.approx(math.log(4))


def test_a_discriminator_that_guesses_has_ln_2_for_each_half():
    real, fake = losses.cross_entropy_discriminator_loss(column(0, 0), column(0))
    assert float(real) == pytest.approx(math.log(2))
    assert float(fake) == pytest.approx(math.log(2))


def test_the_halves_are_real_to_one_and_fake_to_zero():
    real, fake = losses.cross_entropy_discriminator_loss(column(THREE), column(THREE))
    assert float(real) == pytest.approx(math.log(4 / 3))
    assert float(fake) == pytest.approx(math.log(4))


def test_smoothing_has_its_minimum_at_nine_tenths():
    nine_tenths = math.log(9)  # sigmoid(ln 9) = 0.9
    real, fake = losses.smoothed_discriminator_loss(column(nine_tenths), column(THREE))
    assert float(real) == pytest.approx(-0.9 * math.log(0.9) - 0.1 * math.log(0.1))
    assert float(fake) == pytest.approx(math.log(4))
    for logit in (nine_tenths - 0.5, nine_tenths + 0.5):
        other, _ = losses.smoothed_discriminator_loss(column(logit), column(0))
        assert float(other) > float(real)


def test_generator_losses_of_a_known_probability():
    # D(G(z)) = 1/4
    saturating = losses.saturating_generator_loss(column(-THREE))
    non_saturating = losses.non_saturating_generator_loss(column(-THREE))
    assert float(saturating) == pytest.approx(math.log(3 / 4))
    assert float(non_saturating) == pytest.approx(math.log(4))


def gradient(loss, logit):
    logits = tf.Variable([[float(logit)]])
    with tf.GradientTape() as tape:
        value = loss(logits)
    return float(tape.gradient(value, logits)[0, 0])


@pytest.mark.parametrize("logit", [-10.0, -1.0, 0.0, 2.0])
def test_gradients_of_both_generator_losses(logit):
    p = 1 / (1 + math.exp(-logit))
    assert gradient(losses.saturating_generator_loss, logit) == pytest.approx(
        -p, rel=1e-5
    )
    assert gradient(losses.non_saturating_generator_loss, logit) == pytest.approx(
        p - 1, rel=1e-5
    )


def test_losses_stay_finite_for_a_very_sure_discriminator():
    for logit in (-1e4, 1e4):
        for target in (0.0, 1.0):
            assert np.isfinite(losses.cross_entropy(column(logit), target))


def test_least_squares_by_hand():
    real, fake = losses.least_squares_discriminator_loss(column(3, 1), column(2, 0))
    assert float(real) == pytest.approx(1.0)  # (4 + 0) / 2 / 2
    assert float(fake) == pytest.approx(1.0)  # (4 + 0) / 2 / 2
    assert float(losses.least_squares_generator_loss(column(0, 3))) == pytest.approx(
        1.25
    )


@pytest.mark.parametrize("target", [5, -0.1, float("nan"), True, "1", None])
def test_a_target_is_a_probability(target):
    with pytest.raises(ValueError, match="target is .* from 0 to 1"):
        losses.cross_entropy(column(0), target)


def test_a_target_may_be_a_tensor():
    loss = float(losses.cross_entropy(column(0), tf.constant(1.0)))
    assert loss == pytest.approx(math.log(2))
