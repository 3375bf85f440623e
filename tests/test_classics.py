"""The classics are what their articles say, to the last parameter."""

import dataclasses
import functools

from gan_utils import classic_networks as networks
from gan_utils import data, latent, recipes, training
from gan_utils.alternating import FAKE, MERGED, REAL
from gan_utils.classic_networks import BatchStatistics, UpsamplingConv2D
from gan_utils.classics import CLASSICS, VARIATIONS

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

PARTS = ("generator", "discriminator")
NETWORKS = [(name, part) for name in CLASSICS for part in PARTS]
BEHIND = (networks.NORM,)
OPTIMIZERS = {"optimizers", "generator_optimizer"}
EVERY = CLASSICS | VARIATIONS
POINTS = latent.sample_uniform(8, networks.LATENT_DIM, seed=0)


@functools.cache
def built(name):
    """Builds a classic once for all tests, which leave it as it is."""
    return CLASSICS[name].build(0)


def settings(network, setting, *kinds):
    """Returns what the layers have as a setting, or those of some kinds, in order."""
    chosen = [layer for layer in network.layers if isinstance(layer, kinds or object)]
    return [getattr(layer, setting) for layer in chosen if hasattr(layer, setting)]


def kernels(network):
    return [kernel.numpy() for kernel in settings(network, "kernel")]


def biases(network):
    return [bias.numpy() for bias in settings(network, "bias")]


def sizes(network, *kinds):
    return [output.shape[1] for output in settings(network, "output", *kinds)]


@pytest.mark.parametrize(
    ("name", "discriminator", "generator", "trainable"),
    [
        ("oreilly", 3_265_409, 328_613, 328_613),
        ("bulten", 4_311_553, 2_394_241, 2_368_705),
        ("bulten_colour", 4_314_753, 3_209_283, 3_175_811),
        ("tiny_mlp", 100_609, 114_064, 114_064),
        ("layered_mlp", 492_901, 513_484, 513_484),
        ("keras_gan", 533_505, 1_493_520, 1_489_936),
    ],
)
def test_the_networks_have_exactly_so_many_parameters(
    name, discriminator, generator, trainable
):
    gan = built(name)
    assert gan.discriminator.count_params() == discriminator
    assert gan.generator.count_params() == generator
    weights = gan.generator.trainable_variables
    assert sum(weight.shape.num_elements() for weight in weights) == trainable


@pytest.mark.parametrize(
    ("name", "real", "turns", "generated", "fresh", "reduce", "head_start", "steps"),
    [
        ("oreilly", 50, (REAL, FAKE), None, True, tf.add_n, 300, 100_000),
        ("bulten", 256, (MERGED,), None, True, tf.reduce_mean, 0, 10_001),
        ("bulten_colour", 128, (MERGED,), None, True, tf.reduce_mean, 0, 20_001),
        ("tiny_mlp", 128, (MERGED,), None, True, tf.add_n, 0, 1_000_000),
        ("layered_mlp", 128, (MERGED,), None, False, tf.add_n, 0, 500_000),
        ("keras_gan", 16, (REAL, FAKE), 32, True, tf.add_n, 0, 30_000),
    ],
)
def test_an_iteration_is_that_of_the_article(
    name, real, turns, generated, fresh, reduce, head_start, steps
):
    procedure = CLASSICS[name]
    assert procedure.batch_size == real
    assert procedure.turns == turns
    assert procedure.generator_batch == generated
    assert procedure.fresh_latents == fresh
    assert procedure.reduce is reduce
    assert procedure.head_start == head_start
    assert CLASSICS[name].iterations == steps


