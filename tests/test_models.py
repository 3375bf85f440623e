"""Shapes, parameter counts and seeds of the networks, and the parts they share."""

from gan_utils import latent, models, penalties
from gan_utils.models import classics
from gan_utils.models.parts import leaves
from tests.conftest import copy, same

import keras
import numpy as np
import pytest
from keras import layers

POINTS = latent.sample_latents(64, 8, seed=0)


def kinds(network):
    return [type(layer).__name__ for layer in network.layers]


def test_generator_shape_range_and_size():
    generator = models.build_generator(latent_dim=64)
    images = generator(latent.sample_latents(5, 64, seed=0), training=True)
    assert images.shape == (5, 28, 28, 1)
    assert np.abs(images).max() <= 1
    assert generator.count_params() == 271_489


def test_discriminator_shape_and_size():
    discriminator = models.build_discriminator()
    assert discriminator(np.zeros((5, 28, 28, 1)), training=False).shape == (5, 1)
    assert discriminator.count_params() == 837_665
    assert isinstance(discriminator.layers[-1], layers.Dense)
    assert discriminator.layers[-1].activation is keras.activations.linear  # logits


def test_classifier_shape_and_features():
    classifier = models.build_classifier()
    assert classifier(np.zeros((2, 28, 28, 1)), training=False).shape == (2, 10)
    assert classifier.get_layer("features").output.shape == (None, 128)


def test_both_networks_are_built_for_images_of_any_shape():
    shape = (12, 20, 3)
    generator = models.build_generator(8, channels=4, shape=shape)
    discriminator = models.build_discriminator(channels=4, shape=shape)
    images = generator(POINTS, training=True)
    assert images.shape == (64, *shape)
    assert discriminator(images, training=True).shape == (64, 1)
    assert discriminator.inputs[0].shape == generator.output_shape


@pytest.mark.parametrize(("build", "count"), [("generator", 3), ("discriminator", 2)])
def test_the_norm_is_what_is_given(build, count):
    builders = {
        "generator": models.build_generator,
        "discriminator": models.build_discriminator,
    }
    plain = builders[build](channels=4)
    without, other = (
        builders[build](channels=4, norm=norm)
        for norm in (layers.Identity, layers.LayerNormalization)
    )
    assert kinds(plain).count("BatchNormalization") == count
    named = [name.replace("BatchNormalization", "Identity") for name in kinds(plain)]
    assert kinds(without) == named
    named = [name.replace("Identity", "LayerNormalization") for name in named]
    assert kinds(other) == named
    # The seeds of layers go by their places, so the kernels stay what they were.
    kernels = [
        [w for w in network.get_weights() if w.ndim > 1] for network in (plain, without)
    ]
    assert same(*kernels)


def test_dropout_is_what_is_given():
    def rates(**options):
        network = models.build_discriminator(channels=4, **options)
        return [x.rate for x in network.layers if isinstance(x, layers.Dropout)]

    assert rates() == [0.3]
    assert rates(dropout=0.7) == [0.7]
    without = models.build_discriminator(channels=4, norm=layers.Identity, dropout=0.0)
    images = np.random.default_rng(0).uniform(-1, 1, (3, 28, 28, 1))
    trained, drawn = (without(images, training=mode) for mode in (True, False))
    np.testing.assert_array_equal(trained, drawn)


def test_first_layers_stand_before_all_others():
    first = [layers.Dense(16), layers.ReLU()]
    generator = models.build_generator(8, channels=4, first=first)
    assert generator.layers[:2] == first
    assert generator.layers[2].input.shape == (None, 16)
    assert generator(POINTS, training=False).shape == (64, 28, 28, 1)


def test_the_mapped_generator_is_a_generator_behind_a_dense_layer():
    mapped = models.build_mapped_generator(8, channels=4, hidden=16, seed=1)
    assert mapped(POINTS, training=True).shape == (64, 28, 28, 1)
    plain = models.build_generator(16, channels=4)
    assert mapped.count_params() - plain.count_params() == 8 * 16 + 4 * 16
    again = models.build_mapped_generator(8, channels=4, hidden=16, seed=1)
    assert same(copy(mapped.trainable_weights), copy(again.trainable_weights))
    assert kinds(mapped) == ["Dense", "BatchNormalization", "ReLU", *kinds(plain)]
    deep = models.build_mapped_generator(8, channels=4, hidden=16, depth=3)
    block = ["Dense", "BatchNormalization", "ReLU"]
    assert kinds(deep) == 3 * block + kinds(plain)
    assert [*deep.layers[3].kernel.shape] == [16, 16]
    large = models.build_mapped_generator(8, channels=4, hidden=16, shape=(12, 20, 3))
    assert large.output_shape == (None, 12, 20, 3)


