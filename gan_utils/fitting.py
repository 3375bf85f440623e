"""A `fit` that can be interrupted, and checkpoints from which it goes on."""

import time

from gan_utils import quiet  # noqa: F401

import keras
import numpy as np
import tensorflow as tf

# What TensorFlow raises when a checkpoint is whole and belongs to something else.
MISFIT = (AssertionError, ValueError, tf.errors.InvalidArgumentError)


class Resumable(keras.Model):
    """A model that ends cleanly when interrupted, and knows when it is broken.

    Its networks, optimizers and counters are attributes; `step` is how many steps it
    has taken.

    Example:
        >>> isinstance(GAN(build_generator(), build_discriminator(), 0), Resumable)
        True
    """

    def fit(self, x, callbacks=None, **options):
        """Runs Keras' own `fit`; an interrupt lets every callback finish first.

        So a `Checkpoint` saves before the interrupt is raised again. One that comes
        before training has begun is only raised again.

        Args:
            x: a dataset of float32 batches, as `data.batches` makes it.
            callbacks: a list of `keras.callbacks.Callback`.
            **options: as in `keras.Model.fit`.

        Returns:
            A `keras.callbacks.History`.

        Raises:
            KeyboardInterrupt: again, with a sentence that names the step.
        """
        begun = []  # gets an entry once every callback has begun
        last = keras.callbacks.LambdaCallback(on_train_begin=begun.append)
        callbacks = [*(callbacks or []), last]
        try:
            # shuffle=False: Keras warns about its default with a dataset.
            return super().fit(x, callbacks=callbacks, shuffle=False, **options)
        except KeyboardInterrupt:
            for callback in callbacks if begun else []:
                callback.on_train_end()
            raise KeyboardInterrupt(
                f"Training was interrupted after step {self.step:,}."
            ) from None

    def state(self):
        """Returns what a resumed training needs: lists of tensors by name.

        Among them is what `tf.train.Checkpoint` does not find by itself, such as
        the states of Dropout's seed generators. A learning rate that was given is
        left out: the one you give counts.
        """
        found = {}
        for name, value in vars(self).items():
            if isinstance(value, (keras.Model, keras.optimizers.Optimizer)):
                parts = value.variables
                found[name] = [p.value for p in parts if p.name != "learning_rate"]
            elif isinstance(value, tf.Variable):
                found[name] = [value]
        return found

    def check(self):
        """Raises `FloatingPointError` if a weight is not finite."""
        for network in self.layers:
            for weight in network.weights:
                if not np.isfinite(weight).all():
                    raise FloatingPointError(
                        f"{weight.path} of the {network.name} is not finite after "
                        f"step {self.step:,}. Lower the learning rates."
                    )


def fit_until(model, make_batches, steps, interval, callbacks):
    """Trains up to a number of steps, in intervals that end at multiples.

    Keras runs too many steps when they are no multiple of `steps_per_execution`,
    so what is missing to the first multiple and what is left after the last are
    executions of their own.

    Args:
        model: a compiled `GAN` or `Classifier`.
        make_batches: from the number of the first step to a dataset of batches.
        steps: where to stop; nothing happens when the model is there.
        interval: steps between two points of a curve.
        callbacks: a list of `keras.callbacks.Callback`.

    Example:
        >>> make_batches = functools.partial(batches, x_train, 64, 0)
        >>> fit_until(gan, make_batches, 1020, 50, [checkpoint])
    """
    missing = max(0, steps - model.step)
    first = min(missing, -model.step % interval)
    whole, rest = divmod(missing - first, interval)
    for epochs, size in ((1, first), (whole, interval), (1, rest)):
        if epochs and size:
            model.steps_per_execution = size
            model.make_train_function(force=True)
            model.fit(
                make_batches(model.step),
                epochs=epochs,
                steps_per_epoch=size,
                callbacks=callbacks,
                verbose=0,
            )


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
                    "than these. Build them as they were, or give a new folder."
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
