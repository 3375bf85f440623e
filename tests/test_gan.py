"""The GAN draws its latent points, keeps an average, and reports what its step says."""

import functools

from gan_utils import losses, models, playground, steps
from gan_utils.gan import GAN, assemble, uniform
from gan_utils.playground import RING
from tests.conftest import (
    LATENT_DIM,
    adam,
    bad_from,
    copy,
    fit,
    fit_plane,
    make_gan,
    make_plane_gan,
    same,
    state,
)

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.optimizers import SGD

NUMBERS = {
    *steps.LOSSES,
    *("probability_real", "probability_fake", "discriminator_accuracy"),
}


def make_networks():
    return playground.build_generator(0), playground.build_discriminator(1)


@pytest.fixture(scope="module")
def trained():
    """A GAN of the plane after six steps, and its curves. Tests only look."""
    gan = make_plane_gan()
    return gan, fit_plane(gan, 6).history


def test_two_networks_get_an_optimizer_each():
    networks = make_networks()
    gan = assemble(*networks, 3, [0.1, 0.2], steps_per_execution=7)
    assert (gan.generator, gan.discriminator) == networks
    assert (gan.seed, gan.steps_per_execution) == (3, 7)
    both = gan.generator_optimizer, gan.discriminator_optimizer
    assert [round(float(each.learning_rate), 6) for each in both] == [0.1, 0.2]
    assert {each.beta_1 for each in both} == {0.5}


def test_another_optimizer_of_d_has_a_name_and_moves_d():
    gan, third = make_plane_gan(), adam()
    gan.compile(adam(), adam(), more_optimizers={"fake": third})
    assert gan.optimizers["fake"] is third
    assert list(gan.optimizers) == ["generator", "discriminator", "fake"]
    weights = gan.discriminator.trainable_variables
    before = copy(weights)
    third.apply([tf.ones_like(weight) for weight in weights], weights)
    assert not same(before, copy(weights))


def test_one_optimizer_for_both_networks_is_refused():
    gan, shared = make_plane_gan(), adam()
    with pytest.raises(ValueError, match="Make two"):
        gan.compile(shared, shared)
    with pytest.raises(ValueError, match="Make two"):
        gan.compile(adam(), shared, more_optimizers={"fake": shared})


def test_networks_that_do_not_fit_are_refused():
    small = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()])
    with pytest.raises(ValueError, match=r"28, 28, 1.*8, 8, 1"):
        GAN(models.build_generator(LATENT_DIM, channels=4), small, seed=0)


def test_a_discriminator_that_names_digits_is_refused():
    with pytest.raises(ValueError, match=r"answers with \(None, 10\); needed is one"):
        GAN(models.build_generator(), models.build_classifier(), seed=0)


@pytest.mark.parametrize("averaging", [0, 1.1])
def test_averaging_out_of_range_is_refused(averaging):
    with pytest.raises(ValueError, match=f"averaging is {averaging}; needed is"):
        GAN(*make_networks(), seed=0, averaging=averaging)


def test_fit_reports_the_means_of_six_numbers(trained):
    gan, history = trained
    assert set(history) == NUMBERS
    assert all(len(values) == 3 for values in history.values())
    assert gan.step == 6
    for name in NUMBERS - set(steps.LOSSES):
        assert all(0 <= value <= 1 for value in history[name])


def test_a_bad_loss_stops_training_without_a_checkpoint():
    gan = make_plane_gan(generator_loss=bad_from(3, np.nan))
    with pytest.raises(FloatingPointError, match="^generator_loss .* at step 3"):
        fit_plane(gan, 8)
    assert gan.step == 4


