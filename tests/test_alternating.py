"""Networks in turns: who moves when, on which images, and with which optimizer."""

import functools

from gan_utils import models, training
from gan_utils.alternating import FAKE, MERGED, REAL, AlternatingGAN, Procedure
from gan_utils.classics import CLASSICS
from gan_utils.fitting import Checkpoint
from tests.test_fitting import differences
from tests.test_training import Frozen, fit, same

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from keras.optimizers import SGD, Adam

LATENT_DIM = 8
STILL = functools.partial(SGD, 0.0)


class Spy(layers.Layer):
    """Passes on what it is given, and keeps it."""

    def build(self, shape):
        self.met = []

    def call(self, inputs):
        if tf.executing_eagerly():
            self.met.append(inputs.numpy())
        return inputs


def make_gan(procedure, seed=0, dropout=0.0):
    """Builds networks whose weights differ in shape from each other's."""
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
    gan = AlternatingGAN(generator, discriminator, seed, procedure)
    gan.compile(steps_per_execution=1)
    return gan


def make_classic(name):
    """Builds the networks for the procedure of an article, after its head start."""
    gan = make_gan(CLASSICS[name])
    gan.step_count.assign(gan.procedure.head_start)
    return gan


def sgd(turns, rates=(0.5,), generator_rate=0.0, **options):
    """Returns a procedure of plain gradient steps, which can be worked out again."""
    makers = tuple(functools.partial(SGD, rate) for rate in rates)
    return Procedure(
        turns, makers, functools.partial(SGD, generator_rate), batch_size=6, **options
    )


def real_images(count=6):
    return tf.random.stateless_uniform((count, 28, 28, 1), (0, 1))


def iterate(gan):
    """Runs one iteration on as many real images as its procedure asks for."""
    return gan.train_step(real_images(gan.procedure.batch_size))


def met(network):
    return network.layers[0].met


def copy(variables):
    return [variable.numpy().copy() for variable in variables]


def trained(gan, name):
    return copy(getattr(gan, name).trainable_variables)


def shapes(variables):
    return {tuple(variable.shape) for variable in variables}


def entropy(logits, targets):
    targets = np.reshape(targets, (-1, 1)) * np.ones(logits.shape)
    return keras.losses.BinaryCrossentropy(from_logits=True)(targets, logits)


@pytest.mark.parametrize("name", CLASSICS)
def test_an_iteration_moves_every_weight_of_both_networks(name):
    gan = make_classic(name)
    networks = ("generator", "discriminator")
    before = [weight for network in networks for weight in trained(gan, network)]
    iterate(gan)
    after = [weight for network in networks for weight in trained(gan, network)]
    assert not any(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("name", CLASSICS)
def test_each_optimizer_counts_its_turns_and_knows_its_network_alone(name):
    gan = make_classic(name)
    iterate(gan)
    turns = len(gan.procedure.turns) // len(gan.procedure.optimizers)
    for optimizer, network, count in (
        *((o, gan.discriminator, turns) for o in gan.discriminator_optimizers),
        (gan.generator_optimizer, gan.generator, 1),
    ):
        assert int(optimizer.iterations) == count
        assert shapes(optimizer.variables) - {()} == shapes(network.trainable_variables)


@pytest.mark.parametrize("moving", ["generator", "discriminator"])
@pytest.mark.parametrize("name", CLASSICS)
def test_each_update_leaves_the_other_network_alone(name, moving):
    gan = make_classic(name)
    if moving == "generator":
        resting, gan.optimizer_a_turn = "discriminator", [Frozen()] * 2
    else:
        resting, gan.generator_optimizer = "generator", Frozen()
    before = {network: trained(gan, network) for network in (moving, resting)}
    iterate(gan)
    assert same(before[resting], trained(gan, resting))
    assert not same(before[moving], trained(gan, moving))


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("oreilly", [50, 50, 50]),
        ("bulten", [512, 256]),
        ("bulten_colour", [256, 128]),
        ("tiny_mlp", [256, 128]),
        ("layered_mlp", [256, 128]),
        ("keras_gan", [16, 16, 32]),
    ],
)
def test_d_sees_as_many_images_at_a_time_as_in_the_article(name, seen):
    gan = make_classic(name)
    iterate(gan)
    assert [len(images) for images in met(gan.discriminator)] == seen


