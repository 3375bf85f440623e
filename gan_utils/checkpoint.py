"""Saves all that training needs to go on, and brings it back."""

import time

from gan_utils import quiet  # noqa: F401

import keras
import tensorflow as tf

# What TensorFlow raises when a checkpoint is whole and belongs to something else.
MISFIT = (AssertionError, ValueError, tf.errors.InvalidArgumentError)


class Checkpoint(keras.callbacks.Callback):
    """Saves all that training needs to go on, and brings it back.

    Made with a folder that holds a checkpoint, it restores the newest one into
    the model at once. As a callback it saves at the end of an interval when
    `seconds` have passed, and at the end of training. It keeps the two newest;
    each is written under a temporary name first, and never when a loss or a
    weight is not finite. Learning rates are not saved: those of the model
    you give count.

    Args:
        model: a compiled `GAN` or `Classifier`.
        folder: a path; made when it is missing.
        seconds: time between two saves, 0 or more.

    Raises:
        OSError: the folder cannot be written, or none of its checkpoints read; when
            saving, the disk is full.
        ValueError: the checkpoint belongs to other networks or optimizers.

    Example:
        >>> checkpoint = Checkpoint(gan, run_folder("dcgan") / "checkpoint")
        >>> gan.fit(images, callbacks=[checkpoint])
    """

    def __init__(self, model, folder, seconds=20):
        super().__init__()
        self._trained = model
        self.seconds = seconds
        self._saved_at = time.monotonic()
        self._saved_step = None
        state = tf.train.Checkpoint(**model.state())
        self._manager = tf.train.CheckpointManager(state, str(folder), max_to_keep=2)
        self._restore(state)

    def _restore(self, state):
        """Brings back the newest checkpoint that can be read."""
        paths = self._manager.checkpoints[::-1]
        for path in paths:
            try:
                state.restore(path).assert_consumed()
                return
            except MISFIT as error:
                raise ValueError(
                    f"The checkpoint {path} was made by other networks or optimizers "
                    "than the ones given. Build them as they were, or give a new "
                    "folder."
                ) from error
            except (IndexError, tf.errors.OpError):
                continue  # damaged: the one before it may be whole
        if paths:
            raise OSError(
                f"No checkpoint in {self._manager.directory} can be read; they are "
                "damaged. Give a new folder, or move this one away, to begin anew."
            )

    def save(self):
        """Writes a checkpoint of this step, unless something is not finite."""
        self._trained.check()
        try:
            self._manager.save(self._trained.step)
        except tf.errors.OpError as error:  # a full disk, a folder that went away
            reason = error.message.rpartition("; ")[2].partition(" [Op:")[0]
            raise OSError(
                f"The checkpoint of step {self._trained.step:,} could not be written "
                f"to {self._manager.directory}: {reason}. Those before it are whole. "
                "Make room or mend the folder, then run the same again."
            ) from error
        self._saved_at = time.monotonic()
        self._saved_step = self._trained.step

    def on_epoch_end(self, epoch, logs=None):
        if time.monotonic() - self._saved_at >= self.seconds:
            self.save()

    def on_train_end(self, logs=None):
        if self._trained.step != self._saved_step:
            self.save()
