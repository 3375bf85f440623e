"""Calls every public function with arguments that hypothesis spoils.

`TABLE` holds good arguments for each. A call must end in a finite result, or in a
`ValueError` that the package raises itself, with a sentence; files may raise `OSError`.
"""

import contextlib
import functools
import io
import linecache
import reprlib
import shutil
import signal
import warnings
from pathlib import Path

from gan_utils import (
    colour,
    compiled,
    data,
    doctor,
    judge,
    latent,
    metrics,
    models,
    neighbours,
    paths,
    playground,
    plotting,
    widgets,
)
from tools.attack.report import Row

import hypothesis
import matplotlib.pyplot as plt
import numpy as np
import psutil
from hypothesis import strategies
from hypothesis.extra import numpy as arrays

MODULES = {
    **dict.fromkeys(
        (metrics, neighbours, latent, plotting, widgets, doctor, colour), 400
    ),
    **dict.fromkeys((data, playground, compiled, judge), 40),  # these call networks
}
LONGEST = 10  # seconds; a call that takes more is a fault
ROOM = 2**31  # bytes that a call may ask for

# Few counts, and none between: what they ask for is small, or could not be held.
SCALARS = (
    *(-(2**63), -1, 0, 1, 2, 3, 100, 10**9, 10**12, 2**63, 10**30, 10**5000),
    *(True, 2.0, 2.5, -0.5, 1e300, float("nan"), float("inf"), 1j, None, "3", b"3"),
    *((), (1, 2), [1.0], {}, {1: 2}, np.int64(3), np.uint8(3), np.float32(0.5)),
    *(np.bool_(1), np.array(3), np.array([2, 3]), np.array(None), Ellipsis),
)
TYPES = ("?", "i1", "u1", "i4", "u8", "f2", "f4", ">f8", "g", "F", "O", "U", "S")
FACTORS = (0, -1, 3, 255, 1e-30, 1e-200, 1e8, 1e14, 1e20, 1e160, 1e300)
VALUES = (np.nan, np.inf, -np.inf, -1, 2, 10, 256, 1e20, 1e300)


def _first(array, value):
    changed = np.array(array, np.float64)
    changed.reshape(-1)[:1] = value
    return changed


# Their docstrings say for what they return NaN.
MAY_LACK_A_FILE = {"judge.load_second_judge"}  # which nobody ships
MAY_BE_NAN = ("metrics.traits", "metrics.read_as_asked", "compiled.make_matcher")
# Their errors are the reason in a sentence that their callers write.
REASONS = ("data.read_arrays",)
FILES = (".", "missing/a", "zeros", "empty")
SPOILS = (
    *(lambda array, kind=kind: array.astype(kind) for kind in TYPES),
    *(lambda array, factor=factor: array * factor for factor in FACTORS),
    *(lambda array, value=value: _first(array, value) for value in VALUES),
    lambda array: array + 1e8,
    lambda array: array[:-1],
    lambda array: array[:0],
    lambda array: array[:1],
    lambda array: array[..., :0],
    lambda array: array[..., :-1],
    lambda array: array[0],
    lambda array: array[None],
    lambda array: array[..., None],
    lambda array: array[::-1],
    lambda array: array.T,
    lambda array: np.concatenate([array, array]),
    lambda array: np.concatenate([array[:1]] * len(array)),
    lambda array: array.tolist(),
    lambda array: [*array[:-1], [0]],
    lambda array: [*array, None],
    lambda array: [10**30] * len(array),
    lambda array: np.ma.masked_less(array, array.mean()),
)


def _points(random, count=40, size=8):
    return random.standard_normal((count, size)).astype(np.float32)


def _images(random, shape=(28, 28), count=6):
    return random.uniform(-1, 1, (count, *shape)).astype(np.float32)


def _pixels(random, shape=(28, 28), count=6):
    return random.integers(0, 256, (count, *shape), np.uint8)


