"""Networks as functions from NumPy to NumPy: what they give, and what they refuse."""

from gan_utils import latent, models
from gan_utils.compiled import (
    batch_size_of,
    make_matcher,
    make_reader,
    make_sampler,
)

import keras
import numpy as np
import pytest


@pytest.fixture(scope="module")
def generator():
    return models.build_generator(latent_dim=8, channels=4)


@pytest.fixture(scope="module")
def classifier():
    return models.build_classifier()


def test_the_sampler_draws_what_the_generator_draws(generator):
    points = latent.sample_latents(3, 8, seed=0)
    images = make_sampler(generator, batch_size=2)(points.astype("float64"))
    np.testing.assert_allclose(images, generator(points, training=False), atol=1e-6)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (np.zeros((2, 9)), r"shape \(2, 9\).*needed is \(n, 8\)"),
        (np.zeros(8), r"pass it as values\[None\]"),
        (np.zeros((0, 8)), "1 or more"),
        (np.full((1, 8), np.nan), "NaN"),
        (np.full((1, 8), np.inf), "infinity"),
        ([["a"] * 8], "real numbers"),
    ],
)
def test_the_sampler_refuses_bad_points(points, message, generator):
    sample = make_sampler(generator)
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
    images = np.reshape([[0.0, 0, 0, 0], [1, 1, 1, 1]], (2, 2, 2, 1))
    losses, gradients = make_matcher(generator, images)(np.array([[1.0, 3.0]] * 2))
    # [1, 3, 0, 2] is drawn; the differences are [1, 3, 0, 2] and [0, 2, -1, 1].
    assert losses.tolist() == [14 / 4, 6 / 4]
    assert gradients.tolist() == [[2 / 4 * 5, 2 / 4 * 3], [2 / 4 * 2, 2 / 4 * 2]]
    assert losses.dtype == gradients.dtype == np.float32


def test_the_gradient_tells_how_the_loss_of_a_drawn_image_changes():
    generator = models.build_generator(8, channels=4)
    generator.set_weights([2 * w for w in generator.get_weights()])
    goals, points = latent.sample_latents(6, 8, seed=0).reshape(2, 3, 8)
    match = make_matcher(generator, generator(goals, training=False))
    np.testing.assert_allclose(match(goals)[0], np.zeros(3), atol=1e-9)
    way = latent.sample_latents(3, 8, seed=1)
    ahead, behind = (match(points + share * way)[0] for share in (0.005, -0.005))
    expected = (match(points)[1] * way).sum(axis=1)
    np.testing.assert_allclose((ahead - behind) / 0.01, expected, rtol=0.05)


def test_a_mask_leaves_out_pixels(generator):
    images = np.random.default_rng(0).uniform(-1, 1, (2, 28, 28, 1))
    points = np.ones((2, 8), np.float32)
    mask = np.zeros((28, 28), bool)
    mask[:, :14] = True
    match = make_matcher(generator, images, mask)
    other = np.where(mask[:, :, None], images, -images)
    for found, expected in zip(
        match(points), make_matcher(generator, other, mask)(points)
    ):
        np.testing.assert_array_equal(found, expected)
    drawn = generator(points, training=False).numpy()
    expected = ((drawn - images) ** 2)[:, mask].mean(axis=(1, 2))
    np.testing.assert_allclose(match(points)[0], expected, rtol=1e-5)


@pytest.mark.parametrize(
    "mask", [np.ones((28, 27), bool), np.ones((28, 28)), np.zeros((28, 28), bool)]
)
def test_a_mask_that_is_none_is_refused(generator, mask):
    with pytest.raises(ValueError, match=r"bools of shape \(28, 28\)"):
        make_matcher(generator, np.zeros((2, 28, 28, 1)), mask)


def test_the_matcher_refuses_images_of_another_shape(generator):
    with pytest.raises(ValueError, match=r"shape \(2, 28, 28\).*\(n, 28, 28, 1\)"):
        make_matcher(generator, np.zeros((2, 28, 28)))


def test_the_matcher_refuses_points_that_are_not_one_for_each_image(generator):
    match = make_matcher(generator, np.zeros((2, 28, 28, 1)))
    with pytest.raises(ValueError, match=r"\(3, 8\) were given; needed are \(2, 8\)"):
        match(np.zeros((3, 8), np.float32))


def test_the_reader_reads_what_the_classifier_reads(classifier):
    images = np.random.default_rng(0).uniform(-1, 1, (7, 28, 28, 1))
    features, probabilities = make_reader(classifier, batch_size=3)(images)
    logits = classifier(images, training=False)
    layer = classifier.get_layer("features")
    inside = keras.Model(classifier.inputs[0], layer.output)
    np.testing.assert_allclose(features, inside(images, training=False), atol=1e-5)
    assert features.shape == (7, 128)
    np.testing.assert_allclose(probabilities, keras.ops.softmax(logits), atol=1e-5)


@pytest.fixture(scope="module")
def read(classifier):
    return make_reader(classifier)


@pytest.mark.parametrize("shape", [(7, 28, 28), (7, 20, 20, 1)])
def test_the_reader_refuses_images_of_another_shape(shape, read):
    with pytest.raises(ValueError, match=r"reads \(n, 28, 28, 1\), n from 1"):
        read(np.zeros(shape))


WRONG = [
    (np.zeros((0, 28, 28, 1)), "n, height"),
    (np.full((1, 28, 28, 1), np.nan), "pixels go from nan"),
    (np.full((1, 28, 28, 1), -np.inf), "pixels go from -inf"),
    (np.full((1, 28, 28, 1), 255.0), "to 255; needed is -1 to 1"),
    (np.zeros((1, 28, 28, 1), np.uint8), "scale_pixels"),
    (np.zeros((1, 28, 28, 1), int), "type int64"),
    ([["a"]], "n, height"),
]


@pytest.mark.parametrize(("images", "message"), WRONG)
def test_images_of_other_values_are_not_read(images, message, read):
    with pytest.raises(ValueError, match=message):
        read(images)


@pytest.mark.parametrize(("images", "message"), WRONG)
def test_images_of_other_values_are_not_matched(images, message, generator):
    with pytest.raises(ValueError, match=message):
        make_matcher(generator, images)


def test_large_images_are_drawn_a_few_at_once():
    shapes = {28: 500, 56: 125, 4: 500}
    for side, count in shapes.items():
        generator = models.build_generator(2, channels=1, shape=(side, side, 1))
        assert batch_size_of(generator) == count


@pytest.mark.parametrize("batch_size", [0, -1, 2.5, True, "3"])
def test_images_are_drawn_and_read_some_at_a_time(batch_size):
    for make, build in (
        (make_sampler, models.build_generator),
        (make_reader, models.build_classifier),
    ):
        with pytest.raises(ValueError, match="batch_size is"):
            make(build(), batch_size)


def test_points_of_another_type_are_not_matched():
    images = np.zeros((2, 28, 28, 1), np.float32)
    match = make_matcher(models.build_generator(latent_dim=8), images)
    for points in (np.zeros((2, 8), complex), np.full((2, 8), "1"), [[1], [2, 3]]):
        with pytest.raises(ValueError, match="(?i)points"):
            match(points)
