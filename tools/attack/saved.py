"""What trainings save, and what has to come of it once it is damaged; see `victims`."""

import functools
import pickle
import shutil

from gan_utils import checkpoints, playground, records, runs
from tools.attack import damages, training
from tools.attack.victims import SEED, outcome


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
