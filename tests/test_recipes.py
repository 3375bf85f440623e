"""The recipes are what the lessons and the cards say."""

import functools
import json
import re

from gan_utils import colour, data, judge, paths, penalties, recipes, store
from gan_utils.callbacks import read_scalars
from gan_utils.experiments import lesson_five
from gan_utils.gan import GAN
from gan_utils.recipes import RECIPES
from gan_utils.store import load_card
from tools import cards

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

SHIPPED = sorted(path.parent.name for path in paths.PRETRAINED.glob("*/card.json"))
GANS = [name for name, recipe in RECIPES.items() if "generator" in recipe.networks]
JUDGED = [name for name in SHIPPED if RECIPES[name].judge_every]


@functools.cache
def load(name, network=None):
    """Loads a shipped network once for all tests, which leave it as it is."""
    return store.load_pretrained(name, network)


# The rows


def test_one_recipe_is_lesson_5():
    scope = lesson_five.load()
    recipe = recipes.find("lesson_05")
    taught, built = scope["make_gan"](), recipe.build(scope["SEED"])
    assert (recipe.steps, recipe.interval) == (scope["STEPS"], scope["INTERVAL"])
    for setting in ("seed", "averaging", "steps_per_execution", "prior"):
        assert getattr(built, setting) == getattr(taught, setting)
    # What the lesson writes out.
    for name in ("take_step", "generator_loss", "discriminator_loss"):
        assert getattr(built, name).__name__ == getattr(taught, name).__name__
    for name in ("generator", "discriminator"):
        first, second = getattr(taught, name), getattr(built, name)
        for a, b in zip(first.weights, second.weights, strict=True):
            np.testing.assert_array_equal(a, b)
        settings = [
            {**gan.optimizers[name].get_config(), "name": name}
            for gan in (taught, built)
        ]
        assert settings[0] == settings[1]
        for a, b in zip(first.layers, second.layers, strict=True):
            assert {**a.get_config(), "name": ""} == {**b.get_config(), "name": ""}
    batches = data.batches(scope["x_train"], scope["BATCH_SIZE"], scope["SEED"], 7)
    for a, b in zip(batches.take(2), recipe.batches(scope["SEED"], 7)):
        np.testing.assert_array_equal(a, b)


def test_unknown_names_are_answered_with_those_there_are():
    with pytest.raises(ValueError, match="no model 'huge'; there are: dcgan"):
        recipes.find("huge")


@pytest.fixture
def few_digits(monkeypatch):
    """Puts 300 images of black and white stripes in place of the digits."""
    digits = np.resize(np.uint8([0, 255]), (300, 28, 28))
    few = digits, np.arange(300) % 10
    monkeypatch.setattr(data, "load_mnist", lambda: (few, few))
    return few


@pytest.mark.parametrize("name", RECIPES)
def test_a_row_builds_batches_in_its_range_and_a_model_that_takes_them(
    name, few_digits
):
    recipe = recipes.find(name)
    batch = next(iter(recipe.batches(seed=0, first_step=0)))
    images, *labels = batch if recipe.labelled else [batch]
    low, high = recipe.pixel_range
    if name.startswith("bulten_colour"):  # whose tints keep the ends of the range free
        assert images.shape == (recipe.batch_size, 64, 64, 3)
        ends = np.min(images), np.max(images)
        assert low <= ends[0] < 0.1 * high < 0.9 * high < ends[1] <= high
    elif name == "colour":
        assert images.shape == (recipe.batch_size, 32, 32, 3)
        assert low <= np.min(images) < -0.9 < 0.9 < np.max(images) <= high
    else:
        assert images.shape[:3] == (recipe.batch_size, 28, 28)
        assert (np.min(images), np.max(images)) == (low, high)
    assert len(labels) == recipe.labelled

    model = recipe.build(0)
    numbers = model.run_step(tf.nest.map_structure(lambda part: part[:2], batch))
    assert all(np.isfinite(number).all() for number in numbers.values())
    if name in GANS:
        assert isinstance(model, GAN)
        assert model.generator.output_shape[1:] == images.shape[1:]
        settings = (model.prior, model.pixel_range, model.averaging)
        assert settings == (recipe.prior, recipe.pixel_range, recipe.averaging)
        losses = (model.generator_loss, model.discriminator_loss)
        assert losses == (recipe.generator_loss, recipe.discriminator_loss)


