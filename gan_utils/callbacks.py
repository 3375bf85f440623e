"""What `fit` calls while a GAN trains: a bar, a log, pictures, and a doctor."""

import contextlib
import os
import shutil
import signal
import sys
import sysconfig
from pathlib import Path

from gan_utils import plotting, quiet  # noqa: F401

import keras
import numpy as np
import tensorflow as tf
from IPython.display import Image as Picture
from IPython.display import display
from PIL import Image
from tqdm import tqdm


class ProgressBar(keras.callbacks.Callback):
    """One bar for the whole training, counted in steps.

    Keras' own bar starts a line at each interval; pass `verbose=0` to `fit`.

    Args:
        total: steps of the whole training; those of this `fit` when None.

    Example:
        >>> gan.fit(images, callbacks=[ProgressBar()], verbose=0)
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
        names = ("generator_loss", "probability_fake", "accuracy")
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
        latents: float32 `(n, latent_dim)`, the points to draw.
        folder: where the pictures go; made when it is missing.
        live: whether to show the newest picture below the cell.

    Example:
        >>> frames = SampleFrames(sample_latents(64, 64, seed=1), "frames", live=True)
        >>> gan.fit(images, callbacks=[frames])
        >>> save_gif("progress.gif", frames.pictures())
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
            for path in self.folder.glob("step_*.png"):
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
        paths = sorted(self.folder.glob("step_*.png"))
        chosen = np.unique(np.linspace(0, len(paths) - 1, at_most).round().astype(int))
        return [np.asarray(Image.open(paths[index])) for index in chosen if paths]


class TensorBoardLog(keras.callbacks.Callback):
    """Writes what TensorBoard shows: the curves, samples, and the graphs.

    Args:
        folder: where the event files go; made when it is missing.
        latents: float32 `(n, latent_dim)`, the points to draw; None draws nothing.
        image_every: steps between two pictures of samples.

    Example:
        >>> log = TensorBoardLog("log", sample_latents(64, 64, seed=1))
        >>> gan.fit(images, callbacks=[log])
        >>> read_scalars("log")["generator_loss"]
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
                write_graph(self.folder / name, network)
            self._graphs_missing = False

    def on_train_end(self, logs=None):
        self._writer.close()


def write_graph(folder, network):
    """Writes one network's graph for TensorBoard.

    Args:
        folder: where the event file goes; TensorBoard shows one graph a folder.
        network: a built `keras.Model` with one input.

    Example:
        >>> write_graph("log/generator", build_generator())
    """
    call = tf.function(lambda inputs: network(inputs, training=False))
    graph = call.get_concrete_function(tf.TensorSpec(network.input_shape)).graph
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
        >>> steps, values = read_scalars("log")["generator_loss"]
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


def diagnose(curves, patience=300):
    """Names what a GAN's curves show, in their means over the last steps.

    - Rates are too high: a loss is above 30.
    - D's labels are swapped: D is right in less than 20 % of its answers, and yet
      its loss is below 1.
    - D does not learn: its loss on fakes is above 2; or it is right in less than
      20 %, and its loss is above 1.
    - G's loss is flat: D is right in more than 97 %, and G's loss is below 0.1, as
      the saturating one always is.
    - D is too strong: it is right in more than 97 %, and G's loss is higher.
    - The samples are too alike: their `variety` is never above half of real images',
      and nothing above explains it.

    What leaves no trace in these numbers stays unseen, such as a G that is trained
    without `training=True`. Look at samples, and measure them.

    Args:
        curves: a dict from names to `(steps, values)`, as `callbacks.read_scalars`
            returns it; `variety` may be missing.
        patience: over how many steps the means go.

    Returns:
        A list of sentences, empty when nothing is found or too few steps were taken.

    Raises:
        ValueError: the curves are not those of a GAN.

    Source:
        The thresholds are our own, set on four short trainings of each failure on
        MNIST. Of three others of each it misses one, a partial collapse; it is silent
        on ten healthy ones, and on the logs of the good models that are shipped.

    Example:
        >>> diagnose(read_scalars(PRETRAINED / "dcgan" / "log"))
        []
    """
    if "discriminator_accuracy" not in curves:
        raise ValueError(f"{list(curves)} was given; needed is what a GAN's fit logs.")
    means = {"variety": 1.0}
    for name, (steps, values) in curves.items():
        if steps[-1] < patience:
            return []
        late = np.asarray(steps) > steps[-1] - patience
        # A young G varies little, and the mean would remember that.
        middle = np.max if name == "variety" else np.mean
        means[name] = middle(np.asarray(values)[late])
    of_g, of_fakes = means["generator_loss"], means["discriminator_loss_fake"]
    of_d, variety = means["discriminator_loss_real"] + of_fakes, means["variety"]
    worst, right = max(abs(of_g), of_d), means["discriminator_accuracy"]
    wrong, sure, flat = right < 0.2, right > 0.97, of_g < 0.1
    lost = of_fakes > 2 or (wrong and of_d >= 1)
    unnamed = variety < 0.5 and not (wrong or sure or lost or worst > 30)
    known = f"For {patience} steps D was right in {right:.1%} of its answers"
    alike = f"For {patience} steps the variety of samples was at most {variety:.0%}"
    signs = (
        (worst > 30, f"A loss is near {worst:,.0f}: lower both learning rates."),
        (wrong and of_d < 1, f"{known}, and its loss is low: its labels are swapped."),
        (lost and worst <= 30, f"{known}: look whether its weights change at all."),
        (sure and flat, f"{known} and G's loss is flat: take the non-saturating one."),
        (sure and not flat, f"{known}: lower its rate, or raise G's."),
        (unnamed, f"{alike}: raise the rate of D, or give G batch norm."),
    )
    return [sentence for seen, sentence in signs if seen]