def _dark(random, *shape):
    return random.integers(0, 128, (6, *shape, 3), np.uint8)


def _chances(random, count=40):
    return random.dirichlet(np.ones(10), count)


def _digits(random, *shape):
    return random.integers(0, 10, shape)


def _pools(random):
    return {"one": _points(random), "two": _points(random)}


def _way(random):
    start, end = _points(random, 2)
    return {"start": start, "end": end, "shares": random.random(5)}


def _bowl(points):
    """A loss whose lowest point is 0, and its gradient."""
    return (points**2).sum(axis=1), 2 * points


def _sample(points):
    """Images of points, as a compiled generator draws them."""
    return np.tanh(np.repeat(points[:, :1], 784, axis=1)).reshape(-1, 28, 28)


def _sample_asked(points, asked):
    """Images of points, as a compiled generator draws them that is asked."""
    return _sample(points + np.asarray(asked)[:, None])


def _read(images):
    """Features and probabilities of images, as a compiled classifier reads them."""
    return images.reshape(len(images), -1), np.full((len(images), 10), 0.1)


@functools.cache
def _generator():
    return models.build_generator(latent_dim=8)


@functools.cache
def _conditional():
    return models.build_conditional_generator(latent_dim=8)


@functools.cache
def _classifier():
    return models.build_classifier()


@functools.cache
def _plane():
    return playground.build_gan(seed=0)


