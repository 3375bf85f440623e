"""Critics between two clouds that stay as they are."""

from gan_utils import losses, penalties, playground
from gan_utils.experiments import surfaces

import numpy as np
import pytest

RIGHT = np.repeat(np.float32([[1.0, 0.0]]), 16, axis=0)


def test_a_critic_of_two_points_says_what_the_law_says():
    critic = surfaces.train_between(
        RIGHT, -RIGHT, steps=150, penalty=penalties.gradient_penalty
    )
    estimate, _, steepest = surfaces.measure(critic, RIGHT, -RIGHT)
    assert estimate == pytest.approx(2 * (1 + 2 / 20), rel=0.02)
    assert estimate / steepest <= 2


def test_slopes_are_those_of_the_square():
    def tilted(points, training):
        return 3.0 * points[:, :1] + 4.0 * points[:, 1:]

    found = surfaces.measure(tilted, RIGHT, -RIGHT)
    assert found == pytest.approx((6.0, 5.0, 5.0))


def test_a_turned_ring_is_a_ring_whose_modes_lie_between():
    ring, turned = surfaces.pairs(count=400)["ring, turned"]
    assert playground.RING.judge(ring)[0] == 8
    assert playground.RING.judge(turned) == (0, 0)
    lengths = np.linalg.norm(turned, axis=1)
    assert abs(lengths - 1).max() < 0.3


def test_d_learns_alone_while_g_rests():
    start = playground.build_gan(3).generator.get_weights()
    for critic in (False, True):
        gan = surfaces.train_ahead(3, 50, critic)
        for before, after in zip(start, gan.generator.get_weights()):
            np.testing.assert_array_equal(before, after)
        assert gan.step == 50


def test_a_pull_straight_to_the_goals_has_a_cosine_of_1():
    gan = surfaces.train_ahead(0, 50, critic=True)
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


def test_the_picture_is_of_three_critics_each_in_its_own_unit():
    made = {name: playground.build_discriminator(n) for n, name in enumerate("abc")}
    figure = surfaces.draw(made, RIGHT, -RIGHT, side=10)
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles == ["a", "b", "c"]
