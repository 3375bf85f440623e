"""What `fit` calls while a model trains: a bar, pictures, and a TensorBoard log."""

import contextlib
import os
import shutil
import sys
import sysconfig
from pathlib import Path

from gan_utils import plotting, quiet  # noqa: F401

import keras
import matplotlib.pyplot as plt
import numpy as np
import psutil
import tensorflow as tf
from IPython.display import Image as Picture
from IPython.display import display
from PIL import Image
from tqdm import tqdm

FRAMES = f"step_{'[0-9]' * 8}.png"
GRAPHS = "graphs"  # the folder of a log in which the networks' graphs lie
SHOWN_LOSSES = {
    "D, real": "discriminator_loss_real",
    "D, fake": "discriminator_loss_fake",
    "G": "generator_loss",
}


class ProgressBar(keras.callbacks.Callback):
    """One bar for the whole training, counted in steps.

    Keras' own bar starts a line at each interval; pass `verbose=0` to `fit`.

    Args:
        total: steps of the whole training; those of this `fit` when None.
    """

    def __init__(self, total=None):
        super().__init__()
        self.total = total

    def on_train_begin(self, logs=None):
        self._bar = tqdm(
            total=self.total or self.params["epochs"] * self.params["steps"],
            initial=self.model.step,
            unit=" steps",
            file=sys.stdout,
            ncols=100,
        )

    def on_epoch_end(self, epoch, logs=None):
        names = ("generator_loss", "probability_fake", "critic_estimate", "accuracy")
        shown = {name: f"{logs[name]:.2f}" for name in names if name in logs}
        self._bar.set_postfix(shown, refresh=False)
        self._bar.update(self.model.step - self._bar.n)

    def on_train_end(self, logs=None):
        self._bar.close()


class SampleFrames(keras.callbacks.Callback):
    """Draws the same latent points after every interval, to see them improve.

    Each picture is kept as a PNG named by its step, so an interrupted training
    loses none.

    Args:
        latents: the points to draw, as `models.inputs_of` returns them.
        folder: where the pictures go; made when it is missing.
        live: whether to show the newest picture below the cell.
    """

    def __init__(self, latents, folder, live=False):
        super().__init__()
        self.latents = latents
        self.folder = Path(folder)
        self.live = live

    def on_train_begin(self, logs=None):
        self._view = None  # a cell that runs again has lost its picture
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.model.step == 0:  # frames of a training that was begun anew
            for path in self.folder.glob(FRAMES):
                path.unlink()
        self.on_epoch_end(epoch=None)  # a picture of what nobody has trained yet

    def on_epoch_end(self, epoch, logs=None):
        images = self.model.averaged_generator(self.latents, training=False)
        picture = plotting.tile(images, pixel_range=self.model.pixel_range)
        path = self.folder / f"step_{self.model.step:08d}.png"
        part = path.with_suffix(".part")
        part.write_bytes(plotting.png_bytes(picture))
        os.replace(part, path)
        if self.live:
            shown = Picture(plotting.png_bytes(picture, zoom=2))
            if self._view:
                self._view.update(shown)
            else:
                self._view = display(shown, display_id=True)

    def pictures(self, at_most=60):
        """Returns up to `at_most` pictures, spread evenly, as uint8 arrays."""
        paths = sorted(self.folder.glob(FRAMES))
        chosen = np.unique(np.linspace(0, len(paths) - 1, at_most).round().astype(int))
        return [np.asarray(Image.open(paths[index])) for index in chosen if paths]


class TensorBoardLog(keras.callbacks.Callback):
    """Writes what TensorBoard shows: the curves, samples, and the graphs.

    Args:
        folder: where the event files go; made when it is missing.
        latents: the points to draw, as `models.inputs_of` returns them; None draws
            nothing.
        image_every: steps between two pictures of samples.
    """

    def __init__(self, folder, latents, image_every=500):
        super().__init__()
        self.folder = Path(folder)
        self.latents = latents
        self.image_every = image_every

    def on_train_begin(self, logs=None):
        self._graphs_missing = self.model.step == 0
        if self._graphs_missing:
            for path in self.folder.rglob("events.*"):  # of a training begun before
                path.unlink()
        self._writer = tf.summary.create_file_writer(str(self.folder))
        self._drawn_at = self.model.step - self.model.step % self.image_every

    def on_epoch_end(self, epoch, logs=None):
        step = self.model.step
        with self._writer.as_default(step=step):
            for name, value in logs.items():
                tf.summary.scalar(name, value)
            if self.latents is not None and step - self._drawn_at >= self.image_every:
                images = self.model.averaged_generator(self.latents, training=False)
                picture = plotting.tile(images, pixel_range=self.model.pixel_range)
                tf.summary.image("samples", np.atleast_3d(picture)[None])
                self._drawn_at = step
        self._writer.flush()
        # After the first curves: TensorBoard opens on what is there, and a page that
        # opens on graphs cannot be reloaded.
        if self._graphs_missing:
            for name, network in self.model.networks.items():
                write_graph(self.folder / GRAPHS / name, network)
            self._graphs_missing = False

    def on_train_end(self, logs=None):
        self._writer.close()


