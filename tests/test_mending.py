"""What mends O'Reilly's GAN: each change is made alone, and the record is whole."""

from gan_utils import records
from gan_utils.experiments import mending
from gan_utils.recipes import RECIPES
from gan_utils.steps import MERGED

import pytest

RECORD = records.read(mending.PLACE, mending.SCHEMA)
MOMENTS = mending.STEPS // mending.MEASURE_EVERY


def test_the_shipped_record_has_what_was_planned():
    assert {name: tuple(map(int, by_seed)) for name, by_seed in RECORD.items()} == {
        name: seeds for name, seeds in mending.PLAN.items()
    }
    for by_seed in RECORD.values():
        for found in by_seed.values():
            assert len(found) == MOMENTS
            assert all(tuple(figures) == mending.FIGURES for figures in found)


def describe(recipe):
    """Builds what a recipe trains; returns its settings by change."""
    gan = recipe.build(0)
    turns = recipe.step.keywords["turns"]
    return {
        "grow": gan.generator.count_params(),
        "merged": (turns, sorted(gan.optimizers)),
        "no head start": recipe.head_start,
        "rate": float(gan.generator_optimizer.learning_rate),
        "β1": [each.beta_1 for each in gan.optimizers.values()][:2],
    }


@pytest.mark.parametrize("change", mending.CHANGES)
def test_a_change_changes_nothing_else(change):
    as_written = describe(mending.make_recipe(()))
    assert as_written == describe(RECIPES["oreilly"])
    found = describe(mending.make_recipe((change,)))
    assert [key for key, value in found.items() if value != as_written[key]] == [change]


def test_all_of_them_are_the_mended_recipe():
    assert describe(mending.make_recipe(tuple(mending.CHANGES))) == describe(
        RECIPES["oreilly_mended"]
    )
    assert RECIPES["oreilly_mended"].step.keywords["turns"] == (MERGED,)


def test_what_is_there_is_not_trained_again(tmp_path, monkeypatch, capsys):
    trained = []

    def train(name, seed):
        trained.append((name, seed))
        return RECORD["merged + rate"]["0"]

    monkeypatch.setattr(mending, "train", train)
    monkeypatch.setattr(mending, "PLAN", {"rate": (0,), "merged + rate": (0, 1)})
    out = tmp_path / "mending.json"
    records.write(out, {"merged + rate": {"0": RECORD["merged + rate"]["0"]}})
    mending.main(["--out", str(out)])
    assert trained == [("rate", 0), ("merged + rate", 1)]
    assert list(records.read(out, mending.SCHEMA)) == ["rate", "merged + rate"]
    assert capsys.readouterr().out.count("5.15") == 3


def test_a_training_is_measured_at_each_moment(monkeypatch):
    monkeypatch.setattr(mending, "STEPS", 100)
    monkeypatch.setattr(mending, "MEASURE_EVERY", 50)
    monkeypatch.setattr(mending, "COUNT", 20)
    monkeypatch.setattr(
        mending.judge,
        "load_validation_judge",
        lambda: lambda images: dict.fromkeys(mending.FIGURES, float(len(images))),
    )
    monkeypatch.setattr(mending, "OREILLY", mending.OREILLY.vary(batch_size=2))
    found = mending.train("merged + rate", 0)
    assert found == [dict.fromkeys(mending.FIGURES, 20.0)] * 2
