"""A model trains by any step, goes on bit for bit, and saves what is whole and good."""

import re
import signal
import threading
import time
import types

from gan_utils import callbacks, fitting, latent
from gan_utils.checkpoints import Checkpoint, find
from gan_utils.fitting import Trainable
from gan_utils.playground import RING
from tests.conftest import (
    LATENT_DIM,
    adam,
    copy,
    differences,
    fit,
    fit_plane,
    line_step,
    make_dense_gan,
    make_line,
    same,
    state,
)

import keras
import numpy as np
import pytest
import tensorflow as tf


@pytest.fixture(scope="module")
def line():
    """A line trained for eight steps. Tests only look at it."""
    model = make_line()
    model.history = fit_plane(model, 8).history
    return model


def test_a_model_trains_by_the_step_that_it_is_given(line):
    assert line.step == 8
    assert list(line.networks) == ["line"]
    start = make_line()
    for a, b in zip(*(m.networks["line"].weights for m in (start, line)), strict=True):
        assert not np.array_equal(a, b)


def test_the_numbers_of_a_step_are_logged_as_their_means(line):
    assert set(line.history) == {"loss", "place", "point"}
    assert line.history["place"] == [0.5, 2.5, 4.5, 6.5]
    batches = np.stack([*RING.batches(16, seed=0).take(8).as_numpy_iterator()])
    means = batches.reshape(4, -1).mean(axis=1)
    np.testing.assert_allclose(line.history["point"], means, rtol=1e-5)


def test_an_epoch_of_several_executions_reports_one_mean():
    model = make_line(steps_per_execution=2)
    found = model.fit(RING.batches(16, 0), epochs=2, steps_per_epoch=6, verbose=0)
    assert found.history["place"] == [2.5, 8.5]


def test_an_epoch_that_is_no_whole_number_of_executions_is_refused():
    model = make_line(steps_per_execution=4)
    with pytest.raises(ValueError, match="steps_per_epoch is 6.*4 steps at a time"):
        model.fit(RING.batches(16, 0), steps_per_epoch=6, verbose=0)
    assert model.step == 0


@pytest.mark.parametrize("name", ["record", "step_count", "D_optimizer", "a/b", ""])
def test_names_that_a_checkpoint_needs_or_cannot_hold_are_refused(name):
    with pytest.raises(ValueError, match="call it by another word"):
        Trainable({name: keras.Sequential([keras.Input((1,))])}, line_step)


def test_one_optimizer_for_two_networks_is_refused():
    shared = adam()
    networks = {name: keras.Sequential([keras.Input((1,))]) for name in "ab"}
    model = Trainable(networks, line_step)
    with pytest.raises(ValueError, match="Make two"):
        model.compile({name: (shared, []) for name in networks})


def bad_step(from_step, value):
    """A step of which one number, and not its first, is bad from a step on."""

    def step(model, points):
        numbers = line_step(model, points)
        is_bad = model.step_count >= from_step
        return numbers | {"angle": tf.where(is_bad, value, 1.0)}

    return step


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_bad_number_stops_training_and_is_not_saved(value, tmp_path):
    model = make_line(bad_step(9, value), steps_per_execution=4)
    saver = Checkpoint(model, tmp_path, seconds=0)
    intervals = {"epochs": 4, "steps_per_epoch": 4, "verbose": 0}
    with pytest.raises(FloatingPointError, match=r"^angle .* at step 9\."):
        model.fit(RING.batches(16, 0), callbacks=[saver], **intervals)
    assert model.step == 12  # the end of the execution in which step 9 ran
    with pytest.raises(FloatingPointError, match="at step 9"):
        saver.save()
    fresh = make_line()
    Checkpoint(fresh, tmp_path)
    assert fresh.step == 8


class InterruptAt(keras.callbacks.Callback):
    def __init__(self, step):
        super().__init__()
        self.step = step

    def on_train_batch_end(self, batch, logs=None):
        if self.model.step == self.step:  # so this interval has no end
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def dense_gan():
    """A GAN trained for eight steps. Tests only look at it."""
    gan = make_dense_gan()
    fit(gan, 8)
    return gan


