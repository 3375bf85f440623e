"""Samples are drawn as the recipe says, and measured by one judge a process."""

import tracemalloc
import types

from gan_utils import (
    colour,
    compiled,
    data,
    judge,
    latent,
    metrics,
    neighbours,
    plotting,
    recipes,
)
from gan_utils.store import load_card, load_pretrained, save_pretrained
from tests.devices import SMALL

import numpy as np
import psutil
import pytest

DRAWING = {"sample_latents": latent.sample_uniform, "pixel_range": (-0.5, 0.5)}
TINY = SMALL.vary(**DRAWING)  # a prior and a range of its own


@pytest.fixture
def generator(monkeypatch):
    monkeypatch.setitem(recipes.RECIPES, "tiny", TINY)
    return TINY.build_networks(7)["generator"]


@pytest.fixture(scope="module")
def classifier():
    return load_pretrained("classifier")


def test_samples_are_the_same_for_the_same_seed(generator):
    first = judge.draw(generator, 7, seed=1)
    assert first.dtype == np.uint8
    assert first.shape == (7, 28, 28)
    np.testing.assert_array_equal(first, judge.draw(generator, 7, seed=1))
    assert not np.array_equal(first, judge.draw(generator, 7, seed=2))


def test_a_model_is_drawn_from_its_own_prior_in_its_own_range(generator, tmp_path):
    card = {"name": "tiny", "steps": 0, "seed": 0, "seconds": 0, "metrics": {}}
    save_pretrained(tmp_path / "tiny", {"generator": generator}, card)
    found = judge.draw_pretrained("tiny", 7, seed=1, folder=tmp_path / "tiny")
    np.testing.assert_array_equal(found, judge.draw(generator, 7, 1, **DRAWING))
    points = latent.sample_uniform(7, 8, seed=1)
    images = compiled.make_sampler(generator)(points)
    np.testing.assert_array_equal(found, plotting.to_uint8(images, (-0.5, 0.5)))


@pytest.mark.parametrize(("count", "drawn"), [(7, 7), (None, 9)])
def test_a_model_is_measured_on_its_own_prior_in_its_own_range(
    count, drawn, generator, monkeypatch
):
    monkeypatch.setitem(recipes.RECIPES, "tiny", TINY.vary(samples=9))
    monkeypatch.setattr(judge, "load_judge", lambda: lambda images, asked: images)
    judged = judge.measure("tiny", {"generator": generator}, count)
    np.testing.assert_array_equal(judged, judge.draw(generator, drawn, 0, **DRAWING))


def test_of_a_network_that_nothing_measures_there_are_no_numbers(
    generator, monkeypatch
):
    monkeypatch.setitem(recipes.RECIPES, "tiny", TINY.vary(ships=("encoder",)))
    assert judge.measure("tiny", {"encoder": generator}) == {}


def test_the_judge_is_loaded_once_a_process():
    assert judge.load_judge() is judge.load_judge()


