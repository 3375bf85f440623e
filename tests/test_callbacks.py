"""What a training leaves behind: a log, pictures, a bar."""

import subprocess
import sys
import types

from gan_utils import callbacks, latent, paths
from gan_utils.callbacks import GRAPHS, ProgressBar, SampleFrames, TensorBoardLog
from gan_utils.steps import LOSSES as STEP_LOSSES
from tests.conftest import LATENT_DIM, fit, make_dense_gan

import keras
import matplotlib.pyplot as plt
import numpy as np
import psutil
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing import event_accumulator

POINTS = latent.sample_latents(4, LATENT_DIM, seed=0)


@pytest.fixture(scope="module")
def compiled_gan():
    return make_dense_gan()


@pytest.fixture
def gan(compiled_gan):
    """The same GAN for all tests, which counts its steps from 0 again."""
    compiled_gan.step_count.assign(0)
    return compiled_gan


def read_events(folder):
    log = event_accumulator.EventAccumulator(str(folder))
    log.Reload()
    return log


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_log_holds_all_curves_and_samples_and_both_graphs(gan, tmp_path):
    history = fit(gan, 6, [TensorBoardLog(tmp_path, POINTS, image_every=4)])
    curves = callbacks.read_scalars(tmp_path)
    assert set(curves) == set(history.history)
    assert len(curves) == 6
    for name, (steps, values) in curves.items():
        assert steps.tolist() == [2, 4, 6]
        np.testing.assert_allclose(values, history.history[name], rtol=1e-6)
    log = read_events(tmp_path)
    assert [event.step for event in log.Tensors("samples")] == [4]
    png = log.Tensors("samples")[0].tensor_proto.string_val[2]
    assert tf.io.decode_png(png).shape == (58, 58, 1)  # two by two images and a gap
    assert names_in(tmp_path / GRAPHS) == ["discriminator", "generator"]
    for name in ("generator", "discriminator"):
        assert name in str(read_events(tmp_path / GRAPHS / name).Graph())


def test_a_log_is_shown_with_samples_losses_and_scores():
    folder = paths.PRETRAINED / "tiny_mlp" / "log"
    black = np.zeros((4, 28, 28))
    curves, judged = callbacks.show_log(folder, black, pixel_range=(0, 1))
    samples, losses, scores = plt.gcf().axes
    assert samples.images[0].get_array().min() == 0
    shown = {line.get_label(): line.get_ydata() for line in losses.lines}
    assert list(shown) == ["D, real", "D, fake", "G"]
    for label, name in zip(shown, STEP_LOSSES[1:] + STEP_LOSSES[:1]):
        np.testing.assert_array_equal(shown[label], curves[name][1])
    steps, values = judged["classifier_score"]
    np.testing.assert_array_equal(scores.lines[0].get_xydata().T, [steps, values])
    assert scores.get_xlim()[1] > 20_000
    assert scores.xaxis.get_major_formatter()(20_000, 0) == "20k"
    plt.close("all")


def test_a_log_without_points_holds_curves_alone(gan, tmp_path):
    fit(gan, 2, [TensorBoardLog(tmp_path, None, image_every=1)])
    assert len(callbacks.read_scalars(tmp_path)) == 6
    assert "samples" not in read_events(tmp_path).Tags()["tensors"]


def test_the_graph_of_a_network_of_two_inputs_is_written(tmp_path):
    first, second = keras.Input((3,)), keras.Input((2,))
    both = keras.layers.Concatenate(name="both")([first, second])
    callbacks.write_graph(tmp_path, keras.Model([first, second], both))
    assert "both" in str(read_events(tmp_path).Graph())


def test_the_curves_are_there_before_the_graphs(gan, tmp_path, monkeypatch):
    """TensorBoard opens on what it finds first, and graphs cannot be reloaded."""
    seen = []

    def look(folder, network):
        seen.append(callbacks.read_scalars(tmp_path)["generator_loss"][0].tolist())

    monkeypatch.setattr(callbacks, "write_graph", look)
    fit(gan, 6, [TensorBoardLog(tmp_path, POINTS)])
    assert seen == [[2], [2]]


def test_a_log_goes_on_after_a_break_and_the_later_value_counts(gan, tmp_path):
    fit(gan, 4, [TensorBoardLog(tmp_path, POINTS)])
    gan.step_count.assign(2)
    history = fit(gan, 6, [TensorBoardLog(tmp_path, POINTS)])
    steps, values = callbacks.read_scalars(tmp_path)["generator_loss"]
    assert steps.tolist() == [2, 4, 6]
    np.testing.assert_allclose(values[1:], history.history["generator_loss"], rtol=1e-6)