@pytest.mark.parametrize("turns", [(REAL, FAKE), (FAKE, REAL), (MERGED,)])
def test_d_sees_the_real_images_and_the_fakes_in_the_order_of_its_turns(turns):
    gan, twin = (make_gan(sgd(turns)) for _ in range(2))
    iterate(gan)
    fakes = twin.generator(met(gan.generator)[0], training=False)
    images = {"real": real_images(), "fake": fakes}
    for batch, kinds in zip(met(gan.discriminator), turns):
        expected = np.concatenate([images[kind] for kind in kinds])
        np.testing.assert_allclose(batch, expected, atol=1e-6)


@pytest.mark.parametrize("name", CLASSICS)
def test_only_one_article_trains_both_networks_on_the_same_noise(name):
    gan = make_classic(name)
    iterate(gan)
    of_discriminator, of_generator = met(gan.generator)
    shared = np.isin(of_generator, of_discriminator)
    assert shared.all() if name == "layered_mlp" else not shared.any()


def test_each_iteration_has_noise_of_its_own_that_follows_from_the_seed():
    gans = [make_gan(sgd((MERGED,)), seed) for seed in (0, 0, 1)]
    for gan in gans:
        iterate(gan)
        iterate(gan)
    first, again, other = (np.concatenate(met(gan.generator)) for gan in gans)
    assert len(np.unique(first)) == first.size
    np.testing.assert_array_equal(first, again)
    assert not np.isin(other, first).any()


def test_two_optimizers_see_one_kind_of_images_each():
    """The real loss goes to the first, at its rate; the fake loss to the second."""
    gan, twin = (make_gan(sgd((REAL, FAKE), rates=(0.5, 2.0))) for _ in range(2))
    values, _, _ = gan.take_step(real_images())
    fakes = twin.generator(met(gan.generator)[0], training=False)
    weights = twin.discriminator.trainable_variables
    for images, kind, target, rate in (
        (real_images(), "real", 1, 0.5),
        (fakes, "fake", 0, 2.0),
    ):
        with tf.GradientTape() as tape:
            loss = entropy(twin.discriminator(images), target)
        assert float(values[f"discriminator_loss_{kind}"]) == pytest.approx(float(loss))
        for weight, gradient in zip(weights, tape.gradient(loss, weights)):
            weight.assign_sub(rate * gradient)
    for a, b in zip(trained(gan, "discriminator"), trained(twin, "discriminator")):
        np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.parametrize(("reduce", "times"), [(tf.reduce_mean, 1), (tf.add_n, 2)])
def test_a_merged_batch_is_one_batch_to_the_loss(reduce, times):
    """Its mean is the cross-entropy over all images at once; a sum is twice that."""
    gan, twin = (make_gan(sgd((MERGED,), reduce=reduce)) for _ in range(2))
    iterate(gan)
    fakes = twin.generator(met(gan.generator)[0], training=False)
    weights = twin.discriminator.trainable_variables
    with tf.GradientTape() as tape:
        logits = twin.discriminator(tf.concat([real_images(), fakes], axis=0))
        loss = times * entropy(logits, [1] * 6 + [0] * 6)
    for weight, gradient in zip(weights, tape.gradient(loss, weights)):
        weight.assign_sub(0.5 * gradient)
    for a, b in zip(trained(gan, "discriminator"), trained(twin, "discriminator")):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_g_moves_against_the_d_that_has_just_moved():
    gan, twin = (make_gan(sgd((MERGED,), generator_rate=2.0)) for _ in range(2))
    iterate(gan)
    twin.discriminator.set_weights(gan.discriminator.get_weights())
    weights = twin.generator.trainable_variables
    with tf.GradientTape() as tape:
        fakes = twin.generator(met(gan.generator)[1], training=True)
        loss = entropy(twin.discriminator(fakes), 1)
    for weight, gradient in zip(weights, tape.gradient(loss, weights)):
        weight.assign_sub(2.0 * gradient)
    for a, b in zip(trained(gan, "generator"), trained(twin, "generator")):
        np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.parametrize(("turns", "passes"), [((REAL, FAKE), 3), ((MERGED,), 2)])
