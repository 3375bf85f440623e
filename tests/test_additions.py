"""Three new kinds of training, each a step and a row of settings.

One takes a step of the package, two bring their own.
"""

import functools

from gan_utils import (
    callbacks,
    critics,
    data,
    latent,
    models,
    penalties,
    playground,
    recipes,
    runs,
)
from gan_utils.checkpoints import Checkpoint
from gan_utils.fitting import fit_until
from gan_utils.playground import RING
from gan_utils.recipes import Recipe, adams, make_trainable, pair
from gan_utils.steps import opinions

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from keras.optimizers import Adam


def train(recipe, steps, folder, seed=0, watchers=()):
    """Trains as `runs.train` does, without frames and card."""
    model = recipe.build(seed)
    watchers = [
        callbacks.ProgressBar(steps),
        callbacks.TensorBoardLog(folder / "log", latents=None),
        *watchers,
        Checkpoint(model, folder / "checkpoint", seconds=0),
    ]
    batches = functools.partial(recipe.batches, seed)
    fit_until(model, batches, steps, recipe.interval, watchers)
    return model


def weights(model):
    return [w.numpy() for network in model.trained.values() for w in network.weights]


# A critic with a gradient penalty, moved five times for each move of G.


def ring_batches(recipe, seed, first_step):
    return RING.batches(recipe.batch_size, seed, first_step)


RING_CRITIC = Recipe(
    about="A critic with a gradient penalty, in the plane",
    networks=pair(playground.build_generator, playground.build_discriminator),
    optimizers=adams(1e-3, 1e-3),
    step=functools.partial(
        critics.critic_step,
        penalty=functools.partial(penalties.gradient_penalty, weight=0.1),
        generator_every=5,
    ),
    **critics.WASSERSTEIN,
    batch_size=128,
    steps=5000,
    interval=100,
    source=ring_batches,
)


