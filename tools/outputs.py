"""Compares what the shipped networks put out with what they put out before.

python -m tools.outputs save FILE.npz
python -m tools.outputs compare FILE.npz

Save before a change of the networks' code, and compare after it. Each network gets
the same 64 inputs: latent points of its prior, or the first test digits.
"""

import argparse
import sys
from pathlib import Path

from gan_utils import data, models, paths, recipes, store

import numpy as np

COUNT = 64
LIMIT = 1e-5


def inputs_of(recipe, network, name):
    """Returns 64 latent points for a generator, and 64 images for what reads some."""
    if name == "generator":
        return recipe.sample_latents(COUNT, models.latent_dim(network), seed=0)
    _, (digits, _) = data.load_mnist()
    images = digits[:COUNT]
    if recipe.change:
        images = recipe.change(images, seed=0)
    return data.scale_pixels(images, recipe.pixel_range)


def draw_all():
    """Returns the outputs of every shipped network, under `model/network`."""
    found = {}
    for card in sorted(paths.PRETRAINED.glob("*/card.json")):
        model = card.parent.name
        recipe = recipes.find(model)
        for name in recipe.ships:
            network = store.load_pretrained(model, name)
            outputs = network(inputs_of(recipe, network, name), training=False)
            found[f"{model}/{name}"] = np.asarray(outputs)
    return found


def difference(before, after):
    """Returns the largest difference of two arrays.

    It is infinite when one of them is None or they have different shapes.
    """
    if before is None or after is None or before.shape != after.shape:
        return np.inf
    return np.abs(after - before).max()


def compare(before, after):
    """Prints how the outputs of each network differ.

    Args:
        before: a dict from names to arrays.
        after: another one.

    Returns:
        The names of those that differ by more than `LIMIT`.
    """
    changed = []
    for name in sorted({*before, *after}):
        apart = difference(before.get(name), after.get(name))
        print(f"{name}: {'equal' if apart == 0 else f'{apart:.2g}'}", flush=True)
        if not apart <= LIMIT:  # asked so, NaN is a change
            changed.append(name)
    return changed


def main():
    parser = argparse.ArgumentParser(prog="python -m tools.outputs")
    parser.add_argument("command", choices=("save", "compare"))
    parser.add_argument("file", type=Path)
    options = parser.parse_args()
    found = draw_all()
    if options.command == "save":
        np.savez_compressed(options.file, **found)
        return
    with np.load(options.file) as archive:
        changed = compare(dict(archive), found)
    sys.exit(f"changed: {', '.join(changed)}" if changed else 0)


if __name__ == "__main__":
    main()