def write_graph(folder, network):
    """Writes one network's graph for TensorBoard.

    Args:
        folder: where the event file goes; TensorBoard shows one graph a folder.
        network: a built `keras.Model`.
    """
    specs = [tf.TensorSpec(each.shape, each.dtype) for each in network.inputs]
    given = specs if specs[1:] else specs[0]
    call = tf.function(lambda inputs: network(inputs, training=False))
    graph = call.get_concrete_function(given).graph
    with tf.summary.create_file_writer(str(folder)).as_default(step=0):
        tf.summary.graph(graph)


def read_scalars(folder):
    """Reads the curves that a `TensorBoardLog` wrote, also over several sittings.

    Args:
        folder: the folder of the event files.

    Returns:
        A dict from names to `(steps, values)`, two arrays `(n,)` in the order of
        the steps, which are the same for all names. Where a step was logged
        twice, the later value counts; one that was interrupted is left out.

    Raises:
        OSError: there is no log in the folder.

    Example:
        >>> from gan_utils.paths import PRETRAINED
        >>> steps, values = read_scalars(PRETRAINED / "dcgan" / "log")["generator_loss"]
        >>> int(steps[-1])
        24000
    """
    from tensorboard.backend.event_processing import event_accumulator

    if not list(Path(folder).glob("events.*")):
        raise OSError(f"{folder} holds no TensorBoard log. Train first, then read it.")
    log = event_accumulator.EventAccumulator(str(folder), size_guidance={"tensors": 0})
    log.Reload()
    points = {}
    for name in log.Tags()["tensors"]:
        if log.SummaryMetadata(name).plugin_data.plugin_name == "scalars":
            events = sorted(log.Tensors(name), key=lambda event: event.wall_time)
            points[name] = {
                event.step: float(tf.make_ndarray(event.tensor_proto))
                for event in events
            }
    if not points:
        raise OSError(f"{folder} holds no curve yet. Train on, then read it.")
    steps = np.array(sorted(set.intersection(*map(set, points.values()))))
    return {
        name: (steps, np.array([*map(of.get, steps)])) for name, of in points.items()
    }


def show_log(folder, images, pixel_range=(-1.0, 1.0)):
    """Draws samples of a trained GAN beside its losses and what its judge found.

    Args:
        folder: the folder of its event files, with those of its judge in `judge`.
        images: samples, as in `plotting.tile`.
        pixel_range: as in `plotting.tile`.

    Returns:
        Two dicts as `read_scalars` returns them: the curves, and what was judged.
        Call `plt.show()` after it.

    Raises:
        OSError: there is no log in the folder, or none of a judge.

    Example:
        >>> from gan_utils.paths import PRETRAINED
        >>> samples = np.zeros((4, 28, 28))
        >>> _, judged = show_log(PRETRAINED / "tiny_mlp" / "log", samples)
        >>> sorted(judged)[:2]
        ['classifier_score', 'confident_share']
    """
    curves, judged = (read_scalars(place) for place in (folder, Path(folder) / "judge"))
    figure, panels = plt.subplots(1, 3, figsize=(10, 2.6), layout="constrained")
    samples = plotting.tile(images, pixel_range=pixel_range)
    panels[0].imshow(samples, cmap="gray", vmin=0, vmax=255)
    panels[0].axis("off")
    steps = curves["generator_loss"][0]
    losses = {name: curves[key][1] for name, key in SHOWN_LOSSES.items()}
    plotting.show_curves(steps, losses, "loss (nats)", axes=panels[1])
    steps, scores = judged["classifier_score"]
    scores = {"of samples": scores}
    plotting.show_curves(steps, scores, "classifier score", axes=panels[2])
    panels[2].set_ylim(0, 10)
    for panel in panels[1:]:
        panel.xaxis.set_major_formatter(lambda step, _: f"{step / 1000:g}k")
    return curves, judged


def find_tensorboard():
    """Tells the magic `%tensorboard` where this Python keeps its TensorBoard.

    Without it the magic looks on the PATH, where a virtual environment that is
    not activated does not put it.
    """
    found = shutil.which("tensorboard", path=sysconfig.get_path("scripts"))
    if found:
        os.environ["TENSORBOARD_BINARY"] = found


def stop_tensorboard(folder):
    """Stops the servers that `%tensorboard` has started for a folder.

    TensorBoard notes its servers in files that may outlive them, and the system gives
    a number that is free to another process; so its command line is looked at first.

    Args:
        folder: the folder given to `--logdir`.

    Returns:
        How many servers were stopped.
    """
    from tensorboard import manager

    stopped = 0
    for server in manager.get_all():
        if Path(server.logdir) == Path(folder):
            # It has ended already, or belongs to somebody else.
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                process = psutil.Process(server.pid)
                words = process.cmdline()
                ours = any(Path(word).stem == "tensorboard" for word in words)
                if ours and any(word.endswith(server.logdir) for word in words):
                    process.terminate()
                    stopped += 1
    return stopped
