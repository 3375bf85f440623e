"""Checkpoints bring a training back bit for bit, whatever happened to them."""

import os
import time

from gan_utils.checkpoints import Checkpoint, find, read_origin
from tests.conftest import (
    SaveAt,
    differences,
    fit,
    fit_plane,
    make_gan,
    make_line,
    make_plane_gan,
    same,
    state,
    train_classifier,
)

import numpy as np
import pytest
import tensorflow as tf


def test_bad_weights_are_not_saved_over_good_ones(tmp_path):
    model = make_line()
    saver = Checkpoint(model, tmp_path)
    saver.save()
    weight = model.networks["line"].weights[0]
    weight.assign(np.nan * weight)
    with pytest.raises(FloatingPointError, match="of the line is not finite"):
        saver.save()
    fresh = make_line(seed=1)
    Checkpoint(fresh, tmp_path)
    assert same(state(fresh), state(make_line()))


def test_a_gan_with_dropout_and_batch_norm_resumes_bit_for_bit(tmp_path):
    whole = make_gan(dropout=0.3)
    fit(whole, 6, [SaveAt(4, Checkpoint(whole, tmp_path))])
    resumed = make_gan(dropout=0.3, seed=5)  # with other weights, to be replaced
    resumed.seed = 0
    Checkpoint(resumed, tmp_path)
    assert resumed.step == 4
    fit(resumed, 6)
    assert differences(whole, resumed) == {}


def test_a_classifier_with_dropout_resumes_bit_for_bit(tmp_path):
    whole = train_classifier(5)
    train_classifier(3, tmp_path)
    resumed = train_classifier(5, tmp_path)
    assert whole.step == resumed.step == 5
    assert differences(whole, resumed) == {}
    start = train_classifier(0)
    assert not same(state(start), state(resumed))


def test_a_step_that_is_saved_is_not_written_again(tmp_path, monkeypatch):
    model = make_line()
    saver = Checkpoint(model, tmp_path, seconds=0)
    written = []
    monkeypatch.setattr(saver, "_write", written.append)
    fit_plane(model, 4, [saver])
    assert written == [2, 4]


def test_checkpoints_are_saved_by_the_clock(tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    saver = Checkpoint(make_line(), tmp_path, seconds=20)
    saved = []
    monkeypatch.setattr(saver, "save", lambda: saved.append(now[0]))
    for now[0] in (5.0, 19.0, 20.0):
        saver.on_epoch_end(0)
    assert saved == [20.0]


@pytest.mark.parametrize("other", [{"width": 65}, {"depth": 2}, {"depth": 0}])
def test_a_foreign_checkpoint_is_named(other, tmp_path):
    Checkpoint(make_line(), tmp_path).save()
    with pytest.raises(ValueError, match="made by other networks"):
        Checkpoint(make_line(**other), tmp_path)


def test_a_checkpoint_leaves_the_learning_rates_alone(tmp_path):
    Checkpoint(make_line(), tmp_path).save()
    model = make_line(rate=0.25)
    Checkpoint(model, tmp_path)
    assert float(model.optimizers["line"].learning_rate) == 0.25


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_the_last_whole_checkpoint_loads_when_a_later_one_is_damaged(tmp_path):
    model = make_line()
    saver = Checkpoint(model, tmp_path, seconds=0)
    fit_plane(model, 2, [saver])
    expected = state(model)
    fit_plane(model, 4, [saver])
    truncate(tmp_path / "ckpt-4.data-00000-of-00001")
    resumed = make_line()
    Checkpoint(resumed, tmp_path)
    assert resumed.step == 2
    assert same(expected, state(resumed))


def test_a_folder_of_damaged_checkpoints_is_named(tmp_path):
    Checkpoint(make_line(), tmp_path).save()
    truncate(tmp_path / "ckpt-0.data-00000-of-00001")
    with pytest.raises(OSError, match="can be read; they are damaged"):
        Checkpoint(make_line(), tmp_path)


def test_only_two_checkpoints_are_kept(tmp_path):
    model = make_line()
    fit_plane(model, 8, [Checkpoint(model, tmp_path, seconds=0)])
    assert len(list(tmp_path.glob("*.index"))) == 2


def test_a_full_disk_is_an_error_and_what_was_saved_stays(tmp_path):
    model = make_line()
    saver = Checkpoint(model, tmp_path)
    fit_plane(model, 4, [saver])
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError, match="step 6 could not be written"):
            fit_plane(model, 6, [saver])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    fresh = make_line()
    Checkpoint(fresh, tmp_path)
    assert fresh.step == 4