@pytest.mark.parametrize("name", GANS)
def test_a_row_is_drawn_from_the_prior_that_it_is_trained_on(name):
    recipe = recipes.find(name)
    trained = tf.nest.flatten(recipe.prior((1000, 100), (0, 0)))[0].numpy()
    drawn = recipe.sample_latents(1000, 100, seed=0)
    for points in (trained, drawn):
        normal = points.max() > 1
        assert points.std() == pytest.approx(1 if normal else 3**-0.5, abs=0.01)
        assert np.abs(points).max() > (3 if normal else 0.999)
        assert points.mean() == pytest.approx(0, abs=0.02)
    assert (trained.max() > 1) == (drawn.max() > 1)


@pytest.fixture
def numbered_digits(monkeypatch):
    """Puts 300 images, told apart by two pixels, in place of the digits."""
    digits = np.zeros((300, 28, 28), np.uint8)
    digits[:, 0, 0], digits[:, 0, 1] = np.divmod(np.arange(300), 256)
    few = digits, np.arange(300) % 10
    monkeypatch.setattr(data, "load_mnist", lambda: (few, (digits[:0], None)))
    return few


def first(recipe, seed, step=0):
    return next(iter(recipe.batches(seed, step)))


def test_another_seed_or_step_gives_other_batches(numbered_digits):
    recipe = recipes.find("lesson_05")
    np.testing.assert_array_equal(first(recipe, 0), first(recipe, 0))
    assert not np.array_equal(first(recipe, 0), first(recipe, 1))
    assert not np.array_equal(first(recipe, 0), first(recipe, 0, step=1))


@pytest.mark.parametrize("name", ["stacked", "stacked_plain"])
def test_the_stacked_rows_train_on_stacked_digits(name, numbered_digits):
    stacked = data.stack_digits(numbered_digits[0], seed=5)
    size = recipes.find(name).batch_size
    expected = next(iter(data.batches(stacked, size, seed=5)))
    np.testing.assert_array_equal(first(recipes.find(name), 5), expected)


def test_labels_belong_to_their_images(numbered_digits):
    digits, labels = numbered_digits
    expected = next(iter(data.batches(digits, 128, 5, labels=labels)))
    for ours, theirs in zip(first(recipes.find("classifier"), 5), expected):
        np.testing.assert_array_equal(ours, theirs)


def test_networks_get_seeds_one_apart_and_each_optimizer_its_name():
    made = []

    def note(build):
        return lambda seed: made.append((build, seed)) or build(seed)

    row = recipes.find("tiny_mlp")
    networks = {name: note(build) for name, build in row.networks.items()}
    optimizers = recipes.find("oreilly").optimizers
    gan = row.vary(networks=networks, optimizers=optimizers).build(7)
    assert made == [
        (row.networks["generator"], 7),
        (row.networks["discriminator"], 8),
    ]
    assert gan.seed == 7
    assert list(gan.optimizers) == ["generator", "discriminator", "fake"]
    for name, make in optimizers.items():
        given = gan.optimizers[name].get_config() | {"name": ""}
        assert given == make().get_config() | {"name": ""}


def test_the_stacked_rows_differ_in_what_the_card_says():
    cured, plain = RECIPES["stacked"], RECIPES["stacked_plain"]
    fields = {key for key in vars(cured) if vars(cured)[key] != vars(plain)[key]}
    assert fields == {"about", "networks", "optimizers"}
    assert cured.networks["generator"] is plain.networks["generator"]
    kept, left = (
        [
            type(layer)
            for layer in row.networks["discriminator"](seed=0).layers
            if getattr(layer, "rate", None) != 0 and type(layer) is not layers.Identity
        ]
        for row in (plain, cured)
    )
    brakes = (layers.BatchNormalization, layers.Dropout)
    assert left == [kind for kind in kept if kind not in brakes]
    assert set(brakes) < set(kept)
    for row in (cured, plain):
        said = float(re.search(r"both rates (\d\.\d+)", row.about)[1])
        for make in row.optimizers.values():
            assert float(make().learning_rate) == pytest.approx(said)


