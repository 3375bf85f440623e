"""Readers of few labelled digits, and classifiers that learn from drawn ones."""

from gan_utils import data, records
from gan_utils.experiments import drawn_digits, few_labels

import numpy as np
import pytest
import tensorflow as tf
from keras import layers

(DIGITS, LABELS), _ = data.load_mnist()


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(few_labels, "STEPS", dict.fromkeys(few_labels.STEPS, 4))
    monkeypatch.setattr(few_labels, "BATCH_SIZE", 8)
    monkeypatch.setattr(few_labels, "LABELLED", 4)
    monkeypatch.setattr(few_labels, "HELD_OUT", 100)
    monkeypatch.setattr(few_labels, "HIDDEN", (20, 10))
    test = DIGITS[:50], LABELS[:50]
    known = DIGITS[:2000], LABELS[:2000]
    monkeypatch.setattr(data, "load_mnist", lambda: (known, test))


def make(name, images, labels):
    return few_labels.MAKERS[name](0, 0.01, images, labels, 4)


def test_the_shipped_record_has_every_draw():
    record = records.read(few_labels.PLACE, few_labels.SCHEMA)
    assert list(record) == list(few_labels.MAKERS)
    for name, by_draw in record.items():
        assert tuple(map(int, by_draw)) == few_labels.DRAWS
        for found in by_draw.values():
            assert found["rate"] in few_labels.RATES[name]
            assert len(found["held out"]) == few_labels.TIMES


def test_ten_of_each_digit_are_chosen_others_by_another_draw():
    first, again, other = (few_labels.choose(LABELS, draw) for draw in (0, 0, 1))
    assert np.bincount(LABELS[first]).tolist() == [few_labels.EACH] * 10
    assert len(set(first)) == 10 * few_labels.EACH
    np.testing.assert_array_equal(first, again)
    assert len(set(first) & set(other)) < 10


def test_only_the_chosen_labels_are_seen(short):
    (images, labels), _ = data.load_mnist()
    chosen = few_labels.choose(labels, 0)
    known = {image.tobytes(): label for image, label in zip(images, labels)}
    chosen_images = {images[place].tobytes() for place in chosen}
    _, _, batches = make("with a GAN", images, labels)
    for real, (seen, kinds) in batches(first_step=0).take(30):
        assert real.shape[0] == 8 and seen.shape[0] == 4
        seen = np.rint((seen[..., 0] + 1) * 127.5).astype(np.uint8)
        for image, kind in zip(seen, kinds):
            assert image.tobytes() in chosen_images
            assert known[image.tobytes()] == kind


@pytest.mark.parametrize("name", few_labels.MAKERS)
def test_held_out_digits_are_not_learned_from(name, short, monkeypatch):
    (images, labels), _ = data.load_mnist()
    given = []

    def watched(draw, rate, images, labels, steps_in_all):
        given.append((len(images), len(labels)))
        return maker(draw, rate, images, labels, steps_in_all)

    maker = few_labels.MAKERS[name]
    monkeypatch.setitem(few_labels.MAKERS, name, watched)
    few_labels.train_at(name, 0, 0.01)
    assert given == [(1900, 1900)] and len(images) == 2000


@pytest.mark.parametrize("name", few_labels.MAKERS)
def test_a_reader_is_trained_and_measured(name, short):
    found = few_labels.train(name, draw=0)
    assert len(found["held out"]) == few_labels.TIMES
    records.check({name: {"0": found}}, few_labels.SCHEMA, "a record")
    table = few_labels.lay_out({name: dict.fromkeys("01234", found)})
    assert f"{found['test']:.2%}" in table


def test_held_out_digits_choose_the_rate_and_test_digits_do_not(monkeypatch):
    found = {0.003: ("a", [0.9, 0.5]), 0.001: ("b", [0.1, 0.7]), 0.0003: ("c", [0.6])}
    monkeypatch.setitem(few_labels.RATES, "alone", tuple(found))
    monkeypatch.setattr(few_labels, "train_at", lambda name, draw, rate: found[rate])
    monkeypatch.setattr(few_labels, "accuracy", {"a": 0.9, "b": 0.2, "c": 0.8}.get)
    chosen = few_labels.train("alone", draw=0)
    assert chosen == {"rate": 0.001, "held out": [0.1, 0.7], "test": 0.2}


