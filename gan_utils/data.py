"""MNIST from the project's own file, and endless batches of it."""

import hashlib
import math
import os
import tempfile
import time
import urllib.request
import zipfile
from pathlib import Path

from gan_utils import checks, paths, quiet  # noqa: F401

import numpy as np
import psutil
import tensorflow as tf

MNIST_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
CURE = (
    "Restore it with: git checkout -- data/mnist.npz, "
    f"or save {MNIST_URL} under that name."
)
ARRAYS = ("x_train", "y_train", "x_test", "y_test")
# SHA-256 of their types, shapes and bytes. The file may be packed in other ways.
DIGEST = "47510164af9e915b85ff5c4079de0537fd7ff4c9896c45daecb9acb218a75680"

# Of a download: seconds that a server may be silent, seconds in all, and bytes. The
# file has 11 MB; another way of packing may make it 55.
SILENCE, PATIENCE, LARGEST = 30, 900, 100_000_000

_verified = set()  # file states whose digest was right


def load_mnist(path=paths.MNIST, url=MNIST_URL):
    """Loads the 70,000 digits of MNIST, downloading them if the file is missing.

    The digest of the arrays is checked once for each state of the file.
    A damaged file is reported and left as it is.

    Args:
        path: the `.npz` file.
        url: where to download it from when it does not exist.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: uint8 images of shape
        `(60000, 28, 28)` and `(10000, 28, 28)` with 0 for paper and 255 for
        ink, and uint8 labels from 0 to 9.

    Raises:
        OSError: the file cannot be read, or the download failed.
        ValueError: the file is not the MNIST that the series uses.

    Source:
        LeCun, Cortes, Burges: The MNIST database of handwritten digits.

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_mnist()
        >>> x_train.shape
        (60000, 28, 28)
    """
    path = Path(path)
    if not path.exists():
        _download(path, url)
    x_train, y_train, x_test, y_test = _read(path, path)
    return (x_train, y_train), (x_test, y_test)


def _read(path, name):
    try:
        status = path.stat()
        state = (path, status.st_size, status.st_mtime_ns, status.st_ino)
        arrays = read_arrays(path, ARRAYS, _check_size)
        if state not in _verified and _digest(arrays) != DIGEST:
            raise ValueError("its arrays are not MNIST's, by their SHA-256")
    except Exception as error:  # whatever a damaged file may cause
        kind = OSError if isinstance(error, OSError) else ValueError
        reason = str(error).split(". ")[0].rstrip(".")
        raise kind(f"{name} cannot be read as MNIST: {reason}. {CURE}") from error
    _verified.add(state)
    return arrays


def _digest(arrays):
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype} {array.shape}".encode() + array.tobytes())
    return digest.hexdigest()


def _check_size(name, shape, dtype):
    size = math.prod(shape) * dtype.itemsize
    if size > LARGEST:
        raise ValueError(f"{name} claims {size / 1e9:.1f} GB")


def read_arrays(path, names, check):
    """Reads arrays of an `.npz` file, after all said how large they are.

    A file of some megabytes may hold zeros that fill any memory.

    Args:
        path: the file.
        names: of the arrays.
        check: is called with the name, shape and `numpy.dtype` of each before the
            first is unpacked, and raises `ValueError` where they do not fit.

    Returns:
        A list of arrays.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no such file, or is damaged, or as `check`.
    """
    path = Path(path)
    if path.exists() and not path.is_file() and not path.is_dir():
        raise ValueError("it is no file")  # a pipe would be waited for
    try:
        with zipfile.ZipFile(path) as archive:
            members = [archive.getinfo(f"{name}.npy") for name in names]
            for name, member in zip(names, members):
                with archive.open(member) as stream:
                    check(name, *_read_header(stream, member.file_size))
            arrays = []
            for member in members:
                with archive.open(member) as stream:
                    arrays.append(np.lib.format.read_array(stream, allow_pickle=False))
            return arrays
    except (OSError, ValueError):
        raise
    except KeyError as error:
        raise ValueError(error.args[0]) from error
    except Exception as error:  # encrypted, packed in an unknown way, cut off, ...
        raise ValueError(str(error) or type(error).__name__) from error


