"""Saves all that training needs to go on, and brings it back."""

import time

from gan_utils import quiet  # noqa: F401

import keras
import tensorflow as tf


class Checkpoint(keras.callbacks.Callback):
    """Saves all that training needs to go on, and brings it back.

    Made with a folder that holds a checkpoint, it restores the newest one into
    the GAN at once. As a callback it saves at the end of an interval when
    `seconds` have passed, and at the end of training. It keeps the two newest;
    each is written under a temporary name first, and never when a loss or a
    weight is not finite. Learning rates are not saved: those of the GAN you
    give count.

    Args:
        gan: a compiled `GAN`.
        folder: a path; made when it is missing.
        seconds: time between two saves, 0 or more.

    Raises:
        OSError: the folder cannot be written, or none of its checkpoints read.
        ValueError: the checkpoint belongs to other networks or optimizers.

    Example:
        >>> checkpoint = Checkpoint(gan, run_folder("dcgan") / "checkpoint")
        >>> gan.fit(images, callbacks=[checkpoint])
    """

    def __init__(self, gan, folder, seconds=20):
        super().__init__()
        self.gan = gan
        self.seconds = seconds
        self._saved_at = time.monotonic()
        # Plain lists of tensors: also what tf.train.Checkpoint would not find,
        # such as the states of Dropout's seed generators.
        state = tf.train.Checkpoint(
            generator=_tensors(gan.generator.variables),
            averaged_generator=_tensors(gan.averaged_generator.variables),
            discriminator=_tensors(gan.discriminator.variables),
            generator_optimizer=_slots(gan.generator_optimizer),
            discriminator_optimizer=_slots(gan.discriminator_optimizer),
            step=gan.step_count,
        )
        self._manager = tf.train.CheckpointManager(state, str(folder), max_to_keep=2)
        self._restore(state)

    def _restore(self, state):
        """Brings back the newest checkpoint that can be read."""
        paths = self._manager.checkpoints[::-1]
        for path in paths:
            try:
                state.restore(path).assert_consumed()
                return
            except (
                AssertionError,
                ValueError,
                tf.errors.InvalidArgumentError,
            ) as error:
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
        self.gan.check()
        self._manager.save(self.gan.step)
        self._saved_at = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        if time.monotonic() - self._saved_at >= self.seconds:
            self.save()

    def on_train_end(self, logs=None):
        self.save()


def _tensors(variables):
    return [variable.value for variable in variables]


def _slots(optimizer):
    return _tensors(v for v in optimizer.variables if v.name != "learning_rate")
