"""What a critic pays for its slopes, worked by hand, and its mistakes."""

import functools

from gan_utils import models, penalties

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

REAL, FAKE = tf.ones((512, 3)), tf.zeros((512, 3))


def linear(*weights):
    """A critic that is everywhere alike steep."""
    return lambda images, training: images @ tf.constant(weights)[:, None]


def half_square(images, training):
    """A critic whose slope at a point is the point's distance from 0."""
    return tf.reduce_sum(images**2, axis=1, keepdims=True) / 2


def test_slopes_are_the_lengths_of_the_gradients():
    points = tf.constant([[3.0, 4.0], [0.0, 2.0]])
    np.testing.assert_allclose(penalties.slopes(half_square, points), [5, 2])
    squares = penalties.squared_slopes(half_square, points)
    np.testing.assert_allclose(squares, [25, 4])


def test_slopes_of_images_are_over_all_pixels_and_channels():
    found = penalties.squared_slopes(
        lambda images, training: tf.reduce_sum(images, axis=(1, 2, 3)),
        tf.ones((5, 2, 3, 2)),
    )
    np.testing.assert_allclose(found, [12] * 5)


def test_a_mix_lies_between_each_pair_anywhere_alike_likely():
    mixed = penalties.mix(REAL, FAKE, seed=(1, 2)).numpy()
    assert (np.ptp(mixed, axis=1) == 0).all()
    places = np.sort(mixed[:, 0])
    assert abs(places - np.linspace(0, 1, len(places))).max() < 0.08
    assert np.array_equal(mixed, penalties.mix(REAL, FAKE, seed=(1, 2)))
    assert not np.array_equal(mixed, penalties.mix(REAL, FAKE, seed=(1, 3)))


def test_a_gradient_penalty_is_the_square_of_how_far_slopes_are_from_1():
    paid, slopes = penalties.gradient_penalty(linear(0.0, 3.0, 4.0), REAL, FAKE, (0, 0))
    assert float(paid) == pytest.approx(10 * (5 - 1) ** 2)
    np.testing.assert_allclose(slopes, [5] * len(REAL))
    less, _ = penalties.gradient_penalty(linear(0.0, 3.0, 4.0), REAL, FAKE, (0, 0), 0.5)
    assert float(less) == pytest.approx(8)


def test_a_gradient_penalty_looks_between_real_images_and_fakes():
    _, slopes = penalties.gradient_penalty(half_square, REAL, FAKE, (0, 0))
    assert 0 < slopes.numpy().min() < 0.05
    assert 3**0.5 - 0.05 < slopes.numpy().max() < 3**0.5


@pytest.mark.parametrize(("at_fakes", "squares"), [(False, 3), (True, 3 + 12)])
def test_a_zero_centred_penalty_is_half_of_the_squared_slopes(at_fakes, squares):
    paid, slopes = penalties.zero_centred_penalty(
        half_square, REAL, 2 * REAL, weight=0.5, at_fakes=at_fakes
    )
    assert float(paid) == pytest.approx(0.5 * squares / 2)
    expected = [3**0.5] * len(REAL) + [12**0.5] * len(REAL) * at_fakes
    np.testing.assert_allclose(slopes, expected, rtol=1e-6)


def test_nothing_is_paid_by_no_penalty_and_the_slopes_are_measured():
    steepness = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        paid, slopes = penalties.no_penalty(
            lambda images, training: steepness * images[:, :1], REAL, FAKE, (0, 0)
        )
        total = tf.reduce_sum(slopes)
    assert paid == 0
    np.testing.assert_allclose(slopes, [3] * len(REAL))
    assert tape.gradient(total, steepness) is None


@pytest.mark.parametrize(
    "penalty",
    [penalties.gradient_penalty, penalties.zero_centred_penalty],
    ids=lambda penalty: penalty.__name__,
)
def test_a_level_critic_has_a_gradient_that_is_a_number(penalty):
    steepness = tf.Variable(0.0)
    with tf.GradientTape() as tape:
        paid, _ = penalty(lambda x, training: steepness * x[:, :1], REAL, FAKE, (0, 0))
    assert np.isfinite(tape.gradient(paid, steepness).numpy())


