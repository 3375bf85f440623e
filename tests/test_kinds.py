"""Kinds of stacked digits: in a million samples, and of four digits."""

from functools import partial

from gan_utils import judge, metrics, models, records
from gan_utils.experiments import kinds
from gan_utils.recipes import STACKED_PAIRS
from gan_utils.settings import pair

import numpy as np
import pytest


@pytest.fixture
def small(monkeypatch):
    """Counts few samples, and trains for seconds."""
    networks = pair(
        partial(models.build_generator, channels=4, shape=kinds.FOUR),
        partial(models.build_channelwise_discriminator, channels=4, shape=kinds.FOUR),
    )
    brief = kinds.FOUR_DIGITS.vary(networks=networks, steps=50)
    monkeypatch.setattr(kinds, "FOUR_DIGITS", brief)
    monkeypatch.setattr(kinds, "MILLION", 60)
    monkeypatch.setattr(kinds, "TEN_THOUSAND", 40)


@pytest.mark.parametrize("name", kinds.ROWS)
def test_a_row_is_counted(name, small):
    found = kinds.count(name, seed=0)
    four = "four" in name
    assert found["n"] == (40 if four else 60)
    assert found["even_kl"] == pytest.approx(9999 / 80 if four else 999 / 120, rel=1e-4)
    records.check({name: {"0": found}}, kinds.SCHEMA, "a record")
    assert kinds.lay_out({name: {"0": found}}).count(name) == 1


def test_samples_are_read_as_the_judge_reads_them(small):
    generator = STACKED_PAIRS.build(0).generator
    found = kinds.read_samples(generator, 30, seed=3)
    assert found.shape == (30, 3, 10)
    figures = judge.load_judge()(judge.draw(generator, 30, 3, **STACKED_PAIRS.drawing))
    assert metrics.count_modes(found) == pytest.approx(figures)


def test_test_digits_meet_by_chance():
    found = kinds.read_real(50_000, 2, seed=0)
    counts = np.bincount(found.argmax(axis=2) @ [10, 1], minlength=100)
    assert counts.min() > 300
    digits = found[:, 0].argmax(axis=1), found[:, 1].argmax(axis=1)
    assert abs(np.corrcoef(*digits)[0, 1]) < 0.02


def test_digits_that_know_of_each_other_are_told_from_uneven_ones(monkeypatch):
    digits = np.arange(20_000) % 10
    rows = {"alike": np.stack([digits] * 3, axis=1), "ones": np.ones((20_000, 3), int)}
    for name, each in rows.items():
        monkeypatch.setitem(kinds.ROWS, name, lambda seed, each=each: np.eye(10)[each])
    alike, ones = (kinds.count(name, seed=0) for name in rows)
    assert alike["kl"] == pytest.approx(np.log(100), rel=1e-3)
    assert alike["apart_kl"] == pytest.approx(alike["even_kl"], rel=0.2)
    assert ones["kl"] == ones["apart_kl"] == pytest.approx(np.log(1000), rel=1e-3)
