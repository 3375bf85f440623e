"""The steps in which D pays for its slopes: what moves, on what, and what is told."""

import functools

from gan_utils import critics, penalties, steps
from gan_utils.experiments import trials
from gan_utils.playground import RING
from tests.conftest import Frozen, make_plane_gan, same

import numpy as np
import pytest
import tensorflow as tf

R1 = functools.partial(penalties.zero_centred_penalty, weight=0.5)


def make(step=critics.penalised_step, **options):
    """Makes a GAN in the plane; the options but for losses are the step's."""
    of_gan = {
        name: options.pop(name) for name in critics.WASSERSTEIN if name in options
    }
    return make_plane_gan(step=functools.partial(step, **options), **of_gan)


def make_critic(**options):
    penalty = functools.partial(penalties.gradient_penalty, weight=0.1)
    options = {"penalty": penalty, **critics.WASSERSTEIN, **options}
    return make(critics.critic_step, **options)


def take(gan, seed=0):
    """Takes one step outside of a graph; returns what it tells."""
    found = gan.take_step(gan, RING.draw(64, (seed, 0)), gan.draw_latents(64))
    return {name: np.asarray(value) for name, value in found.items()}


def moved(gan, steps):
    """Tells at which steps G moves, and whether D always does."""
    of_g, of_d = [], []
    for _ in range(steps):
        before = [
            network.get_weights() for network in (gan.generator, gan.discriminator)
        ]
        take(gan)
        gan.after_step()
        after = [
            network.get_weights() for network in (gan.generator, gan.discriminator)
        ]
        changed = [not same(*pair) for pair in zip(before, after)]
        of_g.append(changed[0])
        of_d.append(changed[1])
    return of_g, all(of_d)


def test_without_options_it_is_the_adversarial_step():
    plain, ours = make_plane_gan(), make()
    of_plain = steps.adversarial_step(
        plain, RING.draw(64, (0, 0)), plain.draw_latents(64)
    )
    of_ours = take(ours)
    assert set(of_ours) - set(of_plain) == {"gradient_norm"}
    for name, value in of_plain.items():
        np.testing.assert_allclose(of_ours[name], value, rtol=1e-6)
    for network in ("generator", "discriminator"):
        pair = (getattr(gan, network).get_weights() for gan in (plain, ours))
        for a, b in zip(*pair, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)


def test_a_penalty_changes_the_move_of_d_and_not_that_of_g():
    plain, paying = make(), make(penalty=R1)
    take(plain)
    take(paying)
    assert same(plain.generator.get_weights(), paying.generator.get_weights())
    assert not same(
        plain.discriminator.get_weights(), paying.discriminator.get_weights()
    )


def test_a_penalty_s_gradient_does_not_reach_g():
    """What D pays for fakes is nothing that G should raise."""
    both = functools.partial(R1, at_fakes=True, weight=100.0)
    plain, paying = make(), make(penalty=both)
    take(plain)
    take(paying)
    assert same(plain.generator.get_weights(), paying.generator.get_weights())


class Watched:
    """A network that notes how it is called."""

    def __init__(self, network):
        self.network, self.trainings = network, []
        self.trainable_variables = network.trainable_variables

    def __call__(self, inputs, training=None):
        self.trainings.append(training)
        return self.network(inputs, training=training)


def test_both_networks_are_called_as_they_are_trained():
    gan = make(penalty=R1)
    gan.generator, gan.discriminator = (
        Watched(gan.generator),
        Watched(gan.discriminator),
    )
    take(gan)
    assert gan.generator.trainings == [True]
    assert gan.discriminator.trainings == [True] * 3  # the last by the penalty


def test_a_penalty_draws_by_a_seed_of_its_own():
    """With the seed of the latent points, a share would tell of its fake."""
    seeds = []

    def penalty(discriminator, real_images, fake_images, seed):
        seeds.append(seed.numpy())
        return penalties.no_penalty(discriminator, real_images, fake_images, seed)

    gan = make(penalty=penalty)
    take(gan)
    for draw in (0, 1):
        assert not np.array_equal(seeds[0], gan.step_seed(draw))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"generator_every": 0}, "generator_every is 0"),
        ({"generator_every": -2}, "generator_every is -2"),
        ({"head_start": -1}, "head_start is -1"),
    ],
)
def test_a_pace_that_is_none_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        take(make(**options))


