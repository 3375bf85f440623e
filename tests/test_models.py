"""Shapes, parameter counts and seeds of the networks; the compiled functions."""

from gan_utils import latent, models

import keras
import numpy as np
import pytest


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
    assert isinstance(discriminator.layers[-1], keras.layers.Dense)
    assert discriminator.layers[-1].activation is keras.activations.linear  # logits


def test_classifier_shape_and_features():
    classifier = models.build_classifier()
    assert classifier(np.zeros((2, 28, 28, 1)), training=False).shape == (2, 10)
    assert classifier.get_layer("features").output.shape == (None, 128)


@pytest.mark.parametrize(
    "build",
    [models.build_generator, models.build_discriminator, models.build_classifier],
)
def test_the_seed_decides_the_weights(build):
    same, again, other = (build(seed=seed).get_weights() for seed in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(same, again))
    assert not all(np.array_equal(a, b) for a, b in zip(same, other))


def test_a_builder_leaves_the_global_seed_alone():
    keras.utils.set_random_seed(0)
    expected = np.random.rand()  # noqa: NPY002 - the global state is the point
    keras.utils.set_random_seed(0)
    models.build_generator(seed=1)
    assert np.random.rand() == expected  # noqa: NPY002


def test_layers_get_seeds_of_their_own():
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(4), keras.layers.Dense(4)]
    )
    models.initialize(model, seed=0)
    assert not np.array_equal(model.layers[0].kernel, model.layers[1].kernel)


def test_initialize_keeps_the_kind_of_initializer():
    narrow = keras.initializers.TruncatedNormal(stddev=0.02)
    layer = keras.layers.Dense(500, kernel_initializer=narrow, bias_initializer="ones")
    models.initialize(keras.Sequential([keras.Input((50,)), layer]), seed=0)
    assert np.std(layer.kernel) == pytest.approx(0.02, rel=0.2)
    assert np.all(layer.bias.numpy() == 1)


def test_the_sampler_draws_what_the_generator_draws():
    generator = models.build_generator(latent_dim=8)
    points = latent.sample_latents(3, 8, seed=0)
    images = models.make_sampler(generator, batch_size=2)(points.astype("float64"))
    np.testing.assert_allclose(images, generator(points, training=False), atol=1e-6)
    assert models.make_sampler(generator)(points[:0]).shape == (0, 28, 28, 1)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (np.zeros((2, 9)), r"shape \(2, 9\).*needs \(n, 8\)"),
        (np.zeros(8), r"pass latents\[None\]"),
        (np.full((1, 8), np.nan), "not finite"),
    ],
)
def test_the_sampler_refuses_bad_points(points, message):
    sample = models.make_sampler(models.build_generator(latent_dim=8))
    with pytest.raises(ValueError, match=message):
        sample(points)


def test_the_matcher_compares_each_point_with_its_image():
    generator = keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Dense(4, use_bias=False),
            keras.layers.Reshape((2, 2, 1)),
        ]
    )
    generator.set_weights([np.array([[1, 0, 0, 2], [0, 1, 0, 0]])])
    images = np.reshape([[0, 0, 0, 0], [1, 1, 1, 1]], (2, 2, 2, 1))
    losses, gradients = models.make_matcher(generator, images)(
        np.array([[1.0, 3.0]] * 2)
    )
    # [1, 3, 0, 2] is drawn; the differences are [1, 3, 0, 2] and [0, 2, -1, 1].
    assert losses.tolist() == [14 / 4, 6 / 4]
    assert gradients.tolist() == [[2 / 4 * 5, 2 / 4 * 3], [2 / 4 * 2, 2 / 4 * 2]]
    assert losses.dtype == gradients.dtype == np.float32


def test_the_gradient_tells_how_the_loss_of_a_drawn_image_changes():
    generator = models.build_generator(8, channels=4)
    generator.set_weights([2 * w for w in generator.get_weights()])
    goals, points = latent.sample_latents(6, 8, seed=0).reshape(2, 3, 8)
    match = models.make_matcher(generator, generator(goals, training=False))
    np.testing.assert_allclose(match(goals)[0], np.zeros(3), atol=1e-9)
    way = latent.sample_latents(3, 8, seed=1)
    ahead, behind = (match(points + share * way)[0] for share in (0.005, -0.005))
    expected = (match(points)[1] * way).sum(axis=1)
    np.testing.assert_allclose((ahead - behind) / 0.01, expected, rtol=0.05)


