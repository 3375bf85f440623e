"""The recipes are what the lessons and the cards say."""

from gan_utils import data, paths, recipes
from gan_utils.callbacks import read_scalars
from gan_utils.pretrained import draw_pretrained, load_card, load_pretrained, measure
from tests.benchmarks import lesson

import numpy as np
import pytest

SHIPPED = sorted(path.parent.name for path in paths.PRETRAINED.glob("*/card.json"))


def test_one_recipe_is_lesson_5():
    scope = lesson.load()
    recipe = recipes.find("lesson_05")
    taught, built = scope["make_gan"](), recipe.build(scope["SEED"])
    assert (recipe.steps, recipe.interval) == (scope["STEPS"], scope["INTERVAL"])
    for setting in ("seed", "averaging", "steps_per_execution"):
        assert getattr(built, setting) == getattr(taught, setting)
    for loss in ("generator_loss", "discriminator_loss"):  # the lesson writes one out
        assert getattr(built, loss).__name__ == getattr(taught, loss).__name__
    for name in ("generator", "discriminator"):
        first, second = getattr(taught, name), getattr(built, name)
        for a, b in zip(first.weights, second.weights, strict=True):
            np.testing.assert_array_equal(a, b)
        settings = [
            {**getattr(gan, f"{name}_optimizer").get_config(), "name": name}
            for gan in (taught, built)
        ]
        assert settings[0] == settings[1]
    batches = data.batches(scope["x_train"], scope["BATCH_SIZE"], scope["SEED"], 7)
    for a, b in zip(batches.take(2), recipe.batches(scope["SEED"], 7)):
        np.testing.assert_array_equal(a, b)


def test_the_shipped_models_are_those_with_a_recipe():
    assert sorted(recipes.RECIPES) == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_a_card_tells_how_to_make_the_model_again(name):
    card, recipe = load_card(name), recipes.find(name)
    assert card["steps"] == recipe.steps
    assert card["about"] == recipe.about.format(steps=recipe.steps)
    assert card["command"] == (
        f"python -m gan_utils train {name} --steps {recipe.steps} --seed {card['seed']}"
    )
    networks = recipe.build(card["seed"]).networks
    assert card["parameters"] == {
        key: networks[key].count_params() for key in recipe.ships
    }
    assert set(card["files"]) == {f"{key}.weights.h5" for key in recipe.ships}
    assert card["seconds"] > 0
    assert card["machine"]["cores"] > 0


def test_unknown_names_are_answered_with_those_there_are():
    with pytest.raises(ValueError, match="no model 'huge'; there are: dcgan"):
        recipes.find("huge")


