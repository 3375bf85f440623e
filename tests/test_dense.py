"""The dense classics' trials: each differs in what it says, and the record is whole."""

from gan_utils import records
from gan_utils.experiments import dense
from gan_utils.recipes import RECIPES

import pytest
from keras import Variable
from keras.ops import convert_to_numpy, convert_to_tensor
from keras.optimizers import Adam, RMSprop

RECORD = records.read(dense.PLACE, dense.SCHEMA)
FOUND = {name: float(place) for place, name in enumerate(dense.FIGURES)}


def test_the_shipped_record_has_what_was_planned():
    assert {name: tuple(map(int, by_seed)) for name, by_seed in RECORD.items()} == (
        dense.PLAN
    )
    for by_seed in RECORD.values():
        assert all(tuple(found) == dense.FIGURES for found in by_seed.values())


def test_what_differs_in_nothing_has_both_signs():
    """So a gap as small says nothing."""
    first, second = (RECORD[name] for name in dense.NOTHING)
    assert first.keys() == second.keys() and len(first) == 7
    gaps = [
        second[seed]["classifier_score"] - first[seed]["classifier_score"]
        for seed in first
    ]
    assert min(gaps) < 0 < max(gaps)


def describe(recipe):
    """Builds what a recipe trains; returns its settings by name."""
    gan = recipe.build(0)
    configs = [gan.optimizers[part].get_config() for part in dense.BOTH]
    for config in configs:
        config["learning_rate"] = str(config.pop("learning_rate"))
        del config["name"]
    return {
        "networks": [each.count_params() for each in gan.networks.values()],
        "kinds": [type(gan.optimizers[part]) for part in dense.BOTH],
        "configs": configs,
        "step": recipe.step,
        "batch": recipe.batch_size,
    }


@pytest.mark.parametrize("kind", dense.KINDS)
def test_one_thing_differs_from_the_article_s_row(kind):
    name, base = "tiny_mlp", "Adam 0.001"
    if "layers" in kind:
        name, base = "layered_mlp", "layers"
    row, found = describe(RECIPES[name]), describe(dense.KINDS[kind])
    changed = {key for key, value in found.items() if value != row[key]}
    if kind == base:
        assert not changed
    elif "batch norm" in kind:
        assert "networks" in changed
        assert ("configs" in changed) == ("β1" in kind)
    else:
        assert changed in ({"configs"}, {"configs", "kinds"})


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("Adam 0.01, β1 0", {"beta_1": 0.0, "beta_2": 0.999}),
        ("Adam 0.01, β2 0.9", {"beta_1": 0.9, "beta_2": 0.9}),
        ("Adam 0.01, β1 0, β2 0.9", {"beta_1": 0.0, "beta_2": 0.9, "epsilon": 1e-8}),
        (
            "Adam 0.01, β1 0, β2 0.9, ε 3e-4",
            {"beta_1": 0.0, "beta_2": 0.9, "epsilon": 3.16e-4},
        ),
        ("RMSprop 0.01", {"rho": 0.9, "epsilon": 1e-7}),
        ("RMSprop 0.01, ε 1e-16", {"rho": 0.9, "epsilon": 1e-16}),
    ],
)
def test_an_optimizer_has_the_option_of_its_name(kind, options):
    for made in dense.KINDS[kind].optimizers.values():
        config = made().get_config()
        found = {key: config[key] for key in options}
        assert found == pytest.approx(options, rel=0.01, abs=0)


def test_a_decay_divides_the_rate():
    made = dense.tiny(Adam, 1e-3, decay=1e-3).optimizers["generator"]()
    assert isinstance(made, Adam)
    rates = [float(made._learning_rate(step)) for step in (0, 1000, 3000)]
    assert rates == pytest.approx([1e-3, 1e-3 / 2, 1e-3 / 4])


def test_both_changes_of_the_layers_are_the_mended_recipe():
    found = describe(dense.KINDS["layers, batch norm, β1 0.5"])
    assert found == describe(RECIPES["layered_mlp_mended"])


def test_a_training_is_measured_at_its_end(monkeypatch):
    short = dense.KINDS["layers"].vary(steps=50, batch_size=4)
    monkeypatch.setattr(dense, "KINDS", {"short": short})
    monkeypatch.setattr(dense, "COUNT", 20)
    monkeypatch.setattr(
        dense.judge,
        "load_validation_judge",
        lambda: lambda images: FOUND | {"n": len(images)},
    )
    assert dense.train("short", 1) == FOUND


def test_what_is_there_is_not_trained_again(tmp_path, monkeypatch, capsys):
    trained = []

    def train(name, seed):
        trained.append((name, seed))
        return FOUND

    monkeypatch.setattr(dense, "train", train)
    monkeypatch.setattr(dense, "PLAN", {"one": (0,), "two": (0, 1)})
    out = tmp_path / "dense.json"
    records.write(out, {"two": {"0": FOUND | {"classifier_score": 7.5}}})
    dense.main(["--out", str(out)])
    assert trained == [("one", 0), ("two", 1)]
    table = capsys.readouterr().out.splitlines()[-3:]
    assert [line.split() for line in table[1:]] == [
        ["one", "0.0", "1.0"],
        ["two", "7.5", "0.0", "1.0", "1.0"],
    ]


def test_rmsprop_has_its_epsilon_under_the_root_and_adam_beside_it():
    """Which of the record's pairs have the same ε depends on it."""
    small, rate = 1e-3, 0.01  # a gradient, and a learning rate
    moves = []
    for made in (
        RMSprop(rate, rho=0.0, epsilon=1e-6),
        Adam(rate, beta_1=0.0, beta_2=0.0, epsilon=1e-3),
    ):
        weight = Variable([0.0])
        made.apply([convert_to_tensor([small])], [weight])
        moves.append(-float(convert_to_numpy(weight.value)[0]))
    assert moves == pytest.approx([rate / 2**0.5, rate / 2], rel=1e-4)
