"""Saved models load again; whatever is wrong with their files is named."""

import dataclasses
import json
import shutil

from gan_utils import colour, data, latent, models, plotting, pretrained, recipes
from tests.test_training import make_gan

import keras
import numpy as np
import pytest

NETWORKS = ("generator", "discriminator")
CARD = {"name": "tiny", "steps": 3}


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    """A recipe small enough to be built for each test, and to be rounded as a whole."""
    recipe = recipes.Recipe("tiny", make_gan, None, 3, NETWORKS)
    monkeypatch.setitem(recipes.RECIPES, "tiny", recipe)
    monkeypatch.setattr(pretrained, "SMALL", 0)


@pytest.fixture
def folder(tmp_path):
    pretrained.save_pretrained(tmp_path / "tiny", make_gan(seed=7).networks, CARD)
    return tmp_path / "tiny"


def load(folder, network=None):
    return pretrained.load_pretrained("tiny", network, folder)


def test_both_networks_come_back(folder):
    saved = make_gan(seed=7).networks
    for name, network in saved.items():
        loaded = load(folder, name)
        for a, b in zip(network.weights, loaded.weights, strict=True):
            np.testing.assert_array_equal(a, b)
    assert load(folder).name == "generator"
    assert pretrained.load_card("tiny", folder)["steps"] == 3


def test_weights_are_saved_without_an_optimizer(folder):
    parameters = make_gan().networks["generator"].count_params()
    assert (folder / "generator.weights.h5").stat().st_size < 4 * parameters + 50_000


def test_a_model_replaces_the_one_before(folder):
    other = make_gan(seed=8).networks
    pretrained.save_pretrained(folder, other, CARD)
    np.testing.assert_array_equal(
        load(folder).weights[0], other["generator"].weights[0]
    )
    assert sorted(path.name for path in folder.parent.iterdir()) == ["tiny"]


def test_nothing_is_replaced_when_saving_fails(folder, monkeypatch):
    def full(*arguments):
        raise OSError("No space left on device")

    before = load(folder).weights[0].numpy()
    networks = make_gan(seed=8).networks
    monkeypatch.setattr(networks["discriminator"], "save_weights", full)
    with pytest.raises(OSError, match="No space"):
        pretrained.save_pretrained(folder, networks, CARD)
    np.testing.assert_array_equal(load(folder).weights[0], before)


def test_a_save_that_was_broken_off_leaves_no_trace_in_the_next(folder):
    (folder.parent / "tiny.part").mkdir()
    (folder.parent / "tiny.part" / "rest").touch()
    pretrained.save_pretrained(folder, make_gan(seed=8).networks, CARD)
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"]
    assert not (folder / "rest").exists()


def test_a_model_of_another_folder_is_made_again_by_training(folder):
    (folder / "card.json").unlink()
    with pytest.raises(FileNotFoundError, match="gan_utils train tiny$"):
        load(folder)


def test_a_shipped_model_is_restored_or_made_again(monkeypatch, tmp_path):
    monkeypatch.setattr(pretrained.paths, "PRETRAINED", tmp_path)
    with pytest.raises(FileNotFoundError, match="make pretrained ONLY=tiny"):
        pretrained.load_pretrained("tiny")


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


def test_weights_of_another_network_are_named(folder, tmp_path):
    other = {"generator": models.build_generator(8, channels=8)}
    pretrained.save_pretrained(tmp_path / "other", other, CARD)
    with pytest.raises(ValueError, match="weights of another network"):
        load(tmp_path / "other")


@pytest.mark.parametrize("text", ["{", "[]", "{}"])
def test_a_card_that_is_none_is_named(folder, text):
    (folder / "card.json").write_text(text)
    with pytest.raises(ValueError, match="is not a model's card"):
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
        pretrained.load_pretrained("huge")
    with pytest.raises(ValueError, match="it has: generator, discriminator"):
        load(folder, "critic")


def test_samples_are_the_same_for_the_same_seed(folder):
    generator = load(folder)
    first = pretrained.draw(generator, 7, seed=1)
    assert first.dtype == np.uint8
    assert first.shape == (7, 28, 28)
    np.testing.assert_array_equal(first, pretrained.draw(generator, 7, seed=1))
    assert not np.array_equal(first, pretrained.draw(generator, 7, seed=2))


@pytest.fixture
def how(monkeypatch):
    """Gives the recipe a prior and a range of its own."""
    how = {"sample_latents": latent.sample_uniform, "pixel_range": (-0.5, 0.5)}
    recipe = dataclasses.replace(recipes.find("tiny"), **how)
    monkeypatch.setitem(recipes.RECIPES, "tiny", recipe)
    return how


def test_a_model_is_drawn_from_its_own_prior_in_its_own_range(folder, how):
    found = pretrained.draw_pretrained("tiny", 7, seed=1, folder=folder)
    generator = load(folder)
    np.testing.assert_array_equal(found, pretrained.draw(generator, 7, 1, **how))
    points = latent.sample_uniform(7, generator.input_shape[-1], seed=1)
    images = models.make_sampler(generator)(points)
    np.testing.assert_array_equal(found, plotting.to_uint8(images, (-0.5, 0.5)))


