"""Trained models: saved with a card, loaded when all is right."""

import hashlib
import math
import os
import platform
import re
from pathlib import Path

from gan_utils import checks, folders, models, paths, recipes, records

import h5py
import keras
import numpy as np
import tensorflow as tf

CARD = "card.json"
EVENTS = "log/*events.*"  # in folders of the log, too
POINTER = b"version https://git-lfs"
# Smaller arrays take little room, and a convolution's kernel acts at every pixel.
SMALL = 2**16
# The second judge has the classifier's recipe and another seed, and is not shipped.
SECOND, SECOND_SEED = "second_judge", 1


def round_weights(network, inputs, precision):
    """Rounds the weights to a shorter type, in place; the network stays float32.

    What is measured afterwards is measured of what will be stored. Arrays of fewer
    than `SMALL` weights are left as they are.

    Args:
        network: a built `keras.Model`.
        inputs: float `(n, ...)`, to compare outputs on.
        precision: `"float16"`, or `"float32"`, which changes nothing.

    Returns:
        The largest change of an output, a float.

    Raises:
        ValueError: a weight is too large for the type.

    Example:
        >>> generator = models.build_generator(latent_dim=64)
        >>> round_weights(generator, np.zeros((1, 64)), "float16") < 1e-2
        True
    """
    before = network(inputs, training=False)
    with np.errstate(over="ignore"):  # said below, by name
        rounded = [_shorten(np.asarray(each), precision) for each in network.weights]
    for weight, values in zip(network.weights, rounded):
        if not np.isfinite(values).all():
            raise ValueError(
                f"{weight.path} holds {np.abs(weight).max():.3g}, too much for "
                f"{precision}. Store this model as float32."
            )
    network.set_weights([values.astype("float32") for values in rounded])
    after = network(inputs, training=False)
    return float(np.abs(np.asarray(after) - np.asarray(before)).max())


def round_networks(networks, recipe):
    """Rounds what a recipe ships to the type in which it is stored.

    Args:
        networks: a dict from names to `keras.Model`; changed in place.
        recipe: a `settings.Recipe`.

    Returns:
        A dict from names to the largest change of an output, over 100 samples or
        the first batch of real images; empty when nothing is rounded.

    Raises:
        ValueError: a weight is too large for the type.
    """
    if recipe.precision == "float32":
        return {}
    changes = {}
    for name, network in networks.items():
        if name == "generator":
            points = recipe.sample_latents(100, models.latent_dim(network), seed=0)
            inputs = models.inputs_of(network, points)
        else:
            inputs = next(iter(recipe.batches(seed=0, first_step=0)))
        changes[name] = round_weights(network, inputs, recipe.precision)
    return changes


def save_pretrained(folder, networks, card, log=None, precision="float32"):
    """Writes weights, a log, and a card that holds the digests of the weights.

    Whatever fails, the old model or the new one stands whole; see
    `folders.replacing`.

    Args:
        folder: a path; the model that is there is replaced.
        networks: a dict from names to `keras.Model`.
        card: a dict of what is worth knowing, with the fields of `records.CARD`.
        log: folder of a TensorBoard log to copy, or None.
        precision: type in which the weights are stored; see `round_weights`.

    Raises:
        OSError: the folder cannot be written or replaced.
        ValueError: it holds something else than a model, or the card lacks a field.
    """
    card = {**card, "files": {}}
    records.check(card, records.CARD, "The card")
    with folders.replacing(folder, _held(folder)) as new:
        for name, network in networks.items():
            _reserve(new, network)
            path = new / f"{name}.weights.h5"
            network.save_weights(path)
            if precision != "float32":
                _convert(path, precision)
            content = path.read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            card["files"][path.name] = {"bytes": len(content), "sha256": digest}
        if log:
            # The code shows the graphs of the networks better.
            folders.copy(log, new / "log", without=["graphs"])
        records.write(new / CARD, card)


def check_place(folder):
    """Raises `ValueError` when something else than a model is in a folder's place."""
    folders.find_place(folder, _held(folder))


