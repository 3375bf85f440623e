"""The command line: what it makes, and one line for what is wrong."""

import dataclasses
import functools
import json
import os
import subprocess
import sys

from gan_utils import callbacks, data, pretrained, recipes, runs
from gan_utils.__main__ import main
from tests.test_training import IMAGES, make_gan

import numpy as np
import pytest
from PIL import Image

NETWORKS = ("generator", "discriminator")


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    recipe = recipes.Recipe(
        "{steps:,} steps of a tiny GAN",
        lambda seed: make_gan(seed, dropout=True),
        lambda seed, first_step: data.batches(IMAGES, 16, seed, first_step),
        steps=6,
        ships=NETWORKS,
        interval=2,
    )
    monkeypatch.setitem(recipes.RECIPES, "tiny", recipe)
    # Ten thousand samples of each tiny model would take minutes.
    measure = functools.partial(pretrained.measure, count=50)
    monkeypatch.setattr(pretrained, "measure", measure)


def train(folder, steps, seed=3):
    return main(
        ["train", "tiny", "--out", str(folder)]
        + ["--steps", str(steps), "--seed", str(seed)]
    )


def sample(folder, out, *options):
    return main(
        ["sample", "tiny", "--model", str(folder / "model"), "--out", str(out)]
        + [str(option) for option in options]
    )


def test_train_goes_on_and_ends_as_if_never_stopped(tmp_path, capsys):
    assert train(tmp_path / "broken", 3) == 0
    assert train(tmp_path / "broken", 7) == 0
    assert train(tmp_path / "whole", 7) == 0
    assert "The model and its card are in" in capsys.readouterr().out
    for network in NETWORKS:
        broken, whole = (
            pretrained.load_pretrained("tiny", network, tmp_path / run / "model")
            for run in ("broken", "whole")
        )
        for a, b in zip(broken.weights, whole.weights, strict=True):
            np.testing.assert_array_equal(a, b)
    card = json.loads((tmp_path / "whole" / "model" / "card.json").read_text())
    assert card["steps"] == 7
    assert card["about"] == "7 steps of a tiny GAN"
    assert card["command"] == "python -m gan_utils train tiny --steps 7 --seed 3"
    assert card["metrics"]["n"] == 50
    assert set(card["files"]) == {"generator.weights.h5", "discriminator.weights.h5"}
    assert str(tmp_path) not in json.dumps(card)
    assert list((tmp_path / "whole" / "model" / "log").glob("events.*"))


def test_samples_are_pixels_and_the_same_bytes_again(tmp_path):
    train(tmp_path, 2)
    first, again, other = (tmp_path / f"{name}.npz" for name in "abc")
    assert sample(tmp_path, first, "--count", 12, "--seed", 5) == 0
    assert sample(tmp_path, again, "--count", 12, "--seed", 5) == 0
    assert sample(tmp_path, other, "--count", 12, "--seed", 6) == 0
    assert first.read_bytes() == again.read_bytes() != other.read_bytes()
    images = np.load(first)["images"]
    assert images.dtype == np.uint8
    assert images.shape == (12, 28, 28)
    assert sample(tmp_path, tmp_path / "grid.png", "--count", 9) == 0
    with Image.open(tmp_path / "grid.png") as grid:
        assert grid.size == (88, 88)