def test_an_interval_reports_means_over_its_steps():
    """Frozen networks give the same losses again, so a mean can be worked out."""
    gan = make_plane_gan(seed=3)
    gan.compile(SGD(0.0), SGD(0.0), steps_per_execution=1)
    history = gan.fit(RING.batches(16, 0), steps_per_epoch=2, verbose=0).history
    found = []
    for step, points in enumerate(RING.batches(16, 0).take(2)):
        latents = tf.random.stateless_normal((16, 2), (3, step))
        numbers = steps.adversarial_step(gan, points, latents)
        found.append({name: np.mean(values) for name, values in numbers.items()})
    for name in NUMBERS:
        expected = np.mean([numbers[name] for numbers in found])
        assert history[name][0] == pytest.approx(expected, rel=1e-4)


def test_the_same_seed_trains_the_same_weights(trained):
    again, other = make_plane_gan(), make_plane_gan()
    other.seed = 1
    for gan in (again, other):
        fit_plane(gan, 6)
    first, again, other = map(state, (trained[0], again, other))
    assert same(first, again)
    assert not same(first, other)


def test_each_step_draws_points_of_its_own_that_follow_from_the_seed():
    gan, other = (GAN(*make_networks(), seed=seed) for seed in (3, 4))
    drawn = [gan.draw_latents(16), gan.draw_latents(16, draw=1), other.draw_latents(16)]
    np.testing.assert_array_equal(drawn[0], gan.draw_latents(16))
    gan.after_step()
    drawn += [gan.draw_latents(16), gan.draw_latents(16, draw=1)]
    assert len(np.unique(drawn)) == np.size(drawn)


def test_watched_points_stay_the_same_while_training_goes_on():
    gan = GAN(*make_networks(), seed=3)
    before = gan.watched_latents(16)
    gan.after_step()
    np.testing.assert_array_equal(before, gan.watched_latents(16))


def test_a_gan_draws_from_the_prior_that_it_is_given():
    gan = GAN(*make_networks(), seed=3, prior=uniform)
    for latents in (gan.draw_latents(10_000), gan.watched_latents(10_000)):
        assert np.abs(latents).max() <= 1
        assert np.mean(latents) == pytest.approx(0, abs=0.02)
        assert np.var(latents) == pytest.approx(1 / 3, abs=0.01)


def add_one(gan, points, latents):
    """A step that moves one weight of G by one."""
    gan.generator.weights[0].assign_add(tf.ones(gan.generator.weights[0].shape))
    return {"count": tf.shape(points)[0]}


def run(gan, count):
    """Runs steps outside `fit`; returns one weight of G before and after each."""
    seen = [gan.generator.weights[0].numpy()]
    for _ in range(count):
        gan.run_step(tf.zeros((4, 2)))
        gan.after_step()
        seen.append(gan.generator.weights[0].numpy())
    return seen


def test_the_average_follows_the_formula():
    gan = GAN(*make_networks(), seed=0, averaging=0.5, step=add_one)
    average, *rest = run(gan, 3)
    for step, weight in enumerate(rest, start=1):
        keep = step / (2 + step)
        average = keep * average + (1 - keep) * weight
    np.testing.assert_allclose(gan.averaged_generator.weights[0], average, atol=1e-6)


def test_the_average_of_all_steps_is_their_mean():
    gan = GAN(*make_networks(), seed=0, averaging=1.0, step=add_one)
    mean = np.mean(run(gan, 3), axis=0)
    np.testing.assert_allclose(gan.averaged_generator.weights[0], mean, atol=1e-6)


def test_fit_moves_the_average_once_a_step(trained):
    gan, _ = trained
    again = make_plane_gan(steps_per_execution=1)
    average = again.generator.weights[0].numpy()
    for points in RING.batches(16, seed=0).take(6):
        again.run_step(points)
        again.step_count.assign_add(1)
        keep = again.step / (5 + again.step)
        weight = again.generator.weights[0].numpy()
        average = keep * average + (1 - keep) * weight
    np.testing.assert_allclose(gan.averaged_generator.weights[0], average, atol=1e-5)