def _held(folder):
    """Lists what the model in a folder consists of, by its card where it has one."""
    try:
        files = records.read(Path(folder) / CARD, records.CARD)["files"]
    except (OSError, ValueError):
        files = ["*.weights.h5"]
    return (CARD, *files, EVENTS)


def ship(name, source):
    """Copies a model to `pretrained/`, in the place of the one that is there.

    Args:
        name: a name in `recipes.RECIPES`.
        source: folder of the model.

    Raises:
        OSError, ValueError: as `load_pretrained` for a network of the new model, and
            as `save_pretrained`.
    """
    for network in recipes.find(name).ships:
        load_pretrained(name, network, source)
    place = paths.PRETRAINED / name
    with folders.replacing(place, _held(place)) as new:
        folders.copy(source, new)


def load_card(name, folder=None):
    """Reads the card of a model: what it is, how it was made, how good it is.

    Args:
        name: a name in `recipes.RECIPES`.
        folder: where the model lies; `pretrained/NAME` when it is None.

    Returns:
        A dict, as `save_pretrained` was given it, and `files`.

    Raises:
        OSError: there is no card.
        ValueError: it is no card, lacks a field, or is that of another model.

    Example:
        >>> load_card("dcgan")["steps"]
        24000
    """
    recipes.find(name)
    folder_of = Path(folder or paths.PRETRAINED / name)
    path, cure = folder_of / CARD, _remake(name, folder)
    if not folder_of.exists() and (left := folders.find_left(folder_of)):
        cure = f"Saving was broken off; the model lies whole in {left[0]}: move it."
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing. {cure}")
    try:
        card = records.read(path, records.CARD)
    except ValueError as error:
        raise ValueError(f"{error} {cure}") from error
    if card["name"] != name:
        raise ValueError(f"{path} is the card of {card['name']!r}. {cure}")
    return card


def load_pretrained(name, network=None, folder=None):
    """Loads one network of a trained model, after its digest was checked.

    Args:
        name: a name in `recipes.RECIPES`.
        network: which network; the first when it is None, a GAN's generator.
        folder: where the model lies; `pretrained/NAME` when it is None.

    Returns:
        A `keras.Model` that draws or judges; it is not compiled.

    Raises:
        OSError: a file is missing or cannot be read.
        ValueError: a file is truncated, altered, a pointer without its content,
            or belongs to other networks; or there is no such name.

    Example:
        >>> load_pretrained("dcgan").output_shape
        (None, 28, 28, 1)
    """
    card = load_card(name, folder)
    recipe = recipes.find(name)
    network = network or recipe.ships[0]
    if network not in recipe.ships:
        raise ValueError(
            f"{name} has no network {network!r}; it has: {', '.join(recipe.ships)}."
        )
    path = Path(folder or paths.PRETRAINED / name) / f"{network}.weights.h5"
    _check_file(path, card, _remake(name, folder))
    loaded = recipe.networks[network](seed=0)
    try:
        loaded.load_weights(path)
    except Exception as error:  # whatever a damaged HDF5 file may cause
        raise ValueError(
            f"{path} holds the weights of another network, or none. "
            f"{_remake(name, folder)}"
        ) from error
    for weight in loaded.weights:
        if not np.abs(weight).max(initial=0) <= checks.LARGEST:
            raise ValueError(
                f"{path} holds a {weight.path} that is NaN, infinite or too large. "
                f"{_remake(name, folder)}"
            )
    return loaded


def load_second_classifier():
    """Loads the classifier of the second judge, which each machine trains for itself.

    Returns:
        A `keras.Model`, as `load_pretrained("classifier")`, of another seed.

    Raises:
        OSError: it has not been trained; the error says the command that does it.
        ValueError: as `load_pretrained`; or it has another seed, or fewer steps.
    """
    folder = _second_folder()
    if not folder.exists():
        raise FileNotFoundError(
            f"There is no second judge in {folder}. {_remake('classifier', folder)}"
        )
    card, steps = load_card("classifier", folder), recipes.find("classifier").steps
    if (card["seed"], card["steps"]) != (SECOND_SEED, steps):
        raise ValueError(
            f"The classifier in {folder} has seed {card['seed']} and {card['steps']:,} "
            f"steps; the second judge has seed {SECOND_SEED} and {steps:,} steps. Move "
            f"{folder.parent} away. {_remake('classifier', folder)}"
        )
    return load_pretrained("classifier", folder=folder)