def test_a_reading_discriminator_is_a_discriminator_with_a_second_answer():
    reading = models.build_reading_discriminator(4, seed=1, kinds=7)
    plain = models.build_discriminator(4, seed=1)
    images = np.random.default_rng(0).uniform(-1, 1, (5, 28, 28, 1))
    logits, read = reading(images, training=False)
    np.testing.assert_array_equal(logits, plain(images, training=False))
    assert read.shape == (5, 7)
    assert reading.layers[-1].input is reading.layers[-2].input


@pytest.mark.parametrize("shape", [(28, 28, 3), (30, 17, 1)])
def test_a_strided_discriminator_answers_each_image_by_itself(shape):
    network = models.build_strided_discriminator(4, seed=1, shape=shape)
    images = np.random.default_rng(0).uniform(-1, 1, (8, *shape)).astype(np.float32)
    assert network(images, training=True).shape == (8, 1)
    assert not penalties.depends_on_others(network, images)
    strides = [layer for layer in network.layers if isinstance(layer, layers.Conv2D)]
    assert [layer.strides for layer in strides] == [(2, 2)] * 3
    assert [layer.filters for layer in strides] == [4, 8, 16]
    again = models.build_strided_discriminator(4, seed=1, shape=shape)
    assert same(copy(network.trainable_weights), copy(again.trainable_weights))


@pytest.fixture
def channelwise():
    """Builds a D of three channels, and images for it."""

    def build(**options):
        return models.build_channelwise_discriminator(4, 1, (12, 20, 3), **options)

    random = np.random.default_rng(0)
    return build, random.uniform(-1, 1, (8, 12, 20, 3)).astype(np.float32)


def test_a_channelwise_discriminator_says_the_same_of_each_channel(channelwise):
    build, images = channelwise
    network = build()
    assert network(images, training=True).shape == (8, 1)
    assert not penalties.depends_on_others(network, images)
    look, each = (network.get_layer(name) for name in ("look", "each"))
    alone = sum(each(look(images[..., place, None])) for place in range(3))
    for weight in (0, 0.25, 1):
        of_all = build(alone=0)(images)
        np.testing.assert_allclose(
            build(alone=weight)(images), of_all + weight * alone, atol=1e-5
        )


def test_a_channelwise_discriminator_hears_which_channels_meet(channelwise):
    build, images = channelwise
    network = build(alone=0)
    mixed = images.copy()
    mixed[..., 0] = images[::-1, ..., 0]
    swapped = images[..., ::-1]
    told = [network(each).numpy() for each in (images, mixed, swapped)]
    # A sum over the channels would be the same of any that meet.
    assert abs(told[0].sum() - told[1].sum()) > 1e-3
    assert not np.allclose(told[0], told[2])


def build_small_stencil_generator(**sizes):
    sizes = {"paper_dim": 3, "channels": 4, "hidden": 16, "shape": (12, 20, 3), **sizes}
    return models.build_stencil_generator(8, **sizes)


def test_an_image_is_paper_and_where_the_stencil_is_cut_its_negative():
    generator = build_small_stencil_generator()
    assert generator.output_shape == (None, 12, 20, 3)
    paper, stencil = (generator.get_layer(name) for name in ("paper", "stencil"))
    drawn = (paper(POINTS[:, :3]).numpy() - 1) / 2
    cut = stencil(POINTS[:, 3:]).numpy()
    assert cut.shape == (64, 12, 20, 1)
    images = generator(POINTS, training=False).numpy()
    np.testing.assert_allclose(images, drawn * cut, atol=1e-6)
    cutting = stencil.layers[-1]
    for bias, sign in ((50, 1), (-50, -1)):  # paper everywhere, ink everywhere
        cutting.bias.assign([bias])
        images = generator(POINTS, training=False).numpy()
        assert (sign * images <= 0).all()
        np.testing.assert_allclose(images, sign * drawn, atol=1e-6)


