"""What makes shipped data and tables: trials, failures, cures, loops side by side."""

import json

from gan_utils import data, paths, penalties, playground, recipes
from gan_utils.experiments import (
    classics,
    cures,
    failures,
    lesson_five,
    loops,
    plane_critics,
    signs,
    trials,
)
from gan_utils.experiments.trials import INTERVAL, Trial
from gan_utils.gan import GAN
from gan_utils.models.classics import build_dense_discriminator, build_dense_generator

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

PLANE = Trial(rates=(2e-3, 6e-3), mixture=playground.RING, batch_size=128, steps=3000)


def read(name):
    return json.loads(paths.MNIST.with_name(name).read_text(encoding="utf-8"))


def weights(gan):
    return [*gan.generator.get_weights(), *gan.discriminator.get_weights()]


def equal(some, others):
    return all(np.array_equal(a, b) for a, b in zip(some, others, strict=True))


def take_steps(gan, batches, steps):
    """Takes steps outside of any graph, which spares the time to build one."""
    for batch in batches.take(steps):
        gan.train_step(batch)
        gan.after_step()
    return gan


# One thing is changed, and the rest is as before.


def test_with_nothing_changed_it_is_the_playground_s_gan():
    ours, theirs = (
        take_steps(gan, PLANE.batches(0), 2)
        for gan in (PLANE.build(0), playground.build_gan(0))
    )
    assert equal(weights(ours), weights(theirs))


@pytest.fixture(scope="module")
def untreated():
    return weights(take_steps(cures.RING.build(0), cures.RING.batches(0), 1))


@pytest.mark.parametrize(
    "cure", sorted(set(cures.CURES) - {"none", "non-saturating loss"})
)
def test_each_cure_changes_the_training(cure, untreated):
    trial = cures.RING.vary(**cures.CURES[cure](cures.RING))
    assert trial != cures.RING
    found = weights(take_steps(trial.build(0), trial.batches(0), 1))
    assert all(np.isfinite(each).all() for each in found)
    # The cure by averages trains as before, and draws with other weights.
    same = len(found) == len(untreated) and equal(found, untreated)
    assert same == trial.averaged


@pytest.mark.parametrize("mixture", [None, playground.RING], ids=["digits", "plane"])
@pytest.mark.parametrize(
    "change",
    [
        {"noise": 0.1},
        {"behind": (cures.DROPOUT,)},
        {"wrap": layers.SpectralNormalization},
    ],
    ids=lambda change: next(iter(change)),
)
def test_d_starts_with_the_same_weights_whatever_it_is_given_more(mixture, change):
    trial = Trial(mixture=mixture)
    healthy, altered = (
        each.build_networks(0)[1] for each in (trial, trial.vary(**change))
    )
    shape = (8, *healthy.inputs[0].shape[1:])
    batch = tf.random.stateless_normal(shape, (0, 0))
    said = [network(batch, training=False).numpy() for network in (healthy, altered)]
    np.testing.assert_allclose(*said, rtol=1e-5, atol=1e-6)
    assert np.ptp(said[0]) > 0
    if "wrap" not in change:  # it changes nothing before the second batch
        assert not np.allclose(altered(batch, training=True), said[0])


@pytest.mark.parametrize("mixture", [None, playground.RING], ids=["digits", "plane"])
def test_a_norm_stands_behind_each_hidden_layer_with_weights(mixture):
    trial = Trial(mixture=mixture, behind=(layers.BatchNormalization,))
    parts = trial.build_networks(0)[1].layers
    weighed = [isinstance(part, trials.WEIGHED) for part in parts]
    norms = [isinstance(part, layers.BatchNormalization) for part in parts]
    assert norms[1:] == weighed[:-1]
    assert sum(norms) == sum(weighed) - 1
    assert weighed[-1]


@pytest.mark.parametrize("place", plane_critics.PLACES)
def test_a_norm_stands_where_its_row_says(place):
    trial = plane_critics.TRIALS[f"batch norm {place}"]
    plain = trial.vary(activation="relu", behind=()).build_networks(0)[1]
    network = trial.build_networks(0)[1]
    kinds = [type(part) for part in network.layers]
    where, activation = place.split(" ", 1)
    expected = [layers.BatchNormalization, layers.LeakyReLU]
    if activation == "ReLU":
        expected[1] = layers.ReLU
    if where == "behind":
        expected.reverse()
    assert kinds == 2 * [layers.Dense, *expected] + [layers.Dense]
    for layer, before in zip(trials.weighed(network), trials.weighed(plain)):
        assert layer.activation is keras.activations.linear
        for ours, theirs in zip(layer.get_weights(), before.get_weights()):
            np.testing.assert_array_equal(ours, theirs)


