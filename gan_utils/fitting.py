"""What `GAN` and `Classifier` share: a `fit` that can be interrupted and resumed."""

from gan_utils import quiet  # noqa: F401

import keras
import numpy as np
import tensorflow as tf


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
            if isinstance(value, keras.Model):
                found[name] = [part.value for part in value.variables]
            elif isinstance(value, keras.optimizers.Optimizer):
                kept = [
                    part for part in value.variables if part.name != "learning_rate"
                ]
                found[name] = [part.value for part in kept]
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
