"""One iteration moves what it should, on what it should, and returns its numbers."""

import functools
import types

from gan_utils import data, losses, models, steps
from gan_utils.checkpoints import Checkpoint
from gan_utils.classic_recipes import CLASSICS
from gan_utils.fitting import Trainable
from gan_utils.gan import GAN, normal_with_kinds
from gan_utils.playground import RING
from gan_utils.steps import (
    FAKE,
    MERGED,
    REAL,
    adversarial_step,
    alternating_step,
    pausing_step,
)
from tests.conftest import (
    IMAGES,
    Frozen,
    SaveAt,
    adam,
    copy,
    differences,
    fit,
    fit_plane,
    make_gan,
    make_plane_gan,
    same,
)

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from keras.optimizers import SGD, Adam

LATENT_DIM = 8
# Of each article, as it was written: how many images D sees at a time.
SEEN = {
    "oreilly": [50, 50, 50],
    "bulten_as_written": [512, 256],
    "bulten_colour_as_written": [256, 128],
    "tiny_mlp": [256, 128],
    "layered_mlp": [256, 128],
    "keras_gan": [16, 16, 32],
}
# A row for each step of the classics that is not another row's, too.
STEPS = list({id(row.step): name for name, row in [*CLASSICS.items()][::-1]}.values())
NETWORKS = ("generator", "discriminator")


def trained(gan, name):
    return copy(gan.trained[name].trainable_variables)


def digits():
    images = tf.constant(IMAGES[:16, ..., None], tf.float32) / 127.5 - 1
    return images, tf.random.stateless_normal((16, LATENT_DIM), (0, 0))


# The step of lesson 5, for both networks at once.


