"""The classics' networks are their articles', and a variation is what it says."""

import functools
import re

from gan_utils import latent, recipes
from gan_utils.models import classics
from gan_utils.models.classics import BatchStatistics, UpsamplingConv2D
from gan_utils.recipes import RECIPES

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

PARTS = ("generator", "discriminator")
BULTEN, COLOUR = "bulten_as_written", "bulten_colour_as_written"
ARTICLES = ("oreilly", BULTEN, COLOUR, "tiny_mlp", "layered_mlp", "keras_gan")
NETWORKS = [(name, part) for name in ARTICLES for part in PARTS]
POINTS = latent.sample_uniform(8, classics.LATENT_DIM, seed=0)


@functools.cache
def built(name):
    """Builds the networks of a row once for all tests, which leave them as they are."""
    return RECIPES[name].build_networks(0)


def generator(name):
    return built(name)["generator"]


def discriminator(name):
    return built(name)["discriminator"]


def settings(network, setting, *kinds):
    """Returns what the layers have as a setting, or those of some kinds, in order."""
    chosen = [layer for layer in network.layers if isinstance(layer, kinds or object)]
    return [getattr(layer, setting) for layer in chosen if hasattr(layer, setting)]


def kernels(*networks):
    found = [kernel for each in networks for kernel in settings(each, "kernel")]
    return [kernel.numpy() for kernel in found]


def biases(*networks):
    found = [bias for each in networks for bias in settings(each, "bias")]
    return [bias.numpy() for bias in found]


def sizes(network, *kinds):
    return [output.shape[1] for output in settings(network, "output", *kinds)]


# The networks


@pytest.mark.parametrize(
    ("name", "of_discriminator", "of_generator", "trainable"),
    [
        ("oreilly", 3_265_409, 328_613, 328_613),
        (BULTEN, 4_311_553, 2_394_241, 2_368_705),
        (COLOUR, 4_314_753, 3_209_283, 3_175_811),
        ("tiny_mlp", 100_609, 114_064, 114_064),
        ("layered_mlp", 492_901, 513_484, 513_484),
        ("keras_gan", 533_505, 1_493_520, 1_489_936),
    ],
)
def test_the_networks_have_exactly_so_many_parameters(
    name, of_discriminator, of_generator, trainable
):
    assert discriminator(name).count_params() == of_discriminator
    assert generator(name).count_params() == of_generator
    weights = generator(name).trainable_variables
    assert sum(weight.shape.num_elements() for weight in weights) == trainable


@pytest.mark.parametrize("name", ARTICLES)
def test_pixels_reach_both_ends_of_their_range(name):
    network = RECIPES[name].networks["generator"](seed=0)
    last = settings(network, "kernel")[-1]
    last.assign(1e6 * last)
    images = network(POINTS).numpy()
    assert (images.min(), images.max()) == RECIPES[name].pixel_range


@pytest.mark.parametrize("name", ARTICLES)
def test_a_discriminator_returns_logits(name):
    assert discriminator(name).output_shape == (None, 1)
    assert discriminator(name).layers[-1].activation is keras.activations.linear


@pytest.mark.parametrize(
    ("name", "expected"), [(BULTEN, [14, 7, 4, 4]), (COLOUR, [32, 16, 8, 4])]
)
def test_bultens_discriminators_halve_the_image(name, expected):
    assert sizes(discriminator(name), layers.Conv2D) == expected


def test_oreillys_generator_enlarges_and_halves():
    network = generator("oreilly")
    expected = [28, 56, 28, 56, 28]
    assert sizes(network, layers.Conv2D, layers.UpSampling2D) == expected
    assert set(settings(network, "interpolation")) == {"bilinear"}


def test_what_does_not_halve_grows():
    halves = generator("oreilly")
    grows = classics.build_oreilly_generator(halving=False)
    assert sizes(halves, layers.Reshape, layers.Conv2D) == [56, 28, 28, 28]
    assert sizes(grows, layers.Reshape, layers.Conv2D) == [7, 14, 28, 28]
    assert grows.output_shape == halves.output_shape
    assert grows.layers[0].count_params() == halves.layers[0].count_params()