class Doctor(keras.callbacks.Callback):
    """Watches a GAN and says what `diagnose` finds, each sign once.

    It measures `variety`, too: the spread of the pixels over 64 samples, as a share
    of that over real images. And it says at once when real images lie in another
    range than G's.

    Args:
        real_images: a batch `(n, ...)` as `fit` gets it, n from 64.
        patience: as for `diagnose`.
        tell: takes a sentence.

    Example:
        >>> gan.fit(images, callbacks=[Doctor(next(iter(images)))])
    """

    def __init__(self, real_images, patience=300, tell=print):
        super().__init__()
        self.real_images = np.asarray(real_images)
        self.patience = patience
        self.tell = tell
        self.curves = {}
        self._known = set()

    def on_train_begin(self, logs=None):
        low, high = self.model.pixel_range
        ends = self.real_images.min(), self.real_images.max()
        if max(abs(ends[0] - low), abs(ends[1] - high)) > 0.25 * (high - low):
            self.tell(
                f"Real images go from {ends[0]:g} to {ends[1]:g}, G's from {low:g} to "
                f"{high:g}: bring both into one range."
            )

    def on_epoch_end(self, epoch, logs=None):
        shape = (64, self.model.generator.input_shape[-1])
        latents = self.model.prior(shape, (self.model.seed, 0))
        samples = self.model.averaged_generator(latents, training=False).numpy()
        variety = samples.std(axis=0).mean() / self.real_images.std(axis=0).mean()
        for name, value in {**logs, "variety": variety}.items():
            steps, values = self.curves.get(name, ((), ()))
            self.curves[name] = (*steps, self.model.step), (*values, value)
        for sentence in diagnose(self.curves, self.patience):
            sign = sentence.rpartition(": ")[2]
            if sign not in self._known:
                self._known.add(sign)
                self.tell(f"Step {self.model.step:,}. {sentence}")


def find_tensorboard():
    """Tells the magic `%tensorboard` where this Python keeps its TensorBoard.

    Without it the magic looks on the PATH, where a virtual environment that is
    not activated does not put it.

    Example:
        >>> find_tensorboard()  # then: %load_ext tensorboard
    """
    found = shutil.which("tensorboard", path=sysconfig.get_path("scripts"))
    if found:
        os.environ["TENSORBOARD_BINARY"] = found


def stop_tensorboard(folder):
    """Stops the servers that `%tensorboard` has started for a folder.

    Args:
        folder: the folder given to `--logdir`.

    Returns:
        How many servers were stopped.

    Example:
        >>> stop_tensorboard("log")
        1
    """
    from tensorboard import manager

    servers = [info for info in manager.get_all() if Path(info.logdir) == Path(folder)]
    for server in servers:
        with contextlib.suppress(ProcessLookupError):  # it may have ended already
            os.kill(server.pid, signal.SIGTERM)
    return len(servers)
