"""Lesson 4's forgers: each differs from the first in one thing, and has its record."""

from gan_utils import latent
from gan_utils.experiments import forgers

import numpy as np
import pytest
import tensorflow as tf


def test_the_shipped_record_has_each_forger_by_each_seed():
    logits, fakes = forgers.read()
    assert list(logits) == list(fakes) == list(forgers.FORGERS)
    points = forgers.STEPS // forgers.INTERVAL
    for name in forgers.FORGERS:
        assert logits[name].shape == (len(forgers.SEEDS), points)
        assert np.isfinite(logits[name]).all()
        assert fakes[name].shape == (len(forgers.SEEDS), forgers.SHOWN, 28, 28)


def describe(recipe):
    """Builds what a recipe trains; returns its settings by name."""
    gan = recipe.build(0)
    optimizers = gan.generator_optimizer, gan.discriminator_optimizer
    return {
        "loss of G": gan.generator_loss,
        "loss of D": gan.discriminator_loss,
        "rate of G": float(optimizers[0].learning_rate),
        "rate of D": float(optimizers[1].learning_rate),
        "β1": [each.beta_1 for each in optimizers],
        "β2 of G": optimizers[0].beta_2,
        "ε of G": optimizers[0].epsilon,
        "β2 of D": optimizers[1].beta_2,
        "batch size": recipe.batch_size,
        "step": gan.take_step,
    }


def test_each_forger_differs_in_one_thing():
    found = {name: describe(recipe) for name, recipe in forgers.FORGERS.items()}

    def changed(name, known):
        return [key for key, value in found[name].items() if value != found[known][key]]

    assert {name: changed(name, "non-saturating") for name in list(found)[1:6]} == {
        "lengthened": ["loss of G"],
        "saturating": ["loss of G"],
        "shortened": ["loss of G"],
        "100,000 times as short": ["loss of G"],
        "10⁸ times as short": ["loss of G"],
    }
    assert changed("the same, G's ε 1e-15", "10⁸ times as short") == ["ε of G"]
    assert changed("saturating, D's rate .001", "saturating") == ["rate of D"]
    assert changed("saturating, G's β2 .9", "saturating") == ["β2 of G"]
    assert changed("saturating, G's ε 1e-14", "saturating") == ["ε of G"]


def gradient(loss, logits):
    logits = tf.Variable(logits)
    with tf.GradientTape() as tape:
        value = loss(logits)
    return tape.gradient(value, logits).numpy().ravel()


def test_mixtures_listen_as_one_loss_does_and_are_as_long_as_the_other():
    logits = [[-3.0], [-1.0], [0.5]]
    long, lengthened, short, shortened, tiny = (
        gradient(recipe.generator_loss, logits)
        for recipe in list(forgers.FORGERS.values())[:5]
    )
    assert np.sum(long) < 2 * np.sum(short) < 0
    for one, direction, length in (
        (lengthened, short, long),
        (shortened, long, short),
        (tiny, long, long / 1e5),
    ):
        np.testing.assert_allclose(one / one.sum(), direction / direction.sum(), 1e-5)
        np.testing.assert_allclose(one.sum(), length.sum(), rtol=1e-5)


def test_g_sees_the_d_that_has_moved():
    gan = forgers.QUICK.build(0)
    real_images = np.zeros((4, 28, 28, 1), np.float32)
    latents = latent.sample_latents(4, gan.latent_dim, seed=0)
    before = gan.discriminator(gan.generator(latents, training=True), training=True)
    found = forgers.in_turn_step(gan, real_images, latents)
    assert float(found["fake_logit"]) < float(tf.reduce_mean(before))


def test_a_forger_trains(monkeypatch):
    short = forgers.QUICK.vary(steps=100, batch_size=4)
    monkeypatch.setattr(forgers, "FORGERS", {"one": short})
    curve, fakes = forgers.train("one", 3)
    assert len(curve) == 2
    assert np.isfinite(curve).all()
    assert fakes.shape == (forgers.SHOWN, 28, 28)
    assert fakes.dtype == np.uint8
    assert fakes.std() > 1


def test_a_record_keeps_forgers_and_seeds_in_order(tmp_path, monkeypatch, capsys):
    def train(name, seed):
        number = {"one": 10, "two": 20}[name] + seed
        return [number, 2.0], np.full((forgers.SHOWN, 28, 28), number, np.uint8)

    monkeypatch.setattr(forgers, "train", train)
    monkeypatch.setattr(forgers, "FORGERS", {"one": None, "two": None})
    monkeypatch.setattr(forgers, "SEEDS", (3, 4))
    out = tmp_path / "forgers.npz"
    forgers.main(["--out", str(out)])
    logits, fakes = forgers.read(out)
    assert logits["two"].tolist() == [[23.0, 2.0], [24.0, 2.0]]
    assert fakes["one"][1, 0, 0, 0] == 14
    assert capsys.readouterr().out.splitlines()[-1].split() == ["two", "2.0", "2.0"]


def test_a_record_that_is_not_there_is_not_shown(tmp_path):
    with pytest.raises(FileNotFoundError):
        forgers.main(["--show", "--out", str(tmp_path / "forgers.npz")])