@pytest.fixture(scope="module")
def ring_critic(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ring_critic")
    return train(RING_CRITIC, RING_CRITIC.steps, folder), folder


def test_a_critic_with_a_penalty_finds_all_modes_of_the_ring(ring_critic):
    gan, _ = ring_critic
    points = gan.averaged_generator(latent.sample_latents(2000, 2, 1), training=False)
    covered, good = RING.judge(points)
    assert covered == 8
    assert good > 0.6


def test_a_critic_logs_what_its_step_returns_and_no_accuracy(ring_critic):
    _, folder = ring_critic
    curves = callbacks.read_scalars(folder / "log")
    assert set(curves) == {"generator_loss", "critic_estimate", "gradient_norm"}
    assert 0.5 < curves["gradient_norm"][1][-1] < 1.5


# A GAN that is told the class, on labelled batches.

CLASSES = 4


def quarters(digits, seed):
    """Makes 4×4 images of which one quarter is bright: the label tells which."""
    random = np.random.default_rng(seed)
    images = random.integers(0, 100, (len(digits), 4, 4), np.uint8)
    for label, image in zip(np.arange(len(digits)) % CLASSES, images):
        down, right = divmod(label, 2)
        image[2 * down : 2 * down + 2, 2 * right : 2 * right + 2] += 150
    return images


def quarter_batches(recipe, seed, first_step):
    images = quarters(range(400), seed)
    labels = np.arange(400) % CLASSES
    return data.batches(images, recipe.batch_size, seed, first_step, labels)


def build_told_generator(seed=0):
    points, label = keras.Input((8,)), keras.Input((), dtype="int32")
    both = layers.Concatenate()([points, layers.Embedding(CLASSES, 8)(label)])
    hidden = layers.ReLU()(models.batch_norm()(layers.Dense(64)(both)))
    images = layers.Reshape((4, 4, 1))(layers.Dense(16, "tanh")(hidden))
    network = keras.Model([points, label], images, name="generator")
    return models.initialize(network, seed)


def build_told_discriminator(seed=0):
    images, label = keras.Input((4, 4, 1)), keras.Input((), dtype="int32")
    both = [layers.Flatten()(images), layers.Embedding(CLASSES, 16)(label)]
    hidden = layers.LeakyReLU()(layers.Dense(64)(layers.Concatenate()(both)))
    logits = layers.Dense(1)(hidden)
    network = keras.Model([images, label], logits, name="discriminator")
    return models.initialize(network, seed)


def points_and_labels(shape, seed):
    """A prior of all that G is given."""
    labels = tf.random.stateless_uniform(shape[:1], seed, 0, CLASSES, tf.int32)
    return [tf.random.stateless_normal(shape, seed), labels]


def conditional_step(gan, batch, latents):
    """Source: Mirza and Osindero, Conditional Generative Adversarial Nets, 2014."""
    (images, labels), (points, _) = batch, latents
    labels = tf.cast(labels, tf.int32)
    with tf.GradientTape(persistent=True) as tape:
        fakes = gan.generator([points, labels], training=True)
        real_logits = gan.discriminator([images, labels], training=True)
        fake_logits = gan.discriminator([fakes, labels], training=True)
        of_d = sum(gan.discriminator_loss(real_logits, fake_logits))
        of_g = gan.generator_loss(fake_logits)
    for name, loss in (("discriminator", of_d), ("generator", of_g)):
        moved = gan.trained[name].trainable_variables
        gan.optimizers[name].apply(tape.gradient(loss, moved), moved)
    return {"generator_loss": of_g, **opinions(real_logits, fake_logits)}


QUARTERS = Recipe(
    about="A GAN that is told which quarter to draw",
    networks=pair(build_told_generator, build_told_discriminator),
    optimizers=adams(2e-3, 2e-3),
    step=conditional_step,
    prior=points_and_labels,
    batch_size=50,
    steps=600,
    source=quarter_batches,
)


def test_a_gan_that_is_told_the_class_draws_what_it_is_asked_for(tmp_path):
    watched = [latent.sample_latents(8, 8, 0), np.arange(8) % CLASSES]
    frames = callbacks.SampleFrames(watched, tmp_path / "frames")
    gan = train(QUARTERS, QUARTERS.steps, tmp_path, watchers=[frames])
    for label in range(CLASSES):
        asked = [latent.sample_latents(50, 8, 1), np.full(50, label)]
        images = gan.averaged_generator(asked, training=False).numpy()[..., 0]
        means = images.reshape(50, 2, 2, 2, 2).mean(axis=(0, 2, 4)).ravel()
        assert means.argmax() == label
        assert means[label] - np.delete(means, label).max() > 0.5
    assert len(frames.pictures()) == 1 + QUARTERS.steps // QUARTERS.interval


def test_a_gan_that_is_told_the_class_goes_on_bit_for_bit(tmp_path):
    whole = train(QUARTERS, 20, tmp_path / "whole")
    train(QUARTERS, 7, tmp_path / "broken")
    again = train(QUARTERS, 20, tmp_path / "broken")
    for ours, theirs in zip(weights(whole), weights(again), strict=True):
        np.testing.assert_array_equal(ours, theirs)


# An autoencoder, under the same `fit`, checkpoint, log and bar.


def build_encoder(seed=0):
    parts = [keras.Input((4, 4, 1)), layers.Flatten()]
    parts += models.build_layers((16, 32, 2))
    return models.initialize(keras.Sequential(parts, name="encoder"), seed)


def build_decoder(seed=0):
    parts = [keras.Input((2,)), *models.build_layers((2, 32, 16))]
    parts += [layers.Activation("tanh"), layers.Reshape((4, 4, 1))]
    return models.initialize(keras.Sequential(parts, name="decoder"), seed)


def autoencoder_step(model, batch):
    """Source: Hinton and Salakhutdinov, Reducing the Dimensionality of Data, 2006."""
    images, _ = batch
    with tf.GradientTape(persistent=True) as tape:
        codes = model.networks["encoder"](images, training=True)
        again = model.networks["decoder"](codes, training=True)
        loss = tf.reduce_mean((again - images) ** 2)
    for name, network in model.networks.items():
        moved = network.trainable_variables
        model.optimizers[name].apply(tape.gradient(loss, moved), moved)
    return {"reconstruction_loss": loss}


AUTOENCODER = Recipe(
    about="An autoencoder of quarters",
    networks={"encoder": build_encoder, "decoder": build_decoder},
    optimizers=dict.fromkeys(("encoder", "decoder"), functools.partial(Adam, 3e-3)),
    step=autoencoder_step,
    batch_size=50,
    steps=400,
    ships=("encoder", "decoder"),
    make=make_trainable,
    source=quarter_batches,
)


def test_an_autoencoder_is_one_run_in_one_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(recipes.RECIPES, "autoencoder", AUTOENCODER)
    runs.train("autoencoder", tmp_path / "broken", steps=130)
    broken, _ = runs.train("autoencoder", tmp_path / "broken")
    whole, _ = runs.train("autoencoder", tmp_path / "whole")
    assert "400/400" in capsys.readouterr().out
    for ours, theirs in zip(weights(whole), weights(broken), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    steps, values = callbacks.read_scalars(tmp_path / "whole" / "log")[
        "reconstruction_loss"
    ]
    assert steps.tolist() == [*range(50, 401, 50)]
    # Without the code, the mean image is the best answer: a loss near .37.
    assert values[-1] < 0.15 < values[0]
