"""What steps with penalties cost: timed in turns, and what was recorded."""

from gan_utils import records
from gan_utils.experiments import paces

import numpy as np
import pytest


def test_a_record_is_laid_out_as_two_tables():
    record = {
        "seconds": {name: [0.01, 0.02] for name in paces.TIMED},
        "equal_seconds": {
            name: [{"steps": 75, "frechet": 12.3}] for name in paces.COMPARED
        },
    }
    records.check(record, paces.SCHEMA, "a record")
    text = paces.lay_out(record)
    assert "| R1 | 15.0 | 1.00 |" in text
    assert "| one critic step | 75, 12.3 |" in text


def test_steps_are_timed_in_turns(monkeypatch):
    timed = []

    def train_on(gan, batches, steps):
        timed.append((gan.take_step, steps))
        return 0.01234567

    monkeypatch.setattr(paces, "train_on", train_on)
    found = paces.time_steps()
    assert found == {name: [0.01235] * paces.ROUNDS for name in paces.TIMED}
    kinds = len(paces.TIMED)
    turns = [step for step, _ in timed[kinds:]]
    assert turns == turns[:kinds] * paces.ROUNDS
    assert len({id(step) for step in turns}) == kinds


def test_a_ratio_is_of_the_same_round():
    record = {"seconds": {"no penalty": [1.0, 10.0, 2.0], "R1": [2.0, 20.0, 4.2]}}
    assert paces.ratios(record) == {"no penalty": 1.0, "R1": pytest.approx(2.0)}


def test_a_training_ends_by_the_clock(monkeypatch):
    now = iter(np.arange(100.0))
    monkeypatch.setattr(paces.time, "perf_counter", lambda: next(now))
    monkeypatch.setattr(paces, "measure", lambda *_: {"frechet": 12.3456})
    taken = []

    class Still:
        step = 75

        def fit(self, batches, epochs, steps_per_epoch, verbose):
            taken.append(epochs * steps_per_epoch)

    class Trial:
        def build(self, seed):
            return Still()

        def batches(self, seed):
            return None

    found = paces.train_for(Trial(), 0, seconds=7, judge=None)
    assert found == {"steps": 75, "frechet": 12.35}
    assert taken == [paces.INTERVAL] * 3  # the first builds the graph