def test_the_judge_reads_with_the_shipped_classifier(classifier, monkeypatch):
    monkeypatch.setattr(judge, "make_judge", lambda given: given.get_weights())
    reads_with = judge.load_judge.__wrapped__()  # past the cache
    for a, b in zip(reads_with, classifier.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_settings_are_chosen_by_training_digits_that_are_held_out(monkeypatch):
    given = []
    monkeypatch.setattr(judge, "make_judge", lambda *arguments: given.append(arguments))
    judge.load_validation_judge.__wrapped__()  # past the cache
    ((reads_with, real_digits),) = given
    assert reads_with.name == "classifier"
    (x_train, _), _ = data.load_mnist()
    np.testing.assert_array_equal(real_digits, data.hold_out(x_train)[1])


def test_a_judge_compares_with_the_digits_that_it_is_given(classifier):
    (x_train, _), (x_test, _) = data.load_mnist()
    measure = judge.make_judge(classifier, x_train[:400])
    same, others = measure(x_train[:400]), measure(x_test[:400])
    assert same["frechet_distance"] == pytest.approx(0, abs=1e-6)
    assert same["coverage"] == same["precision"] == same["recall"] == 1
    assert others["frechet_distance"] > 0.1
    assert max(others["coverage"], others["precision"]) < 1


def test_the_judge_finds_what_is_found_anew_and_searches_real_neighbours_once(
    classifier, monkeypatch
):
    (x_train, _), (x_test, y_test) = data.load_mnist()
    few = (x_train, None), (x_test[:600], y_test[:600])
    monkeypatch.setattr(data, "load_mnist", lambda: few)
    searched = []

    def ball_sizes(*given):
        searched.append(given)
        return measure_sizes(*given)

    measure_sizes = metrics.ball_sizes
    for module in (metrics, neighbours):
        monkeypatch.setattr(module, "ball_sizes", ball_sizes)
    measure = judge.make_judge(classifier)
    images = x_train[:300]
    judged = measure(images)
    assert measure(data.scale_pixels(images)) == judged
    assert len(searched) == 3  # once for the real digits, once for each set
    assert [len(given[0]) for given in searched] == [600, 300, 300]
    read = compiled.make_reader(classifier)
    real_features, _ = read(data.scale_pixels(x_test[:600]))
    anew = metrics.evaluate(*read(data.scale_pixels(images)), real_features)
    assert judged == anew


def test_the_classifier_is_measured_by_what_it_reads_right(classifier, monkeypatch):
    made_of = []
    measure = judge.load_judge()
    monkeypatch.setattr(
        judge, "make_judge", lambda given: made_of.append(given) or measure
    )
    found = judge.measure("classifier", {"classifier": classifier}, count=300)
    card = load_card("classifier")["metrics"]
    assert found["n"] == card["n"] == 10_000
    assert found["test_accuracy"] == pytest.approx(card["test_accuracy"], abs=3e-4)
    assert found["test_accuracy"] >= 0.994
    (x_train, _), _ = data.load_mnist()
    assert found["real_digits"] == measure(x_train[:300])
    assert made_of == [classifier]


def test_coloured_digits_are_judged_by_their_strokes():
    (x_train, _), _ = data.load_mnist()
    images = colour.colour_digits(x_train[:500], colour.load_photograph(), seed=0)
    measure = judge.load_judge()
    judged = measure(images)
    assert judged == measure(colour.find_strokes(images))
    assert judged["classifier_score"] > 9


def test_of_stacked_digits_the_numbers_are_counted():
    (_, _), (x_test, y_test) = data.load_mnist()
    stacked = data.stack_digits(x_test[:300], seed=0)
    numbers = data.stack_digits(y_test[:300, None, None], seed=0)[:, 0, 0]
    found = judge.load_judge()(stacked)
    assert found["n"] == 300
    read_right = len(np.unique(numbers, axis=0))
    assert found["modes_covered"] == pytest.approx(read_right, abs=3)
    assert found["kl"] > 0
    # Of a digit 98 % are read for sure, and so of three.
    assert 0.9 < found["sure_share"] < 1
    assert found["n"] * found["sure_share"] * 0.8 < found["sure_modes"]
    assert found["sure_modes"] < found["modes_covered"]


COUNTED = np.arange(20 * 28 * 28) % 251
WRONG = {
    "NaN": (np.full((20, 28, 28, 1), np.nan), "pixels go from nan"),
    "infinite": (np.full((20, 28, 28, 1), np.inf), "pixels go from inf"),
    "to 255": (COUNTED.reshape(20, 28, 28, 1).astype(float), "to 250; needed is -1"),
    "to 1": (COUNTED.reshape(20, 28, 28, 1) / 255, r"2 \* images - 1"),
    "integers": (COUNTED.reshape(20, 28, 28), "type int64"),
    "one": (np.zeros((1, 28, 28), np.uint8), "2 or more"),
    "none": (np.zeros((0, 28, 28), np.uint8), "shape"),
    "text": ("images", "shape"),
    "ragged": ([[1, 2], [3]], "no array"),
    "size": (np.zeros((20, 64, 64), np.uint8), "classifier reads"),
    "floats in colour": (np.zeros((20, 64, 64, 3)) - 1, "uint8"),
    "grey": (
        COUNTED.astype(np.uint8).reshape(20, 28, 28, 1).repeat(3, axis=3),
        "grey digits",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_there_is_no_figure_for_nonsense(name):
    images, message = WRONG[name]
    with pytest.raises(ValueError, match=message):
        judge.load_judge()(images)


def test_a_stacked_gan_that_draws_nothing_but_black_has_its_figure():
    found = judge.load_judge()(np.zeros((20, 28, 28, 3), np.uint8))
    assert found["modes_covered"] == 1


@pytest.mark.parametrize("count", [0, -1, 1.5, "2", np.nan])
def test_samples_are_counted_by_whole_numbers(count, generator):
    with pytest.raises(
        ValueError, match="count is .*; needed is a whole number from 1"
    ):
        judge.draw(generator, count, seed=0)
    with pytest.raises(
        ValueError, match="count is .*; needed is a whole number from 1"
    ):
        judge.measure("tiny", {"generator": generator}, count)


def test_samples_are_drawn_in_the_memory_of_their_pixels(generator):
    tracemalloc.start()
    images = judge.draw(generator, 5000, seed=0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.2 * images.nbytes + 10_000_000
    at_once = plotting.to_uint8(
        compiled.make_sampler(generator)(latent.sample_latents(5000, 8, seed=0))
    )
    np.testing.assert_array_equal(images, at_once)


def test_more_than_the_memory_holds_is_refused_before_it_is_drawn(
    generator, monkeypatch
):
    machine = types.SimpleNamespace(available=700_000_000)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: machine)
    told = r"^1,000,000 samples to draw will need about 0\.8 GB .* 0\.7 GB are free"
    with pytest.raises(ValueError, match=told):
        judge.draw(generator, 1_000_000, seed=0)
    machine.available = 1000
    with pytest.raises(ValueError, match="20 images to judge will need"):
        judge.load_judge()(np.zeros((20, 28, 28), np.uint8))


def test_few_images_at_once_are_read_as_floats(monkeypatch):
    (x_train, _), _ = data.load_mnist()
    scaled, scale = [], data.scale_pixels
    monkeypatch.setattr(
        data, "scale_pixels", lambda images: scaled.append(len(images)) or scale(images)
    )
    stacked = data.stack_digits(x_train[:700], seed=0)
    for images, counts in (
        (x_train[:1100], [500, 500, 100]),
        (stacked, [500, 200] * 3),
    ):
        scaled.clear()
        judge.load_judge()(images)
        assert scaled == counts


def test_a_count_of_one_byte_is_a_count(generator):
    assert len(judge.draw(generator, np.uint8(3), seed=0)) == 3


def test_of_what_was_asked_for_the_judge_tells_what_is_read(classifier):
    _, (x_test, y_test) = data.load_mnist()
    measure = judge.make_judge(classifier, x_test[:900], y_test[:900])
    found = measure(x_test[900:1500], y_test[900:1500])
    assert found["asked_share"] > 0.97
    assert len(found["asked_shares"]) == len(found["asked_coverages"]) == 10
    assert np.mean(found["asked_coverages"]) > 0.3
    wrong = measure(x_test[900:1500], (y_test[900:1500] + 1) % 10)
    assert wrong["asked_share"] < 0.02
    assert "asked_share" not in measure(x_test[900:1500])
    unlabelled = judge.make_judge(classifier, x_test[:900])
    assert "asked_coverages" not in unlabelled(x_test[900:1500], y_test[900:1500])