def test_what_is_shipped_stays_small():
    files = [path for path in paths.PRETRAINED.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 50_000_000
    for name in SHIPPED:
        log = (paths.PRETRAINED / name / "log").rglob("*")
        assert 0 < sum(path.stat().st_size for path in log) <= 1_000_000


def figures(metrics):
    if "modes_covered" in metrics:
        return f"{metrics['modes_covered']:,} | {metrics['kl']:.2f}"
    values = metrics["frechet_distance"], metrics["classifier_score"]
    numbers = [f"{value:.2f}" for value in values]
    rarest, commonest = min(metrics["shares"]), max(metrics["shares"])
    return " | ".join([*numbers, f"{rarest:.1%} to {commonest:.1%}"])


def test_the_readme_quotes_the_cards():
    text = (paths.ROOT / "README.md").read_text("utf-8")
    judge = load_card("classifier")
    assert f"reads {judge['metrics']['test_accuracy']:.2%} of the test digits" in text
    real = judge["metrics"]["real_digits"]
    assert f"| real digits | – | – | {figures(real)} |" in text
    for name in SHIPPED:
        card = load_card(name)
        if name != "classifier":
            made = f"{card['steps']:,} | {card['seconds'] / 60:.0f}"
            assert f"| `{name}` | {made} | {figures(card['metrics'])} |" in text


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_shipped_is_as_good_as_its_card_says(name):
    card = load_card(name)["metrics"]
    network = load_pretrained(name)
    modes = "modes_covered" in card  # which few samples cannot cover
    found = measure(name, {network.name: network}, count=None if modes else 2000)
    if modes:
        assert found == pytest.approx(card, rel=0.02)
    elif name == "classifier":
        assert found["test_accuracy"] == pytest.approx(card["test_accuracy"], abs=3e-4)
        assert found["test_accuracy"] >= 0.994
    else:
        score, distance = card["classifier_score"], card["frechet_distance"]
        assert found["classifier_score"] == pytest.approx(score, abs=0.15)
        assert found["frechet_distance"] < distance + max(0.5, 0.05 * distance)


def test_the_cured_gan_covers_nearly_all_of_1000_modes_and_the_plain_one_does_not():
    cured, plain = (load_card(name)["metrics"] for name in ("stacked", "stacked_plain"))
    assert cured["n"] == plain["n"] == 26_000
    assert cured["modes_covered"] >= 950
    assert plain["modes_covered"] < cured["modes_covered"]
    assert plain["kl"] > cured["kl"]


def test_the_stacked_gans_differ_in_what_the_card_says():
    cured, plain = (
        recipes.find(name).build(0) for name in ("stacked", "stacked_plain")
    )
    for ours, theirs in zip(cured.generator.weights, plain.generator.weights):
        np.testing.assert_array_equal(ours, theirs)
    kinds = [
        [type(layer).__name__ for layer in gan.discriminator.layers]
        for gan in (cured, plain)
    ]
    brakes = ("BatchNormalization", "Dropout")
    assert kinds[0] == [kind for kind in kinds[1] if kind not in brakes]
    assert set(kinds[1]) >= set(brakes)
    for gan, rate in ((cured, 1e-3), (plain, 2e-4)):
        for optimizer in (gan.generator_optimizer, gan.discriminator_optimizer):
            assert float(optimizer.learning_rate) == pytest.approx(rate)


@pytest.mark.parametrize(
    ("name", "score"),
    [
        *[("bulten", 8), ("keras_gan", 7.5), ("tiny_mlp", 5)],
        *[("layered_mlp_mended", 7), ("oreilly_mended", 7), ("bulten_colour", 5.5)],
    ],
)
def test_the_classics_are_alive(name, score):
    found = load_card(name)["metrics"]
    assert found["classifier_score"] >= score
    assert min(found["shares"]) > 0.01  # all ten digits


def judged(name):
    scalars = read_scalars(paths.PRETRAINED / name / "log" / "judge")
    return scalars["classifier_score"]


def test_the_list_of_layers_draws_one_image_of_black_and_white():
    images = draw_pretrained("layered_mlp", 100, seed=0)
    assert (images == images[0]).all()
    assert set(np.unique(images)) == {0, 255}
    assert judged("layered_mlp")[1].max() < 1.01


def test_oreillys_start_is_dead_and_mended_it_is_not():
    steps, scores = judged("oreilly")
    assert scores[steps <= 2000].max() < 1.1
    assert scores[steps == 3000] > 3
    assert judged("oreilly_mended")[1].min() > 4


@pytest.mark.parametrize("name", SHIPPED)
def test_half_the_bytes_change_no_output_much(name):
    card = load_card(name)
    rounded = recipes.find(name).precision == "float16"
    assert set(card.get("rounding", {})) == set(card["parameters"] if rounded else ())
    assert all(change <= 1e-2 for change in card.get("rounding", {}).values())


def test_the_dcgan_reaches_what_the_lessons_promise():
    figures = load_card("dcgan")["metrics"]
    floor = load_card("classifier")["metrics"]["real_digits"]["frechet_distance"]
    assert figures["n"] == 10_000
    assert figures["frechet_distance"] <= 4 * floor
    assert figures["classifier_score"] >= 9.3
    assert 0.07 <= min(figures["shares"]) <= max(figures["shares"]) <= 0.13
