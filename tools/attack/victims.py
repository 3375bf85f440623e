"""What is damaged, and what has to come of it: the right values, or a sentence.

Each victim makes a whole thing in a folder once. An attempt damages a copy of it and
looks at what the package makes of that; it returns what was done and what broke.
"""

import functools
import json
import pickle
import re
import shutil
from pathlib import Path

from gan_utils import (
    __main__,
    checkpoints,
    data,
    playground,
    recipes,
    records,
    runs,
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


def values(model):
    """Returns all that a training changes, as bytes."""
    return [each.numpy().tobytes() for part in model.state().values() for each in part]


@functools.cache
def plane_gan(seed):
    """Builds a small GAN, once a process."""
    gan = playground.build_gan(seed, steps_per_execution=2)
    return gan, [each.numpy() for part in gan.state().values() for each in part]


def begin_anew(seed):
    """Returns that GAN as it was built."""
    gan, first = plane_gan(seed)
    variables = [each for part in gan.state().values() for each in part]
    for variable, value in zip(variables, first):
        variable.assign(value)
    return gan


class Checkpoints:
    """Checkpoints of a GAN of the plane, read by `Checkpoint`."""

    def make(self, folder):
        for seed in (0, 1):
            gan = begin_anew(seed)
            saver = checkpoints.Checkpoint(gan, folder / str(seed), seconds=0)
            for _ in range(3):
                batches = playground.RING.batches(16, seed, first_step=gan.step)
                gan.fit(batches, steps_per_epoch=2, callbacks=[saver], verbose=0)
                path = folder / f"right-{seed}-{gan.step}"
                path.write_bytes(pickle.dumps(values(gan)))

    def attempt(self, chance, whole, folder, tell):
        shutil.copytree(whole / "0", folder)
        paths = sorted(folder.iterdir())
        saved = {path.name: path.read_bytes() for path in paths}
        ways = [self._damage(chance, whole, folder, paths) for _ in range(3)]
        done = ", ".join(damage() for damage in ways[: chance.randint(1, 3)])
        tell(done)
        foreign = any(word in done for word in ("another", "planted"))
        gan = begin_anew(0)
        before = values(gan)
        read = functools.partial(checkpoints.Checkpoint, gan, folder)
        _, said, broke = outcome(read)
        after = values(gan)
        if broke:
            return broke
        if said:
            left = 0 if foreign else self._untouched(folder, saved)
            if left:
                return f"{left} is whole, and was refused: {said}"
            return None if after == before else "refused, and the model changed"
        return self._judge(whole, folder, saved, before, after)

    def _damage(self, chance, whole, folder, paths):
        path = chance.choice(paths)
        other = chance.choice([each for each in paths if each != path])

        def swap():
            if path.exists() and other.exists():
                kept = path.read_bytes() if path.is_file() else b""
                if other.is_file() and path.is_file():
                    path.write_bytes(other.read_bytes())
                    other.write_bytes(kept)
            return f"{path.name} and {other.name} swapped"

        def replace():
            damages._remove(path)
            shutil.copy(whole / "1" / path.name, path)
            return f"{path.name} of another model"

        def plant():
            name = chance.choice(PLANTED)
            if not (folder / name).exists():
                (folder / name).parent.mkdir(exist_ok=True)
                (folder / name).write_bytes(chance.choice((b"", b"x" * 50)))
            return f"{name} planted"

        def damage():
            return f"{path.name} {damages.damage_file(chance, path)}"

        return chance.choice((damage, damage, damage, damage, swap, replace, plant))

    def _untouched(self, folder, saved):
        """Returns the newest step whose files are as they were, or 0."""
        same = {
            name: (folder / name).is_file() and (folder / name).read_bytes() == content
            for name, content in saved.items()
        }
        return max([step for step in (4, 6) if _all_of(step, same)], default=0)

    def _judge(self, whole, folder, saved, before, after):
        right = [pickle.loads((whole / f"right-0-{n}").read_bytes()) for n in (4, 6)]
        if after in right:
            step = (4, 6)[right.index(after)]
            left = self._untouched(folder, saved)
            return f"{left} is whole, {step} was taken" if left > step else None
        if after != before:
            return "other values were restored"
        there = [path.name for path in folder.glob("ckpt-*")]
        return f"a start at step 0 beside {there}" if there else None


# Names that a folder of checkpoints may hold for any reason.
PLANTED = (
    *("checkpoint", "ckpt-99.index", "ckpt-abc.index", "ckpt-99.data-00000-of-00001"),
    *("ckpt-99999999999999999999999.index", "part-x/ckpt-98.index", "ckpt--1.index"),
    *("ckpt-4.index.part", "notes.txt"),
)


def _all_of(step, same):
    files = [fine for name, fine in same.items() if name.startswith(f"ckpt-{step}.")]
    return bool(files) and all(files)


class Runs:
    """The folder of a training with its `run.json`, gone on with by `runs.train`."""

    def make(self, folder):
        for seed in (SEED, 9):
            runs.train(training.NAME, folder / str(seed), seed, 40, save_every=0)

    def attempt(self, chance, whole, folder, tell):
        shutil.copytree(whole / str(SEED), folder)
        path = folder / "run.json"
        if chance.random() < 0.1:
            done = "checkpoints of another seed"
            shutil.rmtree(folder / "checkpoint")
            shutil.copytree(whole / "9" / "checkpoint", folder / "checkpoint")
        else:
            done = f"run.json {damages.damage_record(chance, path)}"
        tell(done)
        kept = _kept(folder)
        begun, fitted = [], runs.fit_until
        runs.fit_until = lambda model, *_: begun.append(model.step)
        try:
            train = functools.partial(runs.train, training.NAME, folder, SEED, 40)
            found, said, broke = outcome(train)
        finally:
            runs.fit_until = fitted
        seconds = found[1] if found else 0
        if not broke and _kept(folder) != kept:
            broke = "frames or the log are gone"
        if not broke and said is None and begun != [40]:
            broke = f"it began at step {begun}, 40 was saved"
        if not broke and said is None and "another" in done:
            broke = "a training of another seed went on"
        if not broke and not (isinstance(seconds, float | int) and 0 <= seconds < 1e6):
            broke = f"it took {seconds} seconds"
        if not broke and said and "another" not in done and not self._is_record(path):
            broke = f"a damaged run.json locks a whole training: {said}"
        return broke

    @staticmethod
    def _is_record(path):
        """Tells whether the file is one still, of another training maybe."""
        try:
            records.read(path, records.RUN)
        except (ValueError, OSError):
            return False
        return True


def _kept(folder):
    paths = [path for part in ("frames", "log") for path in (folder / part).rglob("*")]
    return {str(path): path.read_bytes() for path in paths if path.is_file()}


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
