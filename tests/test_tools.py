"""The tools start, and tell what changed."""

import importlib
import pkgutil

import gan_utils.experiments
import tools
from gan_utils import data, recipes
from tools import outputs

import keras
import numpy as np
import pytest

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
