"""Losses, penalties, mistakes: how rows differ, and what was recorded."""

from gan_utils import penalties, records
from gan_utils.experiments import critics, plane_critics

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers


def record_of(module):
    return records.read(module.PLACE, module.SCHEMA)


@pytest.mark.parametrize("module", [critics, plane_critics])
def test_the_shipped_record_has_each_row_by_its_seeds(module):
    record = record_of(module)
    assert list(record) == list(module.PLAN)
    for name, by_seed in record.items():
        assert tuple(map(int, by_seed)) == module.PLAN[name]


@pytest.mark.parametrize("module", [critics, plane_critics])
def test_no_two_rows_are_trained_alike(module):
    rows = [repr(trial) for trial in module.TRIALS.values()]
    assert len(set(rows)) == len(rows)


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("normal share", ["Shares lie outside of 0 to 1: no place between the two."]),
        ("one share", ["One share serves the whole batch."]),
        ("real images alone", ["Only real images are asked about."]),
    ],
)
def test_each_mistake_is_the_one_that_it_is_called(name, named):
    changes = critics.mistakes_of(10.0)[name]
    assert penalties.find_mistakes(changes["penalty"]) == named
    weights = plane_critics.MISTAKES[f"mistakes: {name}"].penalty.keywords
    assert weights == {"weight": 0.1}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("normal share", "Shares lie outside"),
        ("one share", "One share"),
        ("real images alone", "Only real images"),
        ("fakes forgotten", "With reals of 0 and fakes of 1"),
        ("not in training", "The critic is not asked as it is trained"),
        ("bare root", "Where the critic is level"),
        ("detached", "The critic does not learn from what it pays"),
        ("half detached", "The critic does not learn all that it pays"),
    ],
)
def test_each_wrong_penalty_is_found_by_its_mistake_alone(name, told):
    (sentence,) = penalties.find_mistakes(critics.WRONG_PENALTIES[name])
    assert sentence.startswith(told)


def test_what_the_mistakes_are_held_beside_is_in_the_table():
    for module in (critics, plane_critics):
        right, normed, free = (module.TABLE[name] for name in critics.BESIDE)
        assert normed == right.vary(behind=normed.behind) != right
        assert free == right.vary(penalty=None)
        for trial in module.MISTAKES.values():
            assert trial.penalty.keywords == right.penalty.keywords
            assert trial == right.vary(penalty=trial.penalty)


def test_a_critic_with_a_penalty_finds_the_whole_ring_by_each_of_five_seeds():
    found = record_of(plane_critics)["critic, slopes of 1, plain D"]
    assert [each["covered"] for each in found.values()] == [8] * 5


def test_a_critic_finds_24_modes_of_the_grid_by_four_of_five_seeds():
    found = record_of(plane_critics)["grid: critic"]
    assert sum(each["covered"] >= 24 for each in found.values()) >= 4


@pytest.mark.parametrize("weight", [0.1, 1])
def test_the_usual_d_of_the_grid_is_given_a_penalty_and_nothing_else(weight):
    usual, paying = (
        plane_critics.TRIALS[f"grid: {name}"] for name in ("usual D", f"R1 of {weight}")
    )
    assert paying == usual.vary(penalty=paying.penalty)
    assert paying.penalty.func is penalties.zero_centred_penalty
    assert paying.penalty.keywords == {"weight": weight}
    assert usual == plane_critics.GRID.vary(
        critic=False,
        penalty=None,
        generator_loss=usual.generator_loss,
        discriminator_loss=usual.discriminator_loss,
    )


def test_r1_weighs_slopes_as_the_other_penalty_does_and_changes_nothing_else():
    trial = plane_critics.TRIALS["ring: R1 of 0.2"]
    assert trial == plane_critics.RING.vary(penalty=trial.penalty)
    steep = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    steep.layers[0].set_weights([np.float32([[300.0], [400.0]]), np.zeros(1)])
    points = tf.zeros((4, 2))
    other = plane_critics.penalty_of(plane_critics.WEIGHT)
    paid = [each(steep, points, points, (0, 0))[0] for each in (trial.penalty, other)]
    assert float(paid[0]) == pytest.approx(float(paid[1]), rel=0.01)


def test_a_row_of_the_plane_is_trained_and_measured(monkeypatch):
    name = "critic, slopes of 1, plain D"
    short = plane_critics.TRIALS[name].vary(steps=50)
    monkeypatch.setitem(plane_critics.TRIALS, name, short)
    found = plane_critics.train(name, seed=0)
    records.check({name: {"0": found}}, plane_critics.SCHEMA, "a record")
    assert name in plane_critics.lay_out({name: {"0": found}})
    assert "broke off" in plane_critics.lay_out({name: {"0": {}}})


@pytest.mark.parametrize("name", ["pair, R1 and R2, plain D", "mistakes: one share"])
def test_a_row_of_digits_is_trained_and_measured(name, monkeypatch):
    short = critics.TRIALS[name].vary(steps=25)
    monkeypatch.setitem(critics.TRIALS, name, short)
    found = critics.train(name, seed=0)
    assert set(found) == {*critics.KEPT}
    records.check({name: {"0": found}}, critics.SCHEMA, "a record")
    assert name in critics.lay_out({name: {"0": found}})


@pytest.mark.parametrize(
    ("name", "pace"), [("critic, five steps", 5), ("cross-entropy", 1)]
)
def test_a_loss_is_followed_beside_the_distance(name, pace):
    name = f"along: {name}"
    trial = critics.TRIALS[name].vary(steps=100 * pace)
    found = critics.follow(trial, 0, critics.load_judge(), moves=50)
    assert found["steps"] == [50 * pace, 100 * pace]
    assert all(len(found[key]) == 2 for key in ("says", "frechet"))
    assert critics.lay_out({name: {"0": found}}).count(name) == 1


def test_what_a_loss_says_is_large_where_d_tells_both_apart():
    assert critics.says({"critic_estimate": 3.0, "generator_loss": 1.0}) == 3
    usual = {"discriminator_loss_real": 0.1, "discriminator_loss_fake": 0.2}
    assert critics.says(usual) == pytest.approx(-0.3)


@pytest.mark.parametrize(
    ("says", "expected"), [([1, 4, 9], 1), ([9, 4, 1], -1), ([4, 9, 1], -0.5)]
)
def test_ranks_are_correlated(says, expected):
    found = {"says": says, "frechet": [10.0, 20.0, 30.0]}
    assert critics.correlation(found) == pytest.approx(expected)


def test_one_weight_serves_a_penalty_beside_all_losses():
    for module, weight in ((critics, 10.0), (plane_critics, 0.1)):
        of_penalty = {}
        for name, trial in module.TABLE.items():
            given = trial.penalty.keywords if trial.penalty else None
            of_penalty.setdefault(name.split(", ")[1], []).append(given)
        assert of_penalty == {
            "none": [None] * 10,
            "slopes of 1": [{"weight": weight}] * 10,
            "R1": [{"weight": 1.0}] * 10,
            "R1 and R2": [{"weight": 1.0, "at_fakes": True}] * 10,
        }
