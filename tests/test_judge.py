"""Samples are drawn as the recipe says, and measured by one judge a process."""

from gan_utils import colour, compiled, data, judge, latent, metrics, plotting, recipes
from gan_utils.store import load_card, load_pretrained, save_pretrained
from tests.devices import SMALL

import numpy as np
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
    monkeypatch.setattr(judge, "load_judge", lambda: lambda images: images)
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
    monkeypatch.setattr(metrics, "ball_sizes", ball_sizes)
    measure = judge.make_judge(classifier)
    images = x_train[:300]
    judged = measure(images)
    assert measure(data.scale_pixels(images)) == judged
    assert len(searched) == 1
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
