"""The benchmark measures lesson 5's own training, beside the published rival."""

from tests.benchmarks import lesson

import keras
import numpy as np


def test_the_lesson_s_gan_is_what_is_measured():
    scope = lesson.load()
    gan = scope["make_gan"]()
    before = gan.discriminator.trainable_variables[0].numpy().copy()
    scope["warm_up"](gan, 1)
    assert not np.array_equal(before, gan.discriminator.trainable_variables[0])
    assert gan.step == 0
    assert gan.generator.output_shape == (None, 28, 28, 1)
    assert isinstance(gan.generator_optimizer, keras.optimizers.Adam)


def test_the_rival_is_the_published_network():
    generator, discriminator = lesson.rival()
    assert generator.output_shape == (None, 28, 28, 1)
    assert generator.count_params() == 2_330_944
    assert discriminator.count_params() == 212_865