def test_a_training_that_broke_goes_on_from_its_checkpoint(tmp_path):
    gan = make_plane_gan(steps_per_execution=4)
    saver = Checkpoint(gan, tmp_path)
    saver.save()
    gan.fault = "generator_loss was not a finite number at step 3."
    with pytest.raises(FloatingPointError, match="at step 3"):
        saver.save()
    again = Checkpoint(gan, tmp_path)
    again.save()
    assert gan.step == 0


@pytest.fixture
def trained(tmp_path):
    """A line with checkpoints of steps 2 and 4: the folder, and the states then."""
    model = make_line()
    saver = Checkpoint(model, tmp_path, seconds=0)
    states = {}
    for step in (2, 4):
        fit_plane(model, step, [saver])
        states[step] = state(model)
    return tmp_path, states


def restored(folder):
    model = make_line(seed=1)
    Checkpoint(model, folder)
    return model


@pytest.mark.parametrize("times", [(0, 0), (2e9, 1e9)], ids=["first", "backwards"])
def test_the_newest_is_found_by_its_step_whatever_index_or_clock_say(trained, times):
    folder, states = trained
    (folder / "checkpoint").write_text("model_checkpoint_path: 'ckpt-2'")
    for step, moment in zip((2, 4), times):
        for path in folder.glob(f"ckpt-{step}.*"):
            os.utime(path, (moment, moment))
    model = restored(folder)
    assert model.step == 4
    assert same(states[4], state(model))


@pytest.mark.parametrize("lost", ["index", "data-00000-of-00001"])
def test_half_a_checkpoint_counts_as_damaged(trained, lost):
    folder, states = trained
    (folder / f"ckpt-4.{lost}").unlink()
    assert same(states[2], state(restored(folder)))
    (folder / f"ckpt-2.{lost}").unlink()
    with pytest.raises(OSError, match="they are damaged"):
        restored(folder)


def test_damaged_ones_do_not_push_out_the_whole(trained):
    folder, _ = trained
    truncate(folder / "ckpt-4.index")
    model = make_line()
    saver = Checkpoint(model, folder)
    model.step_count.assign(3)
    saver.save()
    assert [path.name for path in find(folder)] == ["ckpt-4", "ckpt-3", "ckpt-2"]


@pytest.mark.parametrize("moved", [False, True], ids=["nothing", "data"])
def test_a_save_that_was_killed_is_ended_or_cleared_away(trained, moved):
    folder, states = trained
    part = folder / "part-killed"
    part.mkdir()
    for path in folder.glob("ckpt-4.*"):
        if not (moved and "data" in path.name):
            path.rename(part / path.name)
    model = restored(folder)
    assert model.step == (4 if moved else 2)
    assert same(states[model.step], state(model))
    assert not part.exists()


def test_a_save_that_fails_half_way_leaves_no_trace(trained, monkeypatch):
    folder, _ = trained
    before = sorted(folder.iterdir())
    model = restored(folder)
    saver = Checkpoint(model, folder)
    model.step_count.assign(6)

    def full(*given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="step 6 could not be written .* No space left"):
        saver.save()
    assert sorted(folder.iterdir()) == before


def test_a_refused_checkpoint_leaves_the_model_as_it_was(trained):
    model = make_line(width=65)
    before = state(model)
    with pytest.raises(ValueError, match="made by other networks"):
        Checkpoint(model, trained[0])
    assert same(before, state(model))


def test_a_checkpoint_of_another_seed_is_refused(tmp_path):
    gan = make_plane_gan(seed=9)
    Checkpoint(gan, tmp_path).save()
    other = make_plane_gan(seed=3)
    before = state(other)
    with pytest.raises(ValueError, match="training with seed 9, this one has 3"):
        Checkpoint(other, tmp_path)
    assert same(before, state(other))