def test_noise_lies_on_whatever_d_sees():
    first = cures.RING.vary(noise=0.1).build_networks(0)[1].layers[0]
    assert isinstance(first, layers.GaussianNoise)
    assert first.stddev == 0.1


def test_one_batch_of_both_kinds_is_normed_together():
    norms = PLANE.vary(behind=(layers.BatchNormalization,))
    ends = [
        weights(take_steps(trial.build(0), trial.batches(0), 1))
        for trial in (norms, norms.vary(mixed=True))
    ]
    assert not equal(*ends)


@pytest.mark.parametrize("training", [True, False])
def test_training_false_leaves_the_memory_of_g_s_norm_alone(training, monkeypatch):
    def build_generator(seed, hidden):
        parts = [keras.Input((2,)), layers.Dense(2), layers.BatchNormalization()]
        return keras.Sequential(parts)

    monkeypatch.setattr(playground, "build_generator", build_generator)
    trial = PLANE.vary(generator_training=training)
    gan = take_steps(trial.build(0), trial.batches(0), 1)
    memory = gan.generator.layers[-1].moving_variance
    assert np.array_equal(memory, [1, 1]) != training


def test_a_range_of_pixels_is_that_of_the_real_images():
    batch = next(iter(failures.FAILURES["range_0_to_255"][1].batches(0)))
    assert (batch.numpy().min(), batch.numpy().max()) == (0, 255)


def test_a_network_that_pauses_keeps_its_weights_and_its_adam_s_moments():
    gan = PLANE.vary(generator_every=3).build(0)
    gan.steps_per_execution = 1
    parts = {
        "G": gan.generator,
        "G's Adam": gan.generator_optimizer,
        "D": gan.discriminator,
        "D's Adam": gan.discriminator_optimizer,
    }

    def look():
        return {
            name: [each.numpy() for each in part.variables]
            for name, part in parts.items()
        }

    seen = [look()]
    watch = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: seen.append(look()))
    history = gan.fit(
        PLANE.batches(0), epochs=6, steps_per_epoch=1, callbacks=[watch], verbose=0
    )
    moved = {
        name: [not equal(a[name], b[name]) for a, b in zip(seen, seen[1:])]
        for name in parts
    }
    in_turn = [False, False, True, False, False, True]
    assert moved == {
        "G": in_turn,
        "G's Adam": in_turn,
        "D": [True] * 6,
        "D's Adam": [True] * 6,
    }
    assert np.ptp(history.history["generator_loss"][:2]) > 0  # told while it pauses


def test_a_rate_that_cools_reaches_its_end_with_the_last_move():
    gan = PLANE.vary(generator_every=3).build(0)
    for optimizer, moves in (
        (gan.generator_optimizer, 1000),
        (gan.discriminator_optimizer, 3000),
    ):
        optimizer.iterations.assign(moves - 1)
        assert float(optimizer.learning_rate) > 0
        optimizer.iterations.assign(moves)
        assert float(optimizer.learning_rate) == pytest.approx(0, abs=1e-9)


def test_spectral_normalisation_limits_every_layer():
    change = cures.CURES["spectral normalisation of D"](cures.RING)
    gan = cures.RING.vary(**change).build(0)
    largest = []
    for steps in (0, 5):
        take_steps(gan, cures.RING.batches(0), steps)
        inner = trials.weighed(gan.discriminator)
        largest.append(max(np.linalg.norm(layer.kernel, 2) for layer in inner))
    # The norm is estimated step by step, and the weights move after it.
    assert largest[1] < 1.2 < 1.9 < largest[0]


# A trial from its start to its result.


def test_a_run_tells_curves_samples_and_a_result():
    trial = cures.RING.vary(generator_every=3, steps=2 * INTERVAL)
    found = trials.run(trial, seed=0, keep_at=(INTERVAL,))
    assert found["stopped"] is None
    assert set(found["result"]) == {"covered", "good"}
    recorded = read("failures.json")["failures"]["healthy"]["runs"]["0"]["curves"]
    new = {"distance", "gradient_norm"}  # what a penalised step and the doctor add
    assert set(found["curves"]) == set(recorded) | new
    assert {len(curve) for curve in found["curves"].values()} == {2}
    assert [samples.shape for samples in found["samples"]] == [(64, 2)]