@pytest.mark.parametrize(
    ("name", "kind", "discriminator", "generator", "rest"),
    [
        ("oreilly", "Adam", [3e-4, 3e-4], 1e-4, {"beta_1": 0.9, "epsilon": 1e-8}),
        ("bulten", "RMSprop", [8e-4], 4e-4, {"clipvalue": 1.0}),
        ("bulten_colour", "RMSprop", [2e-4], 1e-4, {"clipvalue": 1.0}),
        ("tiny_mlp", "Adam", [1e-3], 1e-3, {"beta_1": 0.9, "epsilon": 1e-8}),
        ("layered_mlp", "Adam", [1e-3], 1e-3, {"beta_1": 0.9, "epsilon": 1e-8}),
        ("keras_gan", "Adam", [2e-4], 2e-4, {"beta_1": 0.5, "epsilon": 1e-7}),
    ],
)
def test_the_optimizers_are_those_of_the_article(
    name, kind, discriminator, generator, rest
):
    gan = built(name)
    of_discriminator = gan.discriminator_optimizers
    assert {type(optimizer).__name__ for optimizer in of_discriminator} == {kind}
    assert type(gan.generator_optimizer) is keras.optimizers.Adam
    rates = [float(optimizer.learning_rate) for optimizer in of_discriminator]
    assert rates == pytest.approx(discriminator)
    assert float(gan.generator_optimizer.learning_rate) == pytest.approx(generator)
    for optimizer in (*of_discriminator, gan.generator_optimizer):
        assert rest.items() <= optimizer.get_config().items()


@pytest.mark.parametrize(
    ("name", "decays"),
    [("bulten", (1e-10, 1e-10)), ("bulten_colour", (6e-8, 3e-8))],
)
def test_rates_decay_as_in_keras_1(name, decays):
    procedure = CLASSICS[name]
    makers = (procedure.optimizers[0], procedure.generator_optimizer)
    for make, decay in zip(makers, decays):
        optimizer = make()
        rate = float(optimizer.learning_rate)
        optimizer.iterations.assign(10**8)
        later = rate / (1 + decay * 10**8)
        assert float(optimizer.learning_rate) == pytest.approx(later, rel=1e-6)


@pytest.mark.parametrize("name", CLASSICS)
def test_pixels_reach_both_ends_of_their_range(name):
    generator = CLASSICS[name].generator(0)
    last = settings(generator, "kernel")[-1]
    last.assign(1e6 * last)
    images = generator(POINTS).numpy()
    assert (images.min(), images.max()) == CLASSICS[name].pixel_range


@pytest.mark.parametrize("name", ["oreilly", "keras_gan"])
def test_some_articles_draw_from_the_normal_prior(name):
    points = built(name).prior((1000, 100), (0, 0)).numpy()
    assert points.std() == pytest.approx(1, abs=0.01)
    assert points.max() > 3


@pytest.mark.parametrize("name", ["bulten", "bulten_colour", "tiny_mlp", "layered_mlp"])
def test_some_articles_draw_from_the_uniform_prior(name):
    points = built(name).prior((1000, 100), (0, 0)).numpy()
    assert points.std() == pytest.approx(1 / 3**0.5, abs=0.01)
    assert points.min() == pytest.approx(-1, abs=1e-3)
    assert points.max() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("name", EVERY)
def test_a_recipe_says_where_it_departs_from_its_article(name):
    of, recipe = EVERY[name], recipes.classic(name, steps=9)
    assert recipe.build == of.build == recipes.RECIPES.get(name, recipe).build
    run = f"7,000 of its {of.iterations:,} iterations"
    assert recipe.about.format(steps=7000) == f"The GAN of: {of.article}. {run}"


def test_a_variation_departs_in_what_is_named_alone():
    of = CLASSICS["bulten"]
    varied = of.vary("in batches of 64", batch_size=64)
    assert varied.article == f"{of.article}, in batches of 64"
    assert varied == dataclasses.replace(of, article=varied.article, batch_size=64)
    assert (of.batch_size, varied.batch_size) == (256, 64)


