"""Weights of R1 on digits of two sizes: what is trained, and what was recorded."""

from gan_utils import data, records
from gan_utils.experiments import gammas

import numpy as np
import pytest


def digits():
    (images, _), _ = data.load_mnist()
    return images[:100]


def test_the_shipped_record_has_each_row_by_its_seeds():
    record = records.read(gammas.PLACE, gammas.SCHEMA)
    assert list(record) == list(gammas.PLAN)
    for name, by_seed in record.items():
        assert tuple(map(int, by_seed)) == gammas.PLAN[name]


def test_weights_go_over_five_decades():
    assert max(gammas.GAMMAS) / min(gammas.GAMMAS) >= 100_000


@pytest.mark.parametrize("side", gammas.SIDES)
def test_digits_of_another_size_keep_their_ink(side):
    made = gammas.resize(digits(), side=side)
    assert made.shape == (100, side, side)
    mean = digits().sum() / (100 * 32**2)
    assert made.mean() == pytest.approx(mean, rel=0.01)


def test_large_digits_come_back_as_they_were():
    made = gammas.restore(gammas.resize(digits(), side=32))
    np.testing.assert_array_equal(made, digits())


def test_small_digits_come_back_with_every_pixel_doubled():
    small = gammas.resize(digits(), side=16)
    made = gammas.restore(small)
    assert made.shape == (100, 28, 28)
    np.testing.assert_array_equal(made[:, ::2, ::2], small[:, 1:-1, 1:-1])
    np.testing.assert_array_equal(made[:, ::2], made[:, 1::2])


@pytest.mark.parametrize(
    "name", ["γ = 10 at 16 × 16", "γ = 0.1 at 32 × 32", "real digits at 16 × 16"]
)
def test_a_weight_is_trained_and_measured(name, monkeypatch):
    monkeypatch.setattr(gammas, "STEPS", 50)
    monkeypatch.setattr(gammas, "COUNT", 50)
    found = gammas.train(name, seed=0)
    records.check({name: {"0": found}}, gammas.SCHEMA, "a record")
    assert name in gammas.lay_out({name: {"0": found}})


def test_a_weight_and_a_side_are_those_of_the_name():
    gamma, side = gammas.KINDS["γ = 30 at 16 × 16"]
    recipe = gammas.make_recipe(gamma, side)
    assert recipe.step.keywords["penalty"].keywords == {"weight": 30}
    assert recipe.build_networks(0)["generator"].output_shape == (None, 16, 16, 1)


def made_up(**distances):
    """Makes a record of 16 × 16 by the first γ, from lists of seeds."""
    rows = zip(gammas.GAMMAS, distances.values())
    record = {name: {"0": 1.0} for name in gammas.REAL}
    for gamma, row in rows:
        record[f"γ = {gamma} at 16 × 16"] = dict(zip("012", row))
    return record


def test_good_weights_overlap_with_the_best_one():
    record = made_up(a=[9, 20, 30], b=[8, 8, 9], c=[10, 9.5, 12], d=[9, 14, 13])
    first, second, _, fourth, *_ = gammas.GAMMAS
    assert gammas.good(record, 16) == [first, second, fourth]
    assert gammas.good(record, 32) == []


def test_the_best_weight_is_not_that_of_one_lucky_seed():
    record = made_up(a=[2, 20, 30], b=[8, 8, 9], c=[19, 19, 19])
    assert gammas.good(record, 16) == [*gammas.GAMMAS[:2]]


def test_each_seed_is_a_mark_and_good_ones_are_filled():
    figure = gammas.draw(made_up(a=[3, 4, 5], b=[7, 8, 9]))
    marks = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert [len(line.get_xdata()) for line in marks] == [3, 3]
    assert [line.get_mfc() == "white" for line in marks] == [False, True]
    np.testing.assert_allclose(marks[0].get_ydata(), [2, 3, 4])


def test_a_seed_that_is_left_out_may_change_which_factors_fit():
    record = {
        "γ = 0.1 at 16 × 16": {"0": 9, "1": 5},
        "γ = 1 at 16 × 16": {"0": 8, "1": 7},
        "γ = 10 at 32 × 32": {"0": 3, "1": 3},
        "γ = 30 at 32 × 32": {"0": 3.5, "1": 2.5},
    }
    assert gammas.factors(record) == (10, 300)
    assert gammas.factors(gammas.without(record, "0")) == (300, 300)
    assert gammas.factors(gammas.without(record, "1")) == (10, 10)


def test_a_weight_is_beaten_by_one_that_is_better_with_each_seed():
    record = {
        "γ = 0.1 at 16 × 16": {"0": 9, "1": 5},
        "γ = 1 at 16 × 16": {"0": 8, "1": 7},
        "γ = 10 at 16 × 16": {"0": 8.5, "1": 7.5},
        "γ = 10 at 32 × 32": {"0": 3, "1": 3},
    }
    assert gammas.unbeaten(record, 16) == [0.1, 1]
    assert gammas.unbeaten(record, 32) == [10]
