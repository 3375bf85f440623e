"""Trains, samples and evaluates the models of the series.

Examples:
  python -m gan_utils sample dcgan --count 100 --out digits.png
  python -m gan_utils evaluate dcgan
  python -m gan_utils train dcgan --steps 2000 --out runs/mine
  python -m gan_utils sample dcgan --model runs/mine/model --out mine.npz

A training keeps its checkpoints, its TensorBoard log and at last its model in its
folder. Break it off as you like: the same command goes on from the last checkpoint
and ends with the same weights, bit for bit.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from gan_utils import paths

MOST = 1_000_000  # steps, samples and seeds; a million images take 0.8 GB
REAL = "real digits"


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message):
        self.exit(2, f"{self.prog}: {message}\n")


def main(arguments=None):
    """Runs one command; returns the exit code."""
    options = parse(arguments)
    try:
        options.run(options)
    except KeyboardInterrupt as interrupt:
        told = f"{interrupt} The same command goes on from there."
        print(f"\n{told if str(interrupt) else 'Interrupted.'}", file=sys.stderr)
        return 130
    except MemoryError:
        print("gan_utils: the memory is too small; ask for less.", file=sys.stderr)
        return 2
    except (ValueError, OSError, FloatingPointError) as error:
        print(f"gan_utils: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    return 0


def parse(arguments):
    """Turns the command line into options; `run` is the function to call."""
    names = sorted(path.parent.name for path in paths.PRETRAINED.glob("*/card.json"))
    parser = Parser(
        prog="python -m gan_utils",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(run, argument, summary, what):
        sub = commands.add_parser(run.__name__, help=summary, description=summary)
        sub.add_argument(argument, help=f"{what}: {', '.join(names)}")
        sub.set_defaults(run=run)
        return sub.add_argument

    add = command(train, "name", "Train a model, or go on with a training.", "a model")
    add("--steps", type=number(1), help="where to stop (the model's own number)")
    add("--seed", type=number(0), default=0, help="decides all chance (0)")
    add("--out", type=Path, help="where checkpoints, log and model go (runs/NAME)")
    every = {"type": number(0, float), "metavar": "SECONDS"}
    add("--save-every", default=20, help="time between two checkpoints (20)", **every)
    add("--devices", type=number(1), default=1, help="how many share each batch (1)")

    add = command(sample, "name", "Draw samples of a trained model.", "a model")
    add("--count", type=number(1), default=100, help="how many (100)")
    add("--seed", type=number(0), default=0, help="decides the samples (0)")
    add("--out", type=Path, required=True, help="a .npz of arrays, a .png to look at")
    add("--model", type=Path, help="folder of a model of yours (pretrained/NAME)")

    what = "a .npz file with uint8 images (n, 28, 28) or (n, 28, 28, 3), or a model"
    add = command(evaluate, "source", "Measure a model, or images in a file.", what)
    add("--json", action="store_true", help="print figures that a program can read")
    add("--model", type=Path, help="folder of a model of yours (pretrained/NAME)")
    return parser.parse_args(arguments)


def number(low, kind=int):
    """Returns a type for argparse: numbers of a kind, from `low` to `MOST`."""

    def number(text):  # argparse names it when `text` is none
        value = kind(text)
        if not low <= value <= MOST:
            raise argparse.ArgumentTypeError(
                f"{text} was given; needed is a number from {low} to {MOST:,}"
            )
        return value

    return number


def train(options):
    """Trains up to `--steps`, measures the model and saves it with its card."""
    from gan_utils import judge, recipes, runs, store

    recipe = recipes.find(options.name)
    folder = options.out or paths.run_folder(options.name)
    model, seconds = runs.train(
        options.name,
        folder,
        options.seed,
        options.steps,
        options.save_every,
        options.devices,
    )
    networks = {key: model.networks[key] for key in recipe.ships}
    changes = store.round_networks(networks, recipe)
    card = {
        "name": options.name,
        "about": recipe.describe(model.step),
        "command": f"python -m gan_utils train {options.name} --steps {model.step} "
        f"--seed {options.seed}"
        + (f" --devices {options.devices}" if options.devices > 1 else ""),
        "seed": options.seed,
        "steps": model.step,
        "seconds": round(seconds),
        "devices": options.devices,
        "machine": store.machine(),
        "parameters": {key: net.count_params() for key, net in networks.items()},
        "rounding": changes,
        "metrics": judge.measure(options.name, networks),
    }
    store.save_pretrained(
        folder / "model", networks, card, folder / "log", recipe.precision
    )
    print(f"The model and its card are in {folder / 'model'}.")


def sample(options):
    """Draws samples into a file, the same bytes for the same seed."""
    if options.out.suffix not in (".npz", ".png"):
        raise ValueError(f"--out is {options.out}; needed is a file .npz or .png.")
    if not options.out.parent.is_dir():
        raise ValueError(f"There is no folder {options.out.parent}; make it first.")
    from gan_utils import judge, plotting

    import numpy as np

    images = judge.draw_pretrained(
        options.name, options.count, options.seed, options.model
    )
    part = options.out.with_name(f"{options.out.stem}.part{options.out.suffix}")
    try:
        if options.out.suffix == ".npz":
            np.savez_compressed(part, images=images)
        else:
            part.write_bytes(plotting.png_bytes(plotting.tile(images)))
        os.replace(part, options.out)
    finally:
        part.unlink(missing_ok=True)
    print(f"{len(images):,} samples are in {options.out}.")


def evaluate(options):
    """Prints the figures of a model, or of the images in a file, beside real ones."""
    from gan_utils import data, judge, metrics, recipes, store

    if options.source == "classifier":
        classifier = store.load_pretrained("classifier", folder=options.model)
        figures = judge.measure("classifier", {"classifier": classifier})
        line = f"{figures['test_accuracy']:.2%} of {figures['n']:,} test digits"
        print(json.dumps(figures) if options.json else line)
        return
    if options.source.endswith(".npz"):
        images = read_images(Path(options.source))
    else:
        count = recipes.find(options.source).samples
        images = judge.draw_pretrained(options.source, count, 0, options.model)
    measure = judge.load_judge()
    (real, _), _ = data.load_mnist()
    if images.shape[1:] == recipes.THREE:
        real = data.stack_digits(real, seed=0)
    rows = {options.source: measure(images), REAL: measure(real[: len(images)])}
    print(json.dumps(rows, indent=2) if options.json else metrics.table(rows))


def read_images(path):
    """Reads uint8 images out of an `.npz` file: digits, or stacked ones, 10 or more."""
    import numpy as np

    need = "Needed: .npz of uint8 `images` (n, 28, 28) or (n, 28, 28, 3), n from 10."
    try:
        with np.load(path, allow_pickle=False) as archive:
            images = archive["images"]
    except FileNotFoundError:
        raise FileNotFoundError(f"There is no file {path}. {need}") from None
    except Exception as error:  # whatever a file that is no archive may cause
        raise ValueError(f"{path} cannot be read: {error}. {need}") from error
    fits = images.shape[1:] in ((28, 28), (28, 28, 3)) and len(images) >= 10
    if images.dtype != np.uint8 or not fits:
        raise ValueError(
            f"{path} holds images of type {images.dtype} and shape {images.shape}. "
            f"{need}"
        )
    return images


if __name__ == "__main__":
    sys.exit(main())
