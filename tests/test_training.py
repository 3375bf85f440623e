"""The step moves what it should, the GAN counts and averages, training resumes."""

import types

from gan_utils import data, fitting, latent, losses, models, training
from gan_utils.fitting import Checkpoint

import keras
import numpy as np
import pytest
import tensorflow as tf

LATENT_DIM = 8
IMAGES = np.random.default_rng(0).integers(0, 256, (64, 28, 28), np.uint8)


def adam():
    return keras.optimizers.Adam(1e-3, beta_1=0.5)


def make_gan(seed=0, averaging=0.2, dropout=False, steps_per_execution=2, **options):
    discriminator = models.build_discriminator(channels=4, seed=seed)
    if not dropout:  # without it a step can be worked out again
        rest = [
            layer
            for layer in discriminator.layers
            if not isinstance(layer, keras.layers.Dropout)
        ]
        discriminator = keras.Sequential(
            [keras.Input((28, 28, 1)), *rest], name="discriminator"
        )
    gan = training.GAN(
        models.build_generator(LATENT_DIM, channels=4, seed=seed),
        discriminator,
        seed=seed,
        averaging=averaging,
    )
    gan.compile(adam(), adam(), steps_per_execution=steps_per_execution, **options)
    return gan


def test_two_networks_get_an_optimizer_each():
    networks = models.build_generator(8, 4), models.build_discriminator(4)
    gan = training.assemble(*networks, 3, [0.1, 0.2], steps_per_execution=7)
    assert (gan.generator, gan.discriminator) == networks
    assert (gan.seed, gan.steps_per_execution) == (3, 7)
    both = gan.generator_optimizer, gan.discriminator_optimizer
    assert [round(float(each.learning_rate), 6) for each in both] == [0.1, 0.2]
    assert {each.beta_1 for each in both} == {0.5}


def fit(gan, steps, callbacks=(), **options):
    """Trains up to a number of steps, two an interval."""
    return gan.fit(
        data.batches(IMAGES, 16, seed=0, first_step=gan.step),
        initial_epoch=gan.step // 2,
        epochs=steps // 2,
        steps_per_epoch=2,
        callbacks=list(callbacks),
        verbose=0,
        **options,
    )


def state(gan):
    """Copies everything that training changes."""
    parts = (
        gan.generator,
        gan.discriminator,
        gan.averaged_generator,
        gan.generator_optimizer,
        gan.discriminator_optimizer,
    )
    return [variable.numpy().copy() for part in parts for variable in part.variables]


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def one_batch():
    real_images = next(iter(data.batches(IMAGES, 16, seed=0)))
    return real_images, latent.sample_latents(16, LATENT_DIM, seed=0)


