"""One training in one folder: it goes on where it was, whatever broke it off."""

import contextlib
import functools
import os
from pathlib import Path

from gan_utils import callbacks, checkpoints, checks, judge, models, recipes, records
from gan_utils.fitting import fit_until
from gan_utils.gan import GAN

import filelock
import keras
import numpy as np
import tensorflow as tf

RUN = "run.json"
LOCK = ".lock"


def train(name, folder, seed=0, steps=None, save_every=20, devices=1):
    """Trains a model by its recipe, or goes on with a training of it.

    The folder gets `checkpoint`, `log`, for GANs `frames`, and `run.json`. A
    training that was broken off at any moment ends with the same weights, bit
    for bit, as one that was not, on the same machine with the same cores.

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
            the batch; or the folder holds another model, seed or number of devices,
            more steps, something else, or a training that is running.
        FloatingPointError: a loss became NaN or infinite.
    """
    recipe, folder = recipes.find(name), Path(folder)
    seed = checks.count(seed, "seed", 0)
    steps = recipe.steps if steps is None else checks.count(steps, "steps")
    save_every = checks.number(save_every, "save_every", 0, 1e9)
    _check_devices(name, recipe, devices)
    strategy = spread(devices)
    begun_with = {"name": name, "seed": seed, "devices": devices}
    with _claim(folder):
        noted = _check_origin(folder, begun_with)
        with strategy.scope():
            model = recipe.build(seed)
            if noted is None:
                records.write(folder / RUN, begun_with)
            saver = checkpoints.Checkpoint(
                model, folder / "checkpoint", save_every, begun_with
            )
        _check_progress(folder, model, steps)
        watchers = _make_watchers(model, recipe, folder, steps)
        make_batches = functools.partial(recipe.batches, seed)
        try:
            watchers.append(saver)
            fit_until(model, make_batches, steps, recipe.interval, watchers)
        except tf.errors.OpError as error:  # also TensorFlow's name for a full disk
            if error.message.startswith("Graph execution error"):
                raise  # of a step, which writes nothing
            raise OSError(
                f"Training stopped: {checkpoints.reason(error)}. The checkpoints in "
                f"{folder} are whole. Make room or mend it, then run the same again."
            ) from error
        model.settle_for_good()
    return model, model.seconds


def _check_devices(name, recipe, devices):
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


def _check_progress(folder, model, steps):
    if model.step == 0 and (folder / "model").exists():
        raise ValueError(
            f"{folder} holds a trained model, and no checkpoint to go on from. Give "
            "another folder, or move the model away to begin anew."
        )
    if model.step > steps:
        raise ValueError(
            f"{folder} holds a training of {model.step:,} steps, {steps:,} were asked "
            "for. Ask for more, or give another folder."
        )


@contextlib.contextmanager
def _claim(folder):
    """Keeps other trainings out of a folder; the system forgets who was killed."""
    folder.mkdir(parents=True, exist_ok=True)
    known = (folder / RUN).exists() or checkpoints.find(folder / "checkpoint")
    if not known and any(path.name[0] != "." for path in folder.iterdir()):
        raise ValueError(
            f"{folder} holds something else than a training. Give a new folder."
        )
    try:
        with filelock.FileLock(folder / LOCK, timeout=0):
            yield
    except filelock.Timeout as error:
        raise ValueError(
            f"Another training is running in {folder}. Wait for its end, or give "
            "another folder."
        ) from error


def _check_origin(folder, begun_with):
    """Compares what the training in a folder was begun with.

    Returns:
        What is noted in the folder, or None when it has to be noted.
    """
    path, noted = folder / RUN, None
    saved = checkpoints.read_origin(folder / "checkpoint")
    try:
        if path.exists():
            noted = {"devices": 1, **records.read(path, records.RUN)}
    except ValueError as error:
        if saved is None:
            raise ValueError(
                f"{error} It says which model and seed the checkpoints beside it "
                "belong to. Give another folder, or move this one away."
            ) from error
        if not path.is_file():
            noted = saved  # something else lies there, and is left alone
    for origin in (saved or {}, noted or {}):
        origin = {**begun_with, **origin}
        if any(origin[key] != value for key, value in begun_with.items()):
            raise ValueError(
                f"{folder} holds a training of {origin['name']} with seed "
                f"{origin['seed']} on {origin['devices']} device(s). Give another "
                "folder, or move this one away."
            )
    return noted


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


def _make_watchers(model, recipe, folder, steps):
    """Makes what shows and logs the training; of a GAN, pictures and numbers, too."""
    points, of_samples = None, []
    if isinstance(model, GAN):
        points = recipe.sample_latents(36, model.latent_dim, seed=1)
        shown = models.inputs_of(model.generator, points)
        of_samples.append(callbacks.SampleFrames(shown, folder / "frames"))
        # Nine keep the log of colour images small, too; ten are of each digit one.
        count = models.kinds(model.generator) or 9
        points = models.inputs_of(model.generator, points[:count])
        if recipe.judge_every:
            of_samples.append(_Judge(folder / "log" / "judge", recipe))
    return [
        callbacks.ProgressBar(steps),
        # Before the judge, since it clears the log of a training begun anew.
        callbacks.TensorBoardLog(folder / "log", points, max(1, recipe.steps // 10)),
        *of_samples,
    ]


class _Judge(keras.callbacks.Callback):
    """Writes the numbers of 2,000 samples to a log, now and then."""

    def __init__(self, folder, recipe):
        super().__init__()
        self.folder = folder
        self.recipe = recipe
        self.measure = judge.load_validation_judge()

    def on_train_begin(self, logs=None):
        self._writer = tf.summary.create_file_writer(str(self.folder))

    def on_epoch_end(self, epoch, logs=None):
        if self.model.step % self.recipe.judge_every == 0:
            generator = self.model.averaged_generator
            images = judge.draw(generator, 2000, 1, **self.recipe.drawing)
            asked = judge.asked_of(generator, 2000)
            with self._writer.as_default(step=self.model.step):
                for name, value in self.measure(images, asked).items():
                    if name != "n" and np.ndim(value) == 0:
                        tf.summary.scalar(name, value)

    def on_train_end(self, logs=None):
        self._writer.close()