def test_paper_and_stencil_have_numbers_weights_and_seeds_of_their_own():
    generator = build_small_stencil_generator(seed=1)
    others = POINTS.copy()
    others[:, :3] = 0
    for name, same_cut in (("paper", False), ("stencil", True)):
        part = generator.get_layer(name)
        of_part = slice(0, 3) if name == "paper" else slice(3, None)
        unmoved = np.array_equal(part(POINTS[:, of_part]), part(others[:, of_part]))
        assert unmoved == same_cut
    kernels = [w for w in generator.get_weights() if w.ndim > 1]
    starts = np.stack([kernel.ravel()[:48] for kernel in kernels])
    alike = np.corrcoef(starts) - np.eye(len(kernels))
    assert np.abs(alike).max() < 0.9  # kernels of the same seed differ by a factor
    again, another = (build_small_stencil_generator(seed=seed) for seed in (1, 2))
    assert same(copy(generator.weights), copy(again.weights))
    assert not same(copy(generator.weights), copy(another.weights))
    widths = [
        generator.get_layer(n).layers[-2 - 2].filters for n in ("paper", "stencil")
    ]
    assert widths == [2, 4]


@pytest.mark.parametrize(
    "build",
    [models.build_generator, models.build_discriminator, models.build_classifier],
)
def test_the_seed_decides_the_weights(build):
    first, again, other = (build(seed=seed).get_weights() for seed in (3, 3, 4))
    assert same(first, again)
    assert not same(first, other)


def test_a_builder_leaves_the_global_seed_alone():
    keras.utils.set_random_seed(0)
    expected = np.random.rand()  # noqa: NPY002 - the global state is the point
    keras.utils.set_random_seed(0)
    models.build_generator(channels=4, seed=1)
    assert np.random.rand() == expected  # noqa: NPY002


def test_layers_get_seeds_of_their_own():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(4), layers.Dense(4)])
    models.initialize(model, seed=0)
    assert not np.array_equal(model.layers[0].kernel, model.layers[1].kernel)


def test_initialize_keeps_the_kind_of_initializer():
    narrow = keras.initializers.TruncatedNormal(stddev=0.02)
    layer = layers.Dense(500, kernel_initializer=narrow, bias_initializer="ones")
    models.initialize(keras.Sequential([keras.Input((50,)), layer]), seed=0)
    assert np.std(layer.kernel) == pytest.approx(0.02, rel=0.2)
    assert np.all(layer.bias.numpy() == 1)


def build_nested(nested=True):
    """Builds dense layers with a table of labels, in a model of its own or not."""
    inner = [layers.Dense(4), layers.ReLU(), layers.Dense(4)]
    if nested:
        inner = [keras.Sequential([keras.Input((3,)), *inner])]
    parts = [keras.Input((), dtype="int32"), layers.Embedding(5, 3), *inner]
    return keras.Sequential([*parts, layers.Dense(1)])


def test_initialize_reaches_layers_of_nested_models_and_tables():
    first, again, other = (
        models.initialize(build_nested(), seed).get_weights() for seed in (0, 0, 1)
    )
    assert same(first, again)
    drawn = [
        (a, b)
        for a, b in zip(first, other, strict=True)
        if a.any()  # biases are zeros
    ]
    assert len(drawn) == 4
    assert not any(np.array_equal(a, b) for a, b in drawn)
    flat = models.initialize(build_nested(nested=False), seed=0).get_weights()
    assert same(first, flat)


def test_initialize_reaches_a_layer_behind_a_wrapper():
    def build(seed):
        wrapped = layers.TimeDistributed(layers.Dense(3))
        network = keras.Sequential([keras.Input((2, 4)), wrapped])
        return models.initialize(network, seed).get_weights()

    assert same(build(0), build(0))
    assert not same(build(0), build(1))


def test_leaves_are_the_layers_in_their_order():
    nested, flat = build_nested(), build_nested(nested=False)
    found = [type(layer).__name__ for layer in leaves(nested)]
    assert found == kinds(flat)


def test_the_length_of_a_latent_point_is_that_of_the_first_input():
    first, second = keras.Input((7,)), keras.Input((3,))
    both = layers.Dense(2)(layers.Concatenate()([first, second]))
    assert models.latent_dim(keras.Model([first, second], both)) == 7
    assert models.latent_dim(models.build_generator(5, channels=4)) == 5


