"""The tools start, and tell what changed."""

import importlib
import io
import json
import pkgutil
from functools import partial

import gan_utils.experiments
import tools
from gan_utils import callbacks, data, judge, paths, recipes, store
from tests.devices import SMALL
from tools import cards, latency, outputs, remeasure, ship, trim
from tools.lessons import find_lesson

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorboard.backend.event_processing import event_accumulator

COMMANDS = [
    f"{package.__name__}.{module.name}"
    for package in (gan_utils.experiments, tools)
    for module in pkgutil.iter_modules(package.__path__)
]


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_finds_what_it_imports(name):
    importlib.import_module(name)


def test_outputs_are_compared_network_by_network(capsys):
    kept = np.float32([[1, 2], [3, 4]])
    before = {name: kept for name in ("same", "near", "far", "nan", "shape", "gone")}
    after = {
        "same": kept.copy(),
        "near": kept + np.float32(2e-6),
        "far": kept + np.float32(1e-3),
        "nan": kept * np.nan,
        "shape": kept[:1],
        "new": kept,
    }
    assert outputs.compare(before, after) == ["far", "gone", "nan", "new", "shape"]
    said = capsys.readouterr().out.splitlines()
    assert "same: equal" in said
    assert "far: 0.001" in said
    assert sum(line.endswith("inf") for line in said) == 3


def test_a_discriminator_is_shown_digits_in_the_range_of_its_recipe():
    recipe = recipes.find("oreilly")
    images = outputs.inputs_of(recipe, None, "discriminator").numpy()
    _, (digits, _) = data.load_mnist()
    np.testing.assert_allclose(images[..., 0], digits[:64] / 255, atol=1e-6)


def test_a_generator_is_given_points_of_its_own_prior():
    network = keras.Sequential([keras.Input((100,)), keras.layers.Dense(1)])
    points = outputs.inputs_of(recipes.find("tiny_mlp"), network, "generator")
    assert points.shape == (64, 100)
    assert np.abs(points).max() < 1  # uniform, where a normal one reaches 4


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """Ships a small model with an old card, and two judges that count the ink."""
    monkeypatch.setitem(recipes.RECIPES, "tiny", SMALL)
    monkeypatch.setattr(paths, "PRETRAINED", tmp_path)
    for name, factor in (("load_judge", 1.0), ("load_second_judge", 2.0)):
        monkeypatch.setattr(judge, name, lambda factor=factor: partial(weigh, factor))
    card = {"name": "tiny", "seed": 7, "steps": 3, "seconds": 5, "more": "x"}
    networks = {"generator": SMALL.build_networks(7)["generator"]}
    store.save_pretrained(
        tmp_path / "tiny", networks, {**card, "metrics": {"n": 6, "old": 1}}
    )
    return tmp_path / "tiny"


def weigh(factor, images, asked=None):
    return {"n": len(images), "ink": factor * float(images.mean())}


def test_a_model_is_measured_anew_by_both_judges_and_nothing_else_changes(shipped):
    before = store.load_card("tiny")
    weights = (shipped / "generator.weights.h5").read_bytes()
    remeasure.main(["tiny"])
    after = store.load_card("tiny")
    ink = float(judge.draw_pretrained("tiny", 6, seed=0).mean())
    assert after["metrics"] == {"n": 6, "ink": ink}
    assert after["second_judge"] == {"n": 6, "ink": 2 * ink}
    assert list(after)[-1] == "files"
    renewed = ("metrics", "second_judge", "samples_seed")
    for card in (before, after):
        kept = [(key, card[key]) for key in card if key not in renewed]
        assert dict(kept) == {key: before[key] for key in before if key != "metrics"}
    assert (shipped / "generator.weights.h5").read_bytes() == weights
    remeasure.main([])
    assert store.load_card("tiny")["second_judge"] == {"n": 6, "ink": 2 * ink}


def change_weights(folder):
    path = folder / "generator.weights.h5"
    path.write_bytes(path.read_bytes()[:-1] + b"x")


def change_card(folder):
    path = folder / "card.json"
    path.write_text(path.read_text("utf-8").replace("5,", "6,", 1), "utf-8")


def test_altered_weights_are_not_measured(shipped, capsys):
    change_weights(shipped)
    card = (shipped / "card.json").read_bytes()
    with pytest.raises(SystemExit, match="2"):
        remeasure.main(["tiny"])
    assert "is altered" in capsys.readouterr().err
    assert (shipped / "card.json").read_bytes() == card