def test_normalizing_puts_batch_norm_behind_each_hidden_layer():
    behind = (classics.NORM,)
    network = classics.build_dense_generator(sizes=(5, 4, 3, 784), behind=behind)
    names = [type(layer).__name__ for layer in network.layers]
    hidden = ["Dense", "BatchNormalization"]
    assert names == [*hidden, *hidden, "Dense", "Activation", "Reshape"]
    assert sizes(network, layers.Dense) == [4, 3, 784]


@pytest.mark.parametrize("part", PARTS)
def test_oreillys_weights_are_truncated_normal(part):
    for kernel in kernels(built("oreilly")[part]):
        assert np.abs(kernel).max() < 0.04  # two σ
        # Cut off there, the deviation is 0.88 σ.
        assert kernel.std() == pytest.approx(0.88 * 0.02, rel=0.2)


def test_oreillys_biases_are_drawn_in_the_generator_alone():
    assert not any(bias.any() for bias in biases(discriminator("oreilly")))
    for bias in biases(generator("oreilly")):
        assert 0 < np.abs(bias).max() < 0.04


def test_tiny_mlps_weights_are_uniform_as_glorot_has_them():
    for kernel in kernels(*built("tiny_mlp").values()):
        limit = (6 / sum(kernel.shape)) ** 0.5
        assert np.abs(kernel).max() == pytest.approx(limit, rel=0.05)
        assert kernel.std() == pytest.approx(limit / 3**0.5, rel=0.1)


def test_layered_mlps_weights_are_normal_and_wider_after_fewer_units():
    for kernel in kernels(*built("layered_mlp").values()):
        deviation = (len(kernel) / 2) ** -0.5
        assert kernel.std() == pytest.approx(deviation, rel=0.1)
        assert kernel.size < 1000 or np.abs(kernel).max() > 3.5 * deviation


@pytest.mark.parametrize("name", ["tiny_mlp", "layered_mlp"])
def test_dense_networks_begin_with_biases_of_zero(name):
    assert not any(bias.any() for bias in biases(*built(name).values()))


