"""What D tells from coloured digits: how it is asked, and what was recorded."""

from gan_utils import models, records
from gan_utils.experiments import colouring

import numpy as np
import pytest

DIGITS = colouring.test_digits()[:64]


def test_the_shipped_record_has_each_training_by_the_same_seeds():
    record = records.read(colouring.PLACE, colouring.SCHEMA)
    assert tuple(record) == colouring.NAMES
    for name, by_seed in record.items():
        assert tuple(map(int, by_seed)) == colouring.SEEDS
        gan = name in colouring.GANS
        steps = colouring.GANS[name][1] if gan else colouring.ALONE_AT
        for rows in by_seed.values():
            assert tuple(row["step"] for row in rows) == steps
            assert all(set(row) >= set(colouring.FIGURES) for row in rows) == gan


@pytest.mark.parametrize("kind", colouring.KINDS)
def test_the_parts_make_the_image_again(kind):
    paper, stencil = colouring.real_parts(kind, DIGITS, seed=3)
    image = 127.5 * (paper * stencil + 1)
    expected = colouring.colour_as(kind, DIGITS, seed=3)
    np.testing.assert_allclose(image, expected, atol=1e-3)
    is_grey = (expected == expected[..., :1]).all()
    assert is_grey == (kind == "grey")


def test_a_part_is_changed_in_four_ways():
    part = np.random.default_rng(0).random((2, 8, 8, 3)).astype(np.float32)
    changed = colouring.spoil(part, seed=1)
    assert set(changed) == {"mirrored", "scattered", "blurred", "left out"}
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


@pytest.mark.parametrize("kind", colouring.KINDS)
def test_what_is_left_out_is_black_paper_or_ink(kind):
    parts = colouring.real_parts(kind, DIGITS, seed=3)
    paper, stencil = (colouring.spoil(part, 3)["left out"] for part in parts)
    assert (paper == -1).all() and paper.shape == parts[0].shape
    assert (stencil == 1).all() and stencil.shape == parts[1].shape
    # Of about one size, as the lesson says.
    right = np.prod(np.broadcast_arrays(*parts), axis=0)
    far = [
        np.sqrt(np.mean((wrong - right) ** 2))
        for wrong in (paper * parts[1], parts[0] * stencil)
    ]
    assert abs(far[0] / far[1] - 1) < (0.1 if kind == "colour" else 0.3)


def test_bright_ink_is_the_negative_and_dark_ink_is_darker_than_any_paper():
    paper, stencil = colouring.real_parts("colour", DIGITS, seed=0)
    ink = np.broadcast_to(stencil < 0, paper.shape)
    bright, _, dark = (lay(paper, stencil) for lay in colouring.SCENES.values())
    np.testing.assert_array_equal(bright[ink], -paper[ink])
    np.testing.assert_array_equal(bright[~ink], paper[~ink])
    np.testing.assert_allclose(dark[ink], paper[ink] - colouring.DARKER, atol=1e-6)
    np.testing.assert_array_equal(dark[~ink], paper[~ink])
    assert abs((bright - paper)[ink].mean() - colouring.DARKER) < 0.05
    # Mirrored paper is a change of the same size in all.
    wrong = colouring.mirror("paper", paper, stencil)
    far = [
        np.sqrt(np.mean((lay(*wrong) - lay(paper, stencil)) ** 2))
        for lay in colouring.SCENES.values()
    ]
    np.testing.assert_allclose(far, far[0], rtol=1e-5)


def test_one_scene_has_the_same_digit_everywhere():
    (first, *_), _ = colouring.data.load_mnist()[0]
    for name in colouring.SCENES:
        found = colouring.choose_digits(name, DIGITS)
        expected = DIGITS if name != colouring.FIXED else [first] * len(DIGITS)
        np.testing.assert_array_equal(found, expected)


def test_one_part_is_mirrored():
    paper, stencil = colouring.real_parts("colour", DIGITS, seed=0)
    for place, part in enumerate(("paper", "strokes")):
        changed = colouring.mirror(part, paper, stencil)
        np.testing.assert_array_equal(
            changed[place], (paper, stencil)[place][:, :, ::-1]
        )
        np.testing.assert_array_equal(changed[1 - place], (paper, stencil)[1 - place])


def test_d_is_asked_as_while_training_and_stays_as_it_was():
    discriminator = models.build_discriminator(4, 0, (32, 32, 3))
    before = [weight.copy() for weight in discriminator.get_weights()]
    images = np.random.default_rng(0).uniform(-1, 1, (128, 32, 32, 3))
    first, second = (colouring.ask(discriminator, images) for _ in range(2))
    assert first.shape == (128,)
    np.testing.assert_array_equal(first, second)  # no dropout
    for old, new in zip(before, discriminator.get_weights()):
        np.testing.assert_array_equal(old, new)
    # Batch norm takes the batch's own mean, so that a batch of others changes nothing.
    np.testing.assert_allclose(
        colouring.ask(discriminator, images[64:]), first[64:], atol=1e-4
    )
    at_rest = discriminator(images, training=False).numpy()[:, 0]
    assert not np.allclose(first, at_rest, atol=1e-2)


def test_what_was_not_changed_is_not_told():
    discriminator = models.build_discriminator(4, 0, (32, 32, 3))
    parts = colouring.real_parts("colour", DIGITS, seed=0)
    found = colouring.told(discriminator, *parts, *parts, seed=0)
    assert found["paper"]["drawn by G"] == found["strokes"]["drawn by G"] == 0
    assert set(found["paper"]) == {"drawn by G", *colouring.spoil(parts[0], 0)}
    assert 0 < found["strokes"]["scattered"] <= 1


@pytest.fixture
def short(monkeypatch):
    gans = {name: (kind, (50,), how) for name, (kind, _, how) in colouring.GANS.items()}
    monkeypatch.setattr(colouring, "GANS", gans)
    monkeypatch.setattr(colouring, "ALONE_AT", (1, 3))
    monkeypatch.setattr(colouring, "ALONE_OF", 64)
    monkeypatch.setattr(colouring, "ASKED", 64)
    monkeypatch.setattr(colouring, "COUNT", 20)


@pytest.mark.parametrize("name", colouring.NAMES)
def test_a_training_is_measured_where_it_should_be(name, short):
    found = colouring.train(name, seed=0)
    gan = name in colouring.GANS
    assert [row["step"] for row in found] == ([50] if gan else [1, 3])
    assert ("match" in found[0]) == gan
    asked = colouring.GANS[name][2] if gan else "mirrored"
    assert all(
        set(row[part]) == {asked} for row in found for part in ("paper", "strokes")
    )
    records.check({name: {"0": found}}, colouring.SCHEMA, "a record")
