"""Lesson 5's controls: each differs in one thing, and the shipped record is whole."""

from gan_utils import latent, records
from gan_utils.experiments import controls
from tests import conftest

import numpy as np
import pytest

RECORD = records.read(controls.PLACE, controls.SCHEMA)


def test_the_shipped_record_has_each_kind_by_each_seed():
    assert list(RECORD) == list(controls.KINDS)
    for by_seed in RECORD.values():
        assert list(by_seed) == [str(seed) for seed in controls.SEEDS]
        for found in by_seed.values():
            assert len(found["averaged"]) == len(controls.MEASURED_AT)
            lengths = {len(values) for values in found["curves"].values()}
            assert lengths == {controls.MEASURED_AT[-1] // controls.LESSON_05.interval}


def describe(kind):
    """Builds what a kind trains; returns its settings by name."""
    recipe = controls.LESSON_05.vary(**controls.KINDS[kind])
    gan = recipe.build(0)
    return {
        "weights of G": gan.generator.count_params(),
        "latent numbers": gan.latent_dim,
        "layers of G": [type(layer).__name__ for layer in gan.generator.layers],
        "dropout": [getattr(layer, "rate", None) for layer in gan.discriminator.layers],
        "rates": [float(each.learning_rate) for each in gan.optimizers.values()],
        "beta_2": [each.beta_2 for each in gan.optimizers.values()],
        "batch size": recipe.batch_size,
        "step": gan.take_step,
        "loss of G": gan.generator_loss,
        "loss of D": gan.discriminator_loss,
    }


def test_the_others_differ_from_lesson_5_in_one_thing():
    ours = describe("lesson 5")
    changed = {
        kind: [name for name, value in describe(kind).items() if value != ours[name]]
        for kind in controls.KINDS
    }
    assert changed == {
        "lesson 5": [],
        "no mapping": ["weights of G", "layers of G"],
        "no mapping, 128 numbers": ["weights of G", "latent numbers", "layers of G"],
        "mapping without ReLU": ["layers of G"],
        "no label smoothing": ["loss of D"],
        "β2 of .999": ["beta_2"],
        "rates of .003 and .0005": ["rates"],
        "dropout of .3": ["dropout"],
        "batches of 64": ["batch size"],
        "D alone first": ["step"],
        "saturating loss": ["loss of G"],
        "G's rate × 10": ["rates"],
    }


def test_d_is_alone_at_first_and_takes_as_many_steps(monkeypatch):
    monkeypatch.setattr(controls, "ALONE", 1)
    gan = conftest.make_dense_gan()
    real_images = np.zeros((4, 28, 28, 1), np.float32)
    latents = latent.sample_latents(4, conftest.LATENT_DIM, seed=0)
    first = [
        network.trainable_variables[0] for network in (gan.generator, gan.discriminator)
    ]
    moved = []
    for step in range(2):
        gan.step_count.assign(step)
        before = [weight.numpy().copy() for weight in first]
        controls.head_start_step(gan, real_images, latents)
        moved.append([not np.array_equal(*pair) for pair in zip(before, first)])
    assert moved == [[False, True], [True, True]]


def test_kinds_are_kept_in_their_order(tmp_path, monkeypatch):
    monkeypatch.setattr(controls, "train", lambda kind, seed: RECORD[kind][str(seed)])
    out = tmp_path / "controls.json"
    records.write(out, {"no mapping": {}, "lesson 5": {}})
    controls.main(["--out", str(out)])
    assert list(records.read(out, controls.SCHEMA)) == list(controls.KINDS)


def test_what_is_there_is_not_trained_again(tmp_path, monkeypatch, capsys):
    trained = []

    def train(kind, seed):
        trained.append((kind, seed))
        return RECORD[kind][str(seed)]

    monkeypatch.setattr(controls, "train", train)
    monkeypatch.setattr(controls, "KINDS", {"lesson 5": {}})
    out = tmp_path / "controls.json"
    records.write(out, {"lesson 5": {"1": RECORD["lesson 5"]["1"]}})
    controls.main(["--out", str(out)])
    assert trained == [("lesson 5", 0), ("lesson 5", 2)]
    assert records.read(out, controls.SCHEMA)["lesson 5"] == RECORD["lesson 5"]
    assert capsys.readouterr().out.count("| lesson 5 |") == 3


def test_a_record_that_is_not_there_is_not_shown_empty(tmp_path):
    with pytest.raises(FileNotFoundError):
        controls.main(["--show", "--out", str(tmp_path / "controls.json")])
