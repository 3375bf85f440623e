"""Critics between two clouds that stay as they are."""

from gan_utils import critics, losses, penalties, playground
from gan_utils.experiments import surfaces

import numpy as np
import pytest
import tensorflow as tf

RIGHT = np.repeat(np.float32([[1.0, 0.0]]), 16, axis=0)


def test_a_critic_of_two_points_says_what_the_law_says():
    critic = surfaces.train_between(
        RIGHT, -RIGHT, steps=150, penalty=penalties.gradient_penalty
    )
    estimate, _, steepest = surfaces.measure(critic, RIGHT, -RIGHT)
    assert estimate == pytest.approx(2 * (1 + 2 / 20), rel=0.02)
    assert estimate / steepest <= 2


def test_slopes_are_those_between_the_clouds():
    def tilted(points, training):
        return 3.0 * points[:, :1] + 4.0 * points[:, 1:]

    found = surfaces.measure(tilted, RIGHT, -RIGHT)
    assert found == pytest.approx((6.0, 5.0, 5.0))

    def steep_elsewhere(points, training):
        return points[:, :1] + 9.0 * tf.nn.relu(abs(points[:, :1]) - 1.001)

    found = surfaces.measure(steep_elsewhere, RIGHT, -RIGHT)
    assert found == pytest.approx((2.0, 1.0, 1.0))


def test_a_scaled_critic_has_a_part_of_the_slopes():
    ramp = surfaces.scaled(lambda points, training: 6.0 * points[:, :1], 3.0)
    found = surfaces.measure(ramp, RIGHT, -RIGHT)
    assert found == pytest.approx((4.0, 2.0, 2.0))


def test_a_turned_ring_is_a_ring_whose_modes_lie_between():
    ring, turned = surfaces.pairs(count=400)["ring, turned"]
    assert playground.RING.judge(ring)[0] == 8
    assert playground.RING.judge(turned) == (0, 0)
    lengths = np.linalg.norm(turned, axis=1)
    assert abs(lengths - 1).max() < 0.3


def test_by_the_plan_partners_are_as_near_as_can_be():
    clouds = surfaces.pairs(count=100)
    ring, turned = clouds["ring, turned"]
    same, by_plan = clouds["turned, by plan"]
    np.testing.assert_array_equal(same, ring)
    np.testing.assert_array_equal(np.sort(by_plan, axis=0), np.sort(turned, axis=0))
    planned = np.linalg.norm(ring - by_plan, axis=1).mean()
    assert planned < 0.45 < np.linalg.norm(ring - turned, axis=1).mean()


def test_d_learns_alone_while_g_rests():
    start = playground.build_gan(3).generator.get_weights()
    for step in (critics.penalised_step, critics.critic_step):
        gan = surfaces.train_ahead(3, 50, step, penalty=penalties.gradient_penalty)
        for before, after in zip(start, gan.generator.get_weights()):
            np.testing.assert_array_equal(before, after)
        assert gan.step == 50


def test_a_pull_straight_to_the_goals_has_a_cosine_of_1():
    gan = surfaces.train_ahead(0, 50)
    uphill = np.float32([[1.0, 0.0]])

    class Ramp:
        input_shape = (None, 2)

        def __call__(self, points, training):
            return 3.0 * points[:, :1]

    gan.discriminator = Ramp()
    far = np.repeat(1000 * uphill, 8, axis=0)
    length, cosine = surfaces.pull(gan, losses.wasserstein_generator_loss, far)
    assert length == pytest.approx(3, rel=1e-4)
    assert cosine == pytest.approx(1, abs=1e-3)


def test_away_from_the_middle_is_a_pull_without_a_d():
    gan = surfaces.train_ahead(0, 50)
    circle = np.exp(2j * np.pi * np.arange(64) / 64)
    far = 1000 * np.float32([circle.real, circle.imag]).T
    length, cosine = surfaces.pull(gan, None, far)
    assert length < 1
    assert 0.5 < cosine < 1


def test_the_first_meets_the_first_where_nothing_is_shuffled():
    """Else slopes are paid for between strangers, too."""
    real = np.float32([[1, 0], [-1, 0]]).repeat(8, axis=0)
    fake = np.float32([[1, 1], [-1, 1]]).repeat(8, axis=0)
    options = {"steps": 150, "penalty": penalties.gradient_penalty}
    own, any_one = (
        surfaces.measure(
            surfaces.train_between(real, fake, shuffled=each, **options), real, fake
        )[0]
        for each in (False, True)
    )
    assert own == pytest.approx(1 + 1 / 20, rel=0.03)
    assert abs(any_one - own) > 1e-3


def test_the_picture_is_of_three_critics_each_in_its_own_unit():
    made = {name: playground.build_discriminator(n) for n, name in enumerate("abc")}
    figure = surfaces.draw(made, RIGHT, -RIGHT, side=10)
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles == ["a", "b", "c"]


def test_one_scale_serves_maps_that_are_drawn_alike():
    def ramp(slope):
        return lambda points, training: tf.constant(slope * points[:, :1])

    made = {"steep": ramp(4.0), "level": ramp(0.1)}
    for alike, expected in ((True, 1), (False, 2)):
        figure = surfaces.draw(made, RIGHT, RIGHT, side=10, alike=alike)
        bars = [axes for axes in figure.axes if not axes.get_title()]
        assert len(bars) == expected


def test_clouds_that_are_drawn_anew_leave_nothing_to_learn_by_heart():
    ring, again = surfaces.pairs(count=64)["ring, drawn again"]
    options = {"steps": 150, "step": critics.penalised_step}
    gaps = [
        surfaces.measure(
            surfaces.train_between(ring, again, anew=anew, **options), ring, again
        )[0]
        for anew in (None, playground.RING)
    ]
    assert gaps[0] > 0.1 > 3 * abs(gaps[1])


def test_the_step_decides_the_losses():
    """A critic's gap has no bound where nothing holds it; the usual D's loss has."""
    gaps = [
        surfaces.measure(
            surfaces.train_between(RIGHT, -RIGHT, steps=100, step=step), RIGHT, -RIGHT
        )[0]
        for step in (critics.critic_step, critics.penalised_step)
    ]
    assert gaps[0] > 5 * gaps[1] > 0