def test_d_drops_out_anew_in_each_update_and_in_that_of_g_too(turns, passes):
    gan = make_gan(sgd(turns), dropout=0.4)
    iterate(gan)
    (dropout,) = (x for x in gan.discriminator.layers if isinstance(x, layers.Dropout))
    assert dropout.seed_generator.state.numpy()[1] == passes


def test_the_turns_of_d_leave_the_moving_averages_of_g():
    gan, twin = (make_gan(sgd((REAL, FAKE), rates=(0.5, 0.5))) for _ in range(2))
    iterate(gan)
    twin.generator(met(gan.generator)[1], training=True)  # G's own update, alone
    for a, b in zip(gan.generator.weights, twin.generator.weights, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-7)


def adams(head_start):
    adam = functools.partial(Adam, 1e-2)
    return Procedure((REAL, FAKE), (adam, adam), adam, 16, head_start=head_start)


def test_a_head_start_moves_d_alone():
    gan = make_gan(adams(head_start=2))
    before = copy(gan.generator.variables), trained(gan, "discriminator")
    fit(gan, 2)
    assert same(before[0], copy(gan.generator.variables))
    assert not same(before[1], trained(gan, "discriminator"))
    assert int(gan.generator_optimizer.iterations) == 0
    assert not any(slot.any() for slot in copy(gan.generator_optimizer.variables[2:]))


def test_after_a_head_start_g_moves_as_if_it_had_just_begun():
    gan, begun = make_gan(adams(head_start=2)), make_gan(adams(head_start=0))
    for _ in range(2):
        iterate(gan)
    begun.step_count.assign(2)
    begun.discriminator.set_weights(gan.discriminator.get_weights())
    for old, new in zip(gan.discriminator_optimizers, begun.discriminator_optimizers):
        for a, b in zip(old.variables, new.variables, strict=True):
            b.assign(a)
    before = copy(gan.generator.variables)
    iterate(gan)
    iterate(begun)
    assert not same(before, copy(gan.generator.variables))
    assert differences(gan, begun) == {}


def test_the_numbers_are_those_of_the_networks():
    """Frozen networks give the same numbers again."""
    procedure = Procedure((REAL, FAKE), (STILL,), STILL, 6, generator_batch=40)
    gan, twin = (make_gan(procedure) for _ in range(2))
    logs = iterate(gan)
    for_discriminator, for_generator = met(gan.generator)
    real = twin.discriminator(real_images()).numpy()
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
    assert logs.keys() == expected.keys()
    for name, value in expected.items():
        assert float(logs[name]) == pytest.approx(float(value), abs=1e-5)


def test_fit_reports_how_often_g_fools_d():
    history = fit(make_gan(adams(head_start=1)), 4).history
    assert set(history) == {*training.METRICS, "generator_accuracy"}
    assert all(0 <= value <= 1 for value in history["generator_accuracy"])


@pytest.mark.parametrize("makers", [(), (STILL,) * 3])
def test_optimizers_that_do_not_fit_the_turns_are_refused(makers):
    with pytest.raises(ValueError, match=f"{len(makers)} optimizers .* for 2 turns"):
        Procedure((REAL, FAKE), makers, STILL, batch_size=6)


def test_another_batch_of_the_same_noise_is_refused():
    with pytest.raises(ValueError, match="was given a batch of 32 and the latent"):
        sgd((MERGED,), generator_batch=32, fresh_latents=False)


def test_nothing_is_averaged():
    gan = make_gan(adams(head_start=0))
    assert gan.averaged_generator is gan.generator is gan.networks["generator"]
    before = copy(gan.generator.variables)
    gan.settle()
    assert same(before, copy(gan.generator.variables))


def test_training_with_two_optimizers_resumes_bit_for_bit(tmp_path):
    make = functools.partial(make_gan, adams(head_start=3), dropout=0.4)
    whole, first = make(), make()
    fit(whole, 8)
    fit(first, 4, [Checkpoint(first, tmp_path)])
    second = make(seed=5)  # with other weights, to be replaced
    second.seed = 0
    Checkpoint(second, tmp_path)
    assert second.step == 4
    assert differences(first, second) == {}
    fit(second, 8)
    assert differences(whole, second) == {}


def test_turns_that_leave_out_a_kind_are_refused():
    with pytest.raises(ValueError, match="leave out fake images. Give turns"):
        Procedure((REAL,), (Adam,), Adam, batch_size=8)
