"""A model trains by any step, goes on bit for bit, and saves what is whole and good."""

import types

from gan_utils import callbacks, fitting, latent, models
from gan_utils.fitting import Checkpoint, Trainable
from gan_utils.playground import RING
from tests.conftest import (
    LATENT_DIM,
    SaveAt,
    adam,
    copy,
    differences,
    fit,
    fit_plane,
    make_dense_gan,
    make_gan,
    make_plane_gan,
    same,
    state,
    train_classifier,
)

import keras
import numpy as np
import pytest
import tensorflow as tf


def make_line(step=None, rate=1e-2, width=64, depth=1, seed=0, steps_per_execution=2):
    """Builds a network that learns the sum of two coordinates, compiled."""
    hidden = [keras.layers.Dense(width, "relu") for _ in range(depth)]
    dropout = keras.layers.Dropout(0.3, seed=seed)
    parts = [keras.Input((2,)), *hidden, dropout, keras.layers.Dense(1)]
    network = models.initialize(keras.Sequential(parts, name="line"), seed)
    model = Trainable({"line": network}, step or line_step)
    optimizer = keras.optimizers.Adam(rate)
    model.compile({"line": (optimizer, network.trainable_variables)})
    model.steps_per_execution = steps_per_execution
    return model


def line_step(model, points):
    network = model.networks["line"]
    with tf.GradientTape() as tape:
        sums = tf.reduce_sum(points, axis=1, keepdims=True)
        errors = (network(points, training=True) - sums) ** 2
        loss = tf.reduce_mean(errors)
    weights = network.trainable_variables
    model.optimizers["line"].apply(tape.gradient(loss, weights), weights)
    return {"loss": loss, "place": model.step_count, "point": points}


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


def test_bad_weights_are_not_saved_over_good_ones(tmp_path):
    model = make_line()
    saver = Checkpoint(model, tmp_path)
    saver.save()
    weight = model.networks["line"].weights[0]
    weight.assign(np.nan * weight)
    with pytest.raises(FloatingPointError, match="of the line is not finite"):
        saver.save()
    fresh = make_line(seed=1)
    Checkpoint(fresh, tmp_path)
    assert same(state(fresh), state(make_line()))


def test_a_gan_with_dropout_and_batch_norm_resumes_bit_for_bit(tmp_path):
    whole = make_gan(dropout=0.3)
    fit(whole, 6, [SaveAt(4, Checkpoint(whole, tmp_path))])
    resumed = make_gan(dropout=0.3, seed=5)  # with other weights, to be replaced
    resumed.seed = 0
    Checkpoint(resumed, tmp_path)
    assert resumed.step == 4
    fit(resumed, 6)
    assert differences(whole, resumed) == {}


def test_a_classifier_with_dropout_resumes_bit_for_bit(tmp_path):
    whole = train_classifier(5)
    train_classifier(3, tmp_path)
    resumed = train_classifier(5, tmp_path)
    assert whole.step == resumed.step == 5
    assert differences(whole, resumed) == {}
    start = train_classifier(0)
    assert not same(state(start), state(resumed))


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


def test_an_interrupt_before_the_first_step_is_an_interrupt(tmp_path, monkeypatch):
    gan = make_dense_gan()

    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(keras.Model, "fit", interrupted)
    points = latent.sample_latents(4, LATENT_DIM, 0)
    log = callbacks.TensorBoardLog(tmp_path / "log", points)
    with pytest.raises(KeyboardInterrupt, match="after step 0"):
        fit(gan, 8, [callbacks.ProgressBar(), log, Checkpoint(gan, tmp_path)])


def test_a_step_that_is_saved_is_not_written_again(tmp_path, monkeypatch):
    model = make_line()
    saver = Checkpoint(model, tmp_path, seconds=0)
    written = []
    monkeypatch.setattr(saver._manager, "save", written.append)
    fit_plane(model, 4, [saver])
    assert written == [2, 4]


def test_checkpoints_are_saved_by_the_clock(tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(fitting.time, "monotonic", lambda: now[0])
    saver = Checkpoint(make_line(), tmp_path, seconds=20)
    saved = []
    monkeypatch.setattr(saver, "save", lambda: saved.append(now[0]))
    for now[0] in (5.0, 19.0, 20.0):
        saver.on_epoch_end(0)
    assert saved == [20.0]


@pytest.mark.parametrize("other", [{"width": 65}, {"depth": 2}, {"depth": 0}])
def test_a_foreign_checkpoint_is_named(other, tmp_path):
    Checkpoint(make_line(), tmp_path).save()
    with pytest.raises(ValueError, match="made by other networks"):
        Checkpoint(make_line(**other), tmp_path)


def test_a_checkpoint_leaves_the_learning_rates_alone(tmp_path):
    Checkpoint(make_line(), tmp_path).save()
    model = make_line(rate=0.25)
    Checkpoint(model, tmp_path)
    assert float(model.optimizers["line"].learning_rate) == 0.25


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_the_last_whole_checkpoint_loads_when_a_later_one_is_damaged(tmp_path):
    model = make_line()
    saver = Checkpoint(model, tmp_path, seconds=0)
    fit_plane(model, 2, [saver])
    expected = state(model)
    fit_plane(model, 4, [saver])
    truncate(tmp_path / "ckpt-4.data-00000-of-00001")
    resumed = make_line()
    Checkpoint(resumed, tmp_path)
    assert resumed.step == 2
    assert same(expected, state(resumed))


def test_a_folder_of_damaged_checkpoints_is_named(tmp_path):
    Checkpoint(make_line(), tmp_path).save()
    truncate(tmp_path / "ckpt-0.data-00000-of-00001")
    with pytest.raises(OSError, match="can be read; they are damaged"):
        Checkpoint(make_line(), tmp_path)


def test_only_two_checkpoints_are_kept(tmp_path):
    model = make_line()
    fit_plane(model, 8, [Checkpoint(model, tmp_path, seconds=0)])
    assert len(list(tmp_path.glob("*.index"))) == 2


def test_a_full_disk_is_an_error_and_what_was_saved_stays(tmp_path):
    model = make_line()
    saver = Checkpoint(model, tmp_path)
    fit_plane(model, 4, [saver])
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError, match="step 6 could not be written"):
            fit_plane(model, 6, [saver])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    fresh = make_line()
    Checkpoint(fresh, tmp_path)
    assert fresh.step == 4


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


def test_a_training_that_broke_goes_on_from_its_checkpoint(tmp_path):
    gan = make_plane_gan(steps_per_execution=4)
    saver = Checkpoint(gan, tmp_path)
    saver.save()
    gan.fault = "generator_loss was not a finite number at step 3."
    with pytest.raises(FloatingPointError, match="at step 3"):
        saver.save()
    again = Checkpoint(gan, tmp_path)
    again.save()
    assert gan.step == 0
