"""Layers against rates on stacked digits: what differs, and what was recorded."""

from gan_utils import records
from gan_utils.experiments import stacking
from gan_utils.recipes import RECIPES

import keras
import pytest

FIGURES = ["step", "n", "modes_covered", "kl", "sure_share", "sure_modes"]


def test_the_shipped_record_has_each_kind_by_the_same_seeds():
    record = records.read(stacking.PLACE, stacking.SCHEMA)
    assert list(record) == list(stacking.KINDS)
    seeds = {tuple(by_seed) for by_seed in record.values()}
    assert len(seeds) == 1
    assert seeds.pop()[0] == "0"
    for kind, by_seed in record.items():
        for found in by_seed.values():
            steps = tuple(each["step"] for each in found)
            assert steps == stacking.measured_at(kind)
            assert all(list(each) == FIGURES for each in found)
            assert all(each["n"] == stacking.COUNT for each in found)


def test_the_low_rates_get_as_far_as_the_high_ones_at_their_first_point():
    weights = {
        kind: [stacking.KINDS[kind][1] * step for step in stacking.measured_at(kind)]
        for kind in stacking.KINDS
    }
    for layers in stacking.LAYERS:
        low, high = (weights[f"{layers}, {rates}"] for rates in stacking.RATES)
        assert low[-1] == pytest.approx(high[0])


def describe(recipe):
    """Builds what a recipe trains; returns what can be told of D, and the rates."""
    gan = recipe.build(0)
    kinds = [type(layer).__name__ for layer in gan.discriminator.layers]
    rates = [float(each.learning_rate) for each in gan.optimizers.values()]
    return ("Dropout" in kinds, any("Norm" in kind for kind in kinds), rates)


def test_the_first_and_the_last_kind_are_the_shipped_ones_with_half_the_channels():
    kinds = [describe(stacking.make_recipe(kind)) for kind in stacking.KINDS]
    assert kinds[0] == describe(RECIPES["stacked_plain"])
    assert kinds[3] == describe(RECIPES["stacked"])
    assert kinds[1] == (*kinds[0][:2], kinds[3][2])
    assert kinds[2] == (*kinds[3][:2], kinds[0][2])


def test_a_training_is_measured_where_it_should_be(monkeypatch):
    monkeypatch.setattr(stacking, "MEASURED_AT", (50, 100))
    monkeypatch.setattr(stacking, "COUNT", 20)
    monkeypatch.setattr(stacking, "CHANNELS", 4)
    keras.utils.set_random_seed(0)
    monkeypatch.setattr(stacking, "LONGER", (150,))
    first, last = stacking.train("a plain D, rates .001", 0)
    assert (first["step"], last["step"]) == (50, 100)
    *_, longer = stacking.train("a plain D, rates .0002", 0)
    assert longer["step"] == 150
    assert list(last) == FIGURES
    assert last["n"] == 20
