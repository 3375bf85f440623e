"""The command line: what it makes, and one line for what is wrong."""

import contextlib
import functools
import io
import json
import os
import signal
import subprocess
import sys
import zipfile

from gan_utils import (
    callbacks,
    checkpoints,
    colour,
    data,
    judge,
    latent,
    models,
    recipes,
    runs,
    steps,
    store,
)
from gan_utils.__main__ import main
from gan_utils.gan import normal_with_kinds
from gan_utils.paths import run_folder
from gan_utils.settings import pair
from tests.devices import SMALL

import keras
import numpy as np
import psutil
import pytest
from PIL import Image

NETWORKS = ("generator", "discriminator")
TINY = SMALL.vary(
    about="A tiny GAN", departs="but small", iterations=1000, ships=NETWORKS, samples=50
)


@pytest.fixture(scope="module", autouse=True)
def tiny():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(recipes.RECIPES, "tiny", TINY)
        yield


def train(folder, steps, *options, name="tiny"):
    # Keras counts its layers through a process. From dense_99 to dense_100 their names
    # come in another order, and a training ends in other last bits. A command has a
    # process of its own.
    keras.utils.clear_session()
    return main(
        ["train", name, "--out", str(folder), "--steps", str(steps), "--seed", "3"]
        + [str(option) for option in options]
    )


@pytest.fixture(scope="module")
def trained(tiny, tmp_path_factory):
    """A folder that one test after the other looks at, trained twice: to 3 and to 7."""
    folder = tmp_path_factory.mktemp("trained") / "run"
    assert train(folder, 3) == 0
    assert train(folder, 7) == 0
    return folder


def sample(folder, out, *options):
    return main(
        ["sample", "tiny", "--model", str(folder / "model"), "--out", str(out)]
        + [str(option) for option in options]
    )


def test_train_leaves_a_model_with_its_card(trained, capsys):
    assert train(trained, 7) == 0
    assert f"card are in {trained / 'model'}." in capsys.readouterr().out
    card = store.load_card("tiny", trained / "model")
    about = "The GAN of: A tiny GAN, but small. 7 of its 1,000 iterations"
    assert card["about"] == about
    assert card["command"] == "python -m gan_utils train tiny --steps 7 --seed 3"
    assert (card["seed"], card["steps"], card["devices"]) == (3, 7, 1)
    assert card["seconds"] == round(runs.train("tiny", trained, 3, 7)[1])
    assert card["metrics"]["n"] == 50
    assert card["stopping"] == "after 7 steps, as the command asked"
    assert card["samples_seed"] == 0
    assert card["ceilings"] == "data/meters.json"
    assert card["rounding"] == {}
    assert set(card["files"]) == {f"{name}.weights.h5" for name in NETWORKS}
    assert str(trained) not in json.dumps(card)
    log = trained / "model" / "log"
    assert callbacks.read_scalars(log)["generator_loss"][0].tolist() == [2, 3, 4, 6, 7]
    assert (trained / "log" / "graphs").exists()
    assert not (log / "graphs").exists()


def test_what_is_shipped_is_the_average_as_it_was_measured(trained):
    model, _ = runs.train("tiny", trained, seed=3, steps=7)
    for name, network in model.networks.items():
        shipped = store.load_pretrained("tiny", name, trained / "model")
        assert card_parameters(trained)[name] == shipped.count_params()
        for a, b in zip(network.weights, shipped.weights, strict=True):
            np.testing.assert_array_equal(a, b)
    measured = store.load_card("tiny", trained / "model")["metrics"]
    generator = store.load_pretrained("tiny", folder=trained / "model")
    assert judge.measure("tiny", {"generator": generator}) == measured


def card_parameters(folder):
    return store.load_card("tiny", folder / "model")["parameters"]


def test_rounded_weights_are_what_is_measured_and_shipped(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "SMALL", 0)
    monkeypatch.setitem(recipes.RECIPES, "tiny", TINY.vary(precision="float16"))
    measured = []
    monkeypatch.setattr(
        judge, "measure", lambda _, networks, **more: measured.append(networks) or {}
    )
    assert train(tmp_path, 2) == 0
    assert set(store.load_card("tiny", tmp_path / "model")["rounding"]) == set(NETWORKS)
    for name, network in measured[0].items():
        shipped = store.load_pretrained("tiny", name, tmp_path / "model")
        for a, b in zip(network.weights, shipped.weights, strict=True):
            np.testing.assert_array_equal(a, b)
            np.testing.assert_array_equal(a, a.numpy().astype("float16"))


