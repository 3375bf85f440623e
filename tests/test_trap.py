"""Why D of the classics learns nothing on Keras 3, and why the obvious repair fails.

The articles compile D, freeze it, compile the stack of G and D, and train both in
turns. If a Keras mends this, the lesson that warns of it has to change.
"""

from gan_utils import models

import keras
import numpy as np
import pytest
from keras import layers

LATENTS = np.random.default_rng(0).uniform(-1, 1, (16, 4)).astype("float32")
IMAGES = np.random.default_rng(1).random((16, 9), "float32")
REAL, FAKE = np.ones((16, 1)), np.zeros((16, 1))


def adam():
    return keras.optimizers.Adam(1e-2)


def freeze(discriminator):
    discriminator.trainable = False


def freeze_layers(discriminator):
    for layer in discriminator.layers:
        layer.trainable = False


def make_networks():
    generator = [keras.Input((4,)), layers.Dense(9, "sigmoid")]
    hidden, last = layers.Dense(5, "relu"), layers.Dense(1, "sigmoid")
    discriminator = [keras.Input((9,)), hidden, last]
    # With a seed: now and then all five units would give 0, and G no gradient.
    return [
        models.initialize(keras.Sequential(parts), seed=0)
        for parts in (generator, discriminator)
    ]


def stack_of(generator, discriminator, optimizer):
    stack = keras.Sequential([keras.Input((4,)), generator, discriminator])
    stack.compile(optimizer, "binary_crossentropy")
    return stack


def train_discriminator(generator, discriminator):
    fakes = generator.predict(LATENTS, verbose=0)
    images, targets = np.concatenate([IMAGES, fakes]), np.concatenate([REAL, FAKE])
    discriminator.train_on_batch(images, targets)


def moved(network, before):
    return max(np.abs(a - b).max() for a, b in zip(network.get_weights(), before))


@pytest.mark.parametrize("freeze", [freeze, freeze_layers])
def test_a_discriminator_frozen_before_its_first_step_never_moves(freeze):
    generator, discriminator = networks = make_networks()
    discriminator.compile(adam(), "binary_crossentropy")
    freeze(discriminator)
    stack = stack_of(generator, discriminator, adam())
    before = [network.get_weights() for network in networks]
    with pytest.warns(UserWarning, match="does not have any trainable weights") as seen:
        for _ in range(20):
            train_discriminator(generator, discriminator)
            stack.train_on_batch(LATENTS, REAL)
    assert len(seen) == 1
    assert moved(discriminator, before[1]) == 0.0
    assert moved(generator, before[0]) > 0.1


def test_a_discriminator_trained_once_before_it_is_frozen_breaks_a_shared_adam():
    generator, discriminator = make_networks()
    shared = adam()
    discriminator.compile(shared, "binary_crossentropy")
    train_discriminator(generator, discriminator)
    discriminator.trainable = False
    stack = stack_of(generator, discriminator, shared)
    with pytest.raises(ValueError, match="Unknown variable.*originally built with"):
        stack.train_on_batch(LATENTS, REAL)
