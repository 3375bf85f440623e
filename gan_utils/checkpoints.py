"""Checkpoints: all that a training needs to go on, saved and brought back."""

import contextlib
import json
import os
import re
import shutil
import tempfile
import time
from pathlib import Path

from gan_utils import folders, quiet  # noqa: F401

import keras
import tensorflow as tf

# What TensorFlow raises when a checkpoint is damaged.
DAMAGED = (IndexError, tf.errors.OpError)
TENSOR = "/.ATTRIBUTES/VARIABLE_VALUE"  # how a checkpoint's names of tensors end
RECORD = "record/.ATTRIBUTES/py_state"


class Checkpoint(keras.callbacks.Callback):
    """Saves all that training needs to go on, and brings it back.

    Made with a folder that holds checkpoints, it restores the newest whole one into
    the model at once. As a callback it saves at the end of an interval when
    `seconds` have passed, and at the end of training. It keeps the two newest;
    each is written under a temporary name first, and never when a loss or a
    weight is not finite. Learning rates are not saved: those of the model
    you give count.

    Args:
        model: a compiled `Trainable`.
        folder: a path; made when it is missing. One training at a time may have it,
            as `runs.train` sees to.
        seconds: time between two saves, 0 or more.
        begun_with: a dict that JSON can hold, beside that of the model, of what has
            to be the same when the training goes on; it is saved along.

    Raises:
        OSError: the folder cannot be written, or none of its checkpoints read; when
            saving, the disk is full.
        ValueError: the checkpoint belongs to other networks or optimizers, or to a
            training that was begun with something else. The model is left as it was.
    """

    def __init__(self, model, folder, seconds=20, begun_with=None):
        super().__init__()
        self._trained = model
        self.folder = Path(folder)
        self.seconds = seconds
        begun_with = {**model.begun_with, **(begun_with or {})}
        self.begun_with = json.loads(json.dumps(begun_with))  # as it will come back
        self._saved_at = time.monotonic()
        self._saved_step = None
        self._damaged = []
        self.folder.mkdir(parents=True, exist_ok=True)
        self._place = self._find_place()
        self._tidy()
        self._restore()

    def _tidy(self):
        """Ends the save that a killed process was in, and clears up after it."""
        for part in self.folder.glob("part-*"):
            if not all(path.name.startswith("ckpt-") for path in part.iterdir()):
                continue  # none of ours
            for path in part.glob("ckpt-*.index"):
                if not any(part.glob("ckpt-*.data*")):  # they are in place already
                    os.replace(path, self.folder / path.name)
            shutil.rmtree(part, ignore_errors=True)

    def _find_place(self):
        """Returns which folder lies at the path, whatever its name; None for none."""
        with contextlib.suppress(OSError):
            found = os.stat(self.folder)
            return found.st_dev, found.st_ino
        return None

    def _restore(self):
        """Brings back the newest checkpoint that can be read."""
        paths = find(self.folder)
        for path in paths:
            try:
                values, record = self._read(path)
            except DAMAGED:
                self._damaged.append(path)
                continue  # the one before it may be whole
            self._check_origin(path, record.get("begun_with", {}))
            for name, variable in self._variables().items():
                variable.assign(values[name])
            self._trained.seconds = record.get("seconds", 0.0)
            self._trained.fault = None  # it is from before
            self._saved_step = self._trained.step
            return
        if paths:
            raise OSError(
                f"No checkpoint in {self.folder} can be read; they are damaged. Give a "
                "new folder, or move this one away, to begin anew."
            )

    def _variables(self):
        """Returns what is saved, by the names that it has in a file."""
        return {
            f"{name}/{number}{TENSOR}": variable
            for name, variables in self._trained.state().items()
            for number, variable in enumerate(variables)
        }

    def _read(self, path):
        """Reads a checkpoint: values by name, and its record."""
        reader = _open(path)
        shapes = reader.get_variable_to_shape_map()
        types = reader.get_variable_to_dtype_map()
        needed = self._variables()
        others = {name for name in shapes if name.endswith(TENSOR)} - set(needed)
        others -= {f"save_counter{TENSOR}"}  # of older checkpoints
        if others or any(
            shapes.get(name) != variable.shape.as_list()
            or types[name] != variable.dtype.base_dtype
            for name, variable in needed.items()
        ):
            raise ValueError(
                f"The checkpoint {path} was made by other networks or optimizers "
                "than these. Build them as they were, or give a new folder."
            )
        record = reader.get_tensor(RECORD) if RECORD in shapes else b"{}"
        return {name: reader.get_tensor(name) for name in needed}, json.loads(record)

    def _check_origin(self, path, begun_with):
        for key in begun_with.keys() & self.begun_with.keys():
            if begun_with[key] != self.begun_with[key]:
                raise ValueError(
                    f"The checkpoint {path} belongs to a training with {key} "
                    f"{begun_with[key]!r}, this one has {self.begun_with[key]!r}. Take "
                    "the same, or give a new folder."
                )

    def save(self):
        """Writes a checkpoint of this step, unless something is not finite."""
        self._trained.check()
        step = self._trained.step
        if self._find_place() != self._place:
            raise OSError(
                f"{self.folder} was moved or removed while it was trained in, so step "
                f"{step:,} is not saved: another training may have its place now. What "
                "was saved before lies where the folder went; go on there."
            )
        try:
            self._write(step)
        except (OSError, tf.errors.OpError) as error:  # a full disk, a folder gone
            raise OSError(
                f"The checkpoint of step {step:,} could not be written to "
                f"{self.folder}: {reason(error)}. Those before it are whole. Make room "
                "or mend the folder, then run the same again."
            ) from error
        self._saved_at = time.monotonic()
        self._saved_step = step

    def _write(self, step):
        """Writes beside, and moves the index last."""
        record = {"begun_with": self.begun_with, "seconds": self._trained.seconds}
        parts = {**self._trained.state(), "record": _Record(record)}
        with tempfile.TemporaryDirectory(dir=self.folder, prefix="part-") as part:
            tf.train.Checkpoint(**parts).write(f"{part}/ckpt-{step}")
            folders.flush(part)
            for path in sorted(Path(part).iterdir()):  # data before index
                os.replace(path, self.folder / path.name)
        written = self.folder / f"ckpt-{step}"
        self._damaged = [path for path in self._damaged if path != written]
        self._prune(step)

    def _prune(self, step):
        """Deletes what is older than the two newest whole ones, and damaged ones."""
        paths = find(self.folder, up_to=step)
        whole = [path for path in paths if path not in self._damaged]
        if len(whole) < 2:
            return
        for path in set(paths) - set(whole[:2]):
            # The index first: data alone is no checkpoint.
            for file in sorted(self.folder.glob(f"{path.name}.*"), reverse=True):
                file.unlink()

    def on_epoch_end(self, epoch, logs=None):
        if time.monotonic() - self._saved_at >= self.seconds:
            self.save()

    def on_train_end(self, logs=None):
        if self._trained.step != self._saved_step:
            self.save()


