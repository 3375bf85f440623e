"""The attack by bad calls: it forgets no function, and tells what it is there for."""

import functools
import pathlib

from gan_utils import metrics
from tools.attack import calls

import numpy as np
import pytest

PUBLIC = {
    f"{module.__name__.partition('.')[2]}.{name}"
    for module in calls.MODULES
    for name, value in vars(module).items()
    if not name.startswith("_")
    and callable(value)
    and not isinstance(value, (type, functools.partial))
    and getattr(value, "__module__", None) == module.__name__
}


def test_no_public_function_is_forgotten():
    functions = {name for name in calls.TABLE if name.count(".") == 1}
    assert functions == PUBLIC
    assert {"metrics.traits", "latent.invert", "judge.load_judge"} <= PUBLIC


LIGHT = ("metrics", "latent", "plotting", "widgets", "doctor", "colour")


@pytest.mark.parametrize("name", sorted(n for n in PUBLIC if n.split(".")[0] in LIGHT))
def test_what_is_given_before_it_is_spoilt_is_good(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # one writes a file
    given = calls.TABLE[name](np.random.default_rng(0))
    assert calls._find_fault(name, given) is None


def swallow(error):
    def broken(probabilities):
        if isinstance(error, Exception):
            raise error
        return error

    return broken


@pytest.mark.parametrize(
    ("ending", "fault"),
    [
        (1.0, None),
        (float("nan"), "NaN or infinity"),
        ({"a": [1, (np.float32(np.inf),)]}, "NaN or infinity"),
        (TypeError("no"), "TypeError"),
        (ValueError("A sentence from elsewhere."), "ValueError"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_a_bad_end_is_a_fault(ending, fault, monkeypatch):
    monkeypatch.setattr(metrics, "classifier_score", swallow(ending))
    row = calls._attack("metrics.classifier_score", calls.TABLE["metrics.traits"], 0, 5)
    found = calls._find_fault("metrics.classifier_score", {"probabilities": 0})
    assert (found is None) if fault is None else fault in found
    assert row.tried == 5


def test_a_sentence_of_the_package_is_no_fault_and_a_bare_one_is():
    assert calls._find_fault("metrics.traits", {"images": None}) is None
    broken = {"rows": None}
    assert "AttributeError" in calls._find_fault("metrics.table", broken)


def test_the_same_seed_makes_the_same_calls(tmp_path, monkeypatch):
    few = {name: calls.TABLE[name] for name in ("metrics.table", "latent.rescale")}
    monkeypatch.setattr(calls, "TABLE", few)
    seen = []
    find = calls._find_fault
    monkeypatch.setattr(
        calls,
        "_find_fault",
        lambda name, given: (
            seen.append([*map(calls._show, given.values())]) or find(name, given)
        ),
    )
    rows = [[*calls.attack(tmp_path, seed, "slice")] for seed in (0, 0, 1)]
    assert [row.tried for row in rows[0]] == [40, 40]
    assert not any(row.faults for row in rows[0])
    assert seen[:80] == seen[80:160] != seen[160:]
    assert pathlib.Path.cwd() != tmp_path
