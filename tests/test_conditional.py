"""Networks that are told a kind, what is drawn by them, and what is asked of them."""

import functools

from gan_utils import compiled, judge, models
from gan_utils.gan import normal_with_kinds

import keras
import numpy as np
import pytest
import tensorflow as tf

LATENT_DIM = 8
BUILDERS = models.build_plane_discriminator, models.build_projection_discriminator
POINTS = np.random.default_rng(0).standard_normal((6, LATENT_DIM), dtype=np.float32)
IMAGES = np.random.default_rng(1).uniform(-1, 1, (6, 28, 28, 1)).astype(np.float32)


@functools.cache
def generator():
    return models.build_conditional_generator(LATENT_DIM, channels=4, hidden=16, seed=1)


def one_hot(*labels):
    return np.eye(10, dtype=np.float32)[list(labels)]


def test_a_conditional_generator_is_a_mapped_one_with_the_kind_beside_the_point():
    plain = models.build_mapped_generator(LATENT_DIM + 10, channels=4, hidden=16)
    assert generator().count_params() == plain.count_params()
    plain.set_weights(generator().get_weights())
    asked = one_hot(3, 8, 0, 1, 2, 9)
    np.testing.assert_allclose(
        generator()([POINTS, asked], training=False),
        plain(np.concatenate([POINTS, asked], axis=1), training=False),
        atol=1e-6,
    )


def test_the_builders_take_sizes():
    large = models.build_conditional_generator(
        LATENT_DIM, channels=4, hidden=16, shape=(12, 20, 3), depth=2, kinds=3
    )
    assert large.output_shape == (None, 12, 20, 3)
    assert (models.latent_dim(large), models.kinds(large)) == (LATENT_DIM, 3)
    for build in BUILDERS:
        judges = build(4, shape=(12, 20, 3), kinds=3)
        assert [part.shape[1:] for part in judges.inputs] == [(12, 20, 3), (3,)]
        assert judges.output_shape == (None, 1)


@pytest.mark.parametrize("build", BUILDERS)
def test_a_discriminator_hears_of_which_kind_an_image_is_said_to_be(build):
    judges = build(4, seed=1)
    answers = [
        judges([IMAGES, one_hot(*[kind] * 6)], training=False) for kind in (3, 8)
    ]
    assert np.abs(answers[0] - answers[1]).min() > 1e-4
    again = build(4, seed=1)([IMAGES, one_hot(*[3] * 6)], training=False)
    np.testing.assert_array_equal(again, answers[0])


def test_a_plane_is_one_all_over_for_the_kind_and_zero_for_the_others():
    network = models.build_plane_discriminator(4)
    planes = keras.Model(network.inputs, network.layers[-1].input)
    seen = planes([IMAGES, one_hot(0, 1, 2, 7, 8, 9)]).numpy()
    np.testing.assert_array_equal(seen[..., :1], IMAGES)
    for image, kind in zip(seen, (0, 1, 2, 7, 8, 9)):
        expected = np.zeros((28, 28, 10))
        expected[..., kind] = 1
        np.testing.assert_array_equal(image[..., 1:], expected)