def test_a_second_judge_measures_the_same_samples(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(
        judge,
        "load_second_judge",
        lambda: lambda images, asked: seen.append(images) or {"n": 1},
    )
    monkeypatch.setitem(recipes.RECIPES, "tiny", TINY.vary(steps=2))
    assert train(tmp_path, 2) == 0
    card = store.load_card("tiny", tmp_path / "model")
    assert card["second_judge"] == {"n": 1}
    assert card["metrics"]["n"] == 50
    assert card["stopping"] == "after 2 steps, the number in its recipe"
    generator = store.load_pretrained("tiny", folder=tmp_path / "model")
    drawn = judge.draw(generator, 50, card["samples_seed"], **TINY.drawing)
    np.testing.assert_array_equal(seen[0], drawn)


def test_without_a_second_judge_a_line_says_how_to_get_one(trained, capsys):
    assert train(trained, 7) == 0
    (line,) = [
        line
        for line in capsys.readouterr().out.splitlines()
        if "Only one judge" in line
    ]
    folder = run_folder("second_judge")
    command = f"python -m gan_utils train classifier --seed 1 --out {folder}"
    assert line.endswith(f"Train it with: {command}")
    assert "second_judge" not in store.load_card("tiny", trained / "model")


def test_a_second_judge_that_is_damaged_is_no_missing_one(
    tmp_path, capsys, monkeypatch
):
    def damaged():
        raise ValueError("It is truncated.")

    monkeypatch.setattr(judge, "load_second_judge", damaged)
    assert train(tmp_path, 2) == 2
    assert capsys.readouterr().err.strip() == "gan_utils: It is truncated."


def test_several_devices_are_handed_on_and_stand_on_the_card(tmp_path, monkeypatch):
    asked = []

    def on_one_device(*given):
        asked.append(given)
        return TINY.build(0), 1.0

    monkeypatch.setattr(runs, "train", on_one_device)
    monkeypatch.setattr(judge, "measure", lambda *given, **more: {})
    (tmp_path / "log").mkdir()
    assert train(tmp_path, 7, "--devices", 2, "--save-every", 0.5) == 0
    assert asked == [("tiny", tmp_path, 3, 7, 0.5, 2)]
    card = store.load_card("tiny", tmp_path / "model")
    assert card["devices"] == 2
    assert card["command"].endswith("--seed 3 --devices 2")


def test_samples_are_pixels_and_the_same_bytes_again(trained, tmp_path):
    first, again, other = (tmp_path / f"{name}.npz" for name in "abc")
    assert sample(trained, first, "--count", 12, "--seed", 5) == 0
    assert sample(trained, again, "--count", 12, "--seed", 5) == 0
    assert sample(trained, other, "--count", 12, "--seed", 6) == 0
    assert first.read_bytes() == again.read_bytes() != other.read_bytes()
    images = np.load(first)["images"]
    assert images.dtype == np.uint8
    assert images.shape == (12, 28, 28)
    assert sample(trained, tmp_path / "grid.png", "--count", 9) == 0
    with Image.open(tmp_path / "grid.png") as grid:
        assert grid.size == (88, 88)


def test_evaluate_prints_a_table_or_json(tmp_path, capsys):
    (x_train, _), _ = data.load_mnist()
    path = tmp_path / "some.npz"
    np.savez(path, images=x_train[5000:5300])
    assert main(["evaluate", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "Fréchet" in lines[0]
    assert [line.split().count("300") for line in lines[1:]] == [1, 1]
    assert main(["evaluate", str(path), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["real digits"]["n"] == 300
    assert figures[str(path)]["classifier_score"] > 8


def test_the_classifier_is_evaluated_by_what_it_reads(capsys, monkeypatch):
    monkeypatch.setattr(
        judge,
        "measure",
        lambda name, networks: {"n": len(networks), "test_accuracy": 0.5, "of": name},
    )
    assert main(["evaluate", "classifier", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == {"n": 1, "test_accuracy": 0.5, "of": "classifier"}
    assert main(["evaluate", "classifier"]) == 0
    assert capsys.readouterr().out == "50.00% of 1 test digits\n"


def file_in_the_way(tmp_path):
    path = tmp_path / "file"
    path.touch()
    return path


@pytest.mark.parametrize(
    "arguments, message",
    [
        ("train huge", "no model 'huge'; there are: dcgan"),
        ("train tiny --out {file}/run", "{file}"),
        ("train tiny --steps 0", "0 was given; needed is a number from 1 to 1,000,000"),
        ("train tiny --save-every nan", "nan was given; needed is a number from 0"),
        ("train tiny --devices 0", "0 was given; needed is a number from 1"),
        ("train tiny --devices two", "--devices: two was given; needed is"),
        ("train tiny --devices 3 --out {folder}/run", "divides it"),
        ("sample tiny --count 0 --out {folder}/a.npz", "0 was given; needed is"),
        ("sample tiny --count 1000001 --out {folder}/a.npz", "1000001 was given"),
        ("sample tiny --count many --out {folder}/a.npz", "--count: many was given"),
        ("sample tiny --count 1.5 --out {folder}/a.npz", "1.5 was given; needed"),
        ("sample tiny --seed -1 --out {folder}/a.npz", "seed"),
        ("sample tiny --out {folder}/a.gif", "needed is a file .npz or .png"),
        ("sample tiny --out {folder}/none/a.npz", "There is no folder"),
        ("sample tiny --out {full}.npz", "needed is a file .npz or .png"),
        ("sample tiny --out /proc/a.npz", "/proc"),
        ("sample tiny --out {folder}/a.npz", "card.json is missing"),
        ("sample classifier --out {folder}/a.npz", "no network 'generator'"),
        ("sample dcgan", "--out"),
        ("evaluate {folder}/none.npz", "There is no file"),
        ("evaluate {file}.npz", "cannot be read"),
        ("evaluate {file}.NPZ", "There is no file"),
        ("evaluate {file}.npz --model {folder}", "--model says where a model lies"),
        ("evaluate huge", "no model 'huge'"),
        ("dance", "invalid choice"),
        ("", "COMMAND"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(arguments, message, tmp_path, capsys):
    places = {"folder": tmp_path, "file": file_in_the_way(tmp_path)}
    places["full"] = tmp_path / "a_folder"
    (tmp_path / "a_folder.npz").mkdir()
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
    assert not (tmp_path / "run").exists()


def test_what_the_system_refuses_names_the_place_and_a_cure(tmp_path, capsys):
    (tmp_path / "checkpoint").touch()
    assert train(tmp_path / "checkpoint", 3) == 2
    said = (
        f"{tmp_path / 'checkpoint'}: File exists. Mend that, then run the same again."
    )
    assert said in capsys.readouterr().err


def test_a_pipe_in_place_of_a_file_is_not_waited_for(tmp_path, capsys):
    os.mkfifo(tmp_path / "digits.npz")
    assert main(["evaluate", str(tmp_path / "digits.npz")]) == 2
    assert "it is no file" in capsys.readouterr().err


def test_without_an_output_it_works_and_says_nothing(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    assert sample(trained, tmp_path / "a.npz", "--count", 2) == 0


def test_images_of_another_kind_are_refused(tmp_path, capsys):
    path = tmp_path / "wrong.npz"
    for images in (np.zeros((20, 28, 28)), np.zeros((20, 8, 8), np.uint8)):
        np.savez(path, images=images)
        assert main(["evaluate", str(path)]) == 2
        assert "uint8 `images` (n, 28, 28)" in capsys.readouterr().err
    np.savez(path, images=np.array([{}]))  # a pickle, which is never loaded
    assert main(["evaluate", str(path)]) == 2
    assert "pickled objects, which are never loaded" in capsys.readouterr().err


def test_a_foreign_folder_in_the_way_is_told_before_training(tmp_path, capsys):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "notes.txt").touch()
    assert train(tmp_path, 7) == 2
    assert "is not replaced, since it holds notes.txt" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_what_a_folder_refuses_is_told_in_a_line(trained, capsys):
    assert train(trained, 2) == 2
    told = capsys.readouterr().err
    assert "holds a training of 7 steps" in told
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (
            KeyboardInterrupt("Training was interrupted after step 4."),
            130,
            "Training was interrupted after step 4. The same command goes on from "
            "there.",
        ),
        (KeyboardInterrupt(), 130, "Interrupted."),
        (MemoryError(), 2, "gan_utils: the memory is too small; ask for less."),
        (FloatingPointError("A loss\nis nan."), 2, "gan_utils: A loss is nan."),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_stops_a_training_is_told_in_a_line(
    error, code, told, tmp_path, capsys, monkeypatch
):
    def stopped(*arguments, **options):
        raise error

    monkeypatch.setattr(runs, "fit_until", stopped)
    assert train(tmp_path, 4) == code
    assert capsys.readouterr().err.strip() == told


def test_a_model_is_evaluated_beside_real_digits(capsys, monkeypatch):
    few = recipes.find("dcgan").vary(samples=40)
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


def test_a_stacked_gan_trains_and_its_modes_are_logged_and_stand_on_the_card(
    tmp_path, monkeypatch
):
    """The row, but for narrow networks and few samples."""
    recipe = recipes.find("stacked")
    narrow = {
        "generator": functools.partial(
            recipe.networks["generator"], latent_dim=8, channels=4
        ),
        "discriminator": functools.partial(
            recipe.networks["discriminator"], channels=4
        ),
    }
    brief = recipe.vary(networks=narrow, judge_every=2, interval=2, samples=50)
    monkeypatch.setitem(recipes.RECIPES, "stacked", brief)
    assert train(tmp_path, 2, name="stacked") == 0
    metrics = json.loads((tmp_path / "model" / "card.json").read_text())["metrics"]
    modes = {"modes_covered", "kl", "sure_share", "sure_modes"}
    assert set(metrics) == {"n", *modes}
    assert metrics["n"] == 50
    log = callbacks.read_scalars(tmp_path / "log" / "judge")
    steps, modes = log["modes_covered"]
    assert steps.tolist() == [2]
    assert 1 <= modes[0] <= 1000


def test_what_sample_writes_in_colour_is_evaluated(tmp_path, capsys):
    (x_train, _), _ = data.load_mnist()
    photograph = colour.load_photograph()
    path = tmp_path / "COLOUR.NPZ"
    with path.open("wb") as file:
        np.savez(file, images=colour.colour_digits(x_train[:30], photograph, seed=0))
    assert main(["evaluate", str(path), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert [row["n"] for row in figures.values()] == [30, 30]


def test_more_images_than_there_are_digits_are_compared_by_name(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(judge, "load_judge", lambda: lambda images: {"n": len(images)})
    path = tmp_path / "many.npz"
    np.savez_compressed(path, images=np.zeros((60_001, 28, 28), np.uint8))
    assert main(["evaluate", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["real digits, all 60,000 there are"] == {"n": 60_000}


def test_a_file_that_claims_more_than_the_memory_is_not_unpacked(tmp_path, capsys):
    path = tmp_path / "zeros.npz"
    count = psutil.virtual_memory().total // 784 + 1
    with zipfile.ZipFile(path, "w") as archive:
        with archive.open("images.npy", "w", force_zip64=True) as member:
            header = {"descr": "|u1", "fortran_order": False, "shape": (count, 28, 28)}
            np.lib.format.write_array_header_1_0(member, header)
        archive.getinfo("images.npy").file_size += count * 784
    assert main(["evaluate", str(path)]) == 2
    assert f"{count:,} images will need about" in capsys.readouterr().err


def test_what_nothing_measures_is_told(trained, capsys, monkeypatch):
    monkeypatch.setattr(judge, "MEASURES", {})
    assert main(["evaluate", "tiny", "--model", str(trained / "model")]) == 2
    assert "no measure for tiny: it ships a generator" in capsys.readouterr().err


@pytest.fixture
def twenty(tmp_path):
    (x_train, _), _ = data.load_mnist()
    np.savez(tmp_path / "twenty.npz", images=x_train[:20])
    return str(tmp_path / "twenty.npz")


@pytest.mark.parametrize("encoding", ["ascii", "cp932", "utf-8"])
def test_figures_come_out_in_any_encoding(encoding, twenty, monkeypatch):
    output = io.TextIOWrapper(io.BytesIO(), encoding)
    monkeypatch.setattr(sys, "stdout", output)
    assert main(["evaluate", twenty]) == 0
    lines = output.buffer.getvalue().decode(encoding).splitlines()
    assert ("Fréchet" if encoding == "utf-8" else "Fr?chet") in lines[0]
    assert len(lines) == 3
    assert output.errors == "strict"


@contextlib.contextmanager
def pipe():
    """Lets the output be a pipe; gives what closes its other end."""
    reading, writing = os.pipe()
    with (
        open(reading) as other_end,
        open(writing, "w") as output,
        contextlib.redirect_stdout(output),
    ):
        yield other_end.close


def test_figures_that_nobody_reads_are_told_in_a_line(twenty, capsys):
    with pipe() as close:
        close()
        assert main(["evaluate", twenty]) == 2
    told = capsys.readouterr().err
    assert told == (
        "gan_utils: nobody reads the output any more. Run the same again.\n"
    )


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has a full device")
def test_an_output_without_room_is_told_in_a_line(twenty, monkeypatch, capsys):
    with open("/dev/full", "w") as output:
        monkeypatch.setattr(sys, "stdout", output)
        assert main(["evaluate", twenty]) == 2
    assert "No space left" in capsys.readouterr().err


def watched_at(monkeypatch, step, happens):
    """Lets something happen in a training, at the end of the interval of a step."""
    make = runs._make_watchers

    def make_watchers(model, *given):
        def look(epoch, logs):
            if model.step == step:
                happens()

        watcher = keras.callbacks.LambdaCallback(on_epoch_end=look)
        return [*make(model, *given), watcher]

    monkeypatch.setattr(runs, "_make_watchers", make_watchers)


def test_a_training_whose_output_nobody_reads_is_saved(tmp_path, monkeypatch):
    with pipe() as close:
        watched_at(monkeypatch, 4, close)
        assert train(tmp_path / "run", 7, "--save-every", 1000) == 2
    assert checkpoints.read_origin(tmp_path / "run" / "checkpoint")["name"] == "tiny"
    monkeypatch.undo()
    monkeypatch.setitem(recipes.RECIPES, "tiny", TINY)
    assert train(tmp_path / "run", 7) == 0


@pytest.mark.parametrize("told", [True, False], ids=["signal", "fault"])
def test_a_signal_that_comes_out_as_another_error_is_a_signal(
    told, tmp_path, monkeypatch, capsys
):
    def read(*given):
        if told:
            with contextlib.suppress(KeyboardInterrupt):
                signal.raise_signal(signal.SIGTERM)
        raise TypeError("Operation not defined for data type class")

    monkeypatch.setattr(runs, "train", read)
    if told:
        assert train(tmp_path / "run", 7) == 128 + signal.SIGTERM
        assert capsys.readouterr().err == "\nInterrupted.\n"
    else:
        with pytest.raises(TypeError):
            train(tmp_path / "run", 7)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_signals_save_a_training_as_an_interrupt_does(
    name, trained, tmp_path, monkeypatch, capsys
):
    number = getattr(signal, name, None) or pytest.skip("Windows has none")

    def twice():
        signal.raise_signal(number)
        signal.raise_signal(number)

    before = signal.signal(number, signal.SIG_DFL)  # `nohup` has it ignored
    watched_at(monkeypatch, 4, twice)
    assert train(tmp_path / "run", 7, "--save-every", 1000) == 128 + number
    assert signal.signal(number, before) is signal.SIG_DFL
    told = capsys.readouterr().err
    assert "after step 4. The same command goes on from there." in told
    monkeypatch.undo()
    monkeypatch.setitem(recipes.RECIPES, "tiny", TINY)
    assert train(tmp_path / "run", 7) == 0
    folders = trained, tmp_path / "run"
    first, second = (
        store.load_pretrained("tiny", folder=folder / "model").get_weights()
        for folder in folders
    )
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


def test_what_is_ignored_stays_ignored(monkeypatch):
    """As under nohup; and Ctrl-C, where a shell let it run behind others."""

    def stopped(name):
        signal.raise_signal(signal.SIGTERM)
        raise ValueError("the signal was not heard")

    monkeypatch.setattr(recipes, "find", stopped)
    for ignored, code in ((signal.SIGTERM, 2), (signal.SIGINT, 143)):
        before = signal.signal(ignored, signal.SIG_IGN)
        try:
            assert main(["evaluate", "dcgan"]) == code
        finally:
            signal.signal(ignored, before)


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
    assert "--devices" in found.stdout
    assert found.stdout.splitlines()[-1] == "False"


def test_samples_leave_what_lies_beside_them_alone(trained, tmp_path):
    own = [tmp_path / name for name in ("x.part.png", "x.part.npz", "x.part")]
    for path in own:
        path.write_text("mine")
    for name in ("x.png", "x.NPZ", "x.PNG"):
        assert sample(trained, tmp_path / name, "--count", 2) == 0
        assert (tmp_path / name).is_file()
    assert np.load(tmp_path / "x.NPZ")["images"].shape == (2, 28, 28)
    assert all(path.read_text() == "mine" for path in own)
    assert len(list(tmp_path.iterdir())) == 6


def test_samples_that_cannot_be_written_leave_nothing(tmp_path, capsys, monkeypatch):
    def full(*arguments):
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "replace", full)
    for kind in ("npz", "png"):
        out = tmp_path / f"samples.{kind}"
        assert main(["sample", "tiny_mlp", "--count", "4", "--out", str(out)]) == 2
        assert "No space left" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


# A model that can be asked.

ASKED = TINY.vary(
    networks=pair(
        functools.partial(models.build_conditional_generator, 8, channels=4, hidden=16),
        functools.partial(models.build_plane_discriminator, channels=4, dropout=0.0),
    ),
    step=steps.conditional_step,
    prior=normal_with_kinds,
    sample_latents=latent.sample_latents,
    labelled=True,
    steps=2,
)


@pytest.fixture
def asked(tmp_path, monkeypatch):
    monkeypatch.setitem(recipes.RECIPES, "tiny", ASKED)
    assert train(tmp_path / "run", 2) == 0
    return tmp_path / "run"


def test_digits_are_drawn_as_asked_with_their_labels(asked, tmp_path, capsys):
    out = tmp_path / "a.npz"
    assert sample(asked, out, "--count", 5, "--digits", "38") == 0
    with np.load(out) as found:
        assert found["labels"].tolist() == [3, 8, 3, 8, 3]
        assert found["images"].shape == (5, 28, 28)
    assert sample(asked, out, "--count", 12) == 0
    with np.load(out) as found:
        assert found["labels"].tolist() == [*range(10), 0, 1]
    assert sample(asked, out, "--count", 2, "--digits", "7" * 11_000) == 0
    assert sample(asked, tmp_path / "a.png", "--digits", "3", "--count", 4) == 0
    capsys.readouterr()
    folder = str(asked / "model")
    assert main(["evaluate", "tiny", "--model", folder]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("Read as asked: ")
    assert all(f"{digit}: " in last for digit in range(10))
    figures = store.load_card("tiny", asked / "model")["metrics"]
    assert len(figures["asked_shares"]) == 10


@pytest.mark.parametrize("digits", ["", "a", "3 8", "3,8", "３"])
def test_what_is_no_digit_is_not_drawn(digits, tmp_path, capsys):
    out = str(tmp_path / "a.npz")
    arguments = ["sample", "dcgan", "--digits", digits, "--out", out]
    with pytest.raises(SystemExit):
        main(arguments)
    assert "needed are digits" in capsys.readouterr().err


def test_a_model_that_cannot_be_asked_says_so(tmp_path, capsys):
    out = str(tmp_path / "a.npz")
    assert main(["sample", "tiny_mlp", "--digits", "3", "--out", out]) == 2
    assert "`conditional` can" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