def test_the_rates_of_stacked_stay_for_half_of_its_steps_and_end_near_none():
    rate, steps = recipes.PAIRED_RATE, recipes.STACKED_PAIRS.steps
    found = [float(rate(step)) for step in (0, steps // 4, steps // 2, steps)]
    assert found == pytest.approx([2e-3, 2e-3, 2e-3, 4e-5])
    assert float(rate(3 * steps // 4)) == pytest.approx(2e-3 * 0.51)


def test_the_networks_of_stacked_have_less_than_two_million_weights():
    networks = recipes.STACKED_PAIRS.build_networks(0).values()
    assert sum(network.count_params() for network in networks) < 2_000_000


def test_what_pays_for_its_slopes_has_no_batch_norm_and_no_dropout():
    network = recipes.STACKED_PAIRS.networks["discriminator"](seed=0)
    images = np.random.default_rng(0).uniform(-1, 1, (8, *recipes.THREE))
    assert not penalties.depends_on_others(network, images.astype(np.float32))


BUILDERS = {
    getattr(build, "func", build): (name, key)
    for name, recipe in RECIPES.items()
    for key, build in recipe.networks.items()
}


@pytest.mark.parametrize(
    "setting, foreign, usual",
    [
        ("floatx", "float16", "float32"),
        ("floatx", "float64", "float32"),
        ("image_data_format", "channels_first", "channels_last"),
        ("dtype_policy", "mixed_float16", "float32"),
    ],
)
@pytest.mark.parametrize(("name", "key"), BUILDERS.values())
def test_foreign_settings_of_keras_are_refused(name, key, setting, foreign, usual):
    change = getattr(keras.config, f"set_{setting}")
    change(foreign)
    try:
        with pytest.raises(ValueError, match=f"{setting} {foreign}; .*{usual}"):
            recipes.find(name).networks[key](seed=0)
    finally:
        change(usual)


# What is shipped


def test_the_shipped_models_are_those_with_a_recipe():
    as_written = {name for name in RECIPES if name.endswith("_as_written")}
    assert sorted(set(RECIPES) - as_written) == SHIPPED
    assert all(name.removesuffix("_as_written") in SHIPPED for name in as_written)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_card_tells_how_to_make_the_model_again(name):
    card, recipe = load_card(name), recipes.find(name)
    assert card["steps"] == recipe.steps
    assert card["about"] == recipe.describe(card["steps"])
    assert card["command"] == (
        f"python -m gan_utils train {name} --steps {recipe.steps} --seed {card['seed']}"
    )
    assert card["parameters"] == {
        key: load(name, key).count_params() for key in recipe.ships
    }
    assert set(card["files"]) == {f"{key}.weights.h5" for key in recipe.ships}
    assert card["metrics"]["n"] == recipe.samples
    assert card["seconds"] > 0
    assert card["machine"]["cores"] > 0


@pytest.mark.parametrize("name", SHIPPED)
def test_a_card_tells_who_measured_what_and_when_the_training_ended(name):
    card, recipe = load_card(name), recipes.find(name)
    assert card["stopping"].startswith(f"after {recipe.steps:,} steps, ")
    assert card["samples_seed"] == judge.SAMPLES_SEED
    first, second = card["metrics"], card["second_judge"]
    assert set(first) == set(second)
    assert first["n"] == second["n"]
    assert first != second
    if "generator" in recipe.networks:
        text = (paths.ROOT / card["ceilings"]).read_text("utf-8")
        assert str(first["n"]) in json.loads(text)["ceilings"]


def test_the_judges_are_two_and_read_well():
    card = load_card("classifier")
    first, second = card["metrics"], card["second_judge"]
    assert first["real_digits"] != second["real_digits"]
    assert min(first["test_accuracy"], second["test_accuracy"]) >= 0.994
    for found in (first, second):
        assert found["real_digits"]["n"] == 10_000
        assert found["real_digits"]["classifier_score"] > 9.8


def test_what_is_shipped_stays_small():
    files = [path for path in paths.PRETRAINED.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 60_000_000
    assert max(path.stat().st_size for path in files) <= 9_000_000


@pytest.mark.parametrize("name", SHIPPED)
def test_a_log_is_small(name):
    """`tools.ship` trims it."""
    files = [
        path for path in (paths.PRETRAINED / name / "log").rglob("*") if path.is_file()
    ]
    assert 0 < sum(path.stat().st_size for path in files) <= 150_000


UNUSED = {"bulten"}  # shipped with its D, which nothing loads


def test_a_discriminator_is_shipped_where_something_loads_it():
    places = [*paths.ROOT.glob("notebooks/*.ipynb"), *paths.ROOT.glob("tests/**/*.py")]
    text = "".join(path.read_text("utf-8") for path in places).replace('\\"', '"')
    with_one = {name for name in SHIPPED if "discriminator" in RECIPES[name].ships}
    used = {name for name in with_one if f'pretrained("{name}", "disc' in text}
    assert used
    assert with_one - used <= UNUSED


def test_the_conditional_d_hears_the_label():
    discriminator = store.load_pretrained("conditional", "discriminator")
    _, (digits, labels) = data.load_mnist()
    images, labels = data.scale_pixels(digits[:500]), labels[:500]
    right, wrong = (  # with the batch norm that it had in training
        discriminator([images, tf.one_hot(told, 10)], training=True).numpy()
        for told in (labels, (labels + 1) % 10)
    )
    assert np.mean(right > wrong) > 0.6


def test_the_readme_says_how_often_the_conditional_obeys():
    card = load_card("conditional")
    shares = {card[judge]["asked_share"] for judge in ("metrics", "second_judge")}
    text = (paths.ROOT / "README.md").read_text("utf-8")
    (said,) = re.findall(r"turn: ([0-9.]+) % of its samples are read as asked", text)
    assert {f"{100 * share:.1f}" for share in shares} == {said}


def test_the_readme_quotes_the_cards():
    text = (paths.ROOT / "README.md").read_text("utf-8")
    assert cards.renew(text) == text, "run: python -m tools.cards"
    for name in SHIPPED:
        assert name == "classifier" or f"\n| `{name}` | " in text
    card = load_card("classifier")
    first, second = (
        f"{card[judge]['test_accuracy']:.2%}" for judge in ("metrics", "second_judge")
    )
    assert f"the `classifier`, which reads {first} of the test digits right" in text
    assert f"from another seed, which reads {second} right" in text


def last_judged(name):
    """Returns the last numbers of a training's log: of 2,000 samples, by seed 1."""
    curves = read_scalars(paths.PRETRAINED / name / "log" / "judge")
    assert all(steps[-1] == RECIPES[name].steps for steps, _ in curves.values())
    return {key: values[-1] for key, (_, values) in curves.items()}


# Few samples of those that draw slowly. Over four seeds, 500 came to within .2 of the
# score of 2,000, and to within 3 of the distance; before training they are at a score
# of 1 and a distance 100 higher.
SLOW = {"bulten", "bulten_colour"}
# Their curves were measured against held-out training digits, as all are today. Those
# of the others were against the test digits, as the cards are.
HELD_OUT = {"colour", "conditional", "dcgan", "oreilly"}
# So near to real digits that the floor of few samples is most of their distance.
AT_THE_FLOOR = {"conditional", "dcgan"}


@pytest.mark.parametrize("name", JUDGED)
def test_a_shipped_generator_draws_what_its_log_says(name):
    """The same latent points; weights were rounded and batch norm settled since."""
    drawing = recipes.find(name).drawing
    count = 500 if name in SLOW else 2000
    made = judge.load_validation_judge() if name in HELD_OUT else judge.load_judge()
    found = made(judge.draw(load(name), count, 1, **drawing))
    expected = last_judged(name)
    assert found["n"] == count
    if "modes_covered" in expected:
        assert found["modes_covered"] == pytest.approx(
            expected["modes_covered"], rel=0.02
        )
        assert found["kl"] == pytest.approx(expected["kl"], rel=0.02)
        return
    score, distance = expected["classifier_score"], expected["frechet_distance"]
    near = pytest.approx(score, abs=0.3 if name in SLOW else 0.05)
    assert found["classifier_score"] == near
    apart = 3 if name in SLOW else max(0.1, 0.005 * distance)
    assert found["frechet_distance"] == pytest.approx(distance, abs=apart)


@pytest.mark.parametrize("name", JUDGED)
def test_a_card_agrees_with_the_end_of_its_log(name):
    card, log = load_card(name)["metrics"], last_judged(name)
    if name in HELD_OUT:  # the same samples as in the log, by the card's reference
        samples = judge.draw(load(name), 2000, 1, **recipes.find(name).drawing)
        log = judge.load_judge()(samples)
    if name in AT_THE_FLOOR:  # as many samples as the card has
        drawing, measure = recipes.find(name).drawing, judge.load_judge()
        draws = [judge.draw(load(name), card["n"], seed, **drawing) for seed in (1, 2)]
        found = [measure(samples) for samples in draws]
        kept = ("classifier_score", "frechet_distance")
        log = {key: np.mean([each[key] for each in found]) for key in kept}
    if "modes_covered" in card:
        assert card["modes_covered"] > log["modes_covered"]
        # Of 1,000 kinds, n samples seem 999 / 2n nats less even than they are.
        of_card, of_log = card["kl"] - 999 / 52_000, log["kl"] - 999 / 4_000
        assert of_card == pytest.approx(of_log, abs=0.05)
        return
    assert card["classifier_score"] == pytest.approx(log["classifier_score"], abs=0.25)
    distance = pytest.approx(log["frechet_distance"], rel=0.06, abs=0.1)
    assert card["frechet_distance"] == distance


def test_lesson_5s_gan_is_as_good_as_its_card_says():
    """Its training had no judge."""
    card = load_card("lesson_05")["metrics"]
    found = judge.measure("lesson_05", {"generator": load("lesson_05")}, count=2000)
    score = pytest.approx(card["classifier_score"], abs=0.15)
    assert found["classifier_score"] == score
    assert found["frechet_distance"] < card["frechet_distance"] + 0.5


def test_the_cured_gan_covers_nearly_all_of_1000_modes_and_the_plain_one_does_not():
    cured, plain = (load_card(name)["metrics"] for name in ("stacked", "stacked_plain"))
    assert cured["n"] == plain["n"] == 26_000
    assert cured["modes_covered"] >= 950
    assert plain["modes_covered"] < cured["modes_covered"]
    assert plain["kl"] > cured["kl"]


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
    drawing = recipes.find("layered_mlp").drawing
    images = judge.draw(load("layered_mlp"), 100, seed=0, **drawing)
    assert (images == images[0]).all()
    assert set(np.unique(images)) == {0, 255}
    assert judged("layered_mlp")[1].max() < 1.01


def test_oreillys_start_is_dead_and_mended_it_is_not():
    steps, scores = judged("oreilly")
    assert scores[steps <= 1000].max() < 1.1
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
    assert figures["n"] == 10_000
    assert figures["frechet_distance"] <= 0.35
    assert figures["classifier_score"] >= 9.5
    assert figures["confident_share"] >= 0.93
    real = load_card("classifier")["metrics"]["real_digits"]
    assert abs(figures["precision"] - real["precision"]) <= 0.02
    assert figures["recall"] >= 0.92 * real["recall"]
    assert 0.085 <= min(figures["shares"]) <= max(figures["shares"]) <= 0.115
    assert load("dcgan").count_params() <= 790_000


def test_coloured_digits_can_be_read_on_a_portrait_that_can_be_recognised():
    card = load_card("colour")
    for judged_by in ("metrics", "second_judge"):
        assert card[judged_by]["classifier_score"] >= 8.5
        assert min(card[judged_by]["shares"]) >= 0.05
    samples = judge.draw(load("colour"), 1000, seed=2)
    matches, places, tints = colour.compare_paper(samples, colour.load_portrait())
    assert matches.mean() >= 0.8
    assert np.quantile(matches, 0.1) >= 0.7
    counts = np.unique(places, axis=0, return_counts=True)[1]
    assert len(counts) == 25
    assert counts.max() <= 0.1 * len(samples)
    assert (tints.std(axis=0) >= 0.1).all()
