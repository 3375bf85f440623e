"""Trainings that are broken or mended in one thing, and the record of them."""

import json

from gan_utils import paths, playground
from tests.benchmarks import cures, failures, signs
from tests.benchmarks.trials import INTERVAL, Resting, Trial, run

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

PLANE = Trial(rates=(2e-3, 6e-3), mixture=playground.RING, batch_size=128, steps=3000)


def read(name):
    return json.loads(paths.MNIST.with_name(name).read_text(encoding="utf-8"))


def test_with_nothing_changed_it_is_the_playground_s_gan():
    gans = PLANE.build(0), playground.build_gan(0)
    for gan in gans:
        gan.fit(PLANE.batches(0), steps_per_epoch=50, verbose=0, epochs=1)
    for name in ("generator", "discriminator"):
        a, b = (getattr(gan, name).get_weights() for gan in gans)
        for first, second in zip(a, b, strict=True):
            np.testing.assert_allclose(first, second, rtol=1e-3, atol=1e-5)


def test_a_network_rests_between_its_moves():
    rate = Resting(0.5, 3)
    assert [float(rate(step)) for step in range(6)] == [0, 0, 0.5, 0, 0, 0.5]


def test_the_penalty_is_half_of_the_squared_slope():
    gan = PLANE.build(0)
    gan.discriminator = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    gan.discriminator.layers[0].kernel.assign([[3.0], [4.0]])
    assert float(gan._steepness(tf.zeros((5, 2)))) == pytest.approx(12.5)


@pytest.mark.parametrize(
    "cure", sorted(set(cures.CURES) - {"none", "non-saturating loss"})
)
def test_each_cure_changes_something_and_trains(cure):
    ring = cures.RING
    trial = ring.vary(**cures.CURES[cure](ring))
    assert trial != ring
    found = run(trial.vary(steps=2 * INTERVAL), seed=0)
    assert found["stopped"] is None
    assert len(found["curves"]["variety"]) == len(found["curves"]["pull"]) == 2


def test_spectral_normalisation_limits_every_layer():
    change = cures.CURES["spectral normalisation of D"](PLANE)
    gan = PLANE.vary(**change).build(0)
    gan.fit(PLANE.batches(0), steps_per_epoch=50, verbose=0)
    inner = [layer.layer for layer in gan.discriminator.layers]
    # The norm is estimated step by step, and the weights move after it.
    assert max(np.linalg.norm(layer.kernel, 2) for layer in inner) < 1.5


def test_the_record_is_of_these_failures():
    found = read("failures.json")
    assert found["interval"] == INTERVAL
    assert {
        name: (of["change"], of["sign"]) for name, of in found["failures"].items()
    } == {name: (change, sign) for name, (change, _, sign) in failures.FAILURES.items()}


def test_what_was_run_is_added_and_nothing_is_lost(tmp_path):
    record, table = read("failures.json"), {"ring": read("cures.json")["ring"]}
    assert failures.gather(tmp_path, record) == record
    assert cures.gather(tmp_path, table) == table
    run_of = {"result": {}, "stopped": None, "curves": {"variety": [1 / 3]}}
    (tmp_path / "healthy_77.json").write_text(json.dumps(run_of))
    kept = {**run_of, "curves": {"variety": [0.3333]}}
    added = failures.gather(tmp_path, record)["failures"]["healthy"]["runs"]
    assert added["77"] == kept
    assert "0" in added
    for cure in cures.CURES:
        for seed in cures.SEEDS:
            (tmp_path / f"momentum, {cure}, {seed}.json").write_text('{"result": 5}')
    assert list(cures.gather(tmp_path, table)) == ["ring", "momentum"]


def test_samples_that_were_drawn_again_replace_the_old_ones(tmp_path):
    new = np.full((3, 20, 28, 28), 7, np.uint8)
    np.savez(tmp_path / "healthy_0.npz", samples=new)
    old = {name: new[:, :10] + 1 for name in ("healthy", "momentum")}
    kept = failures.gather_samples(tmp_path, old)
    np.testing.assert_array_equal(kept["healthy"], new[:, :10])
    assert (kept["momentum"] == 8).all()


def test_samples_of_all_failures_that_ran_to_the_end_are_kept():
    with np.load(paths.MNIST.with_name("failures.npz")) as samples:
        shapes = {name: samples[name].shape for name in samples}
    assert set(shapes) == set(failures.FAILURES) - {"not_a_number"}
    assert set(shapes.values()) == {(len(failures.KEEP_AT), 10, 28, 28)}


def test_the_table_has_three_seeds_of_every_cure():
    table = read("cures.json")
    assert list(table) == list(cures.STARTS)
    for results in table.values():
        assert list(results) == list(cures.CURES)
        assert {len(each) for each in results.values()} == {3}


def test_the_page_of_signs_shows_every_failure_it_names():
    figure = signs.draw(read("failures.json"))
    assert len(figure.axes) == len(signs.ROWS) * len(signs.COLUMNS)
    assert all(len(panel.lines) == 2 * len(signs.SEEDS) for panel in figure.axes)


def test_the_mosaic_shows_the_last_samples_two_failures_a_row():
    samples = {
        str(value): np.full((3, 10, 4, 4), value, np.uint8) for value in range(1, 7)
    }
    picture = signs.lay_out(samples)
    assert picture.shape == (3 * 6 - 2, 20 * 6 - 2)
    assert picture[0, 0] == 1
    assert picture[0, -1] == 4
    assert picture[-1, -1] == 6