def test_settled_batch_norm_draws_as_while_training():
    generator = models.build_generator(8, channels=4)
    before = copy(generator.trainable_weights)
    models.settle_batch_norm(generator, POINTS)
    trained, drawn = (generator(POINTS, training=mode) for mode in (True, False))
    np.testing.assert_allclose(trained, drawn, atol=1e-4)
    assert same(before, copy(generator.trainable_weights))
    norms = [x for x in generator.layers if isinstance(x, layers.BatchNormalization)]
    assert [norm.momentum for norm in norms] == [0.9] * 3


def build_skipping():
    """Builds a functional network of two inputs, with a nested one and a skip."""
    points, others = keras.Input((8,)), keras.Input((4,))
    hidden = layers.Dense(8)(layers.Concatenate()([points, others]))
    block = keras.Sequential([keras.Input((8,)), layers.Dense(8), models.batch_norm()])
    skipped = layers.Add()([block(hidden), points])
    drawn = layers.Dense(2)(models.batch_norm()(skipped))
    return models.initialize(keras.Model([points, others], drawn), seed=0)


def test_networks_with_skips_and_two_inputs_and_nested_ones_are_settled():
    network = build_skipping()
    inputs = [POINTS, 3 * latent.sample_latents(64, 4, seed=1) + 1]
    before = network(inputs, training=False).numpy()
    models.settle_batch_norm(network, inputs)
    trained, drawn = (network(inputs, training=mode) for mode in (True, False))
    np.testing.assert_allclose(trained, drawn, atol=1e-4)
    assert np.abs(before - drawn).max() > 0.1


def test_a_batch_passes_dropout_while_batch_norm_is_settled():
    """Of ones, half become zeros and half twos: their variance is one."""
    dropout = layers.Dropout(0.5, seed=0)
    norm = models.batch_norm()
    network = keras.Sequential([keras.Input((1,)), dropout, norm])
    models.settle_batch_norm(network, np.ones((10_000, 1), np.float32))
    assert float(norm.moving_mean[0]) == pytest.approx(1, abs=0.05)
    assert float(norm.moving_variance[0]) == pytest.approx(1, abs=0.01)


def test_settling_leaves_what_dropout_draws_next():
    network = keras.Sequential(
        [keras.Input((50,)), layers.Dropout(0.5, seed=0), models.batch_norm()]
    )
    ones = np.ones((4, 50), np.float32)
    state = network.layers[0].seed_generator.state
    network(ones, training=True)
    before = state.numpy()
    models.settle_batch_norm(network, ones)
    np.testing.assert_array_equal(state, before)
    network(ones, training=True)
    assert not np.array_equal(state, before)


def test_points_of_another_length_settle_nothing():
    generator = models.build_generator(8, channels=4)
    before = copy(generator.weights)
    with pytest.raises(ValueError):
        models.settle_batch_norm(generator, np.zeros((4, 5), "float32"))
    assert same(before, copy(generator.weights))
    norms = [x for x in generator.layers if isinstance(x, layers.BatchNormalization)]
    assert {norm.momentum for norm in norms} == {0.9}


def test_the_classifier_moves_digits_over_paper_only_while_training():
    layer = models.build_classifier().layers[0]
    image = np.full((1, 28, 28, 1), -1.0, "float32")
    image[0, 14, 14] = 1
    np.testing.assert_array_equal(layer(image, training=False), image)
    moved = [layer(image, training=True).numpy() for _ in range(40)]
    places = np.concatenate([np.argwhere(m > -1)[:, 1:3] - 14 for m in moved])
    assert np.abs(places).max() == 2
    assert all(m[0, 0, 0, 0] == -1 for m in moved)


@pytest.mark.parametrize("given", [[], [784]])
def test_fewer_than_two_sizes_are_refused(given):
    with pytest.raises(ValueError, match="a network needs two or more"):
        models.build_layers(given)


def test_a_list_of_sizes_makes_a_network():
    dense = models.build_layers([7, 5, 3, 1])
    assert [layer.units for layer in dense] == [5, 3, 1]
    names = [layer.activation.__name__ for layer in dense]
    assert names == ["relu", "relu", "linear"]


