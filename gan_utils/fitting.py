"""A model that `fit` trains by a step, on any devices, until it is interrupted."""

import contextlib
import signal
import threading
import time

from gan_utils import quiet  # noqa: F401

import keras
import numpy as np
import tensorflow as tf

OPTIMIZER = "_optimizer"  # what the names of their states end with
RESERVED = ("step_count", "record", "root", "save_counter")


class Trainable(keras.Model):
    """Networks, and the step that trains them.

    `fit` runs many steps in one graph before Python looks again. It runs on one
    device, or on each replica of the `tf.distribute` strategy in whose scope the
    model was made; then each replica gets its part of every batch. What a step
    returns is what is logged: the mean of each number over an epoch of `fit`. A
    number that becomes NaN or infinite stops `fit` with an error that names it and
    the step.

    Args:
        networks: a dict from names to `keras.Model`: all that a step may change.
        step: from the model and a batch to a dict of numbers by name, after it has
            updated the networks; see `steps`.

    Raises:
        ValueError: a network has a name that a checkpoint needs for other things.

    Example:
        >>> network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model = Trainable({"line": network}, step=None)
        >>> model.step, list(model.networks)
        (0, ['line'])
    """

    def __init__(self, networks, step, **options):
        super().__init__(**options)
        for name in networks:
            if not name.isidentifier() or name in RESERVED or name.endswith(OPTIMIZER):
                raise ValueError(
                    f"A network is called {name!r}, which a checkpoint needs for other "
                    "things or cannot hold; call it by another word."
                )
        self.trained = dict(networks)
        self.take_step = step
        self.optimizers = {}
        self.step_count = tf.Variable(0, dtype=tf.int64, trainable=False)
        self.seconds = 0.0
        self.fault = None  # what was not finite, and when
        self.stops_anywhere = False
        self._interrupts = _Interrupts()
        self._at_once = 1  # steps between two looks of Python
        self.reset_metrics()
        self.built = True

    def compile(self, optimizers, steps_per_execution=50):
        """Takes the optimizers.

        Args:
            optimizers: a dict from names to pairs of a `keras.optimizers.Optimizer`
                and the weights that it moves.
            steps_per_execution: steps that run in the graph before Python looks
                again; more costs less, fewer stop sooner. `fit` runs whole
                executions only; `fit_until` chooses their length itself.

        Raises:
            ValueError: an optimizer was given twice.
        """
        given = [optimizer for optimizer, _ in optimizers.values()]
        if len({id(optimizer) for optimizer in given}) < len(given):
            raise ValueError(
                "One optimizer was given twice; an optimizer remembers the gradients "
                "of one network. Make two."
            )
        super().compile(
            None, jit_compile=False, steps_per_execution=steps_per_execution
        )
        replicas = self.distribute_strategy.num_replicas_in_sync
        with self.distribute_strategy.scope():
            for optimizer, weights in optimizers.values():
                optimizer.build(weights)
                if replicas > 1:
                    # Each replica's loss is a mean over its own part of the batch,
                    # and Keras adds up their gradients. It divides them by this.
                    optimizer.loss_scale_factor = replicas
        self.optimizers = dict(zip(optimizers, given))

    @property
    def step(self):
        """The number of steps done, an int."""
        return int(self.step_count.numpy())

    @property
    def networks(self):
        """The networks by name, as they are drawn with, measured and shipped."""
        return self.trained

    @property
    def begun_with(self):
        """What a training cannot change on its way, a dict that JSON can hold."""
        return {}

    def run_step(self, batch):
        """Runs the step on one batch; returns its numbers by name."""
        return self.take_step(self, batch)

    def train_step(self, batch):
        """Runs the step on one replica; returns its numbers, float32 `(k,)`."""
        numbers = self.run_step(batch)
        self.names = tuple(numbers)
        return tf.stack(
            [tf.reduce_mean(tf.cast(value, tf.float32)) for value in numbers.values()]
        )

    def after_step(self):
        """Does what is done once a step for all replicas together."""
        self.step_count.assign_add(1)

    def settle(self):
        """Makes ready what is drawn with; `fit` calls it after each epoch."""

    def settle_for_good(self):
        """Does the same once and better, when a whole training is over."""

    def make_train_function(self, force=False):
        """Compiles the loop over steps; Keras' own `fit` calls it.

        The loop of Keras fails with a strategy and several steps an execution.
        """
        if self.train_function is not None and not force:
            return
        strategy = self.distribute_strategy

        # AutoGraph leaves it as it is written, as it leaves the steps of Keras.
        @tf.autograph.experimental.do_not_convert
        def run(batch):
            numbers = strategy.run(self.train_step, args=(batch,))
            self.after_step()
            return strategy.reduce("MEAN", numbers, axis=None)

        @tf.function
        def train(iterator, steps):
            rows = tf.TensorArray(tf.float32, steps)
            for place in tf.range(steps):
                rows = rows.write(place, run(next(iterator)))
            return rows.stack()

        self.train_function = lambda iterator: self._execute(train, iterator)

    def _execute(self, train, iterator):
        """Runs an execution, about a second at a time, and keeps its numbers.

        Python hears an interrupt only between two calls of a graph.
        """
        interrupts = self._interrupts
        left = self.steps_per_execution
        rows = []
        while left:
            if interrupts.heard and (self.stops_anywhere or not rows):
                break
            size = min(left, self._at_once)
            started = time.monotonic()
            rows.append(train(iterator, tf.constant(size)).numpy())
            pace = size / max(time.monotonic() - started, 1e-6)
            left -= size
            self._at_once = max(1, int(pace))
            interrupts.wait = 1 if self.stops_anywhere else left / pace
        if rows:
            self._note(np.concatenate(rows))
        if interrupts.heard:
            raise KeyboardInterrupt
        return self.get_metrics_result()

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Does nothing: the networks are built.

        Keras 3.15 would average a batch over the replicas first, and fails there
        when workers have pairs of images and labels.
        """

    def _note(self, rows):
        """Keeps the numbers of an execution, float32 `(steps, k)`."""
        for row, column in np.argwhere(~np.isfinite(rows))[:1]:
            self.fault = (
                f"{self.names[column]} was not a finite number at step "
                f"{self.step - len(rows) + row:,}. Training has stopped, and nothing "
                "was saved since. Lower the learning rates, then build the model anew "
                "or go on from its last checkpoint."
            )
            self.check()
        self._total = self._total + rows.sum(axis=0, dtype=np.float64)
        self._counted += len(rows)

    def reset_metrics(self):
        """Forgets the numbers of the epoch; `fit` calls it before each."""
        self._total, self._counted = 0.0, 0

    def get_metrics_result(self):
        """Returns the mean of each number over the epoch so far, by name."""
        if self._counted == 0:
            return {}
        return dict(zip(self.names, (self._total / self._counted).tolist()))

    def fit(self, x, callbacks=None, **options):
        """Runs Keras' own `fit`; an interrupt lets every callback finish first.

        It is heard within about a second or a step, whichever is longer, and answered
        with the time until the execution is over. Then a `Checkpoint` saves, and the
        interrupt is raised again. One that comes before training has begun is only
        raised again. An `OSError` of a callback lets the others finish, too.

        Args:
            x: a dataset of batches, as `data.batches` makes it.
            callbacks: a list of `keras.callbacks.Callback`.
            **options: as in `keras.Model.fit`.

        Returns:
            A `keras.callbacks.History` with the means of each epoch.

        Raises:
            ValueError: an epoch is not a whole number of executions.
            KeyboardInterrupt: again, with a sentence that names the step.
            FloatingPointError: a number became NaN or infinite.
        """
        steps, at_once = options.get("steps_per_epoch"), self.steps_per_execution
        if steps and steps % at_once:
            raise ValueError(
                f"steps_per_epoch is {steps}, and fit runs {at_once} steps at a time. "
                f"Take a multiple, or compile with steps_per_execution={steps}."
            )
        begun = []  # gets an entry once every callback has begun
        last = keras.callbacks.LambdaCallback(on_train_begin=begun.append)
        callbacks = [_Keeping(), *(callbacks or []), last]
        batches = share(x, self.distribute_strategy)
        with self._interrupts:
            try:
                # shuffle=False: Keras warns about its default with a dataset.
                options = {"shuffle": False, **options}
                history = super().fit(batches, callbacks=callbacks, **options)
                if not self._interrupts.heard:
                    return history
            except (KeyboardInterrupt, OSError) as stop:
                with contextlib.ExitStack() as ends:  # goes on where one end fails
                    for callback in reversed(callbacks if begun else []):
                        ends.callback(callback.on_train_end)
                if isinstance(stop, OSError):
                    raise
        raise KeyboardInterrupt(f"Training was interrupted after step {self.step:,}.")

    def state(self):
        """Returns what a resumed training needs: lists of tensors by name.

        Among them is what `tf.train.Checkpoint` does not find by itself, such as
        the states of Dropout's seed generators. A learning rate that was given is
        left out: the one you give counts.
        """
        found = {
            name: [each.value for each in network.variables]
            for name, network in self.trained.items()
        }
        for name, optimizer in self.optimizers.items():
            found[name + OPTIMIZER] = [
                each.value
                for each in optimizer.variables
                if each.name != "learning_rate"
            ]
        return found | {"step_count": [self.step_count]}

    def check(self):
        """Raises `FloatingPointError` if a number or a weight is not finite."""
        if self.fault:
            raise FloatingPointError(self.fault)
        for network in self.trained.values():
            for weight in network.weights:
                if not np.isfinite(weight).all():
                    raise FloatingPointError(
                        f"{weight.path} of the {network.name} is not finite after "
                        f"step {self.step:,}. Lower the learning rates."
                    )


class _Interrupts:
    """Hears interrupts while a training runs, so that it stops where it can be saved.

    Another thread than the main one hears none, and a program's own handler stays.
    """

    def __init__(self):
        self.heard = False
        self.wait = 1  # seconds until the training can stop, about

    def __enter__(self):
        self.heard = False
        in_main = threading.current_thread() is threading.main_thread()
        is_default = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        self._ours = in_main and is_default
        if self._ours:
            signal.signal(signal.SIGINT, self._hear)

    def __exit__(self, *error):
        if self._ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _hear(self, *given):
        self.heard = True
        # Where the output is gone or busy, training stops all the same.
        with contextlib.suppress(OSError, RuntimeError):
            wait = max(1, round(self.wait))
            print(f"\nInterrupted: stops in about {wait} s.", flush=True)


class _Keeping(keras.callbacks.Callback):
    """Counts the seconds, and makes ready what is drawn with, before others draw."""

    def on_train_begin(self, logs=None):
        self._counted_at = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        self.model.settle()
        now = time.monotonic()
        self.model.seconds += now - self._counted_at
        self._counted_at = now

    def on_train_end(self, logs=None):
        self.on_epoch_end(None)  # after an interrupt, the last epoch has no end


def share(batches, strategy):
    """Gives each replica its part of every batch, the first rows to the first.

    Args:
        batches: a `tf.data.Dataset` of batches.
        strategy: a `tf.distribute.Strategy`; workers of several processes each make
            the dataset and take their own rows.

    Returns:
        A distributed dataset; with one replica the one that was given.
    """
    replicas = strategy.num_replicas_in_sync
    if replicas == 1:
        return batches

    def own_parts(context):
        local = replicas // context.num_input_pipelines
        first = local * context.input_pipeline_id

        def split(values):
            return tf.stack(tf.split(values, replicas)[first : first + local])

        def part(*batch):
            parts = tf.nest.map_structure(split, batch if batch[1:] else batch[0])
            return tf.data.Dataset.from_tensor_slices(parts)

        return batches.flat_map(part)

    return strategy.distribute_datasets_from_function(own_parts)


def fit_until(model, make_batches, steps, interval, callbacks):
    """Trains up to a number of steps, in intervals that end at multiples.

    Keras runs too many steps when they are no multiple of `steps_per_execution`,
    so what is missing to the first multiple and what is left after the last are
    executions of their own. An interrupt stops between any two steps; the curves of
    that interval are then means over the steps after it.

    Args:
        model: a compiled `Trainable`.
        make_batches: from the number of the first step to a dataset of batches.
        steps: where to stop; nothing happens when the model is there.
        interval: steps between two points of a curve.
        callbacks: a list of `keras.callbacks.Callback`.
    """
    missing = max(0, steps - model.step)
    first = min(missing, -model.step % interval)
    whole, rest = divmod(missing - first, interval)
    before = model.steps_per_execution
    model.stops_anywhere = True  # the next sitting begins with what is missing
    try:
        for epochs, size in ((1, first), (whole, interval), (1, rest)):
            if epochs and size:
                model.steps_per_execution = size
                model.fit(
                    make_batches(model.step),
                    epochs=epochs,
                    steps_per_epoch=size,
                    callbacks=callbacks,
                    verbose=0,
                )
    finally:
        model.steps_per_execution = before
        model.stops_anywhere = False