def test_one_step_moves_every_weight_of_both_networks():
    gan = make_gan()
    networks = (gan.generator, gan.discriminator)
    before = [
        w.numpy().copy() for network in networks for w in network.trainable_variables
    ]
    training.adversarial_step(gan, *one_batch())
    after = [
        w.numpy().copy() for network in networks for w in network.trainable_variables
    ]
    assert not any(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


class Frozen:
    """An optimizer that does nothing."""

    def apply(self, gradients, weights):
        assert all(gradient is not None for gradient in gradients)


@pytest.mark.parametrize("moving", ["generator", "discriminator"])
def test_each_update_leaves_the_other_network_alone(moving):
    gan = make_gan()
    resting = "discriminator" if moving == "generator" else "generator"
    holder = types.SimpleNamespace(
        generator=gan.generator,
        discriminator=gan.discriminator,
        generator_loss=gan.generator_loss,
        discriminator_loss=gan.discriminator_loss,
        generator_optimizer=gan.generator_optimizer,
        discriminator_optimizer=gan.discriminator_optimizer,
    )
    setattr(holder, f"{resting}_optimizer", Frozen())

    def weights(name):
        return [w.numpy().copy() for w in getattr(gan, name).trainable_variables]

    before = {name: weights(name) for name in (moving, resting)}
    training.adversarial_step(holder, *one_batch())
    assert same(before[resting], weights(resting))
    assert not same(before[moving], weights(moving))


def test_gradients_are_those_of_separate_steps():
    """One pass of D over the fakes gives what two separate tapes would give."""
    gan = make_gan()
    real_images, latents = one_batch()
    with tf.GradientTape() as for_discriminator, tf.GradientTape() as for_generator:
        fakes = gan.generator(latents, training=True)
        real_logits = gan.discriminator(real_images, training=True)
        fake_logits = gan.discriminator(fakes, training=True)
        discriminator_loss = sum(
            losses.cross_entropy_discriminator_loss(real_logits, fake_logits)
        )
        generator_loss = losses.non_saturating_generator_loss(fake_logits)
    expected = [
        *for_discriminator.gradient(
            discriminator_loss, gan.discriminator.trainable_variables
        ),
        *for_generator.gradient(generator_loss, gan.generator.trainable_variables),
    ]
    found = []
    recorder = types.SimpleNamespace(apply=lambda gradients, _: found.extend(gradients))
    gan.generator_optimizer = gan.discriminator_optimizer = recorder
    training.adversarial_step(gan, real_images, latents)
    for a, b in zip(expected, found, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_fit_reports_the_means_of_six_numbers():
    gan = make_gan()
    history = fit(gan, 6).history
    assert set(history) == set(training.METRICS)
    assert all(len(values) == 3 for values in history.values())
    assert gan.step == 6
    for name in training.METRICS[3:]:
        assert all(0 <= value <= 1 for value in history[name])


def test_an_interval_reports_means_over_its_steps():
    """Frozen networks give the same losses again, so a mean can be worked out."""
    gan = make_gan(steps_per_execution=1)
    gan.compile(
        keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0), steps_per_execution=1
    )
    history = gan.fit(data.batches(IMAGES, 16, 0), steps_per_epoch=2, verbose=0).history
    found, accuracies = [], []
    for step, real_images in enumerate(data.batches(IMAGES, 16, 0).take(2)):
        latents = tf.random.stateless_normal((16, LATENT_DIM), (0, step))
        values, real_logits, fake_logits = training.adversarial_step(
            gan, real_images, latents
        )
        found.append(float(values["generator_loss"]))
        right = [*(real_logits.numpy() > 0), *(fake_logits.numpy() <= 0)]
        accuracies.append(np.mean(right))
    assert history["generator_loss"][0] == pytest.approx(np.mean(found), rel=1e-4)
    assert history["discriminator_accuracy"][0] == pytest.approx(np.mean(accuracies))


def test_the_same_seed_trains_the_same_weights():
    first, second, other = make_gan(), make_gan(), make_gan()
    other.seed = 1
    for gan in (first, second, other):
        fit(gan, 4)
    assert same(state(first), state(second))
    assert not same(state(first), state(other))


def test_the_average_follows_the_formula():
    gan = make_gan(averaging=0.5, steps_per_execution=1)
    average = gan.generator.weights[0].numpy()
    for step in (1, 2, 3):
        gan.fit(
            data.batches(IMAGES, 16, 0, first_step=gan.step),
            steps_per_epoch=1,
            verbose=0,
        )
        keep = step / (2 + step)
        average = keep * average + (1 - keep) * gan.generator.weights[0].numpy()
    np.testing.assert_allclose(gan.averaged_generator.weights[0], average, atol=1e-6)


def test_the_average_of_all_steps_is_their_mean():
    gan = make_gan(averaging=1.0, steps_per_execution=1)
    seen = [gan.generator.weights[0].numpy()]
    for _ in range(3):
        stream = data.batches(IMAGES, 16, 0, first_step=gan.step)
        gan.fit(stream, steps_per_epoch=1, verbose=0)
        seen.append(gan.generator.weights[0].numpy())
    mean = np.mean(seen, axis=0)
    np.testing.assert_allclose(gan.averaged_generator.weights[0], mean, atol=1e-6)


def test_the_averaged_generator_is_settled_when_training_ends():
    gan = make_gan()
    fit(gan, 4)
    first_norm = gan.averaged_generator.layers[2]
    latents = tf.random.stateless_normal((512, LATENT_DIM), (gan.seed, 0))
    hidden = gan.averaged_generator.layers[1](gan.averaged_generator.layers[0](latents))
    expected = hidden.numpy().mean(axis=(0, 1, 2))
    np.testing.assert_allclose(first_norm.moving_mean, expected, atol=1e-5)
    assert first_norm.momentum == 0.9


def test_least_squares_trains_too():
    gan = make_gan(
        generator_loss=losses.least_squares_generator_loss,
        discriminator_loss=losses.least_squares_discriminator_loss,
    )
    assert np.isfinite(fit(gan, 2).history["generator_loss"]).all()


def test_one_optimizer_for_both_networks_is_refused():
    gan, shared = make_gan(), adam()
    with pytest.raises(ValueError, match="Make two"):
        gan.compile(shared, shared)


def test_networks_that_do_not_fit_are_refused():
    small = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()])
    with pytest.raises(ValueError, match=r"28, 28, 1.*8, 8, 1"):
        training.GAN(models.build_generator(LATENT_DIM), small, seed=0)