# What is called in place of a function that needs networks, or returns what is called.
CALLS = {
    "data.batches": lambda **given: next(iter(data.batches(**given))),
    "compiled.make_sampler": lambda batch_size, **given: compiled.make_sampler(
        _conditional(), batch_size
    )(**given),
    "compiled.make_matcher": lambda images, points: compiled.make_matcher(
        _generator(), images
    )(points),
    "compiled.make_reader": lambda images, batch_size: compiled.make_reader(
        _classifier(), batch_size
    )(images),
    "playground.field": lambda **given: playground.field(
        _plane().discriminator, **given
    ),
    "playground.pulls": lambda points: playground.pulls(_plane(), points),
    "compiled.batch_size_of": lambda: compiled.batch_size_of(_generator()),
    "playground.Mixture.draw": playground.RING.draw,
    "playground.Mixture.batches": lambda **given: next(
        iter(playground.RING.batches(**given))
    ),
    "playground.Mixture.judge": playground.RING.judge,
    "judge.make_judge": lambda **given: judge.load_judge()(**given),
    "judge.draw": lambda **given: judge.draw(_conditional(), **given),
    "judge.asked_of": lambda **given: judge.asked_of(_conditional(), **given),
}
SIGNS = ("generator_loss", "discriminator_loss_real", "discriminator_loss_fake")
# What each function is given, before it is spoilt. Functions stay as they are.
TABLE = {
    "metrics.classifier_score": lambda r: {"probabilities": _chances(r)},
    "metrics.digit_coverage": lambda r: {"probabilities": _chances(r)},
    "metrics.count_modes": lambda r: {
        "probabilities": _chances(r, 90).reshape(30, 3, 10)
    },
    "metrics.modes_verdict": lambda r: {
        "figures": {
            "n": int(r.integers(2000, 26_000)),
            "kl": 6 * r.random(),
            "sure_share": r.random(),
            "sure_modes": int(r.integers(1001)),
        },
        "modes": 900,
        "share": 0.5,
    },
    "metrics.ceilings": lambda r: {"count": 5000},
    "metrics.confident_share": lambda r: {
        "probabilities": _chances(r),
        "threshold": 0.95,
    },
    "metrics.frechet_distance": lambda r: {
        "features": _points(r),
        "real_features": _points(r),
    },
    "metrics.traits": lambda r: {"images": _images(r)},
    "metrics.read_as_asked": lambda r: {
        "probabilities": _chances(r),
        "asked": r.permutation(40) % 10,
    },
    "metrics.coverage_by_kind": lambda r: {
        "features": _points(r),
        "kinds": _digits(r, 40) % 3,
        "real_features": _points(r),
        "real_kinds": r.permutation(40) % 3,
    },
    "metrics.evaluate": lambda r: {
        "features": _points(r),
        "probabilities": _chances(r),
        "real_features": _points(r),
        "sizes": r.random((2, 40)),
    },
    "metrics.table": lambda r: {
        "rows": {"a": {"n": 2000, "kl": 0.1, "shares": [0.5]}},
        "possible": r.random() < 0.5,
    },
    "neighbours.ball_sizes": lambda r: {
        "features": _points(r),
        "neighbours": [5, (3, 5)][r.integers(2)],
    },
    "neighbours.density_and_coverage": lambda r: {
        "features": _points(r),
        "real_features": _points(r),
        "neighbours": 5,
        "sizes": r.random(40),
    },
    "neighbours.precision_and_recall": lambda r: {
        "features": _points(r),
        "real_features": _points(r),
        "neighbours": 3,
        "sizes": r.random(40),
    },
    "neighbours.compare": lambda r: {
        "features": _points(r),
        "real_features": _points(r),
        "sizes": r.random((2, 40)),
    },
    "neighbours.nearest": lambda r: {"features": _points(r), "others": _points(r)},
    "neighbours.check_sets": lambda r: {
        "features": _points(r),
        "others": _points(r),
        "least": 2,
    },
    "latent.sample_latents": lambda r: {"count": 4, "latent_dim": 8, "seed": 0},
    "latent.sample_uniform": lambda r: {"count": 4, "latent_dim": 8, "seed": 0},
    "latent.vary_coordinate": lambda r: {
        "point": _points(r)[0],
        "coordinate": 2,
        "values": r.random(5),
    },
    "latent.typical_length": lambda r: {"latent_dim": 64},
    "latent.rescale": lambda r: {"points": _points(r), "length": 8.0},
    "latent.hold": lambda r: {"points": _points(r), "shortest": 1.0, "longest": 2.0},
    "latent.line": _way,
    "latent.arc": _way,
    "latent.closed_walk": lambda r: {"points": _points(r, 3), "steps": 4},
    "latent.grid": lambda r: {"corners": _points(r, 4), "rows": 3, "columns": 4},
    "latent.averages": lambda r: {
        "points": _points(r),
        "labels": r.permutation(40) % 4,
        "classes": 4,
    },
    "latent.trait_directions": lambda r: {
        "points": _points(r),
        "labels": r.permutation(40) % 2,
        "traits": _points(r, 40, 3),
    },
    "latent.invert": lambda r: {
        "loss_and_gradient": _bowl,
        "starts": _points(r).reshape(2, 20, 8),
        "steps": 5,
        "rate": 0.1,
    },
    "plotting.to_uint8": lambda r: {"images": _images(r), "pixel_range": (-1.0, 1.0)},
    "plotting.tile": lambda r: {
        "images": _images(r),
        "columns": 3,
        "gap": 2,
        "background": 96,
        "pixel_range": (-1.0, 1.0),
    },
    "plotting.frame": lambda r: {
        "images": _images(r),
        "marked": r.random(6) < 0.5,
        "width": 2,
        "colour": (213, 60, 0),
    },
    "plotting.check_one_each": lambda r: {
        "images": _images(r),
        "values": list("abcdef"),
        "what": "titles",
    },
    "plotting.show_images": lambda r: {
        "images": _images(r),
        "columns": 3,
        "titles": list("abcdef") if r.random() < 0.3 else None,
        "scale": 0.9,
        "pixel_range": (-1.0, 1.0),
    },
    "plotting.show_curves": lambda r: {
        "steps": np.arange(5),
        "curves": {"a": r.random(5), "b": r.random(5)},
        "ylabel": "loss",
        "references": {"ln 2": 0.69},
    },
    "plotting.paint_plane": lambda r: {
        "belief": r.random((6, 6)),
        "modes": r.standard_normal((3, 2)),
        "points": r.standard_normal((5, 2)),
        "pulls": r.standard_normal((2, 2)),
    },
    "plotting.render": lambda r: {"figure": plt.figure(figsize=(1, 1))},
    "plotting.show_planes": lambda r: {
        "pictures": r.integers(0, 256, (2, 8, 8, 3), np.uint8),
        "columns": 2,
        "titles": ["a", "b"],
        "title": "two",
        "scale": 2.4,
    },
    "plotting.png_bytes": lambda r: {"picture": _pixels(r)[0], "zoom": 2},
    "plotting.save_gif": lambda r: {
        "path": Path("a.gif"),
        "pictures": _pixels(r),
        "seconds_each": 0.1,
        "zoom": 2,
    },
    "widgets.explore": lambda r: {
        "render": lambda grey, kind: np.full((1, 8, 8), grey / 1e18),
        "zoom": 6,
        "grey": (-1.0, 1.0, 0.1, 0.0),
        "kind": ["one", "other"],
    },
    "widgets.stepper": lambda r: {
        "render": lambda: np.zeros((1, 8, 8)),
        "caption": lambda: "grey",
        "zoom": 1,
    },
    "widgets.morph_player": lambda r: {
        "sample": _sample,
        "read": _read,
        "pools": _pools(r),
        "frames": 4,
        "zoom": 7,
        "seed": 0,
    },
    "widgets.click_grid": lambda r: {
        "images": _images(r),
        "captions": list("abcdef"),
        "columns": 3,
        "zoom": 2,
        "large": 6,
    },
    "widgets.arithmetic_bench": lambda r: {
        "sample": _sample,
        "read": _read,
        "pools": _pools(r),
        "zoom": 4,
        "seed": 0,
    },
    "widgets.write_number": lambda r: {
        "sample": _sample_asked,
        "latent_dim": 8,
        "number": "0123",
        "zoom": 3,
        "seed": 0,
    },
    "widgets.real_or_fake": lambda r: {
        "real_images": _images(r),
        "fake_images": _images(r),
        "real_opinions": r.random(6),
        "fake_opinions": r.random(6),
        "seed": 0,
    },
    "widgets.describe": lambda r: {"probabilities": _chances(r)},
    "doctor.diagnose": lambda r: {
        "curves": {
            name: (np.arange(9) * 50, r.random(9))
            for name in (*SIGNS, "discriminator_accuracy", "variety")
        },
        "patience": 300,
    },
    "colour.load_photograph": lambda r: {},
    "colour.colour_digits": lambda r: {
        "digits": _pixels(r),
        "photograph": r.integers(0, 128, (70, 80, 3), np.uint8),
        "seed": 0,
        "tint": True,
        "batch_size": 4,
        "side": 64,
    },
    "colour.load_portrait": lambda r: {"side": 36},
    "colour.average": lambda r: {"pieces": _dark(r, 8, 9), "tints": _dark(r, 1, 1)},
    "colour.shine": lambda r: {"pieces": _dark(r, 8, 9), "tints": _dark(r, 1, 1)},
    "colour.find_strokes": lambda r: {"images": _pixels(r, (64, 64, 3))},
    "colour.compare_paper": lambda r: {
        "images": _pixels(r, (32, 32, 3)),
        "photograph": _dark(r, 34, 33)[0],
    },
    "data.load_mnist": lambda r: {
        "path": Path("mnist.npz"),
        "url": "file:///missing.npz",
    },
    "data.read_arrays": lambda r: {
        "path": Path("mnist.npz"),
        "names": ("x_test", "y_test"),
        "check": lambda name, shape, kind: None,
    },
    "data.check_memory": lambda r: {"needed": 1000, "what": "A thousand bytes"},
    "data.scale_pixels": lambda r: {"images": _pixels(r), "pixel_range": (-1.0, 1.0)},
    "data.hold_out": lambda r: {"digits": _pixels(r), "count": 2},
    "data.stack_digits": lambda r: {"digits": _pixels(r), "seed": 0, "count": 3},
    "data.batches": lambda r: {
        "images": _pixels(r),
        "batch_size": 4,
        "seed": 0,
        "first_step": 0,
        "labels": _digits(r, 6),
        "pixel_range": (-1.0, 1.0),
    },
    "playground.lattice": lambda r: {"reach": 1.0, "side": 3},
    "playground.build_generator": lambda r: {"seed": 0},
    "playground.build_discriminator": lambda r: {"seed": 0},
    "playground.build_gan": lambda r: {
        "seed": 0,
        "rates": (2e-3, 6e-3),
        "steps": 3000,
    },
    "playground.field": lambda r: {"reach": 1.5, "side": 6},
    "playground.pulls": lambda r: {"points": _points(r, 40, 2)},
    "playground.Mixture.draw": lambda r: {"count": 10, "seed": (0, 0)},
    "playground.Mixture.batches": lambda r: {
        "batch_size": 4,
        "seed": 0,
        "first_step": 0,
    },
    "playground.Mixture.judge": lambda r: {"points": _points(r, 40, 2)},
    "compiled.make_sampler": lambda r: {
        "latents": _points(r),
        "asked": [_digits(r, 40), _chances(r), None][r.integers(3)],
        "batch_size": 16,
    },
    "compiled.batch_size_of": lambda r: {},
    "compiled.make_matcher": lambda r: {
        "images": _images(r, (28, 28, 1)),
        "points": _points(r, 6),
    },
    "compiled.make_reader": lambda r: {
        "images": _images(r, (28, 28, 1)),
        "batch_size": 4,
    },
    "judge.make_judge": lambda r: (
        judge.load_judge()  # before time is taken
        and {"images": _images(r, (28, 28, 1)), "asked": _digits(r, 6)}
    ),
    "judge.load_judge": lambda r: {},
    "judge.load_second_judge": lambda r: {},
    "judge.load_validation_judge": lambda r: {},
    "judge.asked_of": lambda r: {"count": 4, "digits": [3, 8]},
    "judge.draw": lambda r: {
        "count": 4,
        "seed": 0,
        "pixel_range": (-1, 1),
        "digits": [3, 8],
    },
    "judge.draw_pretrained": lambda r: {"name": "tiny_mlp", "count": 4, "seed": 0},
    "judge.measure": lambda r: {
        "name": "tiny_mlp",
        "networks": {"generator": _generator()},
        "count": 8,
    },
}