def _read_header(stream, size):
    """Returns the shape and type that a member of so many bytes says it has."""
    if np.lib.format.read_magic(stream) != (1, 0):  # others may be of any length
        raise ValueError("an array is of a version that NumPy has no need to write")
    shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    if dtype.hasobject:
        raise ValueError("an array holds pickled objects, which are never loaded")
    claimed = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or claimed != size - stream.tell():
        raise ValueError(f"an array says it has shape {shape}, and its bytes do not")
    return shape, dtype


def check_memory(needed, what):
    """Raises `ValueError` unless so much memory is free.

    Args:
        needed: bytes.
        what: what needs them, the subject of a sentence.

    Example:
        >>> check_memory(1000, "A thousand bytes")
    """
    needed = checks.number(needed, "The memory needed", 0, math.inf)
    free = psutil.virtual_memory().available
    if needed > free:
        raise ValueError(
            f"{what} will need about {needed / 1e9:.1f} GB of memory, and "
            f"{free / 1e9:.1f} GB are free. Take fewer, in several parts."
        )


def _download(path, url):
    """Downloads beside `path`, verifies, and renames only a file that is right."""
    print(f"Downloading {path.name} from {url}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".download-") as part:
            part = Path(part) / path.name
            _fetch(url, part)
            _read(part, f"The download from {url}")
            os.replace(part, path)
    except ValueError:
        raise
    except Exception as error:  # such as http.client's own
        reason = " ".join(str(error).split())
        raise OSError(
            f"{path} is missing and could not be downloaded: {reason}. {CURE}"
        ) from error


def _fetch(url, path):
    """Copies what a server sends into a file, as long as it sends soon and little."""
    if "://" not in url:  # urllib's own error would be no sentence
        raise OSError(f"{url!r} is no address")
    ends, size = time.monotonic() + PATIENCE, 0
    with (
        urllib.request.urlopen(url, timeout=SILENCE) as answer,
        path.open("wb") as file,
    ):
        while piece := answer.read1(2**16):  # read() would wait for all of it
            size += file.write(piece)
            if size > LARGEST:
                raise OSError(f"it is larger than {LARGEST / 1e6:.0f} MB")
            if time.monotonic() > ends:
                raise OSError(f"it took longer than {PATIENCE / 60:.0f} minutes")
        promised = answer.headers.get("Content-Length", size)
    if str(promised) != str(size):
        raise OSError(f"{size:,} of {promised} bytes came")


def scale_pixels(images, pixel_range=(-1.0, 1.0)):
    """Turns uint8 images into what the networks take.

    Args:
        images: uint8 `(n, height, width)` or `(n, height, width, channels)`.
        pixel_range: values for 0 and for 255.

    Returns:
        A float32 tensor `(n, height, width, channels)` in that range.

    Raises:
        ValueError: the images are not uint8, have another rank, or there is none;
            or the range is none.

    Example:
        >>> float(scale_pixels(np.full((1, 28, 28), 255, np.uint8))[0, 0, 0, 0])
        1.0
    """
    low, high = checks.pixel_range(pixel_range)
    images = _pixels(images)
    if images.shape.rank == 3:
        images = images[..., tf.newaxis]
    return tf.cast(images, tf.float32) / (255.0 / (high - low)) + low


def _pixels(images):
    """Returns uint8 images as a tensor."""
    try:
        images = tf.convert_to_tensor(images)
    except Exception as error:  # whatever conversion a foreign type may bring
        raise ValueError("The images are no array, but uint8 images are.") from error
    if images.dtype != tf.uint8 or images.shape.rank not in (3, 4) or 0 in images.shape:
        raise ValueError(
            f"Images of type {images.dtype.name} and shape {images.shape} were given; "
            "needed are uint8 images (n, height, width) or (n, height, width, "
            "channels), n from 1. Pass the pixels as load_mnist() returns them."
        )
    return images


def hold_out(digits, count=10_000):
    """Divides training digits into those to train on and those to choose settings by.

    Whoever chooses by the test digits has none left that can say how good the choice
    is. Which digits are held out is always the same.

    Args:
        digits: an array `(n, ...)`, the training digits or their labels.
        count: how many are held out, from 1 to n - 1.

    Returns:
        `(kept, held_out)`, arrays `(n - count, ...)` and `(count, ...)`.

    Raises:
        ValueError: the digits are no array, or too few.

    Example:
        >>> kept, held_out = hold_out(np.arange(60_000))
        >>> kept.shape, held_out.shape
        ((50000,), (10000,))
    """
    digits = np.atleast_1d(checks.array_of(digits, "digits"))
    count = checks.count(count, "count", 1, len(digits) - 1)
    rows = np.random.default_rng(0).permutation(len(digits))
    return digits[rows[count:]], digits[rows[:count]]


def stack_digits(digits, seed, count=3):
    """Puts digits into the channels of an image, each by chance: three make a number.

    Args:
        digits: uint8 `(n, height, width)`, n from 1.
        seed: decides which digits meet, an integer from 0.
        count: how many meet in an image, 1 to 6.

    Returns:
        uint8 `(n, height, width, count)`; each digit comes once in each channel.

    Raises:
        ValueError: the digits have another shape or type, or a number is out of range.

    Source:
        Metz et al., Unrolled Generative Adversarial Networks, 2017, section 3.3.1.

    Example:
        >>> stack_digits(np.zeros((100, 28, 28), np.uint8), seed=0).shape
        (100, 28, 28, 3)
    """
    digits = checks.numbers(digits, "digits", ("n", "height", "width"), "u")
    if digits.dtype != np.uint8:
        raise ValueError(f"Digits of type {digits.dtype} were given; needed is uint8.")
    random = np.random.default_rng(checks.count(seed, "seed", 0))
    count = checks.count(count, "count", 1, 6)
    return np.stack([random.permutation(digits) for _ in range(count)], axis=3)


def batches(
    images, batch_size, seed, first_step=0, labels=None, pixel_range=(-1.0, 1.0)
):
    """Makes an endless dataset of shuffled, scaled batches.

    The images lie in memory once. Each step computes which rows it wants from
    the seed and its own number, so training that starts at step 1,000 sees what
    it would have seen there without a break. Every image comes once before any
    comes twice.

    Args:
        images: uint8 `(n, height, width)` or `(n, height, width, channels)`.
        batch_size: images in a batch, from 1 to n.
        seed: an integer from 0; the same seed gives the same order.
        first_step: number of the first batch, 0 or more.
        labels: `(n,)` to come along with the images, or None.
        pixel_range: as in `scale_pixels`.

    Returns:
        A `tf.data.Dataset` of float32 batches
        `(batch_size, height, width, channels)`, or of pairs of such a
        batch and its labels.

    Raises:
        ValueError: the images are none, a number is out of range, or there are not
            as many labels as images.

    Example:
        >>> digits = np.zeros((100, 28, 28), np.uint8)
        >>> next(iter(batches(digits, 64, seed=0))).shape
        TensorShape([64, 28, 28, 1])
    """
    images = _pixels(images)
    count = len(images)
    batch_size = checks.count(batch_size, f"For {count} images, batch_size", 1, count)
    first_step = checks.count(first_step, "first_step", 0)
    seed = checks.count(seed, "seed", 0, 2**63 - 1)
    checks.pixel_range(pixel_range)
    if labels is not None:
        checks.numbers(labels, "labels", ("n", *np.shape(labels)[1:]))
        if len(labels) != count:
            raise ValueError(f"{len(labels)} labels were given for {count} images.")
    first_seed = tf.constant(seed, tf.int64)

    def batch(step):
        position = step * batch_size + tf.range(batch_size, dtype=tf.int64)
        epoch, index = position // count, position % count
        seeds = tf.stack([tf.fill([batch_size], first_seed), epoch, 0 * epoch], axis=1)
        # The raw operation, since tf.random.experimental.index_shuffle of
        # TensorFlow 2.21 takes no seed for each index. At its default of 4 rounds
        # two epochs come in nearly the same order (correlation 0.89); at 12, not.
        rows = tf.raw_ops.RandomIndexShuffle(
            index=index, seed=seeds, max_index=count - 1, rounds=12
        )
        batch_of_images = scale_pixels(tf.gather(images, rows), pixel_range)
        if labels is None:
            return batch_of_images
        return batch_of_images, tf.gather(labels, rows)

    # There is nothing to tune, and on one core the tuner lets whoever has finished with
    # the batches wait for ten seconds.
    options = tf.data.Options()
    options.autotune.enabled = False
    steps = tf.data.Dataset.range(first_step, tf.int64.max)
    return steps.map(batch).prefetch(4).with_options(options)
