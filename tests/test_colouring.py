"""What D tells from coloured digits: how it is asked, and what was recorded."""

from gan_utils import colour, models, records
from gan_utils.experiments import colouring

import keras
import numpy as np
import pytest

DIGITS = colouring.test_digits()[:64]
CHANGES = {"mirrored", "scattered", "blurred", "left out"}


def test_the_shipped_record_has_each_training_by_the_same_seeds():
    record = records.read(colouring.PLACE, colouring.SCHEMA)
    assert tuple(record) == colouring.NAMES
    for name, by_seed in record.items():
        assert tuple(map(int, by_seed)) == colouring.SEEDS
        gan = name in colouring.GANS
        steps = (colouring.GAN_AT,) if gan else colouring.ALONE_AT
        for rows in by_seed.values():
            assert tuple(row["step"] for row in rows) == steps
            check_shares(rows, gan)


def check_shares(rows, gan):
    """Each way of asking has its parts, those of a GAN by all five changes."""
    every = CHANGES | {"drawn by G"}
    expected = {"paper": every, "strokes": every} if gan else {"paper": {"mirrored"}}
    for row in rows:
        assert set(row) == {"step", *colouring.WAYS}
        for way in colouring.WAYS:
            assert {part: set(row[way][part]) for part in row[way]} == expected


def test_the_parts_make_the_image_again():
    paper, stencil = colouring.real_parts(DIGITS, seed=3)
    image = 127.5 * (paper * stencil + 1)
    portrait = colour.load_portrait()
    expected = colour.colour_digits(DIGITS, portrait, 3, colour.shine, side=32)
    np.testing.assert_allclose(image, expected, atol=1e-3)


def test_a_part_is_changed_in_four_ways():
    part = np.random.default_rng(0).random((2, 8, 8, 3)).astype(np.float32)
    changed = colouring.spoil(part, seed=1)
    assert set(changed) == CHANGES
    np.testing.assert_array_equal(changed["mirrored"][:, :, 0], part[:, :, -1])
    scattered = changed["scattered"]
    assert not np.array_equal(scattered, part)
    # Pixels move within their image, and keep their colour.
    found, kept = (
        np.sort(each.sum(axis=3).reshape(2, -1)) for each in (scattered, part)
    )
    np.testing.assert_allclose(found, kept, rtol=1e-5)
    np.testing.assert_allclose(
        changed["blurred"][:, 4, 4], part[:, 3:6, 3:6].mean(axis=(1, 2)), rtol=1e-5
    )


def test_what_is_left_out_is_black_paper_or_ink():
    parts = colouring.real_parts(DIGITS, seed=3)
    paper, stencil = (colouring.spoil(part, 3)["left out"] for part in parts)
    assert (paper == -1).all() and paper.shape == parts[0].shape
    assert (stencil == 1).all() and stencil.shape == parts[1].shape
    # Of about one size, as the lesson says.
    right = np.prod(np.broadcast_arrays(*parts), axis=0)
    far = [
        np.sqrt(np.mean((wrong - right) ** 2))
        for wrong in (paper * parts[1], parts[0] * stencil)
    ]
    assert abs(far[0] / far[1] - 1) < 0.1


def test_faint_ink_is_half_as_dark_as_its_paper_and_a_smaller_change():
    paper, stencil = colouring.real_parts(DIGITS, seed=0)
    ink = np.broadcast_to(stencil < 0, paper.shape)
    faint = colouring.faint_ink(paper, stencil)
    assert faint.dtype == paper.dtype
    np.testing.assert_array_equal(faint[ink], paper[ink] / 2)
    np.testing.assert_array_equal(faint[~ink], paper[~ink])
    # What is told there is not told for the size of what is wrong.
    wrong = paper[:, :, ::-1], stencil
    far = [
        np.sqrt(np.mean((lay(*wrong) - lay(paper, stencil)) ** 2))
        for lay in (colouring.faint_ink, np.multiply)
    ]
    assert far[0] < far[1]


def test_each_scene_changes_one_thing():
    first, *others = colouring.SCENES.values()
    for scene in others:
        same = [
            getattr(scene, name) == getattr(first, name)
            for name in ("lay", "mixed", "norm")
        ]
        assert sorted(same) == [False, True, True]


