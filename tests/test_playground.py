"""Mixtures and how they are judged, and a GAN that learns one."""

from gan_utils import playground
from gan_utils.playground import GRID, RING
from tests.conftest import make_dense_gan, make_plane_gan

import keras
import numpy as np
import pytest
import tensorflow as tf


def across(points, training):
    """A discriminator whose logit is the first coordinate."""
    return points[:, :1]


@pytest.mark.parametrize(("mixture", "modes"), [(RING, 8), (GRID, 25)])
def test_a_mixture_covers_its_own_modes(mixture, modes):
    points = mixture.draw(50_000, (0, 0)).numpy()
    assert points.dtype == np.float32
    covered, good = mixture.judge(points)
    assert covered == len(mixture.centres) == modes
    assert good == pytest.approx(1 - np.exp(-4.5), abs=2e-3)  # three spreads, in 2-D
    distances = np.linalg.norm(points[:, None] - mixture.centres, axis=2)
    nearest = distances.argmin(axis=1)
    shares = np.bincount(nearest) / len(points)
    np.testing.assert_allclose(shares, 1 / modes, atol=0.01)
    spread = (points - mixture.centres[nearest]).std(axis=0)
    np.testing.assert_allclose(spread, mixture.spread, rtol=0.02)


def test_the_ring_is_round_and_the_grid_is_square():
    lengths = np.linalg.norm(RING.centres, axis=1)
    np.testing.assert_allclose(lengths, 1, atol=1e-6)
    gaps = np.linalg.norm(RING.centres - np.roll(RING.centres, 1, axis=0), axis=1)
    np.testing.assert_allclose(gaps, 2 * np.sin(np.pi / 8), atol=1e-6)
    assert {tuple(centre) for centre in GRID.centres} == {
        (x, y) for x in (-1, -0.5, 0, 0.5, 1) for y in (-1, -0.5, 0, 0.5, 1)
    }


@pytest.mark.parametrize(
    ("points", "covered", "good"),
    [
        (RING.centres, 8, 1),
        (RING.centres[:3], 3, 1),
        (1.14 * RING.centres, 8, 1),
        (1.16 * RING.centres, 0, 0),
        (np.zeros((9, 2)), 0, 0),
        # 4 of 100 points are more than a quarter of an eighth, 3 are less.
        (RING.centres[[0] * 93 + [1] * 4 + [2] * 3], 2, 1),
        (np.concatenate([RING.centres, np.zeros((8, 2))]), 8, 0.5),
    ],
)
def test_modes_and_good_points_are_counted(points, covered, good):
    assert RING.judge(points) == (covered, good)


@pytest.mark.parametrize("shape", [(0, 2), (2,), (5, 3)])
def test_what_is_no_point_of_the_plane_is_refused(shape):
    with pytest.raises(ValueError, match=r"needed is \(n, 2\)"):
        RING.judge(np.zeros(shape))


def test_batches_go_on_where_they_were():
    whole = [batch.numpy() for batch in RING.batches(16, seed=3).take(4)]
    rest = [batch.numpy() for batch in RING.batches(16, 3, first_step=2).take(2)]
    np.testing.assert_array_equal(whole[2:], rest)
    assert not np.array_equal(whole[0], whole[1])
    other = next(iter(RING.batches(16, seed=4)))
    assert not np.array_equal(whole[0], other)


def test_the_field_is_seen_from_below():
    seen = playground.field(across, reach=2, side=5)
    assert seen.shape == (5, 5)
    expected = 1 / (1 + np.exp(-np.array([-2, -1, 0, 1, 2])))
    np.testing.assert_allclose(seen, np.tile(expected, (5, 1)), rtol=1e-6)
    upwards = playground.field(lambda points, training: points[:, 1:], 2, 5)
    np.testing.assert_allclose(upwards[:, 0], expected, rtol=1e-6)


def test_a_sample_is_pulled_to_where_d_says_real():
    gan = playground.build_gan(seed=0)
    gan.discriminator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    gan.discriminator.layers[0].kernel.assign([[3.0], [0.0]])
    pulls = playground.pulls(gan, np.float32([[0, 0], [1, 5]]))
    # The slope of -log sigmoid(3 x) is -3 sigmoid(-3 x).
    expected = [[3 / 2, 0], [3 / (1 + np.exp(3)), 0]]
    np.testing.assert_allclose(pulls, expected, rtol=1e-5, atol=1e-7)