def test_figures_of_a_model_that_was_replaced_meanwhile_are_dropped(
    shipped, monkeypatch
):
    def replace(images, asked):
        change_card(shipped)
        return weigh(1.0, images)

    monkeypatch.setattr(judge, "load_judge", lambda: replace)
    with pytest.raises(ValueError, match="changed meanwhile"):
        remeasure.remeasure("tiny")
    assert store.load_card("tiny")["metrics"] == {"n": 6, "old": 1}


def test_without_a_second_judge_nothing_is_measured(shipped, monkeypatch, capsys):
    def missing():
        raise FileNotFoundError("There is no second judge.")

    monkeypatch.setattr(judge, "load_second_judge", missing)
    monkeypatch.setattr(judge, "measure", None)
    with pytest.raises(SystemExit, match="2"):
        remeasure.main(["tiny"])
    assert capsys.readouterr().err.endswith("There is no second judge.\n")
    assert store.load_card("tiny")["metrics"] == {"n": 6, "old": 1}


@pytest.fixture
def log(tmp_path):
    """A log of two sittings, the second of which logs a step again, and a judge's."""
    colours = np.random.default_rng(0).integers(0, 256, (8, 1, 90, 90, 3), np.uint8)
    for sitting in (range(1, 6), range(5, 9)):
        curves, judged = (
            tf.summary.create_file_writer(str(folder))
            for folder in (tmp_path / "log", tmp_path / "log" / "judge")
        )
        for step in sitting:
            with curves.as_default(step=step):
                tf.summary.scalar("loss", step + sitting[0] / 10)
                tf.summary.scalar("share", 1 / step)
                tf.summary.image("samples", colours[step - 1])
            with judged.as_default(step=step):
                tf.summary.scalar("score", step)
        curves.close()
        judged.close()
    return tmp_path / "log"


def pictures(log):
    """Returns the steps of the pictures that TensorBoard finds, and the pictures."""
    found = event_accumulator.EventAccumulator(str(log), size_guidance={"tensors": 0})
    events = found.Reload().Tensors("samples")
    return [(event.step, event.tensor_proto.string_val[2]) for event in events]


def test_a_trimmed_log_has_all_its_curves_in_one_file(log, monkeypatch):
    before = [callbacks.read_scalars(folder) for folder in (log, log / "judge")]
    drawn = [Image.open(io.BytesIO(png)) for _, png in pictures(log)]
    trim.trim(log)
    after = [callbacks.read_scalars(folder) for folder in (log, log / "judge")]
    np.testing.assert_equal(after, before)
    assert after[0]["loss"][1] == pytest.approx(
        [1.1, 2.1, 3.1, 4.1, 5.5, 6.5, 7.5, 8.5]
    )
    assert len(list(log.iterdir())) == 2 and len(list((log / "judge").iterdir())) == 1
    assert [step for step, _ in pictures(log)] == list(range(1, 9))
    for (_, png), old in zip(pictures(log), [*drawn[:4], *drawn[5:]], strict=True):
        new = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), float)
        assert np.abs(new - np.asarray(old, float)).mean() < 30  # 85 for another one


@pytest.mark.parametrize(
    ("size", "kept"), [(40_000, [1, 3, 5, 6, 8]), (25_000, [1, 5, 8]), (9000, [8])]
)
def test_a_log_keeps_as_many_pictures_as_fit_and_the_last(log, size, kept, monkeypatch):
    monkeypatch.setattr(trim, "LARGEST", size)
    for _ in range(2):  # what is trimmed stays as it is
        trim.trim(log)
        assert [step for step, _ in pictures(log)] == kept
        assert len(callbacks.read_scalars(log)["loss"][0]) == 8


def test_each_curve_says_what_it_is_where_it_begins(log):
    """TensorBoard's own reader looks at the first value of a name, and only there."""
    trim.trim(log)
    (path,) = log.glob("*events*")
    seen = set()
    for event in trim.LegacyEventFileLoader(str(path)).Load():
        for value in event.summary.value:
            kind = "images" if value.tag == "samples" else "scalars"
            told = value.metadata.plugin_data.plugin_name
            assert told == kind or (value.tag in seen and told == "")
            seen.add(value.tag)
    assert seen == {"loss", "share", "samples"}


CARDS = {
    "dcgan": {
        "frechet_distance": 0.554,
        "classifier_score": 9.416,
        "precision": 0.871,
        "recall": 0.664,
        "confident_share": 0.9147,
        "shares": [0.1, 0.08, 0.12],
    },
    "stacked": {
        "modes_covered": 1000,
        "sure_share": 0.6182,
        "sure_modes": 993,
        "kl": 0.109,
    },
}


def made(name, second):
    card = {"name": name, "steps": 20_000, "seconds": 1137, "metrics": CARDS[name]}
    return {**card, "second_judge": {**CARDS[name], **second}}


