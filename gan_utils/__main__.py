"""Trains, samples and evaluates the models of the series.

Examples:
  python -m gan_utils sample dcgan --count 100 --out digits.png
  python -m gan_utils sample conditional --digits 3 --count 20 --out threes.png
  python -m gan_utils evaluate dcgan
  python -m gan_utils train dcgan --steps 2000 --out runs/mine
  python -m gan_utils sample dcgan --model runs/mine/model --out mine.npz

A training keeps its checkpoints, its TensorBoard log and at last its model in its
folder. Break it off as you like: the same command goes on from the last checkpoint
and ends with the same weights, bit for bit, with the same cores and settings.
"""

import argparse
import json
import math
import os
import sys
import tempfile
from pathlib import Path

from gan_utils import paths, terminal

MOST = 1_000_000  # steps, samples and seeds
REAL = "real digits"
CEILINGS = "data/meters.json"  # what as many real digits get, and how that spreads
# Shapes of images that can be judged.
KINDS = ((28, 28), (28, 28, 3), (32, 32, 3), (64, 64, 3))


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message):
        self.exit(2, f"{self.prog}: {message}\n")


def main(arguments=None):
    """Runs one command; returns its exit code, as `terminal.run` does."""

    def command():
        options = parse(arguments)
        options.run(options)

    return terminal.run(command)


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
    help_on_count = "how many (100); a million digits need 1.8 GB of memory"
    add("--count", type=number(1), default=100, help=help_on_count)
    add("--seed", type=number(0), default=0, help="decides the samples (0)")
    help_on_digits = "which ones in turn, as 0123456789, from a model that can be asked"
    add("--digits", type=digits, help=help_on_digits)
    add("--out", type=Path, required=True, help="a .npz of arrays, a .png to look at")
    add("--model", type=Path, help="folder of a model of yours (pretrained/NAME)")

    what = f"a .npz file with uint8 images {needed_shapes()}, or a model"
    add = command(evaluate, "source", "Measure a model, or images in a file.", what)
    add("--json", action="store_true", help="print figures that a program can read")
    add("--model", type=Path, help="folder of a model of yours (pretrained/NAME)")
    return parser.parse_args(arguments)


def number(low, kind=int):
    """Returns a type for argparse: numbers of a kind, from `low` to `MOST`."""

    def number(text):  # argparse names it when `text` is none
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not low <= value <= MOST:
            raise argparse.ArgumentTypeError(
                f"{text[:30]} was given; needed is a number from {low} to {MOST:,}"
                + (", without a point" if kind is int else "")
            )
        return value

    return number


def digits(text):
    """Reads digits, as 0123456789; for argparse."""
    if not text or not set(text) <= set("0123456789"):
        raise argparse.ArgumentTypeError(
            f"{text[:30]!r} was given; needed are digits, as 3 or 0123456789"
        )
    return [int(digit) for digit in text]


def train(options):
    """Trains up to `--steps`, measures the model and saves it with its card."""
    from gan_utils import judge, recipes, runs, store

    recipe = recipes.find(options.name)
    folder = options.out or paths.run_folder(options.name)
    store.check_place(folder / "model")  # now, and not after hours
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
        "stopping": _tell_stopping(recipe, model.step),
        "seconds": round(seconds),
        "devices": options.devices,
        "machine": store.machine(),
        "parameters": {key: net.count_params() for key, net in networks.items()},
        "rounding": changes,
        "samples_seed": judge.SAMPLES_SEED,
        "metrics": judge.measure(options.name, networks),
        **_measure_again(options.name, networks),
        "ceilings": CEILINGS,
    }
    store.save_pretrained(
        folder / "model", networks, card, folder / "log", recipe.precision
    )
    print(f"The model and its card are in {folder / 'model'}.")


def _tell_stopping(recipe, steps):
    if steps == recipe.steps:
        return f"after {steps:,} steps, the number in its recipe"
    return f"after {steps:,} steps, as the command asked"