@pytest.mark.parametrize("step", [4, 8])
def test_an_interrupt_saves_and_training_goes_on_from_there(step, dense_gan, tmp_path):
    gan = make_dense_gan()
    with pytest.raises(KeyboardInterrupt, match=f"after step {step}"):
        fit(gan, 8, [Checkpoint(gan, tmp_path, seconds=3600), InterruptAt(step)])
    resumed = make_dense_gan()
    Checkpoint(resumed, tmp_path)
    assert resumed.step == step
    if step < 8:
        fit(resumed, 8)
    assert differences(dense_gan, resumed) == {}


@pytest.fixture
def interrupts():
    """Has Python raise interrupts, as it does in a terminal and in a notebook."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGINT, before)


def slow_line(at_step, steps_per_execution):
    """Builds a line of slow steps; in one of them an interrupt comes."""
    steps = iter(range(100))

    def wait():
        time.sleep(0.25)
        if next(steps) == at_step:
            signal.raise_signal(signal.SIGINT)
        return np.float32(0)

    def step(model, points):
        waited = tf.numpy_function(wait, [], tf.float32)
        return line_step(model, points) | {"waited": tf.reshape(waited, ())}

    return make_line(step, steps_per_execution=steps_per_execution)


def test_a_slow_training_in_intervals_stops_between_them(interrupts, tmp_path, capsys):
    model = slow_line(at_step=2, steps_per_execution=1)
    with pytest.raises(KeyboardInterrupt, match=r"after step [2-9]\."):
        fitting.fit_until(model, ring_batches, 16, 16, [Checkpoint(model, tmp_path)])
    assert "Interrupted: stops in about 1 s." in capsys.readouterr().out
    resumed, whole = make_line(), make_line()
    Checkpoint(resumed, tmp_path)
    assert resumed.step == model.step
    for each in (resumed, whole):
        fitting.fit_until(each, ring_batches, 16, 16, [])
    assert same(state(whole), state(resumed))


def test_a_fit_ends_its_execution_and_says_how_long_that_takes(interrupts, capsys):
    model = slow_line(at_step=2, steps_per_execution=8)
    with pytest.raises(KeyboardInterrupt, match="after step 8"):
        model.fit(ring_batches(0), epochs=2, steps_per_epoch=8, verbose=0)
    told = capsys.readouterr().out
    assert re.search(r"Interrupted: stops in about [1-9] s", told)


def test_an_interrupt_while_saving_waits_for_it(interrupts, tmp_path):
    class Impatient(Checkpoint):
        def _write(self, step):
            signal.raise_signal(signal.SIGINT)
            super()._write(step)

    model = make_line()
    with pytest.raises(KeyboardInterrupt, match="after step 4"):
        fit_plane(model, 4, [Impatient(model, tmp_path)])
    assert [path.name for path in find(tmp_path)] == ["ckpt-4"]


def test_a_program_keeps_its_own_way_with_interrupts(interrupts):
    heard = []
    signal.signal(signal.SIGINT, lambda *given: heard.append(given))
    model = slow_line(at_step=0, steps_per_execution=1)
    model.fit(ring_batches(0), steps_per_epoch=2, verbose=0)
    assert (len(heard), model.step) == (1, 2)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_a_model_trains_in_another_thread_too():
    model = make_line()
    thread = threading.Thread(target=fit_plane, args=(model, 4))
    thread.start()
    thread.join()
    assert model.step == 4


def test_a_callback_that_cannot_write_lets_the_others_finish(tmp_path):
    class Gone(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if self.model.step == 4:
                raise BrokenPipeError(32, "Broken pipe")

        def on_train_end(self, logs=None):
            raise BrokenPipeError(32, "Broken pipe")

    model = make_line()
    with pytest.raises(BrokenPipeError):
        fit_plane(model, 8, [Gone(), Checkpoint(model, tmp_path)])
    assert [path.name for path in find(tmp_path)] == ["ckpt-4"]


def test_the_seconds_of_all_sittings_are_counted(monkeypatch):
    model, now = make_line(), [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    class Wait(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            now[0] += 3

    for step, seconds in ((4, 6), (6, 9)):
        fit_plane(model, step, [Wait()])
        assert model.seconds == seconds
        now[0] += 100


def test_an_interrupt_before_the_first_step_is_an_interrupt(tmp_path, monkeypatch):
    gan = make_dense_gan()

    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(keras.Model, "fit", interrupted)
    points = latent.sample_latents(4, LATENT_DIM, 0)
    log = callbacks.TensorBoardLog(tmp_path / "log", points)
    with pytest.raises(KeyboardInterrupt, match="after step 0"):
        fit(gan, 8, [callbacks.ProgressBar(), log, Checkpoint(gan, tmp_path)])


@pytest.mark.parametrize(
    "start, steps, stretches",
    [(0, 5, [4, 1]), (5, 12, [3, 4]), (5, 7, [2]), (8, 8, []), (4, 12, [8])],
)
def test_intervals_end_at_multiples(start, steps, stretches):
    fitted = []

    class Model:
        step = start
        steps_per_execution = 50

        def fit(self, batches, epochs, steps_per_epoch, **options):
            assert batches == self.step
            assert self.steps_per_execution == steps_per_epoch
            fitted.append(epochs * steps_per_epoch)
            self.step += fitted[-1]

    model = Model()
    fitting.fit_until(model, lambda step: step, steps, 4, [])
    assert fitted == stretches
    assert model.steps_per_execution == 50


def ring_batches(first_step):
    return RING.batches(16, 0, first_step)


def test_a_step_is_traced_once_also_for_intervals_that_are_not_whole():
    traces = []

    def step(model, points):
        traces.append(model)
        return line_step(model, points)

    model = make_line(step)
    model.fit(ring_batches(0), steps_per_epoch=2, verbose=0)
    once = len(traces)
    fitting.fit_until(model, ring_batches, 5, 3, [])
    fitting.fit_until(model, ring_batches, 10, 3, [])
    assert model.step == 10
    assert len(traces) == once > 0


def test_a_model_that_is_compiled_again_trains_by_the_new_optimizer():
    model = make_line()
    fit_plane(model, 2)
    weights = model.networks["line"].trainable_variables
    before = copy(weights)
    still = keras.optimizers.SGD(0.0)
    model.compile({"line": (still, weights)}, 2)
    fit_plane(model, 4)
    assert int(still.iterations) == 2
    assert same(before, copy(weights))


def test_one_device_gets_the_batches_as_they_are():
    batches = RING.batches(16, 0)
    assert fitting.share(batches, tf.distribute.get_strategy()) is batches


class Replicas:
    """A strategy of several replicas, as far as `share` looks at it."""

    def __init__(self, count, workers=1, worker=0):
        self.num_replicas_in_sync = count
        self.context = types.SimpleNamespace(
            num_input_pipelines=workers, input_pipeline_id=worker
        )

    def distribute_datasets_from_function(self, make):
        return make(self.context)


@pytest.mark.parametrize(
    ("replicas", "expected"),
    [
        (Replicas(2), [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10, 11]]),
        (Replicas(2, workers=2, worker=0), [[0, 1, 2], [6, 7, 8]]),
        (Replicas(2, workers=2, worker=1), [[3, 4, 5], [9, 10, 11]]),
        (Replicas(6, workers=3, worker=1), [[2], [3], [8], [9]]),
    ],
)
def test_each_replica_gets_its_rows_of_every_batch(replicas, expected):
    numbers = tf.data.Dataset.range(12).batch(6)
    parts = fitting.share(numbers, replicas)
    assert [part.tolist() for part in parts.as_numpy_iterator()] == expected
    pairs = tf.data.Dataset.zip(numbers, numbers.map(lambda x: -x))
    for (images, labels), part in zip(fitting.share(pairs, replicas), expected):
        assert images.numpy().tolist() == part
        assert labels.numpy().tolist() == [-number for number in part]