def _second_folder():
    return paths.run_folder(SECOND) / "model"


def machine():
    """Names the processor, the system and the versions that computed something.

    `cores` are those that the process may use. With one of two cores, with one
    thread in place of two, or without oneDNN, 20 steps of `lesson_05` end with other
    weights on the same machine; of the dense `tiny_mlp`, without oneDNN only.

    Returns:
        A dict of strings, but for `cores`, a number. `threads` and `onednn` are what
        TensorFlow was told, and missing where it was told nothing.

    Example:
        >>> machine()["keras"] == keras.__version__
        True
    """
    information = Path("/proc/cpuinfo")
    text = information.read_text() if information.exists() else ""
    names = re.findall(r"model name\s*: (.*)", text)
    may_use = getattr(os, "sched_getaffinity", lambda _: range(os.cpu_count() or 1))
    threads = tf.config.threading.get_intra_op_parallelism_threads()
    told = {
        "threads": str(threads) if threads else os.getenv("TF_NUM_INTRAOP_THREADS"),
        "onednn": os.getenv("TF_ENABLE_ONEDNN_OPTS"),
    }
    return {
        "processor": (names or [platform.processor()])[0],
        "cores": len(may_use(0)),
        **{key: value for key, value in told.items() if value},
        "system": platform.system(),
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
    }


def _reserve(folder, network):
    """Raises an `OSError` while a disk is too full for two files of weights.

    HDF5 can end the whole process when it meets the end of a disk by itself.
    """
    size = sum(math.prod(weight.shape) for weight in network.weights) * 4
    path = folder / "reserved"
    # Not zeros, which some file systems do not store.
    path.write_bytes(os.urandom(2 * size + 2**18))
    path.unlink()


def _shorten(values, precision):
    return values if values.size < SMALL else values.astype(precision)


def _convert(path, precision):
    """Stores the arrays of a file of weights in another type; Keras reads any."""

    def copy(name, item):
        if isinstance(item, h5py.Dataset):
            target[name] = _shorten(item[()], precision)
        else:
            target.require_group(name)

    part = path.with_suffix(".part")
    with h5py.File(path) as source, h5py.File(part, "w") as target:
        source.visititems(copy)
    os.replace(part, path)


def _check_file(path, card, cure):
    if not path.is_file():  # what is no file, a pipe say, would be waited for
        raise FileNotFoundError(f"{path} is missing. {cure}")
    expected = card["files"].get(path.name)
    with path.open("rb") as file:
        start = file.read(len(POINTER))
        file.seek(0)
        size = os.fstat(file.fileno()).st_size
        # Only what has the right size is read, however large it is.
        same_size = expected and size == expected["bytes"]
        if (
            same_size
            and hashlib.file_digest(file, "sha256").hexdigest() == expected["sha256"]
        ):
            return
    if start == POINTER:
        fault = "is a pointer of Git LFS and not the file; run: git lfs pull"
    elif expected is None:
        fault = "is not on its card"
    elif size < expected["bytes"]:
        fault = f"is truncated: {size:,} of {expected['bytes']:,} bytes"
    else:
        fault = "is altered: its SHA-256 is not the one on its card"
    raise ValueError(f"{path} {fault}. {cure}")


def _remake(name, folder):
    if folder == _second_folder():
        return (
            f"Train it with: python -m gan_utils train classifier --seed {SECOND_SEED} "
            f"--out {folder.parent}"
        )
    if folder:
        return f"Make the model again with: python -m gan_utils train {name}"
    return (
        f"Restore it with: git checkout -- pretrained/{name}, or make it again with: "
        f"make pretrained ONLY={name}"
    )
