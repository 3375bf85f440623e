"""One training in one folder: it goes on where it was, whatever broke it off."""

import functools
import json
import os
import time
from pathlib import Path

from gan_utils import callbacks, judge, recipes
from gan_utils.fitting import Checkpoint, fit_until
from gan_utils.gan import GAN

import keras
import tensorflow as tf


def train(name, folder, seed=0, steps=None, save_every=20, devices=1):
    """Trains a model by its recipe, or goes on with a training of it.

    The folder gets `checkpoint`, `log`, for GANs `frames`, and `run.json`. A
    training that was broken off at any moment ends with the same weights, bit
    for bit, as one that was not.

    Args:
        name: a name in `recipes.RECIPES`.
        folder: a path; made when it is missing.
        seed: decides everything random, 0 or more.
        steps: where to stop, 1 or more; the recipe's own number when None.
        save_every: seconds between two checkpoints.
        devices: how many share each batch; see `spread`.

    Returns:
        `(model, seconds)`: the trained `Trainable`, and how long all of its
        training took.

    Raises:
        OSError: the folder cannot be written.
        ValueError: there is no such name, the devices cannot be had or do not divide
            the batch, or the folder holds another model, seed or number of devices,
            or more steps.
        FloatingPointError: a loss became NaN or infinite.
    """
    recipe, folder = recipes.find(name), Path(folder)
    steps = steps or recipe.steps
    if devices < 1 or recipe.batch_size % devices:
        raise ValueError(
            f"{devices} devices were asked for, and they cannot share the batches of "
            f"{recipe.batch_size} that {name} is trained on; ask for a number that "
            "divides it."
        )
    if devices > 1 and recipe.head_start:
        raise ValueError(
            f"{name} begins with D alone, a branch that several devices cannot take "
            "together. Train it on one device."
        )
    strategy = spread(devices)
    clock = _Clock(folder, {"name": name, "seed": seed, "devices": devices})
    with strategy.scope():
        model = recipe.build(seed)
        saver = Checkpoint(model, folder / "checkpoint", save_every)
    if model.step > steps:
        raise ValueError(
            f"{folder} holds a training of {model.step:,} steps, {steps:,} were asked "
            "for. Ask for more, or give another folder."
        )
    drawn, watchers = _watch_samples(model, recipe, folder)
    watchers = [
        callbacks.ProgressBar(steps),
        # Before the judge, since it clears the log of a training begun anew.
        callbacks.TensorBoardLog(folder / "log", drawn, max(1, recipe.steps // 10)),
        *watchers,
        clock,
        saver,
    ]
    make_batches = functools.partial(recipe.batches, seed)
    try:
        fit_until(model, make_batches, steps, recipe.interval, watchers)
    except tf.errors.OpError as error:  # TensorFlow's own name for a full disk
        raise OSError(f"Training stopped: {error.message}") from error
    model.settle_for_good()
    return model, clock.record["seconds"]


def spread(devices):
    """Finds devices that share each batch of a training.

    Where there are GPUs, these are taken; otherwise the processor is divided into
    as many logical devices.

    Args:
        devices: how many, from 1 to the number of GPUs, or else of cores.

    Returns:
        A `tf.distribute.Strategy`; the default one for one device.

    Raises:
        ValueError: there are not so many, or TensorFlow has begun to compute already.

    Example:
        >>> spread(1).num_replicas_in_sync
        1
    """
    gpus = tf.config.list_physical_devices("GPU")
    most = len(gpus) or os.cpu_count()
    if not 1 <= devices <= most:
        raise ValueError(
            f"{devices} devices were asked for; this machine has "
            f"{most} {'GPUs' if gpus else 'cores'}. Ask for a number from 1 to {most}."
        )
    if devices == 1:
        return tf.distribute.get_strategy()
    if not gpus:
        (processor,) = tf.config.list_physical_devices("CPU")
        parts = [tf.config.LogicalDeviceConfiguration()] * devices
        try:
            tf.config.set_logical_device_configuration(processor, parts)
        except RuntimeError as error:
            raise ValueError(
                "TensorFlow has begun to compute on one device. Ask for several in a "
                "new process, before anything else."
            ) from error
    named = [device.name for device in tf.config.list_logical_devices()]
    kind = "GPU" if gpus else "CPU"
    chosen = [name for name in named if f":{kind}:" in name][:devices]
    return tf.distribute.MirroredStrategy(chosen)


def _watch_samples(model, recipe, folder):
    """Returns the points to draw for the log, and the callbacks that draw a GAN's."""
    if not isinstance(model, GAN):
        return None, []
    points = recipe.sample_latents(36, model.latent_dim, seed=1)
    watchers = [callbacks.SampleFrames(points, folder / "frames")]
    if recipe.judge_every:
        watchers.append(_Judge(folder / "log" / "judge", recipe))
    return points[:9], watchers  # nine keep the log of colour images small, too


class _Judge(keras.callbacks.Callback):
    """Writes the numbers of 2,000 samples to a log, now and then."""

    def __init__(self, folder, recipe):
        super().__init__()
        self.folder = folder
        self.recipe = recipe
        self.measure = judge.load_judge()

    def on_train_begin(self, logs=None):
        self._writer = tf.summary.create_file_writer(str(self.folder))

    def on_epoch_end(self, epoch, logs=None):
        if self.model.step % self.recipe.judge_every == 0:
            generator = self.model.averaged_generator
            images = judge.draw(generator, 2000, 1, **self.recipe.drawing)
            with self._writer.as_default(step=self.model.step):
                for name, value in self.measure(images).items():
                    if name not in ("n", "shares"):
                        tf.summary.scalar(name, value)

    def on_train_end(self, logs=None):
        self._writer.close()


class _Clock(keras.callbacks.Callback):
    """Keeps what a training was begun with, and counts its seconds, judging too."""

    def __init__(self, folder, begun_with):
        super().__init__()
        self.path = folder / "run.json"
        self.record = {**begun_with, "seconds": 0.0}
        folder.mkdir(parents=True, exist_ok=True)
        if self.path.exists():
            self.record = self._read()
        elif any(path != self.path.with_suffix(".part") for path in folder.iterdir()):
            raise ValueError(
                f"{folder} holds something else than a training. Give a new folder."
            )
        if any(self.record[key] != value for key, value in begun_with.items()):
            raise ValueError(
                f"{folder} holds a training of {self.record['name']} with seed "
                f"{self.record['seed']} on {self.record['devices']} device(s). Give "
                "another folder, or move this one away."
            )
        self._write()

    def _read(self):
        try:
            record = json.loads(self.path.read_text(encoding="utf-8"))
            record = {"devices": 1, **record}  # what older trainings had
            return {key: record[key] for key in self.record}
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"{self.path} is damaged; it says which model and seed the checkpoints "
                "beside it belong to. Give another folder, or move this one away."
            ) from error

    def on_epoch_begin(self, epoch, logs=None):
        self._started = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        self.record["seconds"] += time.monotonic() - self._started
        self._write()

    def _write(self):
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps(self.record), encoding="utf-8")
        os.replace(part, self.path)