def test_weights_are_cut_on_both_sides():
    network = keras.Sequential([keras.Input((2,)), layers.Dense(2)])
    network.layers[0].set_weights([np.float32([[3, -3], [0.05, 0]]), np.ones(2)])
    penalties.clip_weights(network, 0.1)
    kernel, bias = network.layers[0].get_weights()
    np.testing.assert_allclose(kernel, [[0.1, -0.1], [0.05, 0]])
    np.testing.assert_allclose(bias, [0.1, 0.1])


# Mistakes of code that circulates, each alone.


def wrong(
    shares=tf.random.stateless_uniform,
    each=(1, 1, 1),
    axis=(1, 2, 3),
    safe=1e-12,
    below=1.0,
):
    """Makes a gradient penalty of weight 10 with one thing changed."""

    def penalty(discriminator, real_images, fake_images, seed):
        share = shares((len(real_images) if each else 1, *(each or (1, 1, 1))), seed)
        mixed = share * real_images + (1 - share) * fake_images
        with tf.GradientTape() as tape:
            tape.watch(mixed)
            answers = discriminator(mixed, training=True)
        squares = tf.reduce_sum(tape.gradient(answers, mixed) ** 2, axis=axis)
        slopes = tf.sqrt(squares + safe)
        off = tf.where(slopes < 1.0, below * (slopes - 1.0), slopes - 1.0)
        return 10.0 * tf.reduce_mean(off**2), slopes

    return penalty


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({}, []),
        ({"shares": tf.random.stateless_normal}, ["Shares lie outside"]),
        ({"each": None}, ["One share serves the whole batch"]),
        ({"each": (2, 2, 1)}, ["The share is not the same for all pixels"]),
        ({"shares": lambda shape, seed: tf.ones(shape)}, ["Only real images"]),
        ({"shares": lambda shape, seed: tf.zeros(shape)}, ["Only fakes"]),
        (
            {"shares": lambda shape, seed: tf.random.stateless_uniform(shape, (7, 7))},
            ["Another seed gives the same shares"],
        ),
        ({"below": 0.0}, ["For slopes of 0.5, each spread over 4 pixels, it takes 0;"]),
        ({"axis": (1,)}, ["For slopes of 3, each spread over 4 pixels"]),
        ({"safe": 0.0}, ["Where the critic is level"]),
        (
            {"shares": lambda *given: tf.random.stateless_uniform(*given) ** 2},
            ["Not all places"],
        ),
    ],
)
def test_each_mistake_is_named_and_no_other(changes, named):
    found = penalties.find_mistakes(wrong(**changes))
    assert [sentence.startswith(name) for sentence, name in zip(found, named)] == [
        True for _ in named
    ]
    assert len(found) == len(named)


def changed(change):
    """Makes a gradient penalty whose slopes are changed before they are paid for."""

    def penalty(discriminator, real_images, fake_images, seed):
        mixed = penalties.mix(real_images, fake_images, seed)
        found = change(penalties.slopes(discriminator, mixed))
        return 10.0 * tf.reduce_mean((found - 1.0) ** 2), found

    return penalty


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (tf.stop_gradient, "The critic does not learn from what it pays."),
        (
            tf.reduce_mean,
            "For slopes of 1 and 3, each spread over 4 pixels, it takes 10;",
        ),
        (tf.norm, "For slopes of 3, each spread over 4 pixels, it takes"),
    ],
)
def test_slopes_that_teach_nothing_or_are_mixed_are_named(change, named):
    (sentence,) = penalties.find_mistakes(changed(change))
    assert sentence.startswith(named)


def at(places, training=True):
    """Makes a gradient penalty at other places than it should, or of another mode."""

    def penalty(discriminator, real_images, fake_images, seed):
        ones = (len(real_images), 1, 1, 1)
        first, second = (
            tf.random.stateless_uniform(ones, (each, seed[1])) for each in (0, 1)
        )
        mixed = places(real_images, fake_images, first, second)
        found = penalties.slopes(
            lambda images, training: discriminator(images, **asking), mixed
        )
        return 10.0 * tf.reduce_mean((found - 1.0) ** 2), found

    asking = {} if training is None else {"training": training}
    return penalty