@pytest.mark.parametrize(
    ("name", "changed", "of_generator"),
    [
        ("bulten", {*OPTIMIZERS, "batch_size"}, {}),
        ("bulten_colour", {*OPTIMIZERS, "batch_size"}, {}),
        ("oreilly_mended", {*OPTIMIZERS, "turns", "head_start"}, {"halving": False}),
        ("layered_mlp_mended", OPTIMIZERS, {"behind": BEHIND}),
    ],
)
def test_a_variation_is_small(name, changed, of_generator):
    of, varied = CLASSICS[name.removesuffix("_mended")], VARIATIONS[name]
    before, after = (functools.partial(each.generator) for each in (of, varied))
    assert after.func == before.func
    assert after.keywords == {**before.keywords, **of_generator}
    before, after = vars(of), vars(varied)
    named = changed | {"article"} | ({"generator"} if of_generator else set())
    assert {field for field in before if before[field] != after[field]} == named


@pytest.mark.parametrize(
    ("name", "rates"), [("layered_mlp", (1e-3, 1e-3)), ("oreilly", (3e-4, 1e-3))]
)
def test_what_mends_an_optimizer_is_its_first_moment_and_a_rate(name, rates):
    of, mended = CLASSICS[name], VARIATIONS[f"{name}_mended"]
    as_written = of.generator_optimizer().get_config() | {"beta_1": 0.5}
    makers = (*mended.optimizers, mended.generator_optimizer)
    for make, rate in zip(makers, rates, strict=True):
        config = make().get_config()
        rate = pytest.approx(rate)
        names = {"name": config["name"]}
        assert config == as_written | {"learning_rate": rate} | names


@pytest.mark.parametrize(
    ("name", "start", "faster"), [("bulten", 7_000, 1), ("bulten_colour", 7_500, 4)]
)
def test_a_small_batch_cools_down_when_the_article_does_not(name, start, faster):
    varied, of = VARIATIONS[name], CLASSICS[name]
    for cooled, make, times in (
        (varied.optimizers[0](), of.optimizers[0](), 1),
        (varied.generator_optimizer(), of.generator_optimizer(), faster),
    ):
        for step, share in ((0, 1), (start - 1, 1), (start, 4), (10**6, 4)):
            cooled.iterations.assign(step)
            make.iterations.assign(step)
            rate = float(make.learning_rate) * times / share
            assert float(cooled.learning_rate) == rate
        assert type(cooled) is type(make)
        for option in ("clipvalue", "epsilon", "rho", "momentum", "beta_1", "beta_2"):
            assert getattr(cooled, option, None) == getattr(make, option, None)


def test_what_does_not_halve_grows():
    halves = built("oreilly").generator
    grows = networks.build_oreilly_generator(halving=False)
    assert sizes(halves, layers.Reshape, layers.Conv2D) == [56, 28, 28, 28]
    assert sizes(grows, layers.Reshape, layers.Conv2D) == [7, 14, 28, 28]
    assert grows.output_shape == halves.output_shape
    assert grows.layers[0].count_params() == halves.layers[0].count_params()


def test_normalizing_puts_batch_norm_behind_each_hidden_layer():
    network = networks.build_dense_generator(sizes=(5, 4, 3, 784), behind=BEHIND)
    names = [type(layer).__name__ for layer in network.layers]
    hidden = ["Dense", "BatchNormalization"]
    assert names == [*hidden, *hidden, "Dense", "Activation", "Reshape"]
    assert sizes(network, layers.Dense) == [4, 3, 784]


@pytest.mark.parametrize("name", CLASSICS)
def test_a_recipe_draws_from_the_prior_of_its_article(name):
    recipe = recipes.classic(name, steps=9)
    uniform = recipe.sample_latents is latent.sample_uniform
    assert uniform == (CLASSICS[name].prior is training.uniform)