def test_a_run_that_breaks_off_says_why_and_has_no_result(monkeypatch):
    def break_off(*_, **__):
        raise FloatingPointError("not finite")

    monkeypatch.setattr(GAN, "fit", break_off)
    found = trials.run(PLANE, seed=0)
    assert found["stopped"] == "not finite"
    assert found["result"] == {}


def test_averaged_weights_are_measured_where_they_are_asked_for():
    gan = PLANE.build(0)
    last = gan.averaged_generator.layers[-1]
    last.kernel.assign(tf.zeros_like(last.kernel))
    last.bias.assign(playground.RING.centres[0])  # every sample is one mode's centre
    averaged = trials.measure(gan, PLANE.vary(averaged=True), judge=None)
    assert averaged == {"covered": 1, "good": 1.0}
    assert trials.measure(gan, PLANE, judge=None) != averaged


def test_the_faint_loss_is_a_small_share_of_the_usual_one():
    _, trial, _ = failures.FAILURES["faint_loss"]
    logits = tf.constant([[0.0], [2.0]])
    usual = failures.HEALTHY.generator_loss(logits)
    assert float(trial.generator_loss(logits) / usual) == pytest.approx(0.003)
    assert trial.vary(generator_loss=failures.HEALTHY.generator_loss) == Trial()


def test_the_lengthened_loss_differs_from_the_saturating_one_in_its_length_only():
    _, trial, _ = failures.FAILURES["lengthened_loss"]
    _, short, _ = failures.FAILURES["saturating_loss"]
    assert trial.vary(generator_loss=short.generator_loss) == short
    logits = tf.Variable([[-6.0], [-2.0]])
    lengths = []
    for of in (trial, short, failures.HEALTHY):
        with tf.GradientTape() as tape:
            loss = of.generator_loss(logits)
        lengths.append(float(tf.reduce_sum(abs(tape.gradient(loss, logits)))))
    assert lengths[0] == pytest.approx(lengths[2])
    assert lengths[1] < lengths[0] / 10


def test_the_slow_pair_is_as_far_apart_as_the_healthy_one():
    _, trial, _ = failures.FAILURES["slow_both"]
    slower = np.divide(failures.HEALTHY.rates, trial.rates)
    np.testing.assert_allclose(slower, [15, 15])
    assert trial.rates[0] == failures.FAILURES["d_too_strong"][1].rates[0]


# What is recorded.


def test_the_record_is_of_these_failures():
    found = read("failures.json")
    assert found["interval"] == INTERVAL
    assert {
        name: (of["change"], of["sign"]) for name, of in found["failures"].items()
    } == {name: (change, sign) for name, (change, _, sign) in failures.FAILURES.items()}


def test_what_was_run_is_added_and_nothing_is_lost(tmp_path):
    record, table = read("failures.json"), {"ring": read("cures.json")["ring"]}
    assert failures.gather(tmp_path, record) == record
    assert cures.gather(tmp_path, table) == table
    run_of = {"result": {}, "stopped": None, "curves": {"variety": [1 / 3]}}
    (tmp_path / "healthy_77.json").write_text(json.dumps(run_of))
    kept = {**run_of, "curves": {"variety": [0.3333]}}
    added = failures.gather(tmp_path, record)["failures"]["healthy"]["runs"]
    assert added["77"] == kept
    assert list(added) == sorted(added, key=int)
    assert "0" in added
    for cure in cures.cures_of("momentum"):
        for seed in cures.seeds_of("momentum"):
            (tmp_path / f"momentum, {cure}, {seed}.json").write_text('{"result": 5}')
    assert list(cures.gather(tmp_path, table)) == ["ring", "momentum"]


def test_a_control_keeps_no_samples(tmp_path, monkeypatch):
    found = {"result": {}, "told": [], "stopped": None, "curves": {}}
    samples = [np.zeros((20, 28, 28, 1), np.float32)]
    monkeypatch.setattr(failures, "run", lambda *_: {**found, "samples": list(samples)})
    monkeypatch.setattr(failures, "load_judge", lambda: None)
    for name in ("data", "runs"):
        (tmp_path / name).mkdir()
    (tmp_path / "data" / "failures.json").write_text('{"failures": {}}')
    monkeypatch.setattr(failures.paths, "MNIST", tmp_path / "data" / "mnist.npz")
    chosen = ["healthy", "faint_loss", "--seeds", "0", "--out", str(tmp_path / "runs")]
    monkeypatch.setattr("sys.argv", ["failures", *chosen])
    failures.main()
    with np.load(tmp_path / "data" / "failures.npz") as kept:
        assert set(kept) == {"healthy"}