def test_evaluate_prints_a_table_or_json(tmp_path, capsys):
    (x_train, _), _ = data.load_mnist()
    path = tmp_path / "some.npz"
    np.savez(path, images=x_train[5000:5300])
    assert main(["evaluate", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "Fréchet" in lines[0]
    assert lines[1].split()[-8] == lines[2].split()[-8] == "300"
    assert main(["evaluate", str(path), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["real digits"]["n"] == 300
    assert figures[str(path)]["classifier_score"] > 8


def test_the_classifier_is_evaluated_on_the_test_digits(capsys):
    assert main(["evaluate", "classifier", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["n"] == 10_000
    assert figures["test_accuracy"] >= 0.994


def file_in_the_way(tmp_path):
    path = tmp_path / "file"
    path.touch()
    return path


@pytest.mark.parametrize(
    "arguments, message",
    [
        ("train huge", "no model 'huge'; there are: dcgan"),
        ("train tiny --out {file}/run", "{file}"),
        ("sample tiny --count 0 --out {folder}/a.npz", "whole number from 1"),
        ("sample tiny --count +5 --out {folder}/a.npz", "'+5' was given"),
        ("sample tiny --count 1_0 --out {folder}/a.npz", "'1_0' was given"),
        ("sample tiny --count many --out {folder}/a.npz", "'many' was given"),
        ("sample tiny --seed -1 --out {folder}/a.npz", "seed"),
        ("train tiny --save-every nan", "'nan' was given; needed is a number from 0"),
        ("sample tiny --out {folder}/a.gif", "needed is a file .npz or .png"),
        ("sample tiny --out {folder}/none/a.npz", "There is no folder"),
        ("sample tiny --out {folder}/a.npz", "card.json is missing"),
        ("sample classifier --out {folder}/a.npz", "no network 'generator'"),
        ("sample dcgan", "--out"),
        ("evaluate {folder}/none.npz", "There is no file"),
        ("evaluate {file}.npz", "cannot be read"),
        ("evaluate huge", "no model 'huge'"),
        ("dance", "invalid choice"),
        ("", "COMMAND"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(arguments, message, tmp_path, capsys):
    places = {"folder": tmp_path, "file": file_in_the_way(tmp_path)}
    (tmp_path / "file.npz").write_text("no archive")
    try:
        code = main(arguments.format(**places).split())
    except SystemExit as stop:
        code = stop.code
    printed = capsys.readouterr()
    assert code == 2
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    assert message.format(**places) in printed.err
    assert not list(tmp_path.glob("*.part*"))


def test_images_of_another_kind_are_refused(tmp_path, capsys):
    path = tmp_path / "wrong.npz"
    for images in (np.zeros((20, 28, 28)), np.zeros((20, 8, 8), np.uint8)):
        np.savez(path, images=images)
        assert main(["evaluate", str(path)]) == 2
        assert "uint8 `images` (n, 28, 28)" in capsys.readouterr().err
    np.savez(path, images=np.array([{}]))  # a pickle, which is never loaded
    assert main(["evaluate", str(path)]) == 2
    assert "allow_pickle=False" in capsys.readouterr().err


def test_a_run_keeps_its_name_and_seed(tmp_path, capsys):
    train(tmp_path, 4)
    assert train(tmp_path, 4, seed=4) == 2
    assert "holds a training of tiny with seed 3" in capsys.readouterr().err
    assert train(tmp_path, 2) == 2
    assert "holds a training of 4 steps" in capsys.readouterr().err


def test_a_folder_of_something_else_is_left_alone(tmp_path, capsys):
    kept = tmp_path / "log" / "events.mine"
    kept.parent.mkdir()
    kept.touch()
    assert train(tmp_path, 2) == 2
    assert "holds something else" in capsys.readouterr().err
    assert kept.exists()
    (kept.parent.parent / "run.json").write_text("{")
    assert train(tmp_path, 2) == 2
    assert "run.json is damaged" in capsys.readouterr().err


def test_an_interrupt_is_told_in_a_line(tmp_path, capsys, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt("Training was interrupted after step 4.")

    monkeypatch.setattr(runs, "fit_until", interrupted)
    assert train(tmp_path, 4) == 130
    assert capsys.readouterr().err.strip() == (
        "Training was interrupted after step 4. The same command goes on from there."
    )


def test_a_model_is_evaluated_beside_real_digits(tmp_path, capsys, monkeypatch):
    few = dataclasses.replace(recipes.find("dcgan"), samples=40)
    monkeypatch.setitem(recipes.RECIPES, "dcgan", few)
    assert main(["evaluate", "dcgan", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert [row["n"] for row in figures.values()] == [40, 40]
    assert set(figures) == {"dcgan", "real digits"}


def test_stacked_digits_are_evaluated_beside_real_ones(tmp_path, capsys):
    (x_train, _), _ = data.load_mnist()
    path = tmp_path / "stacked.npz"
    np.savez(path, images=data.stack_digits(x_train[:200], seed=1))
    assert main(["evaluate", str(path), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert [row["n"] for row in figures.values()] == [200, 200]
    assert all(100 < row["modes_covered"] < 200 for row in figures.values())


def test_the_stacked_gan_trains_on_stacked_digits_and_its_modes_are_logged(
    tmp_path, monkeypatch
):
    brief = dataclasses.replace(recipes.find("stacked"), judge_every=2, interval=2)
    monkeypatch.setitem(recipes.RECIPES, "stacked", brief)
    folder = str(tmp_path)
    assert main(["train", "stacked", "--steps", "2", "--out", folder]) == 0
    metrics = json.loads((tmp_path / "model" / "card.json").read_text())["metrics"]
    assert set(metrics) == {"n", "modes_covered", "kl"}
    log = callbacks.read_scalars(tmp_path / "log" / "judge")
    steps, modes = log["modes_covered"]
    assert steps.tolist() == [2]
    assert 1 <= modes[0] <= 1000
    (digits, _), _ = data.load_mnist()
    expected = data.batches(data.stack_digits(digits, seed=5), 64, seed=5)
    for ours, theirs in zip(brief.batches(5, 0).take(1), expected):
        np.testing.assert_array_equal(ours, theirs)


def run(*arguments):
    command = [sys.executable, "-m", "gan_utils", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ)


def test_help_comes_without_tensorflow_and_names_the_models():
    found = run("--help")
    assert found.returncode == 0
    assert all(word in found.stdout for word in ("train", "sample", "evaluate"))
    code = (
        "import sys, gan_utils.__main__ as m\n"
        "try: m.main(['train', '--help'])\n"
        "except SystemExit: print('tensorflow' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "classifier" in found.stdout
    assert found.stdout.splitlines()[-1] == "False"


def test_a_judge_measures_samples_while_training(tmp_path, monkeypatch):
    judged = dataclasses.replace(recipes.find("tiny"), judge_every=4)
    monkeypatch.setitem(recipes.RECIPES, "tiny", judged)
    shapes = []

    def judge(images):
        shapes.append(images.shape)
        return {"frechet_distance": float(len(shapes)), "n": len(images)}

    monkeypatch.setattr(pretrained, "load_judge", lambda: judge)
    for steps in (5, 8):
        runs.train("tiny", tmp_path, steps=steps)
    assert shapes == [(2000, 28, 28)] * 2
    steps, values = callbacks.read_scalars(tmp_path / "log" / "judge")[
        "frechet_distance"
    ]
    assert steps.tolist() == [4, 8]
    assert values.tolist() == [1, 2]
    steps, _ = callbacks.read_scalars(tmp_path / "log")["generator_loss"]
    assert steps.tolist() == [2, 4, 5, 6, 8]
