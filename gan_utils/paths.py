"""Where the project keeps its files, whatever folder Python was started in."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MNIST = ROOT / "data" / "mnist.npz"
PRETRAINED = ROOT / "pretrained"


def run_folder(name: str) -> Path:
    """Returns the folder that keeps checkpoints, frames and logs of one run.

    It lies under `runs/` in the project. The environment variable `GAN_RUNS`
    names another place, so that tests never touch what a reader has trained.

    Example:
        >>> run_folder("dcgan").name
        'dcgan'
    """
    return Path(os.environ.get("GAN_RUNS") or ROOT / "runs").expanduser() / name