@pytest.mark.parametrize(("name", "part"), NETWORKS)
def test_the_seed_decides_every_weight(name, part):
    build, network = RECIPES[name].networks[part], built(name)[part]
    again = build(seed=PARTS.index(part))  # D has the seed after G's
    for a, b in zip(network.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(kernels(network), kernels(build(seed=7)), strict=True):
        assert not np.array_equal(a, b)


@pytest.mark.parametrize(("name", "part"), NETWORKS)
@pytest.mark.parametrize("how", ["clone", "config"])
def test_a_network_can_be_copied(name, part, how):
    network = built(name)[part]
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
    network = generator("oreilly")
    together, alone = network(POINTS, training=False), network(POINTS[:1])
    assert np.abs(together[0] - alone[0]).max() > 1e-3


def test_a_digit_of_bulten_is_the_same_alone():
    network = generator(BULTEN)
    together, alone = network(POINTS, training=False), network(POINTS[:1])
    np.testing.assert_allclose(together[0], alone[0], atol=1e-5)


def test_upsampling_in_a_convolution_is_upsampling_before_it():
    random = np.random.default_rng(0)
    images = tf.constant(random.standard_normal((2, 5, 7, 3), np.float32))
    slopes = random.standard_normal((2, 10, 14, 4), np.float32)
    fast, plain = UpsamplingConv2D(4), layers.Conv2D(4, 5, padding="same")
    fast.build(images.shape)
    plain.build(images.shape)
    kernel, bias = random.standard_normal((5, 5, 3, 4)), random.random(4)
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


# The rows


@pytest.mark.parametrize("name", ["oreilly", "keras_gan"])
def test_some_articles_draw_from_the_normal_prior(name):
    points = RECIPES[name].prior((1000, 100), (0, 0)).numpy()
    assert points.std() == pytest.approx(1, abs=0.01)
    assert points.max() > 3


@pytest.mark.parametrize("name", [BULTEN, COLOUR, "tiny_mlp", "layered_mlp"])
def test_some_articles_draw_from_the_uniform_prior(name):
    points = RECIPES[name].prior((1000, 100), (0, 0)).numpy()
    assert points.std() == pytest.approx(1 / 3**0.5, abs=0.01)
    assert points.min() == pytest.approx(-1, abs=1e-3)
    assert points.max() == pytest.approx(1, abs=1e-3)


def test_a_row_says_its_article_where_it_departs_and_how_far_it_went():
    row = RECIPES["tiny_mlp"].vary(about="A book", departs="", iterations=9000)
    assert row.describe(7000) == "The GAN of: A book. 7,000 of its 9,000 iterations"
    row = row.vary(departs="but blue")
    said = "The GAN of: A book, but blue. 7,000 of its 9,000 iterations"
    assert row.describe(7000) == said
    assert row.vary(iterations=None).describe(7000) == "A book"


@pytest.mark.parametrize("name", ARTICLES)
def test_an_article_departs_from_itself_in_nothing(name):
    assert RECIPES[name].departs == ""
    assert RECIPES[name].iterations > 0


def rates(make, *steps):
    """Returns an optimizer's rates at some of its steps."""
    optimizer = make()
    found = []
    for step in steps:
        optimizer.iterations.assign(step)
        found.append(float(optimizer.learning_rate))
    return found


@pytest.mark.parametrize(
    ("name", "decays"), [(BULTEN, (1e-10, 1e-10)), (COLOUR, (3e-8, 6e-8))]
)
def test_rates_decay_as_in_keras_1(name, decays):
    for part, decay in zip(PARTS, decays):
        first, later = rates(RECIPES[name].optimizers[part], 0, 10**8)
        assert later == pytest.approx(first / (1 + decay * 10**8), rel=1e-6)


VARIATIONS = [
    (BULTEN, "bulten", {"departs", "batch_size", "optimizers", "steps"}),
    (COLOUR, "bulten_colour", {"departs", "batch_size", "optimizers", "steps"}),
    ("tiny_mlp", "tiny_mlp_long", {"steps", "interval", "judge_every"}),
    (
        "layered_mlp",
        "layered_mlp_mended",
        {"departs", "networks", "optimizers", "steps", "interval", "judge_every"},
    ),
    (
        "oreilly",
        "oreilly_mended",
        {"departs", "networks", "optimizers", "step", "steps", "judge_every", "ships"},
    ),
]


@pytest.mark.parametrize(("of", "name", "fields"), VARIATIONS)
def test_a_variation_departs_in_what_is_named_alone(of, name, fields):
    of, varied = vars(RECIPES[of]), vars(RECIPES[name])
    assert {field for field in of if of[field] != varied[field]} == fields
    assert varied["networks"]["discriminator"] is of["networks"]["discriminator"]


@pytest.mark.parametrize(
    ("name", "options"),
    [("oreilly", {"halving": False}), ("layered_mlp", {"behind": (classics.NORM,)})],
)
def test_a_mended_generator_differs_in_one_option(name, options):
    before, after = (
        functools.partial(RECIPES[each].networks["generator"])
        for each in (name, f"{name}_mended")
    )
    assert after.func == before.func
    assert after.keywords == before.keywords | options


def said(pattern, name):
    """Returns a number that stands in the words on how a row departs."""
    found = re.search(pattern, RECIPES[name].departs)
    return float(found[1].replace(",", ""))


@pytest.mark.parametrize(
    ("of", "name", "faster"), [(BULTEN, "bulten", 1), (COLOUR, "bulten_colour", 4)]
)
def test_a_small_batch_cools_down_when_its_words_say_so(of, name, faster):
    of, varied = RECIPES[of], RECIPES[name]
    assert said(r"in batches of (\d+)", name) == varied.batch_size
    assert said(r"in place of (\d+)", name) == of.batch_size
    assert ("with four times the rate for G" in varied.departs) == (faster == 4)
    start = int(said(r"from iteration ([\d,]+) on at a quarter of its rates", name))
    steps = 0, start - 1, start, 10**6
    for part, times in (("generator", faster), ("discriminator", 1)):
        expected = np.multiply(rates(of.optimizers[part], *steps), times)
        cooled = rates(varied.optimizers[part], *steps)
        assert cooled == pytest.approx(expected / [1, 1, 4, 4])
        first, second = (row.optimizers[part]() for row in (of, varied))
        assert type(first) is type(second)
        for option in ("clipvalue", "epsilon", "rho", "momentum", "beta_1", "beta_2"):
            assert getattr(first, option, None) == getattr(second, option, None)


@pytest.mark.parametrize("name", ["layered_mlp", "oreilly"])
def test_what_mends_an_optimizer_is_its_first_moment_and_a_rate_that_is_told(name):
    of, mended = RECIPES[name], RECIPES[f"{name}_mended"]
    assert said(r"Adam's β1 of (\.\d)", f"{name}_mended") == 0.5
    for part in PARTS:
        expected = of.optimizers[part]().get_config() | {"beta_1": 0.5}
        if (name, part) == ("oreilly", "generator"):
            told = said(r"a rate of G of (\.\d+)", "oreilly_mended")
            expected["learning_rate"] = told
        found = mended.optimizers[part]().get_config()
        rate = pytest.approx(expected["learning_rate"])
        assert found == expected | {"learning_rate": rate, "name": found["name"]}


def test_oreilly_mended_takes_one_update_of_d_and_no_head_start():
    of, mended = RECIPES["oreilly"], RECIPES["oreilly_mended"]
    assert "one update of D on both kinds of image, no head start" in mended.departs
    assert (of.head_start, mended.head_start) == (300, 0)
    turns = [row.step.keywords["turns"] for row in (of, mended)]
    assert [len(each) for each in turns] == [2, 1]
    assert sorted(mended.optimizers) == ["discriminator", "generator"]


def test_a_row_is_laid_out_for_the_eye():
    lines = RECIPES["oreilly"].lay_out().splitlines()
    assert lines[0] == RECIPES["oreilly"].about
    assert lines[1].startswith("generator: 100 → 3136 → 56×56×1 → 28×28×50 → ")
    assert lines[1].endswith("→ 28×28×1   (328,613 weights)")
    assert lines[2].startswith("discriminator: 28×28×1 → 28×28×32 → 14×14×32 → ")
    assert (
        lines[3]
        == "generator: Adam 0.0001   discriminator: Adam 0.0003   fake: Adam 0.0003"
    )
    assert lines[4:] == [
        "D's updates: real and fake   prior: normal   batch: 50   iterations: 100,000"
    ]
    assert "D's updates: real then fake   prior" in RECIPES["keras_gan"].lay_out()
    last = RECIPES["bulten"].lay_out().splitlines()[3:]
    assert last[0] == "generator: Adam 0.0004   discriminator: RMSprop 0.0008"
    assert last[1].startswith("D's updates: real + fake   prior: uniform   batch: 64 ")
    assert RECIPES["lesson_05"].lay_out().endswith("iterations: 4,500")


def test_varying_leaves_the_row_as_it_was():
    row = RECIPES["tiny_mlp"]
    before = dict(vars(row))
    varied = row.vary(batch_size=3)
    assert vars(varied) == before | {"batch_size": 3}
    assert vars(row) == before
    assert recipes.find("tiny_mlp") is row


@pytest.mark.parametrize("name", ["bulten", "bulten_colour", BULTEN, COLOUR])
def test_bultens_optimizers_clip_each_gradient(name):
    made = [make() for make in RECIPES[name].optimizers.values()]
    assert [optimizer.clipvalue for optimizer in made] == [1.0, 1.0]