def test_what_stands_behind_a_hidden_layer_does_not_follow_the_last():
    behind = (layers.LeakyReLU, layers.BatchNormalization)
    dense = models.build_layers([7, 5, 3, 1], activation=None, behind=behind)
    names = [type(layer).__name__ for layer in dense]
    hidden = ["Dense", "LeakyReLU", "BatchNormalization"]
    assert names == [*hidden, *hidden, "Dense"]
    assert {layer.activation.__name__ for layer in dense[::3]} == {"linear"}


def test_a_layer_of_a_list_is_initialized_by_what_comes_in():
    def constant(incoming):
        return keras.initializers.Constant(incoming)

    network = keras.Sequential(
        [keras.Input((7,)), *models.build_layers([7, 5, 1], initializer=constant)]
    )
    assert [float(layer.kernel[0, 0]) for layer in network.layers] == [7, 5]


@pytest.mark.parametrize(
    ("build", "sizes", "message"),
    [
        (models.build_generator, {"latent_dim": 0}, "latent_dim is 0"),
        (models.build_generator, {"latent_dim": float("nan")}, "latent_dim is nan"),
        (models.build_generator, {"latent_dim": True}, "latent_dim is True"),
        (models.build_generator, {"channels": 10**9}, "from 1 to 4,096"),
        (models.build_generator, {"shape": (30, 30, 1)}, "multiples of 4"),
        (models.build_generator, {"shape": (28, 28)}, "shape"),
        (models.build_mapped_generator, {"hidden": 0}, "hidden is 0"),
        (models.build_mapped_generator, {"depth": 0}, "depth is 0"),
        (models.build_mapped_generator, {"shape": (30, 30, 1)}, "multiples of 4"),
        (models.build_reading_discriminator, {"kinds": 1}, "kinds is 1"),
        (models.build_stencil_generator, {"paper_dim": 0}, "paper_dim is 0"),
        (models.build_stencil_generator, {"paper_dim": 64}, "needed is a smaller one"),
        (models.build_stencil_generator, {"latent_dim": 1}, "of a latent_dim of 1"),
        (models.build_stencil_generator, {"shape": (30, 30, 3)}, "multiples of 4"),
        (models.build_discriminator, {"shape": (28, 28, 0)}, "1 to 4096"),
        (models.build_discriminator, {"seed": -1}, "seed is -1"),
        (models.build_strided_discriminator, {"channels": 0}, "channels is 0"),
        (models.build_channelwise_discriminator, {"shape": (28, 28)}, "shape"),
        (models.build_classifier, {"seed": "1"}, "seed is '1'"),
        (classics.build_bulten_generator, {"side": 0}, "side is 0"),
        (classics.build_oreilly_generator, {"seed": 1.5}, "seed is 1.5"),
        (classics.build_dense_generator, {"sizes": (8, 10)}, "end with 784"),
        (classics.build_dense_generator, {"sizes": (0, 784)}, "a size is 0"),
        (classics.build_dense_discriminator, {"sizes": (784, 10)}, "end with 1"),
        (classics.build_dense_discriminator, {"sizes": (7, 1)}, "begin with 784"),
    ],
)
def test_sizes_from_which_nothing_can_be_made_are_refused(build, sizes, message):
    with pytest.raises(ValueError, match=message):
        build(**sizes)


def test_a_checked_builder_keeps_its_name_and_takes_numbers_of_numpy():
    assert models.build_generator.__name__ == "build_generator"
    assert models.build_generator(np.int64(3), np.int32(1)).input_shape == (None, 3)


@pytest.mark.parametrize(
    "points",
    [np.zeros((0, 8)), np.full((4, 8), np.nan), np.full((4, 8), np.inf)],
    ids=["none", "NaN", "infinity"],
)
def test_batch_norm_is_settled_by_no_nonsense(points):
    generator = models.build_generator(8, channels=4)
    before = copy(generator.weights)
    with pytest.raises(ValueError, match="inputs"):
        models.settle_batch_norm(generator, points)
    assert same(before, copy(generator.weights))


@pytest.mark.parametrize(
    "network", [models.build_discriminator(channels=4), keras.Sequential(), None]
)
def test_only_a_generator_takes_latent_points(network):
    with pytest.raises(ValueError, match="no built generator"):
        models.latent_dim(network)