def test_samples_that_were_drawn_again_replace_the_old_ones(tmp_path):
    new = np.full((3, 20, 28, 28), 7, np.uint8)
    np.savez(tmp_path / "healthy_0.npz", samples=new)
    old = {name: new[:, :10] + 1 for name in ("healthy", "momentum")}
    kept = failures.gather_samples(tmp_path, old)
    np.testing.assert_array_equal(kept["healthy"], new[:, :10])
    assert (kept["momentum"] == 8).all()


def test_samples_of_all_failures_that_ran_to_the_end_are_kept():
    with np.load(paths.MNIST.with_name("failures.npz")) as samples:
        shapes = {name: samples[name].shape for name in samples}
    kept = set(failures.FAILURES) - {"not_a_number", *failures.CURVES_ALONE}
    assert set(shapes) == kept
    assert set(shapes.values()) == {(len(failures.KEEP_AT), 10, 28, 28)}


def test_the_table_has_all_seeds_of_every_cure():
    table = read("cures.json")
    assert list(table) == list(cures.STARTS)
    for name, results in table.items():
        assert list(results) == cures.cures_of(name)
        seeds = len(cures.seeds_of(name))
        assert seeds == (5 if name == "ring" else 3)
        assert {len(each) for each in results.values()} == {seeds}


def test_the_page_of_signs_shows_every_failure_it_names():
    figure = signs.draw(read("failures.json"))
    assert len(figure.axes) == len(signs.ROWS) * len(signs.COLUMNS)
    assert all(len(panel.lines) == 2 * len(signs.SEEDS) for panel in figure.axes)


def test_the_mosaic_shows_the_last_samples_two_failures_a_row():
    samples = {
        str(value): np.full((3, 10, 4, 4), value, np.uint8) for value in range(1, 7)
    }
    picture = signs.lay_out(samples)
    assert picture.shape == (3 * 6 - 2, 20 * 6 - 2)
    assert picture[0, 0] == 1
    assert picture[0, -1] == 4
    assert picture[-1, -1] == 6


# Speed and quality side by side: the same work on each side.


@pytest.fixture
def eager(monkeypatch):
    """Spares the time to build graphs: a `tf.function` is the plain function."""

    def plain(function=None, **_):
        return function or plain

    monkeypatch.setattr(tf, "function", plain)


def test_the_lesson_s_gan_is_what_is_measured(eager):
    scope = lesson_five.load()
    gan = scope["make_gan"]()
    assert gan.step == 0
    assert gan.generator.output_shape == (None, 28, 28, 1)
    assert isinstance(gan.generator_optimizer, keras.optimizers.Adam)


def test_the_rival_is_the_published_network():
    generator, discriminator = lesson_five.rival()
    assert generator.output_shape == (None, 28, 28, 1)
    assert generator.count_params() == 2_330_944
    assert discriminator.count_params() == 212_865


@pytest.mark.parametrize("loop", [loops.bare_loop, loops.single_steps, loops.plain_fit])
def test_each_loop_does_the_work_of_fit(loop, eager):
    gan = GAN(build_dense_generator(), build_dense_discriminator(), seed=0)
    gan.compile(keras.optimizers.Adam(), keras.optimizers.Adam())
    before = gan.averaged_generator.get_weights()
    (digits, _), _ = data.load_mnist()
    run = loop(gan, digits[:32], 8, steps=2)
    assert gan.step == 0
    run()
    assert gan.step == 2
    assert not equal(before, gan.averaged_generator.get_weights())


def test_the_classics_that_are_timed_are_trained_in_turns():
    for name in classics.STEPS:
        assert recipes.find(name).step.keywords["turns"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"critic": True, "paired": True}, "critic and paired"),
        ({"critic": True, "mixed": True}, "critic and broken"),
        ({"paired": True, "generator_training": False}, "paired and broken"),
        ({"mixed": True, "penalty": penalties.no_penalty}, "takes no penalty"),
        ({"mixed": True, "generator_every": 2}, "no other pace"),
        ({"mixed": True, "head_start": 5}, "no head start"),
        ({"clip": 0.1}, "critic=True"),
    ],
)
def test_fields_of_a_trial_that_do_not_go_together_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        Trial(**fields)