@pytest.mark.parametrize("averaging", [0, 1.1])
def test_averaging_out_of_range_is_refused(averaging):
    with pytest.raises(ValueError, match="averaging is"):
        make_gan(averaging=averaging)


def bad_from(step, value):
    """A generator loss that is `value` from one call of the graph on."""
    count = tf.Variable(0, dtype=tf.int64)

    def loss(fake_logits):
        fine = losses.non_saturating_generator_loss(fake_logits)
        is_bad = count.assign_add(1) > step
        return tf.where(is_bad, tf.constant(value, fine.dtype), fine)

    return loss


def test_a_bad_loss_stops_training_without_a_checkpoint():
    gan = make_gan(generator_loss=bad_from(3, np.nan))
    with pytest.raises(FloatingPointError, match="at step 3"):
        fit(gan, 8)
    assert gan.step == 4


def train_classifier(steps, folder=None):
    classifier = training.Classifier(models.build_classifier(seed=0))
    classifier.compile(adam(), steps_per_execution=2)
    savers = [Checkpoint(classifier, folder, seconds=0)] if folder else []
    labels = np.arange(len(IMAGES)) % 10

    def make_batches(first_step):
        return data.batches(IMAGES, 16, 0, first_step, labels)

    fitting.fit_until(classifier, make_batches, steps, 2, savers)
    return classifier


def test_a_classifier_learns_and_resumes_bit_for_bit(tmp_path):
    whole = train_classifier(7)
    train_classifier(3, tmp_path)
    resumed = train_classifier(7, tmp_path)
    assert whole.step == resumed.step == 7
    start = models.build_classifier(seed=0)
    trained, again, before = (
        [variable.numpy() for variable in network.variables]
        for network in (whole.network, resumed.network, start)
    )
    assert same(trained, again)
    assert not same(trained, before)


def test_a_classifier_with_bad_weights_is_not_saved(tmp_path):
    classifier = train_classifier(2, tmp_path)
    weight = classifier.network.trainable_variables[0]
    weight.assign(np.nan * weight)
    with pytest.raises(FloatingPointError, match="of the classifier is not finite"):
        Checkpoint(classifier, tmp_path / "other").save()


@pytest.mark.parametrize(
    "start, steps, stretches",
    [(0, 5, [4, 1]), (5, 12, [3, 4]), (5, 7, [2]), (8, 8, []), (4, 12, [8])],
)
def test_intervals_end_at_multiples(start, steps, stretches):
    fitted = []

    class Model:
        step = start

        def make_train_function(self, force):
            assert force

        def fit(self, batches, epochs, steps_per_epoch, **options):
            assert batches == self.step
            assert self.steps_per_execution == steps_per_epoch
            fitted.append(epochs * steps_per_epoch)
            self.step += fitted[-1]

    fitting.fit_until(Model(), lambda step: step, steps, 4, [])
    assert fitted == stretches