def _spoil(value):
    """Returns a strategy of what may be given in place of a good argument."""
    scalars = strategies.sampled_from(SCALARS)
    if isinstance(value, np.ndarray):
        shapes = arrays.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=4)
        others = arrays.arrays(arrays.scalar_dtypes(), shapes)
        near = strategies.sampled_from(SPOILS).map(lambda spoil: _apply(spoil, value))
        return strategies.one_of(near, near, near, others, scalars)
    if isinstance(value, (dict, list, tuple)):
        places = list(value) if isinstance(value, dict) else range(len(value))
        one_other = strategies.sampled_from(places).flatmap(
            lambda place: _spoil(value[place]).map(
                lambda other: _replace(value, place, other)
            )
        )
        kept = isinstance(value, dict)  # a dict's place is taken by no other thing
        return one_other if kept else strategies.one_of(one_other, one_other, scalars)
    if isinstance(value, Path):
        return strategies.sampled_from([Path(name) for name in FILES])
    if isinstance(value, str):
        return strategies.sampled_from(("", "x", "ü", "a b", "$", "../x"))
    wide = strategies.integers(-5, 50) | strategies.floats()
    return strategies.one_of(scalars, scalars, wide)


def _apply(spoil, value):
    """Spoils an array; what cannot be spoilt so is left out of the place."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return spoil(value)
        except (ValueError, OverflowError, IndexError):
            return None


def _replace(value, place, other):
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[place] = other
    return tuple(changed) if isinstance(value, tuple) else changed


@strategies.composite
def _arguments(draw, good):
    """Draws good arguments; each that is no function is spoilt every second time."""
    given = good(np.random.default_rng(draw(strategies.integers(0, 2**32))))
    for name, value in given.items():
        if not callable(value) and draw(strategies.booleans()):
            given[name] = draw(_spoil(value))
    return given


def _stop(signum, frame):
    raise RuntimeError(f"took more than {LONGEST} seconds")


@contextlib.contextmanager
def _limits():
    """Limits time and further memory, where the system can."""
    try:
        import resource
    except ImportError:  # Windows
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = psutil.Process().memory_info().vms + ROOM
    before = signal.signal(signal.SIGALRM, _stop)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    signal.alarm(LONGEST)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _find_fault(name, given):
    """Calls a function, and says what is wrong with how that ended, or returns None."""
    module, _, function = name.partition(".")
    call = CALLS.get(name) or getattr(globals()[module], function)
    fault = None
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("error")
            with _limits():
                result = call(**given)
        if name not in MAY_BE_NAN and not _is_finite(result):
            fault = "returned NaN or infinity"
    except OSError as error:
        fine = "path" in given or name in MAY_LACK_A_FILE
        fault = None if fine else f"raised {error!r}"
    except Exception as error:  # whatever it is, it belongs in the table
        fine = isinstance(error, ValueError) if name in REASONS else _is_sentence(error)
        fault = None if fine else f"raised {error!r}"
    plt.close("all")
    return fault


def _is_sentence(error):
    """Tells whether the package itself raised a `ValueError` that says something."""
    trace = error.__traceback__
    while trace.tb_next:
        trace = trace.tb_next
    file = Path(trace.tb_frame.f_code.co_filename)
    line = linecache.getline(str(file), trace.tb_lineno)
    ours = paths.ROOT / "gan_utils" in file.parents and line.strip().startswith("raise")
    return ours and isinstance(error, ValueError) and str(error).endswith((".", "?"))


def _is_finite(result):
    if isinstance(result, dict):
        result = list(result.values())
    if isinstance(result, (list, tuple)):
        return all(map(_is_finite, result))
    if not isinstance(result, (int, float)) and not hasattr(result, "__array__"):
        return True  # a widget, a figure, text
    values = np.asarray(result)
    return values.dtype.kind not in "fc" or bool(np.isfinite(values).all())


def attack(folder, seed, size):
    """Yields a row for each public function.

    Args:
        folder: where files may be written.
        seed: decides the arguments.
        size: `"full"`, or `"slice"` for a tenth of it.
    """
    shutil.copy(paths.MNIST, folder / "mnist.npz")
    (folder / "zeros").write_bytes(bytes(1000))
    (folder / "empty").touch()
    cases = {module.__name__.split(".")[1]: count for module, count in MODULES.items()}
    with contextlib.chdir(folder):
        for name, good in TABLE.items():
            count = cases[name.split(".")[0]] // (1 if size == "full" else 10)
            yield _attack(name, good, seed, count)


def _attack(name, good, seed, count):
    tried, faults = [], []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(_arguments(good))
    def call(given):
        tried.append(name)
        shown = ", ".join(f"{key}={_show(value)}" for key, value in given.items())
        fault = _find_fault(name, given)
        if fault:
            faults.append(f"{name}({shown}) {fault:.200}")

    call()
    return Row(f"calls: {name}", len(tried), faults)


def _show(value):
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{value.shape} {reprlib.repr(value.ravel()[:3].tolist())}"
    try:
        return reprlib.repr(value)
    except ValueError:  # an integer of more digits than Python writes
        return "10**5000"
