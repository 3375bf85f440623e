"""One training in one folder: broken off, gone on with, or refused."""

import json
import os
import shutil

from gan_utils import callbacks, checkpoints, judge, models, recipes, runs
from tests.devices import SMALL

import numpy as np
import pytest
import tensorflow as tf

TINY = SMALL.vary(judge_every=4)
BEGUN_WITH = {"name": "tiny", "seed": 3, "devices": 1}


@pytest.fixture(scope="module", autouse=True)
def judged():
    """Puts a tiny row among the recipes, and a quick judge in place of the real one."""
    shapes = []

    def measure(images, asked):
        shapes.append(images.shape)
        numbers = {"frechet_distance": float(images.mean()), "modes_covered": 7}
        return {**numbers, "n": len(images), "shares": [0.5, 0.5]}

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(recipes.RECIPES, "tiny", TINY)
        # The test digits are not asked while a model trains.
        patch.setattr(judge, "load_validation_judge", lambda: measure)
        patch.delattr(judge, "load_judge")
        yield shapes


@pytest.fixture(scope="module")
def whole(judged, tmp_path_factory):
    """A training without a break: its folder, and what `train` returned."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    return folder, *runs.train("tiny", folder, seed=3)


@pytest.fixture(scope="module")
def broken(judged, tmp_path_factory):
    """The same, broken off after step 5."""
    folder = tmp_path_factory.mktemp("runs") / "broken"
    runs.train("tiny", folder, seed=3, steps=5)
    return folder, *runs.train("tiny", folder, seed=3)


def test_a_training_goes_on_and_ends_as_if_never_stopped(whole, broken):
    (_, first, _), (_, second, _) = whole, broken
    assert first.step == second.step == TINY.steps
    assert first.networks.keys() == second.networks.keys()
    for name, network in first.networks.items():
        for a, b in zip(network.weights, second.networks[name].weights, strict=True):
            np.testing.assert_array_equal(a, b)


def test_training_moves_the_networks(whole):
    for name, network in TINY.build(3).networks.items():
        trained = whole[1].networks[name].trainable_variables
        for a, b in zip(network.trainable_variables, trained, strict=True):
            assert not np.array_equal(a, b)


def test_a_folder_holds_curves_frames_checkpoints_and_what_it_was_begun_with(broken):
    folder = broken[0]
    steps, _ = callbacks.read_scalars(folder / "log")["generator_loss"]
    assert steps.tolist() == [2, 4, 5, 6, 8]
    frames = sorted(path.name for path in (folder / "frames").iterdir())
    assert frames == [f"step_{step:08d}.png" for step in (0, 2, 4, 5, 6, 8)]
    assert checkpoints.find(folder / "checkpoint")[0].name == "ckpt-8"
    assert json.loads((folder / "run.json").read_text()) == BEGUN_WITH


def test_the_seconds_are_those_of_all_sittings(broken):
    folder, _, seconds = broken
    assert seconds > 0
    assert runs.train("tiny", folder, seed=3)[1] == seconds


def test_the_average_is_settled_on_many_points_for_good(whole):
    gan = whole[1]
    norm = gan.averaged_generator.layers[1]
    settled = norm.moving_mean.numpy()
    models.settle_batch_norm(gan.averaged_generator, gan.watched_latents(4096))
    np.testing.assert_array_equal(norm.moving_mean, settled)


def test_a_judge_measures_samples_while_training(whole, broken, judged):
    assert judged == [(2000, 28, 28)] * 4  # at two steps of each training
    for folder in (whole[0], broken[0]):
        curves = callbacks.read_scalars(folder / "log" / "judge")
        assert set(curves) == {"frechet_distance", "modes_covered"}
        steps, values = curves["frechet_distance"]
        assert steps.tolist() == [4, 8]
        assert values[0] != values[1]


def refused(folder, **options):
    with pytest.raises(ValueError) as error:
        runs.train(**{"name": "tiny", "folder": folder, "seed": 3, **options})
    return str(error.value)


@pytest.mark.parametrize(
    "options", [{"name": "lesson_05"}, {"seed": 4}], ids=["name", "seed"]
)
def test_a_folder_keeps_its_name_and_seed(whole, options):
    said = f"{whole[0]} holds a training of tiny with seed 3 on 1 device(s)."
    assert said in refused(whole[0], **options)


def test_a_folder_of_more_steps_is_refused(whole):
    assert "holds a training of 8 steps, 2 were asked for" in refused(whole[0], steps=2)


def copy_of(run, folder, **record):
    """Copies a folder; its record is changed."""
    shutil.copytree(run[0], folder)
    path = folder / "run.json"
    changed = {**json.loads(path.read_text()), **record}
    path.write_text(json.dumps({k: v for k, v in changed.items() if v is not None}))
    return folder


def test_a_folder_keeps_its_number_of_devices(whole, tmp_path):
    folder = copy_of(whole, tmp_path / "two", devices=2)
    assert "with seed 3 on 2 device(s). Give another folder" in refused(folder)


def test_a_folder_that_tells_no_devices_was_trained_on_one(whole, tmp_path):
    folder = copy_of(whole, tmp_path / "older", devices=None)
    model, seconds = runs.train("tiny", folder, seed=3)
    assert (model.step, seconds) == (8, whole[2])


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    kept = tmp_path / "log" / "events.mine"
    kept.parent.mkdir()
    kept.touch()
    assert "holds something else than a training" in refused(tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [kept]


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"name": "tiny"}', None])
def test_a_record_that_is_lost_is_made_again_from_the_checkpoint(whole, text, tmp_path):
    folder = copy_of(whole, tmp_path / "copy")
    record = folder / "run.json"
    record.write_text(text) if text else record.unlink()
    assert "tiny with seed 3 on 1 device(s)" in refused(folder, seed=4)
    assert runs.train("tiny", folder, seed=3)[0].step == 8
    assert json.loads(record.read_text()) == BEGUN_WITH


def test_a_folder_in_place_of_the_record_is_left_alone(whole, tmp_path):
    folder = copy_of(whole, tmp_path / "copy")
    (folder / "run.json").unlink()
    (folder / "run.json").mkdir()
    assert runs.train("tiny", folder, seed=3)[0].step == 8
    assert (folder / "run.json").is_dir()


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"name": "tiny"}'])
def test_a_damaged_record_alone_is_named_and_left_alone(text, tmp_path):
    (tmp_path / "run.json").write_text(text)
    said = refused(tmp_path)
    assert f"{tmp_path / 'run.json'} is" in said
    assert "which model and seed" in said
    assert (tmp_path / "run.json").read_text() == text


def test_a_training_never_begins_anew_beside_checkpoints(whole, tmp_path):
    folder = copy_of(whole, tmp_path / "copy")
    for path in (folder / "checkpoint").glob("*.index"):
        path.write_bytes(b"")
    before = sorted(folder.rglob("*"))
    with pytest.raises(OSError, match="they are damaged"):
        runs.train("tiny", folder, seed=3)
    assert sorted(folder.rglob("*")) == before


def test_checkpoints_of_another_seed_are_not_gone_on_with(whole, tmp_path):
    folder = copy_of(whole, tmp_path / "copy", seed=9)
    for seed in (3, 9):
        assert "holds a training of tiny with seed" in refused(folder, seed=seed)


def test_a_model_without_checkpoints_is_not_begun_anew(whole, tmp_path):
    folder = copy_of(whole, tmp_path / "copy")
    shutil.rmtree(folder / "checkpoint")
    (folder / "model").mkdir()
    before = sorted((folder / "frames").iterdir())
    assert "holds a trained model, and no checkpoint" in refused(folder)
    assert sorted((folder / "frames").iterdir()) == before


@pytest.mark.parametrize(
    "options", [{"steps": 0}, {"steps": 2.5}, {"seed": -1}, {"save_every": np.nan}]
)
def test_numbers_out_of_range_are_refused_before_a_folder_is_made(options, tmp_path):
    assert f"{list(options)[0]} is" in refused(tmp_path / "new", **options)
    assert not (tmp_path / "new").exists()


def test_an_error_of_a_step_is_not_taken_for_a_full_disk(tmp_path, monkeypatch):
    def step(gan, images, latents):
        tf.debugging.assert_less(tf.reduce_max(images), -2.0)
        return {}

    monkeypatch.setitem(recipes.RECIPES, "wrong", TINY.vary(step=step))
    with pytest.raises(tf.errors.InvalidArgumentError):
        runs.train("wrong", tmp_path)


def test_two_trainings_in_one_folder_at_once_are_refused(whole):
    with runs._claim(whole[0]):
        assert f"Another training is running in {whole[0]}" in refused(whole[0])


def test_a_log_that_cannot_be_written_is_an_os_error(whole, tmp_path):
    folder = copy_of(whole, tmp_path / "copy")
    shutil.rmtree(folder / "log")
    (folder / "log").touch()
    with pytest.raises(
        OSError, match=r"^Training stopped: Not a directory\. The check"
    ):
        runs.train("tiny", folder, seed=3, steps=10)


@pytest.fixture
def two_cores(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    devices = tf.config.list_physical_devices
    monkeypatch.setattr(
        tf.config,
        "list_physical_devices",
        lambda kind: [] if kind == "GPU" else devices(kind),
    )
    tf.constant(0)  # from here on TensorFlow computes on one device


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"devices": 3}, "3 devices were asked for, and they cannot share the batches"),
        ({"devices": 0}, "0 devices were asked for"),
        ({"devices": -1}, "-1 devices were asked for"),
        ({"devices": 4}, "this machine has 2 cores. Ask for a number from 1 to 2."),
        ({"devices": 2}, "TensorFlow has begun to compute on one device"),
        ({"devices": 2, "name": "oreilly"}, "oreilly begins with D alone"),
    ],
)
def test_devices_that_cannot_be_had_are_refused(options, message, two_cores, tmp_path):
    assert message in refused(tmp_path / "new", **options)
    assert not list(tmp_path.iterdir())


def test_no_devices_are_refused(two_cores):
    with pytest.raises(ValueError, match="0 devices .* from 1 to 2"):
        runs.spread(0)


def test_one_device_needs_no_strategy_of_its_own(two_cores):
    assert runs.spread(1) is tf.distribute.get_strategy()