def test_the_matcher_refuses_images_of_another_shape():
    generator = models.build_generator(8, channels=4)
    with pytest.raises(ValueError, match=r"shape \(2, 28, 28\).*\(n, 28, 28, 1\)"):
        models.make_matcher(generator, np.zeros((2, 28, 28)))


def test_the_matcher_refuses_points_that_are_not_one_for_each_image():
    match = models.make_matcher(models.build_generator(8, 4), np.zeros((2, 28, 28, 1)))
    with pytest.raises(ValueError, match=r"\(3, 8\) were given; needed are \(2, 8\)"):
        match(np.zeros((3, 8), np.float32))


def test_settled_batch_norm_draws_as_while_training():
    generator = models.build_generator(8, channels=4)
    latents = np.random.default_rng(0).standard_normal((64, 8)).astype("float32")
    before = [w.numpy() for w in generator.trainable_weights]
    models.settle_batch_norm(generator, latents)
    trained, drawn = (generator(latents, training=mode) for mode in (True, False))
    np.testing.assert_allclose(trained, drawn, atol=1e-4)
    after = [w.numpy() for w in generator.trainable_weights]
    assert all(np.array_equal(a, b) for a, b in zip(before, after))


def test_points_of_another_length_settle_nothing():
    generator = models.build_generator(8, channels=4)
    before = generator.get_weights()
    with pytest.raises(ValueError):
        models.settle_batch_norm(generator, np.zeros((4, 5), "float32"))
    for a, b in zip(before, generator.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_mapped_generator_is_a_generator_behind_a_dense_layer():
    mapped = models.build_mapped_generator(8, channels=4, hidden=16, seed=1)
    assert mapped(latent.sample_latents(3, 8, seed=0), training=True).shape == (
        *(3, 28, 28, 1),
    )
    plain = models.build_generator(16, channels=4)
    assert mapped.count_params() - plain.count_params() == 8 * 16 + 4 * 16
    same = models.build_mapped_generator(8, channels=4, hidden=16, seed=1)
    for first, second in zip(
        mapped.trainable_weights, same.trainable_weights, strict=True
    ):
        np.testing.assert_array_equal(first, second)


def test_the_reader_reads_what_the_classifier_reads():
    classifier = models.build_classifier()
    images = np.random.default_rng(0).uniform(-1, 1, (7, 28, 28, 1))
    features, probabilities = models.make_reader(classifier, batch_size=3)(images)
    logits = classifier(images, training=False)
    assert features.shape == (7, 128)
    np.testing.assert_allclose(probabilities, keras.ops.softmax(logits), atol=1e-5)


@pytest.mark.parametrize("shape", [(7, 28, 28), (0, 28, 28, 1), (7, 20, 20, 1)])
def test_the_reader_refuses_images_of_another_shape(shape):
    read = models.make_reader(models.build_classifier())
    with pytest.raises(ValueError, match=r"reads \(n, 28, 28, 1\), n from 1"):
        read(np.zeros(shape))


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
    behind = (keras.layers.LeakyReLU, keras.layers.BatchNormalization)
    dense = models.build_layers([7, 5, 3, 1], activation=None, behind=behind)
    kinds = [type(layer).__name__ for layer in dense]
    hidden = ["Dense", "LeakyReLU", "BatchNormalization"]
    assert kinds == [*hidden, *hidden, "Dense"]
    assert {layer.activation.__name__ for layer in dense[::3]} == {"linear"}


def test_a_layer_of_a_list_is_initialized_by_what_comes_in():
    def constant(incoming):
        return keras.initializers.Constant(incoming)

    network = keras.Sequential(
        [keras.Input((7,)), *models.build_layers([7, 5, 1], initializer=constant)]
    )
    assert [float(layer.kernel[0, 0]) for layer in network.layers] == [7, 5]