def test_a_projection_adds_the_product_of_features_and_the_vector_of_the_kind():
    network = models.build_projection_discriminator(4, seed=1, dropout=0.0)
    last = network.get_layer("logit")
    vectors = network.get_layer("vectors").kernel.numpy()
    look = keras.Model(network.inputs[0], [last.input, last.output])
    features, logits = look(IMAGES, training=False)
    expected = logits[:, 0] + features.numpy() @ vectors[7]
    found = network([IMAGES, one_hot(*[7] * 6)], training=False)[:, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("build", [models.build_conditional_generator, *BUILDERS])
def test_one_kind_is_none(build):
    with pytest.raises(ValueError, match="kinds is 1"):
        build(kinds=1)


def test_the_prior_draws_points_and_kinds_by_its_seed():
    points, asked = normal_with_kinds((4000, LATENT_DIM), (0, 1))
    np.testing.assert_array_equal(asked.numpy().sum(axis=1), 1)
    counts = asked.numpy().sum(axis=0)
    assert counts.min() > 300
    plain = tf.random.stateless_normal((4000, LATENT_DIM), (0, 1))
    np.testing.assert_array_equal(points, plain)
    again = normal_with_kinds((4000, LATENT_DIM), (0, 1))
    np.testing.assert_array_equal(asked, again[1])
    other = normal_with_kinds((4000, LATENT_DIM), (0, 2))
    assert not np.array_equal(asked, other[1])
    assert normal_with_kinds((5, 2), (0, 1), kinds=3)[1].shape == (5, 3)


# What is drawn.


def test_a_sampler_draws_what_is_asked_for_however_many_at_once():
    labels = [3, 8, 0, 1, 2, 9]
    expected = generator()([POINTS, one_hot(*labels)], training=False)
    for size in (None, 4):
        found = compiled.make_sampler(generator(), size)(POINTS, labels)
        np.testing.assert_allclose(found, expected, atol=1e-5)
    mixed = (one_hot(3) + one_hot(8)) / 2
    sample = compiled.make_sampler(generator())
    between = sample(POINTS[:1], mixed)
    assert not np.allclose(between, sample(POINTS[:1], [3]))
    np.testing.assert_allclose(
        between, generator()([POINTS[:1], mixed], training=False), atol=1e-5
    )


def test_without_a_wish_all_kinds_come_in_turn():
    points, shares = models.inputs_of(generator(), np.zeros((12, LATENT_DIM)))
    assert points.dtype == shares.dtype == np.float32
    assert shares.argmax(axis=1).tolist() == [*range(10), 0, 1]
    sample = compiled.make_sampler(generator())
    np.testing.assert_array_equal(sample(POINTS), sample(POINTS, [*range(6)]))


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ([1, 2], "kinds"),
        ([1, 2, 3, 4, 5, 10], "from 0 to 9"),
        ([1, 2, 3, 4, 5, -1], "from 0 to 9"),
        (["1"] * 6, "kinds"),
        (np.zeros((6, 9)), "shares of the kinds"),
        (np.full((6, 10), np.nan), "shares of the kinds"),
        (3, "shares of the kinds"),
    ],
)
def test_wishes_that_cannot_be_granted_are_refused(asked, message):
    sample = compiled.make_sampler(generator())
    with pytest.raises(ValueError, match=message):
        sample(POINTS, asked)


def test_who_cannot_be_asked_says_so():
    plain = models.build_generator(LATENT_DIM, channels=4)
    assert models.kinds(plain) == 0
    sample = compiled.make_sampler(plain)
    assert sample(POINTS).shape == (6, 28, 28, 1)
    with pytest.raises(ValueError, match="`conditional` can"):
        sample(POINTS, [1] * 6)
    assert judge.asked_of(plain, 3) is None
    with pytest.raises(ValueError, match="`conditional` can"):
        judge.draw(plain, 3, seed=0, digits=[1])


def test_digits_come_in_turn_over_all_parts():
    drawn = judge.draw(generator(), 1100, seed=0, digits=[3, 8, 1])
    points = judge.latent.sample_latents(1100, LATENT_DIM, 0)
    sample = compiled.make_sampler(generator())
    for row in (0, 499, 500, 1099):
        alone = sample(points[[row]], [(3, 8, 1)[row % 3]])
        alone = judge.plotting.to_uint8(alone)[0].astype(int)
        assert np.abs(alone - drawn[row]).max() <= 1
    assert judge.asked_of(generator(), 4, [3, 8, 1]).tolist() == [3, 8, 1, 3]
    np.testing.assert_array_equal(
        judge.draw(generator(), 20, 0), judge.draw(generator(), 20, 0, digits=range(10))
    )


@pytest.mark.parametrize("digits", [[], [10], [-1], [0.5], "3"])
def test_what_is_no_digit_is_not_drawn(digits):
    with pytest.raises(ValueError, match="digits"):
        judge.draw(generator(), 4, 0, digits=digits)
