"""Records of trainings: made seed by seed, gone on with, and shown."""

from gan_utils import records
from gan_utils.experiments import colouring, shipped, stacking

import pytest

ANY = {"type": "object"}
BOTH = [(stacking, stacking.KINDS), (colouring, colouring.NAMES)]
by_module = pytest.mark.parametrize(("module", "names"), BOTH)


def test_all_are_trained_by_their_first_seed_and_then_by_the_next(tmp_path):
    place, trained = tmp_path / "record.json", []

    def train(name, seed):
        trained.append((name, seed))
        if len(trained) == 3:
            raise KeyboardInterrupt
        return seed

    plan = {"one": (0, 7), "two": (5,), "three": (0, 1, 2)}
    with pytest.raises(KeyboardInterrupt):
        shipped.train_missing(place, ANY, plan, train)
    assert records.read(place, ANY) == {"one": {"0": 0}, "two": {"5": 5}, "three": {}}
    shipped.train_missing(place, ANY, plan, train)
    first = [("one", 0), ("two", 5), ("three", 0)]
    rest = [("three", 0), ("one", 7), ("three", 1), ("three", 2)]
    assert trained == first + rest
    assert list(records.read(place, ANY)) == list(plan)
    shipped.train_missing(place, ANY, plan, train)
    assert trained == first + rest


@by_module
def test_what_is_there_is_not_trained_again(module, names, monkeypatch, tmp_path):
    trained, known = [], records.read(module.PLACE, module.SCHEMA)

    def train(name, seed):
        trained.append((name, seed))
        return known[name]["0"]

    monkeypatch.setattr(module, "train", train)
    monkeypatch.setattr(module, "SEEDS", (0, 1))
    place = str(tmp_path / "record.json")
    module.main(["--out", place])
    assert trained == [(name, seed) for seed in (0, 1) for name in names]
    module.main(["--out", place])
    assert len(trained) == 2 * len(names)


@by_module
def test_the_shipped_record_can_be_shown(module, names, capsys):
    module.main(["--show"])
    lines = capsys.readouterr().out.splitlines()
    for name, by_seed in records.read(module.PLACE, module.SCHEMA).items():
        told = [line for line in lines if line.removeprefix("| ").startswith(name)]
        assert len(told) == sum(map(len, by_seed.values()))
    with pytest.raises(SystemExit):
        module.main(["--unknown"])
