"""MNIST from the project's own file, and endless batches of it."""

import hashlib
import os
import tempfile
from pathlib import Path

from gan_utils import paths, quiet  # noqa: F401

import keras
import numpy as np
import tensorflow as tf

MNIST_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
CURE = (
    "Restore it with: git checkout -- data/mnist.npz, "
    f"or save {MNIST_URL} under that name."
)
ARRAYS = ("x_train", "y_train", "x_test", "y_test")
# SHA-256 of their types, shapes and bytes. The file may be packed in other ways.
DIGEST = "47510164af9e915b85ff5c4079de0537fd7ff4c9896c45daecb9acb218a75680"

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
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = [file[key] for key in ARRAYS]
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


def _download(path, url):
    """Downloads beside `path`, verifies, and renames only a file that is right."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".download-") as part:
            part = Path(keras.utils.get_file(path.name, url, cache_subdir=part))
            _read(part, f"The download from {url}")
            os.replace(part, path)
    except ValueError:
        raise
    except Exception as error:  # get_file raises a bare Exception
        raise OSError(
            f"{path} is missing and could not be downloaded: {error}. {CURE}"
        ) from error


def scale_pixels(images, pixel_range=(-1.0, 1.0)):
    """Turns uint8 images into what the networks take.

    Args:
        images: uint8 `(n, height, width)` or `(n, height, width, channels)`.
        pixel_range: values for 0 and for 255.

    Returns:
        A float32 tensor `(n, height, width, channels)` in that range.

    Raises:
        ValueError: the images are not uint8 or have another rank.

    Example:
        >>> float(scale_pixels(np.full((1, 28, 28), 255, np.uint8))[0, 0, 0, 0])
        1.0
    """
    images = tf.convert_to_tensor(images)
    if images.dtype != tf.uint8 or images.shape.rank not in (3, 4):
        raise ValueError(
            f"Images of type {images.dtype.name} and shape {images.shape} were given; "
            "needed are uint8 images (n, height, width) or (n, height, width, "
            "channels). Pass the pixels as load_mnist() returns them."
        )
    if images.shape.rank == 3:
        images = images[..., tf.newaxis]
    low, high = pixel_range
    return tf.cast(images, tf.float32) / (255.0 / (high - low)) + low


def stack_digits(digits, seed):
    """Puts three digits into the three channels of an image: a number of 1,000.

    Args:
        digits: uint8 `(n, height, width)`.
        seed: decides which digits meet, an integer from 0.

    Returns:
        uint8 `(n, height, width, 3)`; each digit comes once in each channel.

    Source:
        Metz et al., Unrolled Generative Adversarial Networks, 2017, section 3.3.1.

    Example:
        >>> stack_digits(np.zeros((100, 28, 28), np.uint8), seed=0).shape
        (100, 28, 28, 3)
    """
    random = np.random.default_rng(seed)
    return np.stack([random.permutation(digits) for _ in range(3)], axis=3)


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
        seed: an integer; the same seed gives the same order.
        first_step: number of the first batch, 0 or more.
        labels: `(n,)` to come along with the images, or None.
        pixel_range: as in `scale_pixels`.

    Returns:
        A `tf.data.Dataset` of float32 batches
        `(batch_size, height, width, channels)`, or of pairs of such a
        batch and its labels.

    Raises:
        ValueError: the batch size or the first step is out of range, or there
            are not as many labels as images.

    Example:
        >>> digits = np.zeros((100, 28, 28), np.uint8)
        >>> next(iter(batches(digits, 64, seed=0))).shape
        TensorShape([64, 28, 28, 1])
    """
    count = len(images)
    if not 1 <= batch_size <= count:
        raise ValueError(
            f"batch_size is {batch_size}; for {count} images, from 1 to {count}."
        )
    if first_step < 0:
        raise ValueError(f"first_step is {first_step}; it must be 0 or more.")
    if labels is not None and len(labels) != count:
        raise ValueError(f"{len(labels)} labels were given for {count} images.")
    scale_pixels(images[:1])  # a wrong type is an error here, not while training
    images = tf.constant(images)
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

    steps = tf.data.Dataset.range(first_step, tf.int64.max)
    return steps.map(batch).prefetch(4)
