"""One training in one folder: it goes on where it was, whatever broke it off."""

import functools
import json
import os
import time
from pathlib import Path

from gan_utils import callbacks, pretrained, recipes
from gan_utils.fitting import Checkpoint, fit_until
from gan_utils.training import GAN

import keras
import tensorflow as tf


def train(name, folder, seed=0, steps=None, save_every=20):
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

    Returns:
        `(model, seconds)`: the trained `GAN` or `Classifier`, and how long all of
        its training took.

    Raises:
        OSError: the folder cannot be written.
        ValueError: there is no such name, or the folder holds another model,
            another seed or more steps.
        FloatingPointError: a loss became NaN or infinite.

    Example:
        >>> gan, seconds = train("dcgan", "runs/dcgan", steps=100)
    """
    recipe, folder = recipes.find(name), Path(folder)
    steps = steps or recipe.steps
    clock = _Clock(folder, {"name": name, "seed": seed})
    model = recipe.build(seed)
    saver = Checkpoint(model, folder / "checkpoint", save_every)
    if model.step > steps:
        raise ValueError(
            f"{folder} holds a training of {model.step:,} steps, {steps:,} were asked "
            "for. Ask for more, or give another folder."
        )
    drawn, judges = None, []
    if isinstance(model, GAN):
        points = recipe.sample_latents(36, model.generator.input_shape[-1], seed=1)
        judges.append(callbacks.SampleFrames(points, folder / "frames"))
        drawn = points[:9]  # keeps the log of colour images small, too
        if recipe.judge_every:
            judges.append(_Judge(folder / "log" / "judge", recipe))
    watchers = [
        callbacks.ProgressBar(steps),
        # Before the judge, since it clears the log of a training begun anew.
        callbacks.TensorBoardLog(folder / "log", drawn, max(1, recipe.steps // 10)),
        *judges,
        clock,
        saver,
    ]
    make_batches = functools.partial(recipe.batches, seed)
    try:
        fit_until(model, make_batches, steps, recipe.interval, watchers)
    except tf.errors.OpError as error:  # TensorFlow's own name for a full disk
        raise OSError(f"Training stopped: {error.message}") from error
    if isinstance(model, GAN):
        model.settle(4096)  # for good: measured so, samples come closer to real ones
    return model, clock.record["seconds"]


class _Judge(keras.callbacks.Callback):
    """Writes the numbers of 2,000 samples to a log, now and then."""

    def __init__(self, folder, recipe):
        super().__init__()
        self.folder = folder
        self.recipe = recipe
        self.judge = pretrained.load_judge()

    def on_train_begin(self, logs=None):
        self._writer = tf.summary.create_file_writer(str(self.folder))

    def on_epoch_end(self, epoch, logs=None):
        if self.model.step % self.recipe.judge_every == 0:
            generator = self.model.averaged_generator
            images = pretrained.draw(generator, 2000, 1, **self.recipe.drawing)
            with self._writer.as_default(step=self.model.step):
                for name, value in self.judge(images).items():
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
                f"{self.record['seed']}. Give another folder, or move this one away."
            )
        self._write()

    def _read(self):
        try:
            record = json.loads(self.path.read_text(encoding="utf-8"))
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