def test_a_checkpoint_carries_what_the_training_was_begun_with_and_its_seconds(
    tmp_path,
):
    model = make_line()
    model.seconds = 7.5
    Checkpoint(model, tmp_path, begun_with={"name": "line"}).save()
    assert read_origin(tmp_path) == {"name": "line"}
    assert restored(tmp_path).seconds == 7.5
    with pytest.raises(ValueError, match="with name 'line', this one has 'curve'"):
        Checkpoint(make_line(), tmp_path, begun_with={"name": "curve"})


def test_a_checkpoint_that_tells_no_origin_is_restored(trained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("older")
    model = restored(trained[0])
    tf.train.Checkpoint(**model.state()).save(str(folder / "ckpt"))
    assert read_origin(folder) is None
    assert same(state(model), state(restored(folder)))


def test_a_checkpoint_that_was_restored_is_not_written_again(trained, monkeypatch):
    model = make_line()
    saver = Checkpoint(model, trained[0])
    monkeypatch.setattr(saver, "_write", pytest.fail)
    saver.on_train_end()


def test_a_checkpoint_is_on_the_disk_before_it_is_there(tmp_path, monkeypatch):
    saver, done = Checkpoint(make_line(), tmp_path), []
    sync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda file: (done.append("disk"), sync(file)))
    monkeypatch.setattr(
        os, "replace", lambda *given: (done.append(given[1].suffix), replace(*given))
    )
    saver.save()
    assert done == ["disk", "disk", ".data-00000-of-00001", ".index"]


def test_two_whole_ones_are_kept_beside_a_damaged_one(trained):
    folder, _ = trained
    truncate(folder / "ckpt-4.index")
    model = make_line()
    saver = Checkpoint(model, folder)
    for step, left in ((3, [4, 3, 2]), (5, [5, 3]), (7, [7, 5])):
        model.step_count.assign(step)
        saver.save()
        assert [path.name for path in find(folder)] == [f"ckpt-{n}" for n in left]


def test_a_folder_that_was_moved_away_is_not_written_into_again(tmp_path):
    folder, moved = tmp_path / "run", tmp_path / "moved"
    saver = Checkpoint(make_line(), folder)
    saver.save()
    folder.rename(moved)
    Checkpoint(make_line(seed=5), folder).save()
    saver._trained.step_count.assign(2)
    with pytest.raises(OSError, match="moved or removed .* step 2 is not saved"):
        saver.save()
    assert [path.name for path in find(folder)] == ["ckpt-0"]
    assert [path.name for path in find(moved)] == ["ckpt-0"]


def test_what_others_put_beside_checkpoints_stays(tmp_path):
    theirs = tmp_path / "part-mine" / "thesis.txt"
    theirs.parent.mkdir()
    theirs.touch()
    Checkpoint(make_line(), tmp_path).save()
    assert theirs.exists()


def test_a_seed_of_numpy_and_tuples_come_back_as_they_are_compared(tmp_path):
    for _ in range(2):
        gan = make_plane_gan(seed=np.int64(9))
        Checkpoint(gan, tmp_path, begun_with={"shape": (28, 28)}).save()
    assert read_origin(tmp_path) == {"seed": 9, "shape": [28, 28]}


def test_the_clock_begins_anew_with_each_save(tmp_path, monkeypatch):
    now, saved = [0.0], []
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    saver = Checkpoint(make_line(), tmp_path, seconds=20)
    monkeypatch.setattr(saver, "_write", lambda step: saved.append(now[0]))
    for now[0] in (20.0, 30.0, 39.0, 40.0):
        saver.on_epoch_end(0)
    assert saved == [20.0, 40.0]


def test_a_pipe_in_place_of_a_file_is_not_waited_for(trained):
    folder, states = trained
    (folder / "ckpt-4.index").unlink()
    os.mkfifo(folder / "ckpt-4.index")
    assert same(states[2], state(restored(folder)))