def test_one_step_moves_every_weight_of_both_networks():
    gan = make_gan()
    before = [weight for name in NETWORKS for weight in trained(gan, name)]
    adversarial_step(gan, *digits())
    after = [weight for name in NETWORKS for weight in trained(gan, name)]
    assert not any(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("moving", NETWORKS)
def test_each_update_leaves_the_other_network_alone(moving):
    gan = make_plane_gan()
    (resting,) = {*NETWORKS} - {moving}
    gan.optimizers[resting] = Frozen()
    before = {name: trained(gan, name) for name in NETWORKS}
    adversarial_step(gan, *(RING.draw(16, (0, n)) for n in range(2)))
    assert same(before[resting], trained(gan, resting))
    assert not same(before[moving], trained(gan, moving))


def test_gradients_are_those_of_separate_steps():
    """One pass of D over the fakes gives what two separate tapes would give."""
    gan = make_gan()
    real_images, latents = digits()
    with tf.GradientTape() as for_discriminator, tf.GradientTape() as for_generator:
        fakes = gan.generator(latents, training=True)
        real_logits = gan.discriminator(real_images, training=True)
        fake_logits = gan.discriminator(fakes, training=True)
        discriminator_loss = sum(
            losses.cross_entropy_discriminator_loss(real_logits, fake_logits)
        )
        generator_loss = losses.non_saturating_generator_loss(fake_logits)
    expected = [
        *for_discriminator.gradient(
            discriminator_loss, gan.discriminator.trainable_variables
        ),
        *for_generator.gradient(generator_loss, gan.generator.trainable_variables),
    ]
    found = []
    recorder = types.SimpleNamespace(apply=lambda gradients, _: found.extend(gradients))
    gan.optimizers.update(dict.fromkeys(NETWORKS, recorder))
    numbers = adversarial_step(gan, real_images, latents)
    for a, b in zip(expected, found, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    of_d = losses.cross_entropy_discriminator_loss(real_logits, fake_logits)
    for name, value in zip(steps.LOSSES, (generator_loss, *of_d), strict=True):
        assert float(numbers[name]) == pytest.approx(float(value), abs=1e-5)
    for name, value in steps.opinions(real_logits, fake_logits).items():
        np.testing.assert_allclose(numbers[name], value, atol=1e-5)


# The step in which a network may pause.


def test_when_none_pauses_it_is_the_step_of_lesson_5():
    pausing = functools.partial(pausing_step, moves=lambda step: (True, True))
    plain, other = make_plane_gan(), make_plane_gan(step=pausing)
    assert other.take_step is pausing
    fit_plane(plain, 4)
    fit_plane(other, 4)
    assert not differences(plain, other)


@pytest.mark.parametrize("resting", NETWORKS)
def test_a_network_that_pauses_is_left_out_and_so_is_its_adam(resting):
    both = tf.Variable([True, True])
    gan = make_plane_gan(step=functools.partial(pausing_step, moves=lambda _: both))

    def look():
        pairs = {name: (gan.trained[name], gan.optimizers[name]) for name in NETWORKS}
        return {name: [copy(a.variables) for a in pair] for name, pair in pairs.items()}

    fit_plane(gan, 2)
    before = look()
    both.assign([name != resting for name in NETWORKS])
    fit_plane(gan, 4)  # in the graph that is there already
    after = look()
    for name in NETWORKS:
        for of_before, of_after in zip(before[name], after[name]):
            assert same(of_before, of_after) == (name == resting)


def test_a_pause_may_hang_on_the_step():
    third = functools.partial(pausing_step, moves=lambda step: (step % 3 == 2, True))
    gan = make_plane_gan(step=third, steps_per_execution=1)
    seen = [trained(gan, "generator")]
    for step in range(1, 7):
        batches = RING.batches(16, 0, gan.step)
        gan.fit(batches, epochs=1, steps_per_epoch=1, verbose=0)
        assert gan.step == step
        seen.append(trained(gan, "generator"))
    moved = [not same(a, b) for a, b in zip(seen, seen[1:])]
    assert moved == [False, False, True] * 2


def test_opinions_are_of_each_image():
    found = steps.opinions(
        tf.constant([[0.0], [2.0], [-1.0]]), tf.constant([[-np.log(3.0)], [0.0], [4.0]])
    )
    right = found["discriminator_accuracy"].numpy()
    assert right.tolist() == [[0], [1], [0], [1], [1], [0]]
    real, fake = found["probability_real"], found["probability_fake"]
    np.testing.assert_allclose(real, [[0.5], [0.880797], [0.268941]], atol=1e-6)
    np.testing.assert_allclose(fake, [[0.25], [0.5], [0.982014]], atol=1e-6)


# The step of the classics, in turns.


class Spy(layers.Layer):
    """Passes on what it is given, and keeps it."""

    def build(self, shape):
        self.met = []

    def call(self, inputs):
        if tf.executing_eagerly():
            self.met.append(inputs.numpy())
        return inputs


def make_turns(step, optimizers, seed=0, dropout=0.0):
    """Builds a GAN of its step and makers of optimizers.

    Its weights differ in shape from each other's, so that none is taken for another.
    """
    wide = keras.initializers.RandomNormal(stddev=1.0)  # so that images differ
    generator = keras.Sequential(
        [
            keras.Input((LATENT_DIM,)),
            Spy(),
            layers.Dense(5, use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Dense(28 * 28, "sigmoid", kernel_initializer=wide),
            layers.Reshape((28, 28, 1)),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            Spy(),
            layers.Flatten(),
            layers.Dense(3, "tanh"),
            layers.Dropout(dropout, seed=seed),
            layers.Dense(1),
        ]
    )
    for network in (generator, discriminator):
        models.initialize(network, seed)
    gan = GAN(generator, discriminator, seed, averaging=None, step=step)
    made = {name: make() for name, make in optimizers.items()}
    of_both = made.pop("generator"), made.pop("discriminator")
    gan.compile(*of_both, steps_per_execution=1, more_optimizers=made)
    return gan


def make_article(name):
    """Builds the networks for the settings of an article, after its head start."""
    recipe = CLASSICS[name]
    gan = make_turns(recipe.step, recipe.optimizers)
    gan.step_count.assign(recipe.head_start)
    return gan


def make_sgd(turns, rates=(0.5,), generator_rate=0.0, seed=0, dropout=0.0, **options):
    """Builds a GAN that moves by plain gradients, which can be worked out again."""
    names = ("discriminator", "fake")[: len(rates)]
    makers = {name: functools.partial(SGD, rate) for name, rate in zip(names, rates)}
    makers["generator"] = functools.partial(SGD, generator_rate)
    step = functools.partial(alternating_step, turns=turns, optimizers=names, **options)
    return make_turns(step, makers, seed, dropout)


def make_adam(head_start, seed=0, dropout=0.0):
    """Builds a GAN with two optimizers of D, as one article has."""
    step = functools.partial(
        alternating_step,
        turns=(REAL, FAKE),
        optimizers=("discriminator", "fake"),
        head_start=head_start,
    )
    names = ("generator", "discriminator", "fake")
    return make_turns(
        step, dict.fromkeys(names, functools.partial(Adam, 1e-2)), seed, dropout
    )


def real_images(count=6):
    return tf.random.stateless_uniform((count, 28, 28, 1), (0, 1))


def iterate(gan, images=None):
    """Runs one iteration outside `fit`; returns its numbers."""
    numbers = gan.run_step(real_images() if images is None else images)
    gan.after_step()
    return numbers


def iterate_article(name, gan):
    return iterate(gan, real_images(CLASSICS[name].batch_size))


def met(network):
    return network.layers[0].met


def shapes(variables):
    return {tuple(variable.shape) for variable in variables}


def entropy(logits, targets):
    targets = np.reshape(targets, (-1, 1)) * np.ones(logits.shape)
    return keras.losses.BinaryCrossentropy(from_logits=True)(targets, logits)


def move(weights, tape, loss, rate):
    """Takes a plain gradient step."""
    for weight, gradient in zip(weights, tape.gradient(loss, weights)):
        weight.assign_sub(rate * gradient)


def assert_close(first, second, name):
    pairs = zip(trained(first, name), trained(second, name), strict=True)
    for a, b in pairs:
        np.testing.assert_allclose(a, b, atol=1e-6)


@functools.cache
def iterated(name):
    """Runs one iteration of an article; returns the GAN."""
    gan = make_article(name)
    iterate_article(name, gan)
    return gan


@pytest.mark.parametrize("name", STEPS)
def test_iterations_move_every_weight_of_both_networks(name):
    """Two of them: at once, the first moves of two Adams have one size and cancel."""
    gan = make_article(name)
    before = [weight for part in NETWORKS for weight in trained(gan, part)]
    for _ in range(2):
        iterate_article(name, gan)
    after = [weight for part in NETWORKS for weight in trained(gan, part)]
    assert not any(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("name", STEPS)
def test_each_optimizer_counts_its_turns_and_knows_its_network_alone(name):
    gan = iterated(name)
    of_d = len(gan.take_step.keywords["turns"]) // (len(gan.optimizers) - 1)
    for part, optimizer in gan.optimizers.items():
        network = gan.generator if part == "generator" else gan.discriminator
        assert int(optimizer.iterations) == (1 if part == "generator" else of_d)
        assert shapes(optimizer.variables) - {()} == shapes(network.trainable_variables)


@pytest.mark.parametrize("name", SEEN)
def test_d_sees_as_many_images_at_a_time_as_in_the_article(name):
    gan = iterated(name)
    assert [len(images) for images in met(gan.discriminator)] == SEEN[name]


@pytest.mark.parametrize("name", STEPS)
def test_only_one_article_trains_both_networks_on_the_same_noise(name):
    gan = iterated(name)
    of_discriminator, of_generator = met(gan.generator)
    shared = np.isin(of_generator, of_discriminator)
    assert shared.all() if name == "layered_mlp" else not shared.any()


@pytest.mark.parametrize("moving", NETWORKS)
@pytest.mark.parametrize("name", STEPS)
def test_each_update_of_an_article_leaves_the_other_network_alone(name, moving):
    gan = make_article(name)
    (resting,) = {*NETWORKS} - {moving}
    for part in gan.optimizers:
        if (part == "generator") != (moving == "generator"):
            gan.optimizers[part] = Frozen()
    before = {part: trained(gan, part) for part in NETWORKS}
    iterate_article(name, gan)
    assert same(before[resting], trained(gan, resting))
    assert not same(before[moving], trained(gan, moving))


@pytest.mark.parametrize("turns", [(REAL, FAKE), (FAKE, REAL), (MERGED,)])
def test_d_sees_the_real_images_and_the_fakes_in_the_order_of_its_turns(turns):
    gan, twin = (make_sgd(turns) for _ in range(2))
    iterate(gan)
    fakes = twin.generator(met(gan.generator)[0], training=False)
    images = {"real": real_images(), "fake": fakes}
    for batch, kinds in zip(met(gan.discriminator), turns):
        expected = np.concatenate([images[kind] for kind in kinds])
        np.testing.assert_allclose(batch, expected, atol=1e-6)


def test_each_iteration_has_noise_of_its_own_that_follows_from_the_seed():
    gans = [make_sgd((MERGED,), seed=seed) for seed in (0, 0, 1)]
    for gan in gans:
        iterate(gan)
        iterate(gan)
    first, again, other = (np.concatenate(met(gan.generator)) for gan in gans)
    assert len(np.unique(first)) == first.size
    np.testing.assert_array_equal(first, again)
    assert not np.isin(other, first).any()


@pytest.mark.parametrize("at_once", [True, False])
def test_gradients_taken_at_once_are_of_the_same_weights(at_once):
    rates = {"real": 0.5, "fake": 2.0}
    gan, twin = (
        make_sgd((REAL, FAKE), rates=rates.values(), at_once=at_once) for _ in range(2)
    )
    iterate(gan)
    images = {
        "real": real_images(),
        "fake": twin.generator(met(gan.generator)[0], training=False),
    }
    weights = twin.discriminator.trainable_variables
    moves = []
    for kind, rate in rates.items():
        with tf.GradientTape() as tape:
            loss = entropy(twin.discriminator(images[kind]), float(kind == "real"))
        moves += [(*pair, rate) for pair in zip(weights, tape.gradient(loss, weights))]
        if not at_once or kind == "fake":
            for weight, gradient, rate in moves:
                weight.assign_sub(rate * gradient)
            moves.clear()
    assert_close(gan, twin, "discriminator")


def test_two_optimizers_see_one_kind_of_images_each():
    """The real loss goes to the first, at its rate; the fake loss to the second."""
    gan, twin = (make_sgd((REAL, FAKE), rates=(0.5, 2.0)) for _ in range(2))
    numbers = iterate(gan)
    fakes = twin.generator(met(gan.generator)[0], training=False)
    weights = twin.discriminator.trainable_variables
    for images, kind, target, rate in (
        (real_images(), "real", 1, 0.5),
        (fakes, "fake", 0, 2.0),
    ):
        with tf.GradientTape() as tape:
            loss = entropy(twin.discriminator(images), target)
        found = float(numbers[f"discriminator_loss_{kind}"])
        assert found == pytest.approx(float(loss))
        move(weights, tape, loss, rate)
    assert_close(gan, twin, "discriminator")


@pytest.mark.parametrize(("reduce", "times"), [(tf.reduce_mean, 1), (tf.add_n, 2)])
def test_a_merged_batch_is_one_batch_to_the_loss(reduce, times):
    """Its mean is the cross-entropy over all images at once; a sum is twice that."""
    gan, twin = (make_sgd((MERGED,), reduce=reduce) for _ in range(2))
    iterate(gan)
    fakes = twin.generator(met(gan.generator)[0], training=False)
    with tf.GradientTape() as tape:
        logits = twin.discriminator(tf.concat([real_images(), fakes], axis=0))
        loss = times * entropy(logits, [1] * 6 + [0] * 6)
    move(twin.discriminator.trainable_variables, tape, loss, 0.5)
    assert_close(gan, twin, "discriminator")


def test_g_moves_against_the_d_that_has_just_moved():
    gan, twin = (make_sgd((MERGED,), generator_rate=2.0) for _ in range(2))
    iterate(gan)
    twin.discriminator.set_weights(gan.discriminator.get_weights())
    with tf.GradientTape() as tape:
        fakes = twin.generator(met(gan.generator)[1], training=True)
        loss = entropy(twin.discriminator(fakes), 1)
    move(twin.generator.trainable_variables, tape, loss, 2.0)
    assert_close(gan, twin, "generator")


@pytest.mark.parametrize(("turns", "passes"), [((REAL, FAKE), 3), ((MERGED,), 2)])
def test_d_drops_out_anew_in_each_update_and_in_that_of_g_too(turns, passes):
    gan = make_sgd(turns, dropout=0.4)
    iterate(gan)
    (dropout,) = (x for x in gan.discriminator.layers if isinstance(x, layers.Dropout))
    assert dropout.seed_generator.state.numpy()[1] == passes


def test_the_turns_of_d_leave_the_moving_averages_of_g():
    gan, twin = (make_sgd((REAL, FAKE), rates=(0.5, 0.5)) for _ in range(2))
    iterate(gan)
    twin.generator(met(gan.generator)[1], training=True)  # G's own update, alone
    for a, b in zip(gan.generator.weights, twin.generator.weights, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-7)


def test_a_head_start_moves_d_alone():
    gan = make_adam(head_start=2)
    before = copy(gan.generator.variables), trained(gan, "discriminator")
    history = fit(gan, 2).history
    assert same(before[0], copy(gan.generator.variables))
    assert not same(before[1], trained(gan, "discriminator"))
    assert int(gan.generator_optimizer.iterations) == 0
    assert not any(slot.any() for slot in copy(gan.generator_optimizer.variables[2:]))
    fooled = {"generator_accuracy", "probability_real", "probability_fake"}
    assert set(history) == {*steps.LOSSES, "discriminator_accuracy", *fooled}
    assert 0 <= history["generator_accuracy"][0] <= 1


def test_after_a_head_start_g_moves_as_if_it_had_just_begun():
    gan, begun = make_adam(head_start=2), make_adam(head_start=0)
    for _ in range(2):
        iterate(gan)
    begun.step_count.assign(2)
    begun.discriminator.set_weights(gan.discriminator.get_weights())
    for name in ("discriminator", "fake"):
        old, new = (model.optimizers[name].variables for model in (gan, begun))
        for a, b in zip(old, new, strict=True):
            b.assign(a)
    before = copy(gan.generator.variables)
    iterate(gan)
    iterate(begun)
    assert not same(before, copy(gan.generator.variables))
    assert differences(gan, begun) == {}


def test_the_numbers_are_those_of_the_networks():
    """Frozen networks give the same numbers again."""
    gan, twin = (
        make_sgd((REAL, FAKE), rates=(0.0,), generator_batches=4) for _ in range(2)
    )
    vector = gan.train_step(real_images(10))
    for_discriminator, for_generator = met(gan.generator)
    assert (len(for_discriminator), len(for_generator)) == (10, 40)
    real = twin.discriminator(real_images(10)).numpy()
    fake = twin.discriminator(twin.generator(for_discriminator)).numpy()
    generated = twin.discriminator(twin.generator(for_generator, training=True)).numpy()
    right = [*(real > 0), *(fake <= 0)]
    expected = {
        "generator_loss": entropy(generated, 1),
        "discriminator_loss_real": entropy(real, 1),
        "discriminator_loss_fake": entropy(fake, 0),
        "probability_real": keras.ops.sigmoid(real).numpy().mean(),
        "probability_fake": keras.ops.sigmoid(fake).numpy().mean(),
        "discriminator_accuracy": np.mean(right),
        "generator_accuracy": np.mean(generated > 0),
    }
    assert 0 < expected["generator_accuracy"] < 1
    logs = dict(zip(gan.names, vector.numpy(), strict=True))
    assert logs.keys() == expected.keys()
    for name, value in expected.items():
        assert float(logs[name]) == pytest.approx(float(value), abs=1e-5)


def test_training_with_two_optimizers_resumes_bit_for_bit(tmp_path):
    make = functools.partial(make_adam, head_start=3, dropout=0.4)
    whole = make()
    fit(whole, 8, [SaveAt(4, Checkpoint(whole, tmp_path))])
    resumed = make(seed=5)  # with other weights, to be replaced
    resumed.seed = 0
    Checkpoint(resumed, tmp_path)
    assert resumed.step == 4
    fit(resumed, 8)
    assert differences(whole, resumed) == {}


@pytest.mark.parametrize("names", [(), ("discriminator",) * 3])
def test_optimizers_that_do_not_fit_the_turns_are_refused(names):
    gan = make_sgd((REAL, FAKE))
    step = functools.partial(alternating_step, turns=(REAL, FAKE), optimizers=names)
    gan.take_step = step
    with pytest.raises(ValueError, match=f"{len(names)} optimizers .* for 2 turns"):
        iterate(gan)


def test_another_batch_of_the_same_noise_is_refused():
    gan = make_sgd((MERGED,), generator_batches=2, fresh_latents=False)
    with pytest.raises(ValueError, match="was given 2 batches and the latent points"):
        iterate(gan)


@pytest.mark.parametrize(
    ("turns", "missing"),
    [((REAL,), "fake"), ((FAKE, FAKE), "real"), ((), "fake and real")],
)
def test_turns_that_leave_out_a_kind_are_refused(turns, missing):
    with pytest.raises(ValueError, match=f"leave out {missing} images. Give turns"):
        iterate(make_sgd(turns))


def test_fit_refuses_what_a_step_refuses():
    with pytest.raises(ValueError, match="leave out fake images"):
        fit(make_sgd((REAL,)), 2)


# The step with a D that reads.


def make_reading_gan(kernel=None):
    """A GAN of 8 latent numbers whose D reads; its reader's weights are given."""
    discriminator = models.build_reading_discriminator(4, seed=1, dropout=0.0)
    if kernel is not None:
        discriminator.layers[-1].set_weights([kernel, np.zeros(10, np.float32)])
    generator = models.build_generator(LATENT_DIM, 4, seed=0)
    gan = GAN(generator, discriminator, 0, step=steps.reading_step)
    gan.compile(adam(), adam())
    return gan


def reading_batch(shift=0):
    images, latents = digits()
    return (images, tf.cast((tf.range(16) + shift) % 10, tf.uint8)), latents


def test_a_step_of_a_reading_d_moves_every_weight_of_both_networks():
    gan = make_reading_gan()
    before = [weight for name in NETWORKS for weight in trained(gan, name)]
    steps.reading_step(gan, *reading_batch())
    after = [weight for name in NETWORKS for weight in trained(gan, name)]
    assert not any(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_a_reading_d_is_paid_for_the_labels_and_g_is_not():
    """With other labels, D moves elsewhere and G does not."""
    moved = []
    for shift in (0, 1):
        gan = make_reading_gan()
        steps.reading_step(gan, *reading_batch(shift))
        moved.append([trained(gan, name) for name in NETWORKS])
    (first_g, first_d), (second_g, second_d) = moved
    assert same(first_g, second_g)
    assert not np.array_equal(first_d[0], second_d[0])  # the first layer, not the last


def test_the_reading_loss_is_the_cross_entropy_of_the_labels():
    gan = make_reading_gan(np.zeros((32, 10), np.float32))
    numbers = steps.reading_step(gan, *reading_batch())
    assert float(numbers["reading_loss"]) == pytest.approx(np.log(10), abs=1e-6)
    plain = make_reading_gan(np.zeros((32, 10), np.float32))
    plain.discriminator = keras.Model(
        plain.discriminator.inputs[0], plain.discriminator.outputs[0]
    )
    (images, _), latents = reading_batch()
    expected = adversarial_step(plain, images, latents)
    assert set(numbers) == {*expected, "reading_loss"}
    for name, value in expected.items():
        np.testing.assert_allclose(numbers[name], value, rtol=1e-5)


def test_a_reading_d_learns_to_read():
    gan = make_reading_gan()
    losses_seen = [
        float(steps.reading_step(gan, *reading_batch())["reading_loss"])
        for _ in range(30)
    ]
    assert losses_seen[-1] < losses_seen[0] / 2


# The steps of networks that are told a kind, or are asked for one.


def make_asked_gan(build, step):
    """A GAN of 8 latent numbers that is asked for a kind, with a D of 4 channels."""
    generator = models.build_conditional_generator(LATENT_DIM, 4, hidden=16, seed=0)
    discriminator = build(4, seed=1, dropout=0.0)
    gan = GAN(generator, discriminator, 0, prior=normal_with_kinds, step=step)
    gan.compile(adam(), adam())
    return gan


def asked_batch(told=0, asked=0):
    """Real images and latent points, with kinds that may be shifted."""
    batch, points = reading_batch(told)
    return batch, [points, tf.one_hot((tf.range(16) + asked) % 10, 10)]


ASKED = [
    (models.build_plane_discriminator, steps.conditional_step),
    (models.build_projection_discriminator, steps.conditional_step),
    (models.build_reading_discriminator, steps.auxiliary_step),
]


@pytest.mark.parametrize(("build", "step"), ASKED)
def test_a_step_with_kinds_moves_every_weight_of_both_networks(build, step):
    gan = make_asked_gan(build, step)
    before = [weight for name in NETWORKS for weight in trained(gan, name)]
    numbers = step(gan, *asked_batch())
    assert {*steps.LOSSES} < {*numbers}
    after = [weight for name in NETWORKS for weight in trained(gan, name)]
    assert not any(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize(("build", "step"), ASKED)
@pytest.mark.parametrize("shifted", ["told", "asked"])
def test_with_other_kinds_networks_move_elsewhere(build, step, shifted):
    moved = []
    for shift in (0, 1):
        gan = make_asked_gan(build, step)
        step(gan, *asked_batch(**{shifted: shift}))
        moved.append([trained(gan, name)[0] for name in NETWORKS])
    (first_g, first_d), (second_g, second_d) = moved
    assert not np.array_equal(first_d, second_d)
    # What real images are said to be, G does not hear in the same step.
    assert np.array_equal(first_g, second_g) == (shifted == "told")


@pytest.mark.parametrize(("build", "step"), ASKED)
def test_the_losses_with_kinds_are_those_of_the_same_images(build, step):
    gan = make_asked_gan(build, step)
    (images, labels), latents = asked_batch()
    generator, discriminator = gan.generator, gan.discriminator
    fakes = generator(latents, training=True)
    if step is not steps.auxiliary_step:
        given = [images, tf.one_hot(labels, 10)], [fakes, latents[1]]
        real, fake = [discriminator(each, training=True) for each in given]
    else:
        (real, read), (fake, read_of_fakes) = [
            discriminator(each, training=True) for each in (images, fakes)
        ]
    numbers = step(gan, (images, labels), latents)
    expected = {
        "generator_loss": losses.non_saturating_generator_loss(fake),
        "discriminator_loss_real": losses.cross_entropy(real, 1.0),
        "discriminator_loss_fake": losses.cross_entropy(fake, 0.0),
    }
    if step is steps.auxiliary_step:
        cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        asked = tf.argmax(latents[1], axis=1)
        expected["reading_loss"] = cross_entropy(labels, read)
        expected["asking_loss"] = cross_entropy(asked, read_of_fakes)
    for name, value in expected.items():
        np.testing.assert_allclose(numbers[name], value, rtol=1e-4)


def test_who_reads_fakes_and_what_it_weighs_is_an_option():
    """D moves by the kinds of fakes only where it learns to read them, G by weight."""
    build = models.build_reading_discriminator

    def move(asked, **options):
        step = functools.partial(steps.auxiliary_step, **options)
        gan = make_asked_gan(build, step)
        # The generator draws the same for all kinds, so that only the wish differs.
        batch, latents = asked_batch()
        drawn = gan.generator(latents, training=True)
        gan.generator = Always(drawn, gan.generator)
        resting = types.SimpleNamespace(apply=lambda gradients, weights: None)
        gan.optimizers["generator"] = resting
        step(gan, batch, [latents[0], tf.one_hot((tf.range(16) + asked) % 10, 10)])
        return trained(gan, "discriminator")[0]

    apart = [move(asked, fakes_too=False) for asked in (0, 1)]
    assert np.array_equal(*apart)
    assert not np.array_equal(*[move(asked) for asked in (0, 1)])

    def moved(weight):
        step = functools.partial(steps.auxiliary_step, weight=weight)
        gan = make_asked_gan(build, step)
        step(gan, *asked_batch())
        return trained(gan, "generator")

    assert not same(moved(1.0), moved(0.1))


class Always:
    """A generator that draws what it has drawn."""

    def __init__(self, drawn, generator):
        self.drawn, self.trainable_variables = drawn, generator.trainable_variables

    def __call__(self, latents, training):
        return self.drawn


def test_a_gan_that_is_asked_is_trained_and_settled_and_goes_on(tmp_path):
    step = steps.conditional_step
    build = models.build_plane_discriminator

    def batches(first):
        labels = np.arange(len(IMAGES)) % 10
        return data.batches(IMAGES, 16, 0, first, labels)

    whole = make_asked_gan(build, step)
    whole.fit(batches(0), steps_per_epoch=50, epochs=2, verbose=0)
    half = make_asked_gan(build, step)
    half.fit(
        batches(0),
        steps_per_epoch=50,
        verbose=0,
        callbacks=[Checkpoint(half, tmp_path, 0)],
    )
    again = make_asked_gan(build, step)
    saver = Checkpoint(again, tmp_path, 0)
    again.fit(batches(50), steps_per_epoch=50, verbose=0, callbacks=[saver])
    assert again.step == 100
    assert same(trained(whole, "generator"), trained(again, "generator"))
    points, asked = whole.watched_latents(64)
    assert np.isfinite(whole.averaged_generator([points, asked], training=False)).all()


# The step of a classifier.


def make_classifier(kernel, rate):
    network = keras.Sequential([keras.Input((2,)), layers.Dense(3, use_bias=False)])
    network.set_weights([np.float32(kernel)])
    model = Trainable({"classifier": network}, steps.classifier_step)
    model.compile({"classifier": (SGD(rate), network.trainable_variables)})
    return model


def test_the_numbers_of_a_classifier_can_be_worked_out():
    model = make_classifier(np.log([[1, 2, 1], [8, 1, 1]]), rate=0.0)
    images = tf.constant([[1.0, 0.0], [0.0, 1.0]])
    numbers = model.run_step((images, tf.constant([1, 1], tf.uint8)))
    assert float(numbers["loss"]) == pytest.approx((np.log(2) + np.log(10)) / 2)
    assert numbers["accuracy"].numpy().tolist() == [1, 0]


def test_a_classifier_moves_along_its_gradient():
    model = make_classifier(np.zeros((2, 3)), rate=3.0)
    images = tf.constant([[1.0, 0.0], [0.0, 1.0]])
    model.run_step((images, tf.constant([0, 2], tf.uint8)))
    # Half the difference between the targets and thirds, times the rate.
    expected = [[1, -0.5, -0.5], [-0.5, -0.5, 1]]
    (kernel,) = model.networks["classifier"].get_weights()
    np.testing.assert_allclose(kernel, expected, atol=1e-6)


def test_a_step_moves_every_weight_of_the_classifier_of_digits():
    network = models.build_classifier(seed=0)
    model = Trainable({"classifier": network}, steps.classifier_step)
    model.compile({"classifier": (adam(), network.trainable_variables)})
    before = copy(network.trainable_variables)
    model.run_step((digits()[0], tf.range(16) % 10))
    after = copy(network.trainable_variables)
    assert not any(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
