"""Kills a training at random moments and compares what comes out in the end.

python -m tests.kill [--trials 10] [--name lesson_05] [--steps 170]

Each trial starts `python -m gan_utils train`, kills it with SIGKILL at a random
moment of its tenth of the whole time, starts it again, and compares the last
checkpoint, the weights and samples bit for bit with those of a training that nobody
killed.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from gan_utils import quiet  # noqa: F401

import numpy as np
import tensorflow as tf


def command(options, folder):
    return [
        *[sys.executable, "-m", "gan_utils", "train", options.name],
        *["--steps", str(options.steps), "--seed", "3", "--save-every", "0"],
        *["--out", str(folder)],
    ]


def run(command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def contents(options, folder):
    """Returns the tensors of the last checkpoint, and the bytes of the files."""
    path = tf.train.latest_checkpoint(folder / "checkpoint")
    reader = tf.train.load_checkpoint(path)
    found = {
        name: reader.get_tensor(name)
        for name in reader.get_variable_to_shape_map()
        if name != "_CHECKPOINTABLE_OBJECT_GRAPH" and "save_counter" not in name
    }
    sample = [sys.executable, "-m", "gan_utils", "sample", options.name]
    out, model = str(folder / "samples.npz"), str(folder / "model")
    run([*sample, "--count", "64", "--out", out, "--model", model])
    for file in [*(folder / "model").glob("*.h5"), Path(out)]:
        found[file.name] = np.frombuffer(file.read_bytes(), np.uint8)
    return found


def trial(options, folder, seconds):
    """Kills once after some seconds, goes on, and returns where it was killed."""
    process = subprocess.Popen(command(options, folder), stdout=subprocess.DEVNULL)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    killed_at = tf.train.latest_checkpoint(folder / "checkpoint")
    run(command(options, folder))
    return Path(killed_at).name if killed_at else "before the first checkpoint"


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.kill")
    parser.add_argument("--trials", type=int, default=10)
    parser.add_argument("--name", default="lesson_05")
    parser.add_argument("--steps", type=int, default=170)
    options = parser.parse_args()
    equal = 0
    with tempfile.TemporaryDirectory() as root:
        started = time.monotonic()
        run(command(options, Path(root) / "whole"))
        whole = time.monotonic() - started
        expected = contents(options, Path(root) / "whole")
        for index in range(options.trials):
            seconds = whole * (index + random.random()) / options.trials
            folder = Path(root) / str(index)
            place = trial(options, folder, seconds)
            found = contents(options, folder)
            same = found.keys() == expected.keys() and all(
                np.array_equal(found[key], expected[key]) for key in expected
            )
            equal += same
            verdict = "equal" if same else "NOT EQUAL"
            print(f"killed after {seconds:.1f} s, {place}: {verdict}", flush=True)
    print(f"{equal} of {options.trials} are equal bit for bit")
    sys.exit(equal != options.trials)


if __name__ == "__main__":
    main()