def test_images_are_pulled_too():
    gan = make_dense_gan()
    pulls = playground.pulls(gan, np.linspace(-1, 1, 3 * 784).reshape(3, 28, 28, 1))
    assert pulls.shape == (3, 28, 28, 1)
    assert pulls.any()


def test_what_d_does_not_take_is_not_pulled():
    gan = make_plane_gan()
    with pytest.raises(ValueError, match="infinity"):
        playground.pulls(gan, [[np.inf, 0]])
    with pytest.raises(ValueError, match=r"needed is \(n, 2\)"):
        playground.pulls(gan, [[1.0, 2.0, 3.0]])


def test_the_same_seed_builds_the_same_networks():
    first, second, other = (playground.build_gan(seed) for seed in (1, 1, 2))
    for name in ("generator", "discriminator"):
        a, b, c = (
            np.concatenate([np.ravel(w) for w in getattr(gan, name).weights])
            for gan in (first, second, other)
        )
        np.testing.assert_array_equal(a, b)
        assert not np.array_equal(a, c)


@pytest.mark.parametrize(
    ("options", "halfway"),
    [({}, (1e-3, 3e-3)), ({"steps": 6000}, None), ({"steps": None}, (2e-3, 6e-3))],
)
def test_the_rates_fall_along_half_a_cosine(options, halfway):
    gan = playground.build_gan(0, **options)
    for optimizer in (gan.generator_optimizer, gan.discriminator_optimizer):
        optimizer.iterations.assign(1500)
    rates = [
        float(each.learning_rate)
        for each in (gan.generator_optimizer, gan.discriminator_optimizer)
    ]
    expected = halfway or np.array([2e-3, 6e-3]) * (1 + np.cos(np.pi / 4)) / 2
    assert rates == pytest.approx(list(expected))


def judge_after_training(rates):
    gan = playground.build_gan(3, rates, steps=1000)
    gan.fit(RING.batches(128, 3), epochs=20, steps_per_epoch=50, verbose=0)
    latents = tf.random.stateless_normal((2000, 2), (0, 1))
    return RING.judge(gan.generator(latents, training=False))


def test_a_gan_learns_the_ring():
    covered, good = judge_after_training((2e-3, 6e-3))
    assert covered == 8
    assert good >= 0.75


def test_a_slow_d_lets_g_collapse():
    covered, _ = judge_after_training((2e-3, 6e-4))
    assert covered <= 3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: playground.lattice(1, 1), "side is 1; .* from 2 to 1,000"),
        (lambda: playground.lattice(1, 10**9), "side is 1000000000"),
        (lambda: playground.lattice(np.nan, 3), "reach is nan"),
        (lambda: playground.Mixture(RING.centres, -1), "spread is -1"),
        (lambda: playground.Mixture(RING.centres[:, :1], 1), "For centres"),
        (lambda: RING.draw(0, (0, 0)), "count is 0"),
        (lambda: RING.draw(10**12, (0, 0)), "count is 1000000000000"),
        (lambda: RING.draw(3, 0), "For seed"),
        (lambda: RING.draw(3, (0.5, 0)), "For seed, integers"),
        (lambda: RING.batches(0, 0), "batch_size is 0"),
        (lambda: RING.batches(3, -1), "seed is -1"),
        (lambda: RING.batches(3, 0, -1), "first_step is -1"),
        (lambda: RING.judge([[0.0, np.nan]]), "NaN"),
        (lambda: playground.build_gan(-1), "seed is -1"),
        (lambda: playground.build_gan(0, (np.nan, 1e-3)), "A learning rate is nan"),
        (lambda: playground.build_gan(0, (-1, 1e-3)), "A learning rate is -1"),
        (lambda: playground.build_gan(0, 1e-3), "two numbers or schedules"),
        (lambda: playground.build_gan(0, (1e-3,) * 3), "two numbers or schedules"),
        (lambda: playground.build_gan(0, steps=0), "steps is 0"),
        (lambda: playground.build_generator(-1), "seed is -1"),
        (lambda: playground.field(across, side=10**9), "side is 1000000000"),
    ],
)
def test_what_does_not_fit_the_plane_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