def _measure_again(name, networks):
    """Measures by the second judge, where this machine has one."""
    from gan_utils import judge

    try:
        return {"second_judge": judge.measure(name, networks, second=True)}
    except FileNotFoundError as error:
        print(f"Only one judge measured the model. {error}")
        return {}


def sample(options):
    """Draws samples into a file, the same bytes for the same seed."""
    out, kind = options.out, options.out.suffix.lower()
    if kind not in (".npz", ".png") or out.is_dir():
        raise ValueError(f"--out is {out}; needed is a file .npz or .png.")
    if not out.parent.is_dir():
        raise ValueError(f"There is no folder {out.parent}; make it first.")
    from gan_utils import data, judge, plotting, recipes, store

    import numpy as np

    # Made first, so that a folder that cannot be written costs no drawing.
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".sample-") as folder:
        part = Path(folder) / f"samples{kind}"
        generator = store.load_pretrained(options.name, "generator", options.model)
        asked = judge.asked_of(generator, options.count, options.digits)
        drawing = recipes.find(options.name).drawing
        images = judge.draw(
            generator, options.count, options.seed, digits=options.digits, **drawing
        )
        if kind == ".npz":
            labels = {} if asked is None else {"labels": asked}
            np.savez_compressed(part, images=images, **labels)
        else:
            data.check_memory(4 * images.nbytes, f"A picture of {len(images):,} images")
            part.write_bytes(plotting.png_bytes(plotting.tile(images)))
        os.replace(part, out)
    print(f"{len(images):,} samples are in {out}.")


def evaluate(options):
    """Prints the figures of a model, or of the images in a file, beside real ones."""
    from gan_utils import data, judge, metrics, recipes, store

    source = options.source
    if source.lower().endswith(".npz"):
        if options.model:
            raise ValueError(
                f"--model says where a model lies, and {source} is a file. Leave one "
                "of them out."
            )
        images = read_images(Path(source))  # before the judge, which takes a while
        figures = judge.load_judge()(images)
    else:
        network = recipes.find(source).ships[0]
        loaded = store.load_pretrained(source, network, options.model)
        figures = judge.measure(source, {network: loaded})
    if "test_accuracy" in figures:
        line = f"{figures['test_accuracy']:.2%} of {figures['n']:,} test digits"
        print(json.dumps(figures) if options.json else line)
        return
    if not figures:
        raise ValueError(f"There is no measure for {source}: it ships a {network}.")
    (real, _), _ = data.load_mnist()
    if "modes_covered" in figures:
        real = data.stack_digits(real, seed=0)
    real = real[: figures["n"]]
    name = REAL if len(real) == figures["n"] else f"{REAL}, all {len(real):,} there are"
    rows = {source: figures, name: judge.load_judge()(real)}
    print(json.dumps(rows, indent=2) if options.json else metrics.table(rows))
    if "asked_share" in figures and not options.json:
        print(tell_asked(figures))


def tell_asked(figures):
    """Says how many samples are read as the digit that they were asked to be."""
    shares = enumerate(figures["asked_shares"])
    each = ", ".join(f"{digit}: {share:.1%}" for digit, share in shares)
    return f"\nRead as asked: {figures['asked_share']:.2%}. {each}."


def needed_shapes():
    """Lists the shapes of images that can be judged, in words."""
    *some, last = (f"(n, {', '.join(map(str, shape))})" for shape in KINDS)
    return f"{', '.join(some)} or {last}"


def read_images(path):
    """Reads uint8 images out of an `.npz` file: 10 or more, of one of `KINDS`."""
    from gan_utils import data

    need = f"Needed: .npz of uint8 `images` {needed_shapes()}, n from 10."

    def check(name, shape, dtype):
        if dtype != "uint8" or shape[1:] not in KINDS or shape[0] < 10:
            raise ValueError(f"its images are of type {dtype} and shape {shape}")
        data.check_memory(math.prod(shape), f"{shape[0]:,} images")

    try:
        (images,) = data.read_arrays(path, ["images"], check)
    except FileNotFoundError:
        raise FileNotFoundError(f"There is no file {path}. {need}") from None
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read: {error}. {need}") from error
    return images


if __name__ == "__main__":
    sys.exit(main())