@pytest.mark.parametrize("name", CLASSICS)
def test_a_recipe_trains_and_draws_in_the_range_of_its_article(name, monkeypatch):
    digits = np.resize(np.uint8([0, 255]), (300, 28, 28))
    monkeypatch.setattr(data, "load_mnist", lambda: ((digits, None), (None, None)))
    recipe = recipes.classic(name, steps=9)
    batch = next(iter(recipe.batches(seed=0, first_step=0))).numpy()
    low, high = recipe.pixel_range
    if CLASSICS[name].colours:  # whose tints keep the ends of the range free
        assert batch.shape[1:] == (64, 64, 3)
        assert low <= batch.min() < 0.1 * high < 0.9 * high < batch.max() <= high
    else:
        assert (batch.min(), batch.max()) == (low, high)
    assert built(name).pixel_range == recipe.pixel_range == CLASSICS[name].pixel_range


@pytest.mark.parametrize("name", CLASSICS)
def test_a_discriminator_returns_logits(name):
    discriminator = built(name).discriminator
    assert discriminator.output_shape == (None, 1)
    assert discriminator.layers[-1].activation is keras.activations.linear


@pytest.mark.parametrize(
    ("name", "of_discriminator", "of_generator"),
    [
        ("oreilly", set(), set()),
        ("bulten", {0.3}, {0.3}),
        ("bulten_colour", {0.3}, set()),
        ("tiny_mlp", set(), set()),
        ("layered_mlp", set(), set()),
        ("keras_gan", {0.2}, {0.2}),
    ],
)
def test_leaks_are_those_of_the_article(name, of_discriminator, of_generator):
    gan = built(name)
    for network, slopes in (
        (gan.discriminator, of_discriminator),
        (gan.generator, of_generator),
    ):
        assert set(settings(network, "negative_slope", layers.LeakyReLU)) == slopes


@pytest.mark.parametrize(
    ("name", "momentum", "of_discriminator", "of_generator"),
    [
        ("bulten", [0.9] * 4, [0.4] * 3, [0.4]),
        ("bulten_colour", [0.9] * 5, [0.4] * 3, [0.4]),
        ("keras_gan", [0.8] * 3, [], []),
    ],
)
def test_batch_norm_and_dropout_are_those_of_the_article(
    name, momentum, of_discriminator, of_generator
):
    gan = built(name)
    assert settings(gan.generator, "momentum") == momentum
    assert settings(gan.discriminator, "rate") == of_discriminator
    assert settings(gan.generator, "rate") == of_generator


@pytest.mark.parametrize(
    ("name", "expected"),
    [("bulten", [14, 7, 4, 4]), ("bulten_colour", [32, 16, 8, 4])],
)
def test_bultens_discriminators_halve_the_image(name, expected):
    assert sizes(built(name).discriminator, layers.Conv2D) == expected


def test_oreillys_generator_enlarges_and_halves():
    generator = built("oreilly").generator
    expected = [28, 56, 28, 56, 28]
    assert sizes(generator, layers.Conv2D, layers.UpSampling2D) == expected
    assert set(settings(generator, "interpolation")) == {"bilinear"}


@pytest.mark.parametrize("part", PARTS)
def test_oreillys_weights_are_truncated_normal(part):
    for kernel in kernels(getattr(built("oreilly"), part)):
        assert np.abs(kernel).max() < 0.04  # two σ
        # Cut off there, the deviation is 0.88 σ.
        assert kernel.std() == pytest.approx(0.88 * 0.02, rel=0.2)


def test_oreillys_biases_are_drawn_in_the_generator_alone():
    gan = built("oreilly")
    assert not any(bias.any() for bias in biases(gan.discriminator))
    for bias in biases(gan.generator):
        assert 0 < np.abs(bias).max() < 0.04


def test_tiny_mlps_weights_are_uniform_as_glorot_has_them():
    gan = built("tiny_mlp")
    for kernel in kernels(gan.generator) + kernels(gan.discriminator):
        limit = (6 / sum(kernel.shape)) ** 0.5
        assert np.abs(kernel).max() == pytest.approx(limit, rel=0.05)
        assert kernel.std() == pytest.approx(limit / 3**0.5, rel=0.1)