def test_a_training_begun_anew_leaves_no_old_points_and_no_old_graphs(gan, tmp_path):
    fit(gan, 6, [TensorBoardLog(tmp_path, POINTS)])
    gan.step_count.assign(0)
    fit(gan, 2, [TensorBoardLog(tmp_path, POINTS)])
    assert callbacks.read_scalars(tmp_path)["generator_loss"][0].tolist() == [2]
    assert len(list((tmp_path / GRAPHS).rglob("events.*"))) == 2


def test_a_step_that_was_interrupted_while_logging_is_left_out(gan, tmp_path):
    fit(gan, 4, [TensorBoardLog(tmp_path, POINTS)])
    with tf.summary.create_file_writer(str(tmp_path)).as_default(step=6):
        tf.summary.scalar("generator_loss", 1.0)
    curves = callbacks.read_scalars(tmp_path)
    assert {tuple(steps) for steps, _ in curves.values()} == {(2, 4)}


def test_a_missing_log_is_named(tmp_path):
    with pytest.raises(OSError, match="holds no TensorBoard log"):
        callbacks.read_scalars(tmp_path)


def test_a_log_without_curves_is_named(tmp_path):
    tf.summary.create_file_writer(str(tmp_path)).close()
    with pytest.raises(OSError, match="holds no curve yet"):
        callbacks.read_scalars(tmp_path)


def test_frames_are_kept_by_step_and_change(gan, tmp_path):
    frames = SampleFrames(POINTS, tmp_path)
    fit(gan, 4, [frames])
    assert names_in(tmp_path) == [f"step_{step:08d}.png" for step in (0, 2, 4)]
    pictures = frames.pictures()
    assert len(pictures) == 3
    assert pictures[0].shape == (58, 58)
    assert not np.array_equal(pictures[0], pictures[2])
    assert len(frames.pictures(at_most=2)) == 2


def test_frames_of_an_earlier_training_go_when_one_begins_anew(gan, tmp_path):
    fit(gan, 4, [SampleFrames(POINTS, tmp_path)])
    gan.step_count.assign(0)
    fit(gan, 2, [SampleFrames(POINTS, tmp_path)])
    assert len(list(tmp_path.iterdir())) == 2


def test_the_live_view_shows_every_picture(gan, tmp_path, monkeypatch):
    shown = []

    class View:
        def update(self, picture):
            shown.append(picture)

    def show(picture, display_id):
        shown.append(picture)
        return View()

    monkeypatch.setattr(callbacks, "display", show)
    fit(gan, 4, [SampleFrames(POINTS, tmp_path, live=True)])
    assert len(shown) == 3
    assert all(picture.data.startswith(b"\x89PNG") for picture in shown)


@pytest.fixture
def sleeper():
    """A process that nobody here may end, but for this fixture."""
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    with subprocess.Popen(command) as process:
        yield process
        process.kill()


def noted(monkeypatch, *servers):
    found = [
        types.SimpleNamespace(logdir=str(logdir), pid=pid) for logdir, pid in servers
    ]
    monkeypatch.setattr("tensorboard.manager.get_all", lambda: found)


def test_only_servers_that_are_tensorboard_are_stopped(sleeper, tmp_path, monkeypatch):
    gone = 2**22 - 1
    noted(monkeypatch, (tmp_path, gone), (tmp_path, sleeper.pid), ("other", gone))
    assert callbacks.stop_tensorboard(tmp_path) == 0
    assert sleeper.poll() is None


def test_a_server_of_the_folder_is_stopped(sleeper, tmp_path, monkeypatch):
    noted(monkeypatch, (tmp_path, sleeper.pid))
    words = ["python", "bin/tensorboard", f"--logdir={tmp_path}"]
    monkeypatch.setattr(psutil.Process, "cmdline", lambda process: words)
    assert callbacks.stop_tensorboard(tmp_path) == 1
    assert sleeper.wait(10) != 0
    words[2] = "--logdir=elsewhere"
    assert callbacks.stop_tensorboard(tmp_path) == 0


def test_the_bar_counts_steps(gan, capsys):
    gan.step_count.assign(2)
    fit(gan, 6, [ProgressBar()])
    printed = capsys.readouterr().out
    assert "2/6" in printed
    assert "6/6" in printed
    assert "generator_loss" in printed


def test_the_bar_of_a_training_in_parts_counts_the_whole(gan, capsys):
    fit(gan, 2, [ProgressBar(total=8)])
    printed = capsys.readouterr().out
    assert "2/8" in printed
    assert "2/2" not in printed
