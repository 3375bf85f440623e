"""Readers of few labelled digits, and classifiers that learn from drawn ones."""

from gan_utils import data, records
from gan_utils.experiments import drawn_digits, few_labels

import numpy as np
import pytest
import tensorflow as tf

(DIGITS, LABELS), _ = data.load_mnist()


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(few_labels, "STEPS", dict.fromkeys(few_labels.STEPS, 4))
    monkeypatch.setattr(few_labels, "BATCH_SIZE", 8)
    test = DIGITS[:50], LABELS[:50]
    known = DIGITS[:2000], LABELS[:2000]
    monkeypatch.setattr(data, "load_mnist", lambda: (known, test))


def test_the_shipped_record_has_every_draw():
    record = records.read(few_labels.PLACE, few_labels.SCHEMA)
    assert list(record) == list(few_labels.MAKERS)
    for by_draw in record.values():
        assert tuple(map(int, by_draw)) == few_labels.DRAWS
        assert all(len(shares) == few_labels.TIMES for shares in by_draw.values())


def test_ten_of_each_digit_are_chosen_others_by_another_draw():
    first, again, other = (few_labels.choose(LABELS, draw) for draw in (0, 0, 1))
    assert np.bincount(LABELS[first]).tolist() == [few_labels.EACH] * 10
    assert len(set(first)) == 10 * few_labels.EACH
    np.testing.assert_array_equal(first, again)
    assert len(set(first) & set(other)) < 10


def test_only_the_chosen_labels_are_seen(short):
    """Batches of labelled digits hold the chosen ones; other labels change nothing."""
    (images, labels), _ = data.load_mnist()
    chosen = few_labels.choose(labels, 0)
    spoiled = (labels + 1) % 10
    spoiled[chosen] = labels[chosen]
    _, _, batches = few_labels.make_helped(0, images, labels)
    (seen, kinds), real = next(iter(batches(first_step=0)))
    known = {image.tobytes(): label for image, label in zip(images, labels)}
    chosen_images = {images[place].tobytes() for place in chosen}
    for image, kind in zip(np.rint((seen[..., 0] + 1) * 127.5).astype(np.uint8), kinds):
        assert image.tobytes() in chosen_images
        assert known[image.tobytes()] == kind
    assert real.shape == seen.shape


@pytest.mark.parametrize("name", few_labels.MAKERS)
def test_a_reader_is_trained_and_measured(name, short):
    found = few_labels.train(name, draw=0)
    assert len(found) == few_labels.TIMES
    records.check({name: {"0": found}}, few_labels.SCHEMA, "a record")
    table = few_labels.lay_out({name: dict.fromkeys("01234", found)})
    assert f"{found[-1]:.2%}" in table


@pytest.mark.parametrize("name", few_labels.MAKERS)
def test_the_reader_that_is_measured_is_the_one_that_learns(name, short):
    (images, labels), _ = data.load_mnist()
    reader, model, batches = few_labels.MAKERS[name](0, images, labels)
    before = reader.get_weights()
    model.fit(batches(first_step=0), steps_per_epoch=4, verbose=0)
    for old, new in zip(before, reader.get_weights(), strict=True):
        assert not np.array_equal(old, new)


def test_g_is_moved_by_the_means_of_features_alone(short):
    (images, labels), _ = data.load_mnist()
    _, gan, batches = few_labels.make_helped(0, images, labels)
    batch = next(iter(batches(first_step=0)))
    latents = tf.random.stateless_normal((8, gan.latent_dim), (0, 0))
    numbers = few_labels.few_labels_step(gan, batch, latents)
    assert {"reading_loss", "generator_loss"} < set(numbers)
    assert float(numbers["generator_loss"]) > 0


def test_accuracy_is_the_share_that_is_read_right(short):
    _, (images, labels) = data.load_mnist()
    answers = np.eye(10)[labels]
    answers[:10] = np.eye(10)[(labels[:10] + 1) % 10]

    class Reader:
        def predict(self, given, batch_size, verbose):
            assert given.shape == (50, 28, 28, 1) and given.min() == -1
            return answers

    assert few_labels.accuracy(Reader()) == 0.8


def test_the_record_of_drawn_digits_has_every_seed():
    record = records.read(drawn_digits.PLACE, drawn_digits.SCHEMA)
    assert list(record) == list(drawn_digits.KINDS)
    for by_seed in record.values():
        assert tuple(map(int, by_seed)) == drawn_digits.SEEDS


@pytest.mark.parametrize("kind", drawn_digits.KINDS)
def test_a_classifier_learns_from_a_kind(kind, monkeypatch):
    monkeypatch.setattr(drawn_digits, "COUNT", 40)
    recipe = drawn_digits.CLASSIFIER.vary(steps=2, batch_size=8)
    monkeypatch.setattr(drawn_digits, "CLASSIFIER", recipe)
    images, labels = drawn_digits.KINDS[kind](40, 0)
    assert images.shape == (40, 28, 28) and images.dtype == labels.dtype == np.uint8
    share = drawn_digits.train(kind, seed=0)
    assert 0 <= share <= 1
    table = drawn_digits.lay_out({kind: dict.fromkeys("012", share)})
    assert f"{share:.2%}" in table