def first_mean(generator, count):
    """Returns what the first batch norm of a DCGAN meets of so many latent points."""
    latents = tf.random.stateless_normal((count, LATENT_DIM), (0, 0))
    hidden = generator.layers[1](generator.layers[0](latents))
    return hidden.numpy().mean(axis=(0, 1, 2))


def test_the_averaged_generator_is_settled_when_training_ends():
    gan = make_gan()
    fit(gan, 2)
    generator = gan.averaged_generator
    norm, few = generator.layers[2], first_mean(generator, 512)
    np.testing.assert_allclose(norm.moving_mean, few, atol=1e-5)
    assert norm.momentum == 0.9
    gan.settle_for_good()
    many = first_mean(generator, 4096)
    np.testing.assert_allclose(norm.moving_mean, many, atol=1e-5)
    assert np.abs(many - few).max() > 1e-4


def test_what_is_drawn_with_is_the_average(trained):
    gan, _ = trained
    assert gan.networks == {
        "generator": gan.averaged_generator,
        "discriminator": gan.discriminator,
    }
    assert not same(copy(gan.generator.weights), copy(gan.averaged_generator.weights))


def test_without_averaging_nothing_is_averaged_or_settled():
    gan = GAN(models.build_generator(2, 4), models.build_discriminator(4), 0, None)
    assert gan.averaged_generator is gan.generator is gan.networks["generator"]
    before = copy(gan.generator.variables)
    gan.after_step()
    gan.settle()
    gan.settle_for_good()
    assert same(before, copy(gan.generator.variables))
    assert list(gan.trained) == ["generator", "discriminator"]


def test_least_squares_trains_too():
    gan = make_plane_gan(
        generator_loss=losses.least_squares_generator_loss,
        discriminator_loss=losses.least_squares_discriminator_loss,
    )
    points = next(iter(RING.batches(16, seed=0)))
    numbers = gan.run_step(points)
    fakes = make_plane_gan().generator(gan.draw_latents(16), training=True)
    logits = make_plane_gan().discriminator(fakes, training=True)
    expected = losses.least_squares_generator_loss(logits)
    assert float(numbers["generator_loss"]) == pytest.approx(float(expected), rel=1e-5)


def points_and_labels(shape, seed):
    labels = tf.random.stateless_uniform(shape[:1], seed, 0, 4, tf.int32)
    return [tf.random.stateless_normal(shape, seed), labels]


def build_told(name, size, outputs):
    """Builds a network of two inputs: numbers, and a label."""
    numbers, label = keras.Input((size,)), keras.Input((), dtype="int32")
    told = keras.layers.Embedding(4, 3)(label)
    both = keras.layers.Concatenate()([numbers, told])
    return keras.Model([numbers, label], keras.layers.Dense(outputs)(both), name=name)


def test_networks_of_two_inputs_get_what_the_prior_and_the_batch_hold():
    seen = []
    gan = GAN(
        build_told("generator", 5, 2),
        build_told("discriminator", 2, 1),
        seed=0,
        prior=points_and_labels,
        step=lambda *given: seen.extend(given) or {},
    )
    assert gan.latent_dim == 5
    batch = tf.zeros((7, 2)), tf.zeros((7,), tf.int64)
    gan.run_step(batch)
    model, images_and_labels, (points, labels) = seen
    assert (model, images_and_labels) == (gan, batch)
    assert (points.shape, labels.shape) == ((7, 5), (7,))
    gan.after_step()
    gan.settle()


def test_a_prior_and_a_step_may_be_partial_functions():
    def give_back(gan, points, latents, name):
        return {name: latents}

    narrow = functools.partial(tf.random.stateless_normal, stddev=0.01)
    step = functools.partial(give_back, name="points")
    gan = GAN(*make_networks(), seed=0, prior=narrow, step=step)
    numbers = gan.run_step(tf.zeros((50, 2)))
    assert 0 < np.std(numbers["points"]) < 0.02
