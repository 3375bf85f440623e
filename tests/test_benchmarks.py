"""The benchmark measures lesson 5's own training, with measures that are right."""

from tests.benchmarks import judge, lesson

import keras
import numpy as np
import pytest


def gaussian(mean, deviation, count=50_000, size=3, seed=0):
    rng = np.random.default_rng(seed)
    return mean + deviation * rng.standard_normal((count, size))


def test_the_distance_of_two_known_gaussians():
    # Three axes, each (5 - 1)² + (3 - 2)².
    distance = judge.frechet_distance(gaussian(1, 2), gaussian(5, 3, seed=1))
    assert distance == pytest.approx(3 * (4**2 + 1**2), rel=0.02)


def test_a_set_has_no_distance_from_itself():
    features = gaussian(0, 1)
    assert judge.frechet_distance(features, features) == pytest.approx(0, abs=1e-6)


def test_scores_of_known_answers():
    sure = 100 * np.eye(10)
    assert judge.classifier_score(sure) == pytest.approx(10, rel=1e-6)
    assert judge.classifier_score(sure[[3] * 10]) == pytest.approx(1, rel=1e-6)
    assert judge.classifier_score(np.zeros((10, 10))) == pytest.approx(1, rel=1e-6)


def test_images_are_shifted_by_up_to_two_pixels():
    images = np.zeros((200, 28, 28), np.uint8)
    images[:, 14, 14] = 1
    places = np.argwhere(judge.shift(images, seed=0))[:, 1:]
    assert np.unique(places - 14).tolist() == [-2, -1, 0, 1, 2]


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