class _Record(tf.train.experimental.PythonState):
    """Lets a checkpoint carry a dict, as JSON."""

    def __init__(self, values):
        self.values = values

    def serialize(self):
        return json.dumps(self.values)

    def deserialize(self, text):
        self.values = json.loads(text)


def find(folder, up_to=None):
    """Lists the checkpoints in a folder, newest step first.

    The files themselves count, not their times, nor an index of them that may be lost.

    Args:
        folder: a path.
        up_to: the last step to list; all when None.

    Returns:
        A list of paths without the endings of the files.
    """
    found = [
        re.fullmatch(r"ckpt-(\d+)\.(index|data-.*)", path.name)
        for path in Path(folder).glob("ckpt-*")
    ]
    steps = sorted({int(match[1]) for match in found if match}, reverse=True)
    return [
        Path(folder) / f"ckpt-{step}"
        for step in steps
        if up_to is None or step <= up_to
    ]


def read_origin(folder):
    """Reads what the newest whole checkpoint in a folder was begun with.

    Args:
        folder: a path, of a `Checkpoint`.

    Returns:
        A dict; None when no checkpoint tells.
    """
    for path in find(folder):
        with contextlib.suppress(*DAMAGED):
            record = _open(path).get_tensor(RECORD)
            return json.loads(record)["begun_with"]
    return None


def _open(path):
    """Opens a checkpoint, when all of it are files: a pipe would be waited for."""
    for file in path.parent.glob(f"{path.name}.*"):
        if not file.is_file():
            raise tf.errors.DataLossError(None, None, f"{file} is no file")
    return tf.train.load_checkpoint(str(path))


def reason(error):
    """Returns what TensorFlow or the system says of an error, without its own names."""
    text = getattr(error, "message", str(error))
    return re.sub(r"{{.*?}} | \[Op:.*", "", text).rpartition("; ")[2].rstrip(". ")