def test_pairs_are_asked_which_is_more_real():
    gan = make(paired=True)
    points, latents = RING.draw(64, (0, 0)), gan.draw_latents(64)
    real = gan.discriminator(points, training=True)
    fake = gan.discriminator(gan.generator(latents, training=True), training=True)
    found = take(gan)
    lead = (real - fake).numpy()
    expected = np.log1p(np.exp(-lead)).mean()
    assert found["discriminator_loss_real"] == pytest.approx(expected, rel=1e-5)
    assert found["discriminator_loss_fake"] == pytest.approx(expected, rel=1e-5)
    assert found["generator_loss"] == pytest.approx(np.log1p(np.exp(lead)).mean(), 1e-5)
    right = (lead > 0).ravel()
    assert found["discriminator_accuracy"].mean() == pytest.approx(right.mean())


def test_d_of_pairs_moves_by_the_mean_of_its_two_halves():
    """Both halves say the same, so that their sum would count it twice."""
    gan = make(paired=True)
    points, latents = RING.draw(64, (0, 0)), gan.draw_latents(64)
    with tf.GradientTape() as tape:
        fakes = gan.generator(latents, training=True)
        lead = gan.discriminator(points) - gan.discriminator(fakes)
        loss = tf.reduce_mean(tf.math.softplus(-lead))
    weights = gan.discriminator.trainable_variables
    expected, given = tape.gradient(loss, weights), []
    gan.discriminator_optimizer.apply = lambda gradients, _: given.extend(gradients)
    take(gan)
    for a, b in zip(expected, given, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"generator_every": 3}, [False, False, True, False, False, True]),
        ({"head_start": 4}, [False, False, False, False, True, True]),
        (
            {"generator_every": 2, "head_start": 3},
            [False, False, False, True, False, True],
        ),
    ],
)
def test_g_rests_while_it_is_not_its_turn(options, expected):
    assert moved(make(**options), 6) == (expected, True)


def test_a_critic_tells_its_estimate_its_slopes_and_no_opinion():
    found = take(make_critic())
    assert set(found) == {"critic_estimate", "gradient_norm", "generator_loss"}
    assert found["gradient_norm"].shape == (64,)


def test_the_estimate_is_how_much_more_real_images_get():
    gan = make_critic()
    points, latents = RING.draw(64, (0, 0)), gan.draw_latents(64)
    real, fake = (
        gan.discriminator(each).numpy().mean()
        for each in (points, gan.generator(latents, training=True))
    )
    found = take(gan)
    assert found["critic_estimate"] == pytest.approx(real - fake, rel=1e-4, abs=1e-6)
    assert found["generator_loss"] == pytest.approx(-fake, rel=1e-4, abs=1e-6)


def test_a_clipped_critic_stays_within_its_limit():
    gan = make_critic(penalty=penalties.no_penalty, clip=0.02)
    take(gan)
    weights = np.concatenate([w.ravel() for w in gan.discriminator.get_weights()])
    assert abs(weights).max() == pytest.approx(0.02)
    assert not np.allclose(abs(weights), 0.02)


def test_another_step_draws_other_shares():
    """With networks that rest, slopes differ as the shares do."""
    gan = make_critic()
    gan.optimizers = dict.fromkeys(gan.optimizers, Frozen())
    first, again = (take(gan)["gradient_norm"] for _ in range(2))
    gan.after_step()
    latents = gan.draw_latents(64)
    assert np.array_equal(first, again)
    gan.draw_latents = lambda count: latents
    assert not np.array_equal(take(gan)["gradient_norm"], first)


def test_a_critic_s_slopes_come_near_1_and_its_estimate_falls():
    trial = trials.Trial(
        **trials.AS_CRITIC,
        penalty=functools.partial(penalties.gradient_penalty, weight=0.1),
        rates=(2e-3, 6e-3),
        mixture=RING,
        batch_size=128,
        steps=800,
    )
    curves = trials.run(trial, seed=0)["curves"]
    assert curves["critic_estimate"][-1] < max(curves["critic_estimate"]) / 4
    assert 0.5 < curves["gradient_norm"][-1] < 1.5


def test_far_from_real_points_slopes_grow_as_the_rule_says():
    """Of two points at distance W, slopes are 1 + W / 2λ, λ the penalty's weight."""
    weight, distance = 1.0, 2.0
    slope = tf.Variable(0.0)
    here, there = tf.zeros((8, 1)), tf.fill((8, 1), distance)
    for _ in range(500):
        with tf.GradientTape() as tape:
            paid, _ = penalties.gradient_penalty(
                lambda x, training: slope * x, there, here, (0, 0), weight
            )
            loss = -slope * distance + paid
        slope.assign_sub(0.1 * tape.gradient(loss, slope))
    assert float(slope) == pytest.approx(1 + distance / (2 * weight), rel=1e-3)
