"""Odd surroundings: settings of Keras, encodings, streams, and neighbours."""

import hashlib
import json
import os
import subprocess
import sys
import time
from concurrent import futures
from pathlib import Path

from gan_utils import paths
from tools.attack import children, kills, training
from tools.attack.report import Row

import numpy as np


class Place:
    """A folder for one try, and commands that are started there as a reader would."""

    def __init__(self, top, name):
        self.top, self.folder = top, top / name
        self.folder.mkdir(parents=True)

    def run(self, *arguments, out="said.txt", **options):
        """Runs `python -m gan_utils`; returns the child once it has ended."""
        child = children.Child(
            arguments, self.folder / out, forked=False, module="gan_utils", **options
        )
        child.code = child.end(300)
        return child

    def samples(self, name, **settings):
        """Draws samples in an environment; returns a digest of them and the child."""
        out = self.folder / f"{name}.npz"
        given = ["sample", "dcgan", "--count", 4, "--out", out]
        child = self.run(*given, env=os.environ | settings, out=f"{name}.txt")
        return out.exists() and hashlib.sha256(out.read_bytes()).hexdigest(), child


def keras_settings(place):
    """Draws samples under settings of Keras that are not the series'."""
    right, _ = place.samples("plain")
    odd = {
        "torch": {"KERAS_BACKEND": "torch"},
        "float16": _keras_home(place.folder / "float16", floatx="float16"),
        "channels first": _keras_home(
            place.folder / "first", image_data_format="channels_first"
        ),
        "a backend in keras.json": _keras_home(place.folder / "jax", backend="jax"),
        "no JSON in keras.json": _keras_home(place.folder / "bad", text="{"),
    }
    for title, settings in odd.items():
        found, child = place.samples(title.replace(" ", "_"), **settings)
        fault = child.fault(child.code)
        if not fault and child.code == 0 and found != right:
            fault = "other samples, without a word"
        if not fault and child.code and not child.said().endswith("."):
            fault = f"it ended with {child.code} and: {child.said()}"
        yield title, fault


def _keras_home(folder, text=None, **settings):
    folder.mkdir()
    usual = {
        "floatx": "float32",
        "epsilon": 1e-7,
        "backend": "tensorflow",
        "image_data_format": "channels_last",
    }
    (folder / "keras.json").write_text(text or json.dumps(usual | settings))
    return {"KERAS_HOME": str(folder)}


def encodings(place):
    """Measures images where the output knows no é."""
    images = place.folder / "images.npz"
    np.savez(images, images=np.zeros((12, 28, 28), np.uint8))
    for encoding in ("ascii", "cp932", "latin-1"):
        settings = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
        child = place.run("evaluate", images, env=settings, out=f"{encoding}.txt")
        fault = child.fault(child.code)
        text = child.out.read_text(encoding=encoding, errors="replace")
        if not fault and child.code == 0 and text.count("12") < 2:
            fault = f"no figures: {text[-200:]}"
        yield encoding, fault or (child.code and f"code {child.code}: {child.said()}")


def streams(place):
    """Trains into a pipe that nobody reads, and with no output at all."""
    trainings = kills.Trainings(place.top, place.folder.name)
    read, write = os.pipe()
    os.close(read)
    odd = {
        "a broken pipe": {"stdout": write},
        "a broken pipe for both": {"stdout": write, "stderr": write},
        "no stdout": {"preexec_fn": lambda: os.close(1)},
    }
    for number, (title, options) in enumerate(odd.items()):
        run = place.folder / f"run{number}"
        child = trainings.start(run, anew=True, **options)
        code = child.end(300)
        # Where nobody reads either stream, there is no place for a sentence.
        silent = options.get("stderr") == write and code == 2
        fault = None if silent else child.fault(code)
        yield title, fault or trainings.compare(run, ["Ctrl-C"])
    os.close(write)


def neighbours(place):
    """Starts two trainings in one folder at once: one goes on, one says why not."""
    trainings = kills.Trainings(place.top, place.folder.name)
    for number, pause in enumerate((0, 0.5)):
        run = place.folder / f"run{number}"
        first = trainings.start(run)
        time.sleep(pause)
        second = trainings.start(run, out=run.with_suffix(".second"))
        codes = [child.end() for child in (first, second)]
        fault = first.fault(codes[0]) or second.fault(codes[1])
        if not fault and sorted(codes) != [0, 2]:
            fault = f"they ended with {codes}"
        yield f"two trainings, {pause} s apart", fault or trainings.compare(run)


def no_folder(place):
    """Asks where runs are kept when the variable that says so is empty."""
    code = "from gan_utils import paths; print(paths.run_folder('x'))"
    command = [sys.executable, "-c", code]
    settings = os.environ | {"GAN_RUNS": ""}
    found = subprocess.run(
        command, env=settings, cwd=place.folder, capture_output=True, text=True
    ).stdout.strip()
    right = Path(found) == paths.ROOT / "runs" / "x"
    yield "GAN_RUNS is empty", None if right else f"runs go to {found!r}"


def stale_servers(place):
    """Leaves a note that a server of TensorBoard runs, where another process does."""
    other = subprocess.Popen(["sleep", "600"])
    notes = Path(os.environ["TMPDIR"]) / ".tensorboard-info"
    notes.mkdir(exist_ok=True)
    note = {
        **{"version": "2.0", "start_time": int(time.time()), "pid": other.pid},
        **{"port": 6006, "path_prefix": "", "logdir": str(place.folder), "db": ""},
        "cache_key": "",
    }
    (notes / f"pid-{other.pid}.info").write_text(json.dumps(note))
    ((_, fault),) = children.work(stop_servers, [str(place.folder)], 60)
    ended = other.poll() is not None
    other.kill()
    other.wait()
    yield "a stale note", fault or (ended and "it ended a process that is no server")


def stop_servers(folder, tell):
    training.callbacks.stop_tensorboard(folder)


# What is tried, and whether the slice has time for it.
TRIES = {
    "Keras is set up in other ways": (keras_settings, False),
    "the output's encoding": (encodings, False),
    "the output goes nowhere": (streams, False),
    "two trainings in one folder": (neighbours, True),
    "no folder for runs": (no_folder, True),
    "a foreign process in TensorBoard's notes": (stale_servers, True),
}


def attack(folder, seed, size):
    """Tries each of the surroundings, two side by side; see `tools.attack`."""
    kills.whole(folder)  # before two of them would run it
    chosen = {
        title: attempt
        for title, (attempt, is_short) in TRIES.items()
        if size == "full" or is_short
    }
    kills.whole(folder, "attack")  # before two threads want it at once
    with futures.ThreadPoolExecutor(2) as pool:
        jobs = {
            title: pool.submit(_collect, attempt, folder)
            for title, attempt in chosen.items()
        }
        for title, job in jobs.items():
            found = job.result()
            faults = [f"{what}: {fault}" for what, fault in found if fault]
            yield Row(f"environment: {title}", len(found), faults)


def _collect(attempt, folder):
    return list(attempt(Place(folder, attempt.__name__)))
