"""What is damaged, and what has to come of it: the right values, or a sentence.

Each victim makes a whole thing in a folder once. An attempt damages a copy of it and
looks at what the package makes of that; it returns what was done and what broke.
"""

import functools
import json
import re
import shutil
from pathlib import Path

from gan_utils import (
    __main__,
    data,
    recipes,
    store,
)
from tools.attack import archives, children, damages, training

import numpy as np

ROOM = 600 * 2**20  # bytes that reading may take for a while; MNIST takes 200 MB
SEED = 3


def outcome(call):
    """Calls; returns what came back, what was said, and what broke, None or a text."""
    try:
        return call(), None, None
    except (ValueError, OSError, FloatingPointError) as error:
        said = " ".join(str(error).split())
        kind = type(error).__name__
        return (
            None,
            said,
            None if children.SENTENCE.fullmatch(said) else f"{kind}: {said}",
        )
    except Exception as error:
        text = " ".join(str(error).split())[:200]
        return None, text, f"{type(error).__name__}: {text}"


def peak():
    """Returns the most memory taken since `forget_peak`, in bytes; 0 where unknown."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
    return int(found[1]) * 1024 if found else 0


def forget_peak():
    """Begins to measure anew, and returns what is taken now."""
    forget = Path("/proc/self/clear_refs")
    if forget.exists():
        forget.write_text("5")
    return peak()


class Cards:
    """A model's card, and its weights, read by `load_pretrained`."""

    def make(self, folder):
        networks = recipes.find(training.NAME).build_networks(SEED)
        card = {"name": training.NAME, "seed": SEED, "steps": 1, "seconds": 1}
        store.save_pretrained(folder / "model", networks, card | {"metrics": {}})

    def attempt(self, chance, whole, folder, tell):
        shutil.copytree(whole / "model", folder)
        tell(self.damage(chance, folder))
        before = forget_peak()
        load = functools.partial(
            store.load_pretrained, training.NAME, "generator", folder
        )
        network, said, broke = outcome(load)
        if not broke and peak() - before > ROOM:
            broke = f"reading took {peak() - before:,} bytes"
        if network is None or broke:
            return broke
        return self.judge([np.asarray(each) for each in network.weights])

    def damage(self, chance, folder):
        if chance.random() < 0.6:
            return f"card {damages.damage_record(chance, folder / 'card.json')}"
        path = chance.choice(sorted(folder.glob("*.h5")))
        return f"{path.name} {damages.damage_file(chance, path)}"

    def judge(self, weights):
        right = _generator_weights()
        same = [a.tobytes() == b.tobytes() for a, b in zip(weights, right, strict=True)]
        return None if all(same) else "other weights were loaded"


@functools.cache
def _generator_weights():
    return recipes.find(training.NAME).build_networks(SEED)["generator"].get_weights()


class Weights(Cards):
    """Weights that were changed together with the digest on their card."""

    def damage(self, chance, folder):
        path = folder / "generator.weights.h5"
        if chance.random() < 0.1:
            done = "weights of the discriminator"
            shutil.copy(folder / "discriminator.weights.h5", path)
        elif chance.random() < 0.4:
            done = chance.choice(list(damages.BYTES))
            path.write_bytes(damages.BYTES[done](chance, path.read_bytes()))
        else:
            done = damages.damage_weights(chance, path)
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        content = path.read_bytes()
        digest = store.hashlib.sha256(content).hexdigest()
        card["files"][path.name] = {"bytes": len(content), "sha256": digest}
        (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")
        return done

    def judge(self, weights):
        right = _generator_weights()
        if [each.shape for each in weights] != [each.shape for each in right]:
            return "weights of other shapes were loaded"
        fine = all(np.isfinite(each).all() for each in weights)
        return None if fine else "weights that are not finite were loaded"


class Digits:
    """The file of MNIST, read by `load_mnist`."""

    names = data.ARRAYS

    def make(self, folder):
        shapes = [(60000, 28, 28), (60000,), (10000, 28, 28), (10000,)]
        arrays = {
            name: np.zeros(*of, "u1") if 0 else np.zeros(of, "u1")
            for name, of in zip(self.names, shapes)
        }
        np.savez_compressed(folder / "alike.npz", **arrays)

    def attempt(self, chance, whole, folder, tell):
        folder.mkdir()
        path = folder / "mnist.npz"
        if chance.random() < 0.2:
            path.write_bytes(data.paths.MNIST.read_bytes())
            tell(damages.damage_file(chance, path))
        else:
            shutil.copy(whole / "alike.npz", path)
            tell(archives.damage(chance, path, self.names))
        return self.judge(functools.partial(data.load_mnist, path, url="file:///"))

    def judge(self, read):
        before = forget_peak()
        found, said, broke = outcome(read)
        if not broke and peak() - before > ROOM:
            broke = f"reading took {peak() - before:,} bytes"
        return broke or (None if said else self.compare(found))

    def compare(self, found):
        arrays = [array for pair in found for array in pair]
        return None if data._digest(arrays) == data.DIGEST else "it is not MNIST"


class Images(Digits):
    """A file of images, read for `evaluate`."""

    names = ("images",)

    def make(self, folder):
        np.savez_compressed(folder / "images.npz", images=training.IMAGES[:12])

    def attempt(self, chance, whole, folder, tell):
        folder.mkdir()
        path = folder / "images.npz"
        shutil.copy(whole / "images.npz", path)
        tell(archives.damage(chance, path, self.names))
        return self.judge(functools.partial(__main__.read_images, path))

    def compare(self, found):
        return None if np.array_equal(found, training.IMAGES[:12]) else "other images"
