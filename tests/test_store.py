"""Saved models load again; whatever is wrong with their files is named."""

import hashlib
import json
import os
import shutil

from gan_utils import latent, models, recipes, store
from tests.devices import SMALL

import h5py
import keras
import numpy as np
import pytest

# Small enough to be built for each test, and to be rounded as a whole.
TINY = SMALL.vary(ships=("generator", "discriminator"))
CARD = {"name": "tiny", "steps": 3, "seed": 7, "seconds": 1, "metrics": {}}


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    monkeypatch.setitem(recipes.RECIPES, "tiny", TINY)
    monkeypatch.setattr(store, "SMALL", 0)


def build(seed=7):
    return TINY.build_networks(seed)


@pytest.fixture
def folder(tmp_path):
    store.save_pretrained(tmp_path / "tiny", build(), CARD)
    return tmp_path / "tiny"


def load(folder, network=None):
    return store.load_pretrained("tiny", network, folder)


def assert_same(first, second):
    for a, b in zip(first.weights, second.weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_both_networks_come_back(folder):
    for name, network in build().items():
        assert_same(network, load(folder, name))
    assert load(folder).name == "generator"
    assert store.load_card("tiny", folder)["steps"] == 3


def test_weights_are_saved_without_an_optimizer(folder):
    parameters = build()["generator"].count_params()
    assert (folder / "generator.weights.h5").stat().st_size < 4 * parameters + 50_000


def test_a_model_replaces_the_one_before(folder):
    store.save_pretrained(folder, build(seed=8), CARD)
    assert_same(load(folder), build(seed=8)["generator"])
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"]


def test_a_log_comes_along_without_its_graphs(folder, tmp_path):
    log = tmp_path / "log"
    for path in ("events.1", "judge/events.2", "graphs/generator/events.3"):
        (log / path).parent.mkdir(parents=True, exist_ok=True)
        (log / path).write_text(path)
    store.save_pretrained(folder, build(), CARD, log)
    copied = (folder / "log").rglob("events.*")
    found = {str(path.relative_to(folder / "log")): path.read_text() for path in copied}
    assert found == {path: path for path in ("events.1", "judge/events.2")}


def test_nothing_is_replaced_when_saving_fails(folder, monkeypatch):
    def full(*arguments):
        raise OSError("No space left on device")

    networks = build(seed=8)
    monkeypatch.setattr(networks["discriminator"], "save_weights", full)
    with pytest.raises(OSError, match="No space"):
        store.save_pretrained(folder, networks, CARD)
    assert_same(load(folder), build()["generator"])
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"]


def test_a_full_disk_is_met_before_hdf5_meets_it(folder):
    """HDF5 ends the process, or prints a traceback that nothing can catch."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, hard))
    try:
        with pytest.raises(OSError, match="could not be written .* stands as it was"):
            store.save_pretrained(folder, build(seed=8), CARD)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert_same(load(folder), build()["generator"])
    assert os.listdir(folder.parent) == ["tiny"]


def test_a_reader_s_own_folder_beside_is_left_alone(folder):
    (folder.parent / "tiny.part").mkdir()
    (folder.parent / "tiny.part" / "mine").touch()
    store.save_pretrained(folder, build(seed=8), CARD)
    assert (folder.parent / "tiny.part" / "mine").exists()
    assert sorted(os.listdir(folder.parent)) == ["tiny", "tiny.part"]


def test_a_card_that_could_not_be_loaded_is_not_saved(folder):
    with pytest.raises(ValueError, match="The card is damaged: .* lacks seed"):
        store.save_pretrained(folder, build(seed=8), {"name": "tiny"})
    with pytest.raises(ValueError, match="cannot hold this record"):
        bad = {**CARD, "metrics": {"kl": float("nan")}}
        store.save_pretrained(folder, build(seed=8), bad)
    assert_same(load(folder), build()["generator"])
    assert os.listdir(folder.parent) == ["tiny"]


def test_a_log_that_is_read_only_can_be_replaced_with_its_model(folder, tmp_path):
    log = tmp_path / "log"
    (log / "judge").mkdir(parents=True)
    (log / "judge" / "events.1").touch()
    (log / "judge" / "events.1").chmod(0o400)
    (log / "judge").chmod(0o500)
    for _ in range(2):
        store.save_pretrained(folder, build(), CARD, log)
    modes = {path.stat().st_mode & 0o200 for path in (folder / "log").rglob("*")}
    assert modes == {0o200}
    (log / "judge").chmod(0o700)


def test_a_model_that_was_not_put_in_is_named_when_it_is_missed(folder):
    beside = folder.parent / ".tiny.abcdefgh.part"
    beside.mkdir()
    folder.rename(beside / "new")
    with pytest.raises(FileNotFoundError, match="lies whole in .*abcdefgh.part/new"):
        load(folder)
    store.save_pretrained(folder, build(seed=8), CARD)
    assert os.listdir(folder.parent) == ["tiny"]


def test_a_model_is_shipped_whole_or_not_at_all(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(store.paths, "PRETRAINED", tmp_path / "pretrained")
    run = tmp_path / "run"
    store.save_pretrained(run, build(seed=8), CARD)
    store.ship("tiny", run)
    assert_same(store.load_pretrained("tiny"), build(seed=8)["generator"])
    store.save_pretrained(run, build(seed=9), CARD)
    truncate(run / "discriminator.weights.h5")
    with pytest.raises(ValueError, match="is truncated"):
        store.ship("tiny", run)
    assert_same(store.load_pretrained("tiny"), build(seed=8)["generator"])
    assert os.listdir(tmp_path / "pretrained") == ["tiny"]


def test_a_model_of_another_folder_is_made_again_by_training(folder):
    (folder / "card.json").unlink()
    with pytest.raises(FileNotFoundError, match="gan_utils train tiny$"):
        load(folder)


def test_a_shipped_model_is_restored_or_made_again(monkeypatch, tmp_path):
    monkeypatch.setattr(store.paths, "PRETRAINED", tmp_path)
    with pytest.raises(FileNotFoundError, match="make pretrained ONLY=tiny"):
        store.load_pretrained("tiny")


@pytest.fixture
def second(monkeypatch, tmp_path):
    """Saves a small classifier where the second judge lies, and lets it be changed."""
    recipe = TINY.vary(
        networks={"classifier": TINY.networks["discriminator"]},
        ships=("classifier",),
        steps=3,
    )
    monkeypatch.setitem(recipes.RECIPES, "classifier", recipe)
    monkeypatch.setenv("GAN_RUNS", str(tmp_path / "runs"))

    def save(seed=1, steps=3):
        networks = recipe.build_networks(seed)
        card = {**CARD, "name": "classifier", "seed": seed, "steps": steps}
        folder = tmp_path / "runs" / "second_judge"
        folder.mkdir(parents=True, exist_ok=True)
        store.save_pretrained(folder / "model", networks, card)
        return folder, networks["classifier"]

    return save


def second_command(folder):
    return f"python -m gan_utils train classifier --seed 1 --out {folder}"


def test_the_second_judge_is_the_one_that_this_machine_trained(second):
    _, network = second()
    assert_same(store.load_second_classifier(), network)


def test_a_second_judge_that_is_missing_is_made_by_a_command(second, tmp_path):
    command = second_command(tmp_path / "runs" / "second_judge")
    with pytest.raises(FileNotFoundError, match=f"no second judge .*: {command}$"):
        store.load_second_classifier()


@pytest.mark.parametrize("other", [{"seed": 0}, {"steps": 2}])
def test_the_first_judge_or_half_a_training_is_no_second_judge(second, other):
    folder, _ = second(**other)
    with pytest.raises(ValueError, match="seed 1 and 3 steps. Move") as error:
        store.load_second_classifier()
    assert str(error.value).endswith(second_command(folder))


def test_a_damaged_second_judge_is_made_by_its_own_command(second):
    folder, _ = second()
    truncate(folder / "model" / "classifier.weights.h5")
    with pytest.raises(ValueError, match="is truncated") as error:
        store.load_second_classifier()
    assert str(error.value).endswith(second_command(folder))


def truncate(path):
    path.write_bytes(path.read_bytes()[:-1000])


def alter(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def point(path):
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\n")


@pytest.mark.parametrize(
    "damage, message",
    [
        (lambda path: path.unlink(), "is missing"),
        (truncate, "is truncated"),
        (alter, "is altered"),
        (point, "pointer of Git LFS"),
    ],
)
def test_a_damaged_file_is_named_with_the_way_back(folder, damage, message):
    damage(folder / "generator.weights.h5")
    with pytest.raises((OSError, ValueError), match=message) as error:
        load(folder)
    assert "generator.weights.h5" in str(error.value)
    assert "python -m gan_utils train tiny" in str(error.value)
    load(folder, "discriminator")


def sign(folder):
    """Writes the digest of the weights that lie in a folder on its card."""
    card = json.loads((folder / "card.json").read_text())
    for name, told in card["files"].items():
        content = (folder / name).read_bytes()
        told |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (folder / "card.json").write_text(json.dumps(card))


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
def test_weights_that_draw_nonsense_are_named(folder, value):
    with h5py.File(folder / "generator.weights.h5", "r+") as file:
        arrays = []
        file.visititems(
            lambda name, item: arrays.append(item) if hasattr(item, "shape") else None
        )
        arrays[0][...] = value
    sign(folder)
    with pytest.raises(ValueError, match="NaN, infinite or too large"):
        store.load_pretrained("tiny", folder=folder)


@pytest.mark.parametrize("start, end", [(0, None), (600, 1200), (1500, 2500)])
def test_what_is_no_file_of_weights_is_named(folder, start, end):
    path = folder / "generator.weights.h5"
    content = bytearray(path.read_bytes())
    content[start:end] = bytes(len(content[start:end]))
    path.write_bytes(content)
    sign(folder)
    with pytest.raises(ValueError, match="of another network, or none"):
        store.load_pretrained("tiny", folder=folder)


@pytest.mark.parametrize(
    "name", [".notes", "best.weights.h5", "log/notes.txt", "log/x/run.json"]
)
def test_a_reader_s_own_files_in_a_model_s_folder_are_not_deleted(folder, name):
    theirs = folder / name
    theirs.parent.mkdir(parents=True, exist_ok=True)
    theirs.write_text("mine")
    with pytest.raises(ValueError, match=f"since {name} in it would be lost"):
        store.save_pretrained(folder, build(), CARD)
    assert theirs.read_text() == "mine"


def test_weights_of_another_network_are_named(folder):
    other = {"generator": models.build_generator(8, channels=8)}
    store.save_pretrained(folder, other, CARD)
    with pytest.raises(ValueError, match="weights of another network"):
        load(folder)


@pytest.mark.parametrize(
    "text, message",
    [
        ("{", "no record in JSON"),
        ("[]", "needed is type object"),
        ("{}", "lacks name, seed"),
        (json.dumps({**CARD, "files": 3}), "files is 3; needed is type object"),
        (json.dumps({**CARD, "files": {"g": []}}), r"files.g is \[\]"),
        (json.dumps({**CARD, "name": ["tiny"], "files": {}}), "name is"),
        (json.dumps({**CARD, "steps": "3", "files": {}}), "steps is '3'"),
        (json.dumps({**CARD, "files": {}}), "generator.weights.h5 is not on its card"),
    ],
)
def test_a_card_that_is_none_is_named_with_the_way_back(folder, text, message):
    (folder / "card.json").write_text(text)
    with pytest.raises(ValueError, match=f"{message}.*gan_utils train tiny$"):
        load(folder)


def test_a_pipe_or_folder_in_place_of_a_file_is_not_waited_for(folder):
    weights = folder / "generator.weights.h5"
    weights.unlink()
    os.mkfifo(weights)
    with pytest.raises(FileNotFoundError, match="generator.weights.h5 is missing"):
        load(folder)


def test_a_foreign_or_missing_card_is_named(folder):
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps({**card, "name": "dcgan"}))
    with pytest.raises(ValueError, match="is the card of 'dcgan'"):
        load(folder)
    shutil.rmtree(folder)
    with pytest.raises(FileNotFoundError, match="card.json is missing"):
        load(folder)


def test_unknown_names_are_answered_with_those_there_are(folder):
    with pytest.raises(ValueError, match="no model 'huge'; there are: dcgan"):
        store.load_pretrained("huge")
    with pytest.raises(ValueError, match="it has: generator, discriminator"):
        load(folder, "critic")


def rounded_networks():
    networks = build()
    return networks, store.round_networks(networks, TINY.vary(precision="float16"))


def test_rounded_weights_are_those_of_the_shorter_type_and_change_little():
    before, (networks, changes) = build(), rounded_networks()
    assert changes.keys() == networks.keys()
    for name, network in networks.items():
        assert 0 < changes[name] < 1e-2
        for a, b in zip(before[name].weights, network.weights, strict=True):
            assert b.dtype == "float32"
            shorter = a.numpy().astype("float16")
            np.testing.assert_array_equal(b, shorter.astype("float32"))


def test_small_arrays_are_not_rounded(tmp_path, monkeypatch):
    before = build()["generator"]
    sizes = sorted({weight.numpy().size for weight in before.weights})
    monkeypatch.setattr(store, "SMALL", sizes[-2] + 1)
    networks, _ = rounded_networks()
    folder = tmp_path / "tiny"
    store.save_pretrained(folder, networks, CARD, precision="float16")
    loaded = load(folder)
    for a, b, c in zip(before.weights, networks["generator"].weights, loaded.weights):
        assert np.array_equal(a, b) == (a.numpy().size < sizes[-1])
        np.testing.assert_array_equal(b, c)


def test_the_change_that_is_told_is_that_of_the_outputs():
    points = latent.sample_latents(9, 8, seed=0)
    generator = build()["generator"]
    before = generator(points).numpy()
    change = store.round_weights(generator, points, "float16")
    assert change == np.abs(generator(points) - before).max()


def test_float32_is_left_alone():
    networks = build()
    points = latent.sample_latents(9, 8, seed=0)
    assert store.round_weights(networks["generator"], points, "float32") == 0
    assert store.round_networks(networks, TINY) == {}
    for name, network in build().items():
        assert_same(network, networks[name])


def test_a_weight_too_large_for_the_type_is_named_and_nothing_is_rounded():
    generator = build()["generator"]
    weight = generator.weights[-1]
    weight.assign(np.full(weight.shape, 70_000.0))
    before = generator.get_weights()
    with pytest.raises(ValueError, match=r"bias holds 7e\+04, too much for float16"):
        store.round_weights(generator, np.zeros((1, 8)), "float16")
    for a, b in zip(before, generator.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_rounded_weights_come_back_exactly(tmp_path):
    networks, _ = rounded_networks()
    folder = tmp_path / "tiny"
    store.save_pretrained(folder, networks, CARD, precision="float16")
    for name, network in networks.items():
        loaded = load(folder, name)
        assert_same(network, loaded)
        assert {weight.dtype for weight in loaded.weights} == {"float32"}


def test_float16_takes_half_the_room(tmp_path):
    network = keras.Sequential([keras.Input((500,)), keras.layers.Dense(500)])
    bytes_of = {}
    for precision in ("float32", "float16"):
        folder = tmp_path / precision
        networks = {"generator": network}
        store.save_pretrained(folder, networks, CARD, precision=precision)
        bytes_of[precision] = (folder / "generator.weights.h5").stat().st_size
        assert len(list(folder.iterdir())) == 2  # the card, and nothing left over
    assert bytes_of["float16"] == pytest.approx(bytes_of["float32"] / 2, rel=0.05)


def test_the_machine_is_named_with_the_cores_and_settings_it_had(monkeypatch):
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {5}, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    found = store.machine()
    assert found["cores"] == 1 and not {"threads", "onednn"} & set(found)
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "3")
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    more = store.machine()
    assert (more["cores"], more["threads"], more["onednn"]) == (64, "3", "0")
    threading = store.tf.config.threading
    monkeypatch.setattr(threading, "get_intra_op_parallelism_threads", lambda: 2)
    assert store.machine()["threads"] == "2"
