"""Samples chosen after training: the ways, and the shipped record."""

from gan_utils import models, records
from gan_utils.experiments import choosing
from gan_utils.store import load_card

import numpy as np
import pytest

RECORD = records.read(choosing.PLACE, choosing.SCHEMA)
FIGURES = RECORD["figures"]


def test_truncated_points_stay_within_and_the_others_stay_as_they_are():
    points = np.random.default_rng(0).standard_normal((500, 64)).astype(np.float32)
    before = points.copy()
    near = choosing.truncate(points, 0.5, np.random.default_rng(1))
    assert np.array_equal(points, before)
    assert np.abs(near).max() <= 0.5
    kept = np.abs(points) <= 0.5
    assert np.array_equal(near[kept], points[kept])
    # Of a normal distribution, cut off at .5: its standard deviation.
    assert near.std() == pytest.approx(0.284, abs=0.005)


def test_d_s_word_decides_the_chances():
    first = np.linspace(-4, 1, 101)
    largest, edge = 1.0, np.quantile(first, 0.8)
    below = np.array([edge, -4.0]) - largest
    odds = below - np.log(1 - np.exp(below))
    expected = 1 / (1 + np.exp(odds[0] - odds))
    many = np.repeat([edge, -4.0], 20_000)
    passed = choosing.accept(many, first, np.random.default_rng(0)).reshape(2, -1)
    assert passed.mean(axis=1) == pytest.approx(expected, abs=0.01)
    assert expected[0] == 0.5


def test_each_way_keeps_what_its_name_says(monkeypatch):
    monkeypatch.setattr(choosing, "COUNT", 20)
    networks = models.build_generator(), models.build_reading_discriminator()
    found = {name: images for name, _, images in choosing.ways(*networks, seed=0)}
    said = {
        name: networks[1].predict(images, verbose=0)[0].mean()
        for name, images in found.items()
        if len(images)  # an untrained G draws nothing that is read surely
    }
    less, more = (f"the half that D likes {which}" for which in ("less", "more"))
    assert said[less] < said["all"]
    assert said[less] < said[more]
    assert said["rejection sampling by D"] > said["all"]
    assert set(found) == set(FIGURES)


def test_the_record_is_of_the_shipped_dcgan():
    files = load_card(choosing.NAME)["files"]
    assert RECORD["generator"] == files["generator.weights.h5"]["sha256"]
    for figures in FIGURES.values():
        assert {len(values) for values in figures.values()} == {len(choosing.SEEDS)}


def test_all_samples_have_the_figures_of_the_card():
    card = load_card(choosing.NAME)["metrics"]
    found = FIGURES["all"]
    assert np.mean(found["classifier_score"]) == pytest.approx(
        card["classifier_score"], abs=0.05
    )
    assert np.mean(found["frechet_distance"]) == pytest.approx(
        card["frechet_distance"], abs=0.1
    )


def test_what_readme_says_of_the_ways():
    distances = {name: figures["frechet_distance"] for name, figures in FIGURES.items()}
    everything = distances.pop("all")
    assert max(everything) < min(min(values) for values in distances.values())
    less, more = (
        FIGURES[f"the half that D likes {which}"]["confident_share"]
        for which in ("less", "more")
    )
    assert min(more) > max(less)
    real = load_card("classifier")["metrics"]["real_digits"]["classifier_score"]
    bought = FIGURES["those that the judge reads surely"]["classifier_score"]
    assert min(bought) > real