def test_layered_mlps_weights_are_normal_and_wider_after_fewer_units():
    gan = built("layered_mlp")
    for kernel in kernels(gan.generator) + kernels(gan.discriminator):
        deviation = (len(kernel) / 2) ** -0.5
        assert kernel.std() == pytest.approx(deviation, rel=0.1)
        assert kernel.size < 1000 or np.abs(kernel).max() > 3.5 * deviation


@pytest.mark.parametrize("name", ["tiny_mlp", "layered_mlp"])
def test_dense_networks_begin_with_biases_of_zero(name):
    gan = built(name)
    assert not any(b.any() for b in biases(gan.generator) + biases(gan.discriminator))


@pytest.mark.parametrize(("name", "part"), NETWORKS)
def test_the_seed_decides_every_weight(name, part):
    build = getattr(CLASSICS[name], part)
    network = getattr(built(name), part)
    again = build(PARTS.index(part))  # D has the seed after G's
    for a, b in zip(network.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(kernels(network), kernels(build(7)), strict=True):
        assert not np.array_equal(a, b)


@pytest.mark.parametrize(("name", "part"), NETWORKS)
@pytest.mark.parametrize("how", ["clone", "config"])
def test_a_network_can_be_copied(name, part, how):
    network = getattr(built(name), part)
    if how == "clone":
        copy = keras.models.clone_model(network)
    else:
        copy = keras.models.model_from_json(network.to_json())
    copy.set_weights(network.get_weights())
    inputs = tf.random.stateless_normal((2, *network.input_shape[1:]), (0, 0))
    np.testing.assert_array_equal(copy(inputs), network(inputs))


def test_batch_statistics_by_hand():
    """An offset and no scale; an ε that shows where values hardly differ."""
    images = 3e-3 * np.random.default_rng(0).standard_normal((4, 5, 6, 2), np.float32)
    layer = BatchStatistics()
    layer.build(images.shape)
    (offset,) = layer.weights
    offset.assign([3.0, -2.0])
    mean, variance = images.mean(axis=(0, 1, 2)), images.var(axis=(0, 1, 2))
    expected = (images - mean) / np.sqrt(variance + 1e-5) + [3, -2]
    np.testing.assert_allclose(layer(images), expected, atol=1e-4)


def test_a_digit_of_oreilly_depends_on_those_drawn_with_it():
    generator = built("oreilly").generator
    together, alone = generator(POINTS, training=False), generator(POINTS[:1])
    assert np.abs(together[0] - alone[0]).max() > 1e-3


def test_a_digit_of_bulten_is_the_same_alone():
    generator = built("bulten").generator
    together, alone = generator(POINTS, training=False), generator(POINTS[:1])
    np.testing.assert_allclose(together[0], alone[0], atol=1e-5)


def test_upsampling_in_a_convolution_is_upsampling_before_it():
    generator = np.random.default_rng(0)
    images = tf.constant(generator.standard_normal((2, 5, 7, 3), np.float32))
    slopes = generator.standard_normal((2, 10, 14, 4), np.float32)
    fast, plain = UpsamplingConv2D(4), layers.Conv2D(4, 5, padding="same")
    fast.build(images.shape)
    plain.build(images.shape)
    kernel, bias = generator.standard_normal((5, 5, 3, 4)), generator.random(4)
    results = []
    for layer, enlarge in ((fast, lambda x: x), (plain, layers.UpSampling2D())):
        layer.set_weights([kernel, bias])
        with tf.GradientTape() as tape:
            tape.watch(images)
            outputs = layer(enlarge(images))
        variables = [images, *(weight.value for weight in layer.weights)]
        results.append([outputs, *tape.gradient(outputs, variables, slopes)])
    for first, second in zip(*results, strict=True):
        scale = np.abs(second).max()
        np.testing.assert_allclose(first / scale, second / scale, atol=1e-4)
