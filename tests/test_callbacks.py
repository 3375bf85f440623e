"""What a training leaves behind: a log, pictures, a bar."""

import types

from gan_utils import callbacks, latent, training
from tests.test_training import LATENT_DIM, fit, make_gan

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing import event_accumulator

POINTS = latent.sample_latents(4, LATENT_DIM, seed=0)


def test_the_log_holds_six_curves_samples_and_both_graphs(tmp_path):
    gan = make_gan()
    history = fit(gan, 6, [callbacks.TensorBoardLog(tmp_path, POINTS, image_every=4)])
    curves = callbacks.read_scalars(tmp_path)
    assert set(curves) == set(training.METRICS)
    for name, (steps, values) in curves.items():
        assert steps.tolist() == [2, 4, 6]
        np.testing.assert_allclose(values, history.history[name], rtol=1e-6)
    log = event_accumulator.EventAccumulator(str(tmp_path))
    log.Reload()
    assert [event.step for event in log.Tensors("samples")] == [4]
    png = log.Tensors("samples")[0].tensor_proto.string_val[2]
    assert tf.io.decode_png(png).shape == (58, 58, 1)  # two by two images and a gap
    for name in ("generator", "discriminator"):
        graph = event_accumulator.EventAccumulator(str(tmp_path / name))
        graph.Reload()
        assert name in str(graph.Graph())


def test_the_curves_are_there_before_the_graphs(tmp_path, monkeypatch):
    """TensorBoard opens on what it finds first, and graphs cannot be reloaded."""
    seen = []

    def look(folder, network):
        seen.append(callbacks.read_scalars(tmp_path)["generator_loss"][0].tolist())

    monkeypatch.setattr(callbacks, "write_graph", look)
    fit(make_gan(), 6, [callbacks.TensorBoardLog(tmp_path, POINTS)])
    assert seen == [[2], [2]]


def test_a_log_goes_on_after_a_break_and_the_later_value_counts(tmp_path):
    fit(make_gan(), 4, [callbacks.TensorBoardLog(tmp_path, POINTS)])
    resumed = make_gan(seed=1)
    resumed.step_count.assign(2)
    history = fit(resumed, 6, [callbacks.TensorBoardLog(tmp_path, POINTS)])
    steps, values = callbacks.read_scalars(tmp_path)["generator_loss"]
    assert steps.tolist() == [2, 4, 6]
    np.testing.assert_allclose(values[1:], history.history["generator_loss"], rtol=1e-6)


def test_a_training_begun_anew_leaves_no_old_points(tmp_path):
    fit(make_gan(), 6, [callbacks.TensorBoardLog(tmp_path, POINTS)])
    fit(make_gan(), 2, [callbacks.TensorBoardLog(tmp_path, POINTS)])
    assert callbacks.read_scalars(tmp_path)["generator_loss"][0].tolist() == [2]


def test_a_step_that_was_interrupted_while_logging_is_left_out(tmp_path):
    fit(make_gan(), 4, [callbacks.TensorBoardLog(tmp_path, POINTS)])
    with tf.summary.create_file_writer(str(tmp_path)).as_default(step=6):
        tf.summary.scalar("generator_loss", 1.0)
    curves = callbacks.read_scalars(tmp_path)
    assert {tuple(steps) for steps, _ in curves.values()} == {(2, 4)}


def test_a_missing_log_is_named(tmp_path):
    with pytest.raises(OSError, match="holds no TensorBoard log"):
        callbacks.read_scalars(tmp_path)


def test_frames_are_kept_by_step_and_change(tmp_path):
    gan = make_gan()
    frames = callbacks.SampleFrames(POINTS, tmp_path)
    fit(gan, 4, [frames])
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [f"step_{step:08d}.png" for step in (0, 2, 4)]
    pictures = frames.pictures()
    assert len(pictures) == 3
    assert pictures[0].shape == (58, 58)
    assert not np.array_equal(pictures[0], pictures[2])
    assert len(frames.pictures(at_most=2)) == 2


def test_frames_of_an_earlier_training_go_when_one_begins_anew(tmp_path):
    fit(make_gan(), 4, [callbacks.SampleFrames(POINTS, tmp_path)])
    fit(make_gan(), 2, [callbacks.SampleFrames(POINTS, tmp_path)])
    assert len(list(tmp_path.iterdir())) == 2


def test_the_live_view_shows_every_picture(tmp_path, monkeypatch):
    shown = []

    class View:
        def update(self, picture):
            shown.append(picture)

    def show(picture, display_id):
        shown.append(picture)
        return View()

    monkeypatch.setattr(callbacks, "display", show)
    fit(make_gan(), 4, [callbacks.SampleFrames(POINTS, tmp_path, live=True)])
    assert len(shown) == 3
    assert all(picture.data.startswith(b"\x89PNG") for picture in shown)


def test_a_server_that_has_ended_already_is_no_error(tmp_path, monkeypatch):
    from tensorboard import manager

    gone = types.SimpleNamespace(logdir=str(tmp_path), pid=2**22 - 1)
    other = types.SimpleNamespace(logdir="elsewhere", pid=1)
    monkeypatch.setattr(manager, "get_all", lambda: [gone, other])
    assert callbacks.stop_tensorboard(tmp_path) == 1


def test_the_bar_counts_steps(capsys):
    gan = make_gan()
    fit(gan, 2)
    fit(gan, 6, [callbacks.ProgressBar()])
    printed = capsys.readouterr().out
    assert "2/6" in printed
    assert "6/6" in printed
    assert "generator_loss" in printed
