"""A small training that the attack starts, and what it leaves in its folder.

It is a recipe of its own, "attack", on images made up here: a training of 200 steps
takes a second or two, and nothing is measured of it, since it ships D first. Importing
this module takes TensorFlow's five seconds; `children` does so once, and then forks.
"""

import functools
import json
import math
import re
import sys

from gan_utils import (
    __main__,
    callbacks,
    data,
    judge,  # noqa: F401
    models,
    recipes,
    runs,  # noqa: F401
    settings,
)
from gan_utils.models import classics

import keras
import numpy as np
import tensorflow as tf

NAME = "attack"
IMAGES = np.random.default_rng(0).integers(0, 256, (256, 28, 28), np.uint8)


def _batches(recipe, seed, first_step):
    return data.batches(IMAGES, recipe.batch_size, seed, first_step)


def _dense(build, sizes, **options):
    return functools.partial(build, sizes=sizes, **options)


recipes.RECIPES[NAME] = recipes.Recipe(
    about="Dense networks, G with batch norm and D with dropout",
    networks=settings.pair(
        _dense(
            classics.build_dense_generator, (8, 16, 784), behind=(models.batch_norm,)
        ),
        _dense(
            classics.build_dense_discriminator,
            (784, 16, 1),
            behind=(functools.partial(keras.layers.Dropout, 0.3, seed=0),),
        ),
    ),
    optimizers=settings.adams(1e-3, 1e-3),
    batch_size=16,
    steps=200,
    interval=20,
    ships=("discriminator", "generator"),
    source=_batches,
)


def newest(folder):
    """Returns the newest checkpoint's step and path, `(0, None)` for none."""
    found = {
        int(re.fullmatch(r"ckpt-(\d+)", path.stem)[1]): path.with_suffix("")
        for path in (folder / "checkpoint").glob("ckpt-*.index")
    }
    return max(found.items(), default=(0, None))


def tensors(path):
    """Returns the numbers in a checkpoint by name; its texts hold how long it took."""
    reader = tf.train.load_checkpoint(str(path))
    kinds = reader.get_variable_to_dtype_map()
    names = [
        name
        for name, kind in kinds.items()
        if kind != tf.string and "save_counter" not in name
    ]
    return {name: reader.get_tensor(name).tobytes() for name in names}


def contents(folder):
    """Returns all that a training leaves and that no break may change, by name."""
    step, path = newest(folder)
    found = {"step": step} | (tensors(path) if path else {})
    for kept in ("frames/*.png", "model/*.h5", "samples.npz"):
        found |= {str(p.relative_to(folder)): p.read_bytes() for p in folder.glob(kept)}
    for name in ("run.json", "model/card.json"):
        record = json.loads((folder / name).read_text(encoding="utf-8"))
        seconds = record.pop("seconds", 0)
        if not 0 <= seconds < math.inf:
            found[f"{name}, seconds"] = seconds
        found |= {f"{name}, {key}": value for key, value in record.items()}
    for log in ("log", "model/log"):
        for name, curve in callbacks.read_scalars(folder / log).items():
            points = zip(*(part.tolist() for part in curve))
            found |= {f"{log}, {name} of step {step}": y for step, y in points}
    return found


if __name__ == "__main__":
    sys.exit(__main__.main())