@pytest.mark.parametrize("name", few_labels.MAKERS)
def test_the_reader_that_is_measured_is_the_one_that_learns(name, short):
    (images, labels), _ = data.load_mnist()
    reader, model, batches = make(name, images, labels)
    before = [weight.numpy() for weight in reader.trainable_variables]
    model.fit(batches(first_step=0), steps_per_epoch=4, verbose=0)
    for old, new in zip(before, reader.trainable_variables, strict=True):
        assert not np.array_equal(old, new)


@pytest.mark.parametrize("name", ["with a still G", "with a GAN"])
def test_a_still_g_stays_as_it_was_and_the_other_moves(name, short):
    (images, labels), _ = data.load_mnist()
    _, gan, batches = make(name, images, labels)
    before = [weight.numpy() for weight in gan.generator.trainable_variables]
    gan.fit(batches(first_step=0), steps_per_epoch=4, verbose=0)
    for old, new in zip(before, gan.generator.trainable_variables, strict=True):
        assert np.array_equal(old, new) == (name == "with a still G")


def normalized(network):
    kind = few_labels.NormalizedDense
    return [layer for layer in network.layers if isinstance(layer, kind)]


def test_sums_have_mean_0_and_variance_1_once_settled(monkeypatch):
    monkeypatch.setattr(few_labels, "HIDDEN", (20, 10))
    images = data.scale_pixels(DIGITS[:500])
    network = few_labels.settled_reader(0, DIGITS[:500])
    x = layers.GaussianNoise(0.3, seed=9)((images + 1) / 2, training=True)
    sums = normalized(network)[0].sums(tf.reshape(x, (500, -1))).numpy()
    np.testing.assert_allclose(sums.mean(axis=0), 0, atol=0.15)
    np.testing.assert_allclose(sums.std(axis=0), 1, atol=0.15)


def test_outputs_do_not_grow_with_the_kernel():
    inputs = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    layer = few_labels.NormalizedDense(4)
    before = layer(inputs)
    layer.kernel.assign(7 * layer.kernel)
    np.testing.assert_allclose(before, layer(inputs), atol=1e-5)
    layer.scale.assign(3 * layer.scale)
    np.testing.assert_allclose(3 * before, layer(inputs), atol=1e-5)
    assert len(layer.trainable_variables) == 3


def test_g_is_moved_by_the_means_of_features_alone(short):
    (images, labels), _ = data.load_mnist()
    _, gan, batches = make("with a GAN", images, labels)
    batch = next(iter(batches(first_step=0)))
    latents = tf.random.stateless_uniform((8, gan.latent_dim), (0, 0))
    numbers = few_labels.few_labels_step(gan, batch, latents)
    assert {"reading_loss", "generator_loss"} < set(numbers)
    assert float(numbers["generator_loss"]) > 0


def test_accuracy_is_the_share_that_is_read_right(short):
    _, (images, labels) = data.load_mnist()
    answers = np.eye(10)[labels]
    answers[:10] = np.eye(10)[(labels[:10] + 1) % 10]

    class Reader:
        def predict(self, given, batch_size, verbose):
            assert given.shape == (50, 28, 28, 1)
            assert float(tf.reduce_min(given)) == -1
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
    recipe = drawn_digits.CLASSIFIER.vary(steps=50, batch_size=2)
    monkeypatch.setattr(drawn_digits, "CLASSIFIER", recipe)
    images, labels = drawn_digits.KINDS[kind](40, 0)
    assert images.shape == (40, 28, 28) and images.dtype == labels.dtype == np.uint8
    share = drawn_digits.train(kind, seed=0)
    assert 0 <= share <= 1
    table = drawn_digits.lay_out({kind: dict.fromkeys("012", share)})
    assert f"{share:.2%}" in table