def test_a_table_is_written_from_cards():
    card = made("dcgan", {"classifier_score": 9.2})
    *_, of_model, of_real = cards.table(cards.DIGITS, [card], card).splitlines()
    figures = "0.55 | 9.42 | 9.20 | 0.87 | 0.66 | 91.5% | 8.0% | 12.0% |"
    assert of_model == f"| `dcgan` | 20,000 | 19 | {figures}"
    assert of_real == f"| real digits | – | – | {figures}"
    card = made("stacked", {"modes_covered": 996, "kl": 0.2})
    real = {"metrics": CARDS["stacked"]}
    title, line, of_model, of_real = cards.table(
        cards.STACKED, [card], real
    ).splitlines()
    figures = "1,000 | 996 | 61.8% | 993 | 0.109 | 0.200 |"
    assert of_model == f"| `stacked` | 20,000 | 19 | {figures}"
    assert of_real == "| real digits | – | – | 1,000 | – | 61.8% | 993 | 0.109 | – |"
    assert title.count("|") == line.count("|") == of_model.count("|") == 10


def test_the_figures_of_each_seed_are_noted_on_the_card(tmp_path, monkeypatch):
    card = json.loads((paths.PRETRAINED / "tiny_mlp" / "card.json").read_text("utf-8"))
    for seed in (5, 4):
        (tmp_path / str(seed)).mkdir()
        metrics = {**card["metrics"], "recall": seed / 10}
        found = {**card, "seed": seed, "metrics": metrics}
        (tmp_path / str(seed) / "card.json").write_text(json.dumps(found))
    (tmp_path / "tiny_mlp").mkdir()
    (tmp_path / "tiny_mlp" / "card.json").write_text(json.dumps(card))
    monkeypatch.setattr(paths, "PRETRAINED", tmp_path)
    ship.note_seeds("tiny_mlp", [tmp_path / "4", tmp_path / "5"])
    noted = json.loads((tmp_path / "tiny_mlp" / "card.json").read_text("utf-8"))
    others = noted.pop("other_seeds")
    assert [*others] == ["4", "5"]
    assert others["5"]["metrics"]["recall"] == 0.5
    assert others["5"]["second_judge"] == card["second_judge"]
    assert noted == card
    with pytest.raises(ValueError, match=rf"are of seeds \[{card['seed']}, 4, 4\]"):
        ship.note_seeds("tiny_mlp", [tmp_path / "4"] * 2)


def test_a_table_of_seeds_has_each_of_them_and_the_mean():
    first, second = (
        {
            "metrics": {**CARDS["dcgan"], "recall": recall, "shares": shares},
            "second_judge": CARDS["dcgan"],
        }
        for recall, shares in ((0.6, [0.09, 0.1]), (0.7, [0.11, 0.08]))
    )
    card = {"name": "dcgan", "seed": 4, **second, "other_seeds": {"3": first}}
    title, _, first, second, mean = cards.seeds_table(cards.DIGITS, card).splitlines()
    assert title.startswith("| `dcgan` | Fréchet | score |")
    same = "0.55 | 9.42 | 9.42 | 0.87"
    assert first == f"| seed 3 | {same} | 0.60 | 91.5% | 9.0% | 10.0% |"
    assert second == f"| seed 4, shipped | {same} | 0.70 | 91.5% | 8.0% | 11.0% |"
    assert mean == f"| mean | {same} | 0.65 | 91.5% | 8.5% | 10.5% |"


def test_a_table_of_seeds_takes_stacked_digits_too():
    card = made("stacked", {"kl": 0.2})
    others = {str(seed): made("stacked", {"kl": 0.4}) for seed in (1, 2)}
    card |= {"seed": 0, "other_seeds": others}
    *_, mean = cards.seeds_table(cards.STACKED, card).splitlines()
    assert mean == "| mean | 1,000 | 1,000 | 61.8% | 993 | 0.109 | 0.333 |"


def test_the_tables_of_a_text_are_renewed_between_their_marks(monkeypatch):
    monkeypatch.setattr(
        cards, "tables", lambda: {"digits": "| 1 |\n", "else": "| 2 |\n"}
    )
    begins = [cards.BEGIN.format(name) for name in ("digits", "else")]
    text = f"a\n{begins[0]}| 0 |\n{cards.END}b\n{begins[1]}{cards.END}c\n"
    renewed = f"a\n{begins[0]}| 1 |\n{cards.END}b\n{begins[1]}| 2 |\n{cards.END}c\n"
    assert cards.renew(text) == renewed == cards.renew(renewed)


def test_the_sliders_that_are_timed_stand_in_lessons():
    for name, *_ in latency.SLIDERS:
        assert find_lesson(name).exists()
