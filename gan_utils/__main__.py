"""Trains, samples and evaluates the models of the series.

Examples:
  python -m gan_utils sample dcgan --count 100 --out digits.png
  python -m gan_utils evaluate dcgan
  python -m gan_utils train dcgan --steps 2000 --out runs/mine
  python -m gan_utils sample dcgan --model runs/mine/model --out mine.npz

A training keeps its checkpoints, its TensorBoard log and at last its model in its
folder. Break it off as you like: the same command goes on from the last checkpoint
and ends with the same weights, bit for bit, with the same cores and settings.
"""

import argparse
import contextlib
import json
import math
import os
import signal
import sys
import tempfile
from pathlib import Path

from gan_utils import paths

MOST = 1_000_000  # steps, samples and seeds
REAL = "real digits"
CEILINGS = "data/meters.json"  # what as many real digits get, and how that spreads
KINDS = ((28, 28), (28, 28, 3), (64, 64, 3))  # shapes of images that can be judged


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message):
        self.exit(2, f"{self.prog}: {message}\n")


def main(arguments=None):
    """Runs one command.

    Returns:
        The exit code: 0; 2 when something is wrong, which is said in a line; after a
        signal 128 and its number, 130 for Ctrl-C.
    """
    heard = []
    try:
        with _any_character(sys.stdout), _signals(heard):
            options = parse(arguments)
            options.run(options)
            print(end="", flush=True)
    except KeyboardInterrupt as interrupt:
        told = f"{interrupt} The same command goes on from there."
        _say(f"\n{told if str(interrupt) else 'Interrupted.'}")
        return 128 + (heard or [signal.SIGINT])[0]
    except Exception as error:
        if heard:  # in the midst of HDF5, an interrupt comes out as some other error
            _say("\nInterrupted.")
            return 128 + heard[0]
        told = _tell(error)
        if told is None:
            raise
        _say(f"gan_utils: {told}")
    else:
        return 0
    finally:
        _let_go(sys.stdout)
    return 2


def _tell(error):
    """Returns what is wrong in a line; None for what no user can mend."""
    if isinstance(error, MemoryError):
        return "the memory is too small; ask for less."
    if isinstance(error, BrokenPipeError):
        return "nobody reads the output any more. Run the same again."
    if getattr(error, "strerror", None):  # the system's own, which knows no cure
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}. Mend that, then run the same again."
    if isinstance(error, (ValueError, OSError, FloatingPointError)):
        return " ".join(str(error).split())
    return None


@contextlib.contextmanager
def _any_character(stream):
    """Lets an output show `?` for what its encoding lacks, such as é in ASCII."""
    before = getattr(stream, "errors", None)
    if not hasattr(stream, "reconfigure"):
        yield
        return
    stream.reconfigure(errors="replace")
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            stream.reconfigure(errors=before)


@contextlib.contextmanager
def _signals(heard):
    """Lets SIGTERM and SIGHUP do what Ctrl-C does, and notes their numbers.

    A signal that is ignored, as under `nohup`, or has a handler keeps it.
    """

    def hear(number, frame):
        heard.append(number)
        interrupt = signal.getsignal(signal.SIGINT)
        if not callable(interrupt):  # a shell lets what runs behind it ignore Ctrl-C
            interrupt = signal.default_int_handler
        interrupt(signal.SIGINT, frame)

    ours = []
    for name in ("SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) is signal.SIG_DFL:
            with contextlib.suppress(ValueError):  # not in the main thread
                signal.signal(number, hear)
                ours.append(number)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _say(line):
    with contextlib.suppress(OSError):  # a terminal may be gone
        print(line, file=sys.stderr, flush=True)


def _let_go(stream):
    """Drops what cannot be written: Python would complain of it when it ends."""
    try:
        print(end="", file=stream, flush=True)  # where it is closed, Python has None
    except OSError:
        with contextlib.suppress(OSError), open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())


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
    from gan_utils import data, judge, plotting

    import numpy as np

    # Made first, so that a folder that cannot be written costs no drawing.
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".sample-") as folder:
        part = Path(folder) / f"samples{kind}"
        images = judge.draw_pretrained(
            options.name, options.count, options.seed, options.model
        )
        if kind == ".npz":
            np.savez_compressed(part, images=images)
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
