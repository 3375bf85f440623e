"""Kills a training at random moments and compares what comes out in the end.

python -m tools.kill [--trials 10] [--name lesson_05] [--steps 250]

Each trial starts `python -m gan_utils train` and kills it with SIGKILL at a random
moment: one before the first checkpoint, one after the last, all others in between,
and every second of these twice. It starts the same once more, and compares the last
checkpoint, the weights and samples bit for bit with those of a training that nobody
killed.
"""

import argparse
import random
import signal
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


def newest(folder):
    """Returns the step of the newest checkpoint, 0 for none."""
    path = tf.train.latest_checkpoint(folder / "checkpoint")
    return int(path.rpartition("-")[2]) if path else 0


def kill(options, folder, step):
    """Kills a training up to two seconds after a checkpoint; returns what it left."""
    process = subprocess.Popen(command(options, folder), stdout=subprocess.DEVNULL)
    while newest(folder) < step:
        if process.poll() is not None:
            sys.exit(f"the training ended with code {process.returncode}")
        time.sleep(0.05)
    # Before the first checkpoint most of the time is TensorFlow's start.
    time.sleep(random.uniform(0, 2 if step else 12))
    process.kill()
    if process.wait() != -signal.SIGKILL:
        sys.exit("the training ended before it was killed")
    return newest(folder)


def main():
    parser = argparse.ArgumentParser(prog="python -m tools.kill")
    parser.add_argument("--trials", type=int, default=10)
    parser.add_argument("--name", default="lesson_05")
    parser.add_argument("--steps", type=int, default=250)
    options = parser.parse_args()
    equal = 0
    with tempfile.TemporaryDirectory() as root:
        run(command(options, Path(root) / "whole"))
        expected = contents(options, Path(root) / "whole")
        for trial in range(options.trials):
            folder = Path(root) / str(trial)
            steps = sorted(random.sample(range(1, options.steps - 50), 1 + trial % 2))
            if trial in (0, options.trials - 1):
                steps = [0 if trial == 0 else options.steps]
            left = [kill(options, folder, step) for step in steps]
            run(command(options, folder))
            found = contents(options, folder)
            same = found.keys() == expected.keys() and all(
                np.array_equal(found[key], expected[key]) for key in expected
            )
            equal += same
            print(f"killed, left step {left}: {'equal' if same else 'NOT'}", flush=True)
    print(f"{equal} of {options.trials} are equal bit for bit")
    sys.exit(equal != options.trials)


if __name__ == "__main__":
    main()