def test_a_model_is_measured_on_its_own_prior_in_its_own_range(how, monkeypatch):
    monkeypatch.setattr(pretrained, "load_judge", lambda: lambda images: images)
    networks = make_gan(seed=7).networks
    judged = pretrained.measure("tiny", networks, count=7)
    expected = pretrained.draw(networks["generator"], 7, 0, **how)
    np.testing.assert_array_equal(judged, expected)


def rounded_networks():
    networks = make_gan(seed=7).networks
    recipe = recipes.Recipe("", None, one_batch, 3, NETWORKS, precision="float16")
    return networks, pretrained.round_networks(networks, recipe)


def one_batch(seed, first_step):
    yield np.random.default_rng(seed).uniform(-1, 1, (4, 28, 28, 1))


def test_rounded_weights_are_those_of_the_shorter_type_and_change_little():
    before, (networks, changes) = make_gan(seed=7).networks, rounded_networks()
    assert changes.keys() == networks.keys()
    for name, network in networks.items():
        assert 0 < changes[name] < 1e-2
        for a, b in zip(before[name].weights, network.weights, strict=True):
            assert b.dtype == "float32"
            shorter = a.numpy().astype("float16")
            np.testing.assert_array_equal(b, shorter.astype("float32"))


def test_small_arrays_are_not_rounded(tmp_path, monkeypatch):
    before = make_gan(seed=7).generator
    sizes = sorted({weight.numpy().size for weight in before.weights})
    monkeypatch.setattr(pretrained, "SMALL", sizes[-2] + 1)
    networks, _ = rounded_networks()
    folder = tmp_path / "tiny"
    pretrained.save_pretrained(folder, networks, CARD, precision="float16")
    loaded = load(folder)
    for a, b, c in zip(before.weights, networks["generator"].weights, loaded.weights):
        assert np.array_equal(a, b) == (a.numpy().size < sizes[-1])
        np.testing.assert_array_equal(b, c)


def test_the_change_that_is_told_is_that_of_the_outputs():
    points = latent.sample_latents(9, 8, seed=0)
    generator = make_gan(seed=7).generator
    before = generator(points).numpy()
    change = pretrained.round_weights(generator, points, "float16")
    assert change == np.abs(generator(points) - before).max()


def test_float32_is_left_alone():
    networks, recipe = make_gan(seed=7).networks, recipes.find("tiny")
    generator = networks["generator"]
    before = generator.get_weights()
    points = latent.sample_latents(9, 8, seed=0)
    assert pretrained.round_weights(generator, points, "float32") == 0
    assert pretrained.round_networks(networks, recipe) == {}
    for a, b in zip(before, generator.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_weight_too_large_for_the_type_is_named_and_nothing_is_rounded():
    generator = make_gan(seed=7).generator
    generator.weights[-1].assign([70_000.0])
    before = generator.get_weights()
    with pytest.raises(ValueError, match=r"bias holds 7e\+04, too much for float16"):
        pretrained.round_weights(generator, np.zeros((1, 8)), "float16")
    for a, b in zip(before, generator.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_rounded_weights_come_back_exactly(tmp_path):
    networks, _ = rounded_networks()
    folder = tmp_path / "tiny"
    pretrained.save_pretrained(folder, networks, CARD, precision="float16")
    for name, network in networks.items():
        loaded = load(folder, name)
        for a, b in zip(network.weights, loaded.weights, strict=True):
            assert b.dtype == "float32"
            np.testing.assert_array_equal(a, b)


def test_float16_takes_half_the_room(tmp_path):
    network = keras.Sequential([keras.Input((500,)), keras.layers.Dense(500)])
    bytes_of = {}
    for precision in ("float32", "float16"):
        folder = tmp_path / precision
        networks = {"generator": network}
        pretrained.save_pretrained(folder, networks, CARD, precision=precision)
        bytes_of[precision] = (folder / "generator.weights.h5").stat().st_size
        assert len(list(folder.iterdir())) == 2  # the card, and nothing left over
    assert bytes_of["float16"] == pytest.approx(bytes_of["float32"] / 2, rel=0.05)


def test_coloured_digits_are_judged_by_their_strokes():
    (x_train, _), _ = data.load_mnist()
    images = colour.colour_digits(x_train[:500], colour.load_photograph(), seed=0)
    judge = pretrained.load_judge()
    judged = judge(images)
    assert judged == judge(colour.find_strokes(images))
    assert judged["classifier_score"] > 9


def test_of_stacked_digits_the_numbers_are_counted():
    (_, _), (x_test, y_test) = data.load_mnist()
    stacked = data.stack_digits(x_test[:300], seed=0)
    numbers = data.stack_digits(y_test[:300, None, None], seed=0)[:, 0, 0]
    found = pretrained.load_judge()(stacked)
    assert found["n"] == 300
    read_right = len(np.unique(numbers, axis=0))
    assert found["modes_covered"] == pytest.approx(read_right, abs=3)
    assert found["kl"] > 0