@pytest.mark.parametrize(
    ("places", "told"),
    [
        (lambda real, fake, s, t: s * real, "0 and fakes of 1 it asks about pixels"),
        (lambda real, fake, s, t: s * real + s * fake, "3 and fakes of 2 it asks"),
        (lambda real, fake, s, t: s * real + fake, "0 and fakes of 1 it asks about"),
        (lambda real, fake, s, t: s * real + (1 - t) * fake, "3 and fakes of 2 it"),
        (lambda real, fake, s, t: s * real - (1 - s) * fake, "0 and fakes of 1 it"),
    ],
)
def test_what_is_done_to_fakes_is_seen(places, told):
    (sentence,) = penalties.find_mistakes(at(places))
    assert sentence.startswith(f"With reals of {told}")


def test_a_share_may_be_that_of_the_fakes():
    turned = at(lambda real, fake, s, t: s * fake + (1 - s) * real)
    assert penalties.find_mistakes(turned) == []


@pytest.mark.parametrize("training", [False, None])
def test_a_critic_that_is_asked_otherwise_than_it_is_trained_is_named(training):
    asking = at(lambda real, fake, s, t: s * real + (1 - s) * fake, training)
    assert penalties.find_mistakes(asking) == [
        "The critic is not asked as it is trained: training=True."
    ]


@pytest.mark.parametrize(
    ("square", "gradient"),
    [
        (lambda off: off * tf.stop_gradient(off), "20"),
        (lambda off: 2 * tf.stop_gradient(off**2) - off**2, "-40"),
    ],
)
def test_a_part_that_teaches_nothing_is_named(square, gradient):
    def penalty(discriminator, real_images, fake_images, seed):
        mixed = penalties.mix(real_images, fake_images, seed)
        found = penalties.slopes(discriminator, mixed)
        return 10.0 * tf.reduce_mean(square(found - 1.0)), found

    (sentence,) = penalties.find_mistakes(penalty)
    assert f"the gradient is {gradient}; needed is 40" in sentence


def test_slopes_of_other_images_than_were_asked_about_are_named():
    def penalty(discriminator, real_images, fake_images, seed):
        found = penalties.slopes(discriminator, real_images)
        discriminator(penalties.mix(real_images, fake_images, seed), training=True)
        return 10.0 * tf.reduce_mean((found - 1.0) ** 2), found

    assert penalties.find_mistakes(penalty) == [
        "The slopes are not those at the images that the critic is asked about."
    ]


def test_the_mistake_of_paying_nothing_is_named():
    (sentence,) = penalties.find_mistakes(penalties.no_penalty)
    assert sentence.startswith(
        "For slopes of 3, each spread over 4 pixels, it takes 0;"
    )


def test_a_critic_is_asked_as_it_is_trained():
    """Dropout and batch norm do something, so that `depends_on_others` can see them."""
    asked = []

    def critic(images, training):
        asked.append(training)
        return images[:, :1]

    for penalty in (penalties.gradient_penalty, penalties.zero_centred_penalty):
        penalty(critic, REAL, FAKE, (0, 0))
    assert asked == [True, True]


@pytest.mark.parametrize("limit", [0, -1, None, np.nan])
def test_a_limit_of_weights_is_above_0(limit):
    network = keras.Sequential([keras.Input((2,)), layers.Dense(2)])
    before = network.get_weights()
    with pytest.raises(ValueError, match="limit"):
        penalties.clip_weights(network, limit)
    assert np.array_equal(network.get_weights()[0], before[0])


def test_one_image_depends_on_no_others_and_is_refused():
    with pytest.raises(ValueError, match="The number of images is 1"):
        penalties.depends_on_others(half_square, REAL[:1])


def test_a_penalty_without_a_critic_is_named():
    (sentence,) = penalties.find_mistakes(lambda *images, seed: (tf.zeros(()), None))
    assert sentence == "The critic is never asked."


@pytest.mark.parametrize(
    ("norm", "dropout", "depends"),
    [
        (layers.Identity, 0.0, False),
        (models.batch_norm, 0.0, True),
        (layers.Identity, 0.3, True),
        (functools.partial(layers.LayerNormalization), 0.0, False),
    ],
)
def test_batch_norm_and_dropout_make_an_answer_depend_on_more(norm, dropout, depends):
    critic = models.build_discriminator(8, norm=norm, dropout=dropout)
    images = tf.random.stateless_normal((8, 28, 28, 1), (0, 0))
    assert penalties.depends_on_others(critic, images) == depends