@pytest.mark.parametrize("norm", [True, False])
def test_a_recipe_has_batch_norm_in_d_or_none(norm):
    networks = colouring.make_recipe(norm).build_networks(0)
    kinds = [type(layer).__name__ for layer in networks["discriminator"].layers]
    assert ("BatchNormalization" in kinds) == norm
    assert networks["discriminator"].input_shape == (None, *colouring.SMALL)
    first, again = (
        colouring.make_recipe(each).build_networks(0)["discriminator"].get_weights()[0]
        for each in (norm, True)
    )
    np.testing.assert_array_equal(first, again)  # the same seed


def make_discriminator(**options):
    return models.build_discriminator(4, 0, (32, 32, 3), **options)


def uneven_images():
    """Returns two sets of images, of which the second is brighter on the whole."""
    images = np.random.default_rng(0).uniform(-1, 0, (2, 128, 32, 32, 3))
    return images[0], images[1] + 1


def test_d_is_asked_as_while_training_and_stays_as_it_was():
    discriminator, (images, others) = make_discriminator(), uneven_images()
    before = [weight.copy() for weight in discriminator.get_weights()]
    first, second = (colouring.ask(discriminator, images, others) for _ in range(2))
    assert first[0].shape == first[1].shape == (128,)
    np.testing.assert_array_equal(first, second)  # no dropout
    for old, new in zip(before, discriminator.get_weights()):
        np.testing.assert_array_equal(old, new)
    # Batch norm takes the batch's own mean, so that a batch of others changes nothing.
    for images_of, logits in zip((images, others), first):
        alone = colouring.ask(discriminator, images_of[64:], images_of[64:])[0]
        np.testing.assert_allclose(alone, logits[64:], atol=1e-4)
    at_rest = discriminator(images, training=False).numpy()[:, 0]
    assert not np.allclose(first[0], at_rest, atol=1e-2)


def test_half_of_a_mixed_batch_is_of_each_kind():
    discriminator, (images, others) = make_discriminator(dropout=0), uneven_images()
    found = colouring.ask(discriminator, images, others, mixed=True)
    assert found[0].shape == found[1].shape == (128,)
    for start in range(0, 128, 32):
        place = slice(start, start + 32)
        batch = np.concatenate([images[place], others[place]])
        expected = discriminator(batch, training=True).numpy()[:, 0]
        ours = np.concatenate([logits[place] for logits in found])
        np.testing.assert_allclose(ours, expected, atol=1e-4)


def test_how_one_asks_matters_with_batch_norm_alone():
    images, others = uneven_images()
    for options in ({}, {"norm": keras.layers.Identity}):
        asked = make_discriminator(**options)
        apart, mixed = (colouring.ask(asked, images, others, way) for way in (0, 1))
        assert np.allclose(apart, mixed, atol=1e-3) == ("norm" in options)


def test_pairs_are_right_where_the_real_image_is_more_real():
    discriminator, (images, others) = make_discriminator(), uneven_images()
    ways = [
        colouring.pairs_right(discriminator, *pair, mixed=True)
        for pair in ((images, others), (others, images), (images, images))
    ]
    assert abs(ways[0] + ways[1] - 1) < 0.02 and ways[0] not in (0.5, ways[1])
    assert ways[2] < 1  # one and the same image is not more real


def test_what_was_not_changed_is_not_told():
    discriminator = make_discriminator()
    parts = colouring.real_parts(DIGITS, seed=0)
    found = colouring.told(discriminator, *parts, *parts, seed=0)
    assert found["paper"]["drawn by G"] == found["strokes"]["drawn by G"] == 0
    assert set(found["paper"]) == set(found["strokes"]) == {"drawn by G", *CHANGES}
    assert 0 < found["strokes"]["scattered"] <= 1


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(colouring, "GAN_AT", 50)
    monkeypatch.setattr(colouring, "ALONE_AT", (1, 3))
    monkeypatch.setattr(colouring, "ALONE_OF", 64)
    monkeypatch.setattr(colouring, "ASKED", 64)


@pytest.mark.parametrize("name", colouring.NAMES)
def test_a_training_is_measured_where_it_should_be(name, short):
    found = colouring.train(name, seed=0)
    gan = name in colouring.GANS
    assert [row["step"] for row in found] == ([50] if gan else [1, 3])
    check_shares(found, gan)
    records.check({name: {"0": found}}, colouring.SCHEMA, "a record")
    if "no batch norm" in name:
        for row in found:
            alike = [row[way]["paper"]["mirrored"] for way in colouring.WAYS]
            assert abs(alike[0] - alike[1]) < 0.02  # whichever way D is asked
