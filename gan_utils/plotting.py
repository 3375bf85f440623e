"""Pictures of images and curves. NumPy, Pillow and matplotlib only.

Images are arrays `(n, height, width)` or `(n, height, width, channels)` with 1
or 3 channels: uint8, or floats in `pixel_range`.
"""

import io
import math
import os
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image, ImageOps

# Okabe and Ito's colours, which people with a colour-vision deficiency can tell
# apart; the line styles tell the curves apart in grey.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
STYLES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)))


def to_uint8(images, pixel_range=(-1.0, 1.0)):
    """Turns images into uint8 pixels, 0 for the low end of the range.

    Args:
        images: `(n, height, width)` or `(n, height, width, channels)`.
        pixel_range: values of black and white; values beyond are clipped.
            uint8 images are returned as they are.

    Returns:
        uint8 `(n, height, width)` or `(n, height, width, 3)`.

    Raises:
        ValueError: another shape, or values that are not finite.

    Example:
        >>> to_uint8(np.zeros((1, 28, 28, 1))).shape
        (1, 28, 28)
    """
    images = np.asarray(images)
    if images.ndim < 3 or images.shape[3:] not in ((), (1,), (3,)):
        raise ValueError(
            f"Images of shape {images.shape} were given; needed is (n, height, width) "
            "or (n, height, width, 1 or 3). For one image, pass image[None]."
        )
    if images.shape[3:] == (1,):
        images = images[..., 0]
    if images.dtype == np.uint8:
        return images
    if not np.isfinite(images).all():
        raise ValueError(
            "Some pixels are NaN or infinite. Look at the step that made the images."
        )
    low, high = pixel_range
    above_low = (images - low).clip(0, high - low)
    return np.rint(above_low * (255 / (high - low))).astype(np.uint8)


def tile(images, columns=None, gap=2, background=96, pixel_range=(-1.0, 1.0)):
    """Lays images out row by row in one picture.

    Args:
        images: `(n, height, width)` or `(n, height, width, channels)`, n from 1.
        columns: images in a row; as square as can be when it is None.
        gap: pixels between two images.
        background: grey of the gaps and of empty places, 0 to 255.
        pixel_range: as in `to_uint8`.

    Returns:
        uint8 `(rows, columns)` in pixels, with a last axis of 3 for colour.

    Raises:
        ValueError: there is no image, or `columns` is below 1.

    Example:
        >>> tile(np.zeros((6, 28, 28)), columns=3, gap=0).shape
        (56, 84)
    """
    images = to_uint8(images, pixel_range)
    count, height, width = images.shape[:3]
    columns = math.ceil(math.sqrt(count)) if columns is None else columns
    if count < 1 or columns < 1:
        raise ValueError(
            f"{count} images in {columns} columns asked for; both must be 1 or more."
        )
    rows = math.ceil(count / columns)
    shape = (rows * (height + gap) - gap, columns * (width + gap) - gap)
    picture = np.full(shape + images.shape[3:], background, np.uint8)
    for index, image in enumerate(images):
        top = index // columns * (height + gap)
        left = index % columns * (width + gap)
        picture[top : top + height, left : left + width] = image
    return picture


def frame(images, marked, width=2, colour=(213, 60, 0)):
    """Puts a frame around some of the images; the others get a black margin.

    Args:
        images: as in `tile`.
        marked: `(n,)` booleans, true for the images that get the frame.
        width: its width in pixels.
        colour: red, green and blue of the frame, 0 to 255.

    Returns:
        uint8 `(n, height + 2 * width, width + 2 * width, 3)`.

    Raises:
        ValueError: there are not as many marks as images.

    Example:
        >>> frame(np.zeros((2, 28, 28)), [True, False]).shape
        (2, 32, 32, 3)
    """
    images = to_uint8(images)
    marked = np.asarray(marked, bool)
    check_one_each(images, marked, "marks")
    if images.ndim == 3:
        images = np.repeat(images[..., None], 3, axis=3)
    height, breadth = images.shape[1:3]
    shape = (len(images), height + 2 * width, breadth + 2 * width, 3)
    framed = np.zeros(shape, np.uint8)
    framed[marked] = colour
    framed[:, width : width + height, width : width + breadth] = images
    return framed


def check_one_each(images, values, what):
    """Raises `ValueError` unless there is one value for each image.

    Args:
        images: `(n, ...)`.
        values: as many as there are images, if all is right.
        what: what the values are called, such as `"titles"`.

    Example:
        >>> check_one_each(np.zeros((2, 28, 28)), ["a", "b"], "titles")
    """
    if len(values) != len(images):
        raise ValueError(
            f"{len(values)} {what} were given for {len(images)} images; give one each."
        )


def show_images(
    images, columns=None, titles=None, title=None, scale=0.9, pixel_range=(-1.0, 1.0)
):
    """Draws a grid of images with matplotlib.

    Args:
        images: as in `tile`.
        columns: images in a row; as square as can be when it is None.
        titles: a line above each image, or None.
        title: a line above all, or None.
        scale: inches an image; the figure is never wider than 10 inches.
        pixel_range: as in `to_uint8`.

    Returns:
        The `matplotlib.figure.Figure`; call `plt.show()` after it.

    Raises:
        ValueError: there are not as many titles as images.

    Example:
        >>> figure = show_images(np.zeros((4, 28, 28)), titles="abcd")
    """
    images = to_uint8(images, pixel_range)
    if titles is not None:
        check_one_each(images, titles, "titles")
    columns = columns or math.ceil(math.sqrt(len(images)))
    width = min(10, columns * scale)
    if titles is None:
        panels, titles, height = [tile(images, columns, background=255)], [None], 0
        shape = (1, 1)
    else:
        shape = (math.ceil(len(images) / columns), columns)
        panels, height = images, 0.3 * shape[0]
    height += width * shape[0] * panels[0].shape[0] / (shape[1] * panels[0].shape[1])
    figure, axes = plt.subplots(*shape, figsize=(width, height), squeeze=False)
    figure.set_layout_engine("constrained")
    for axis in axes.flat:
        axis.axis("off")
    for axis, panel, line in zip(axes.flat, panels, titles):
        axis.imshow(panel, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        axis.set_title(line, fontsize=9)
    if title:
        figure.set_figheight(height + 0.4)
        figure.suptitle(title, fontsize=10)
    return figure


def show_curves(steps, curves, ylabel, references=None, axes=None):
    """Draws named curves over the steps of a training.

    Args:
        steps: `(n,)` numbers for the x axis.
        curves: a dict from names to `(n,)` values, six at most.
        ylabel: name and unit of the y axis.
        references: a dict from names to heights of dotted lines, or None.
        axes: matplotlib axes to draw on; a new figure when None.

    Returns:
        The axes.

    Raises:
        ValueError: there are more than six curves, or one has another length.

    Example:
        >>> axes = show_curves([0, 1], {"loss": [2.0, 1.0]}, "loss (nats)")
    """
    if len(curves) > len(COLOURS):
        raise ValueError(
            f"{len(curves)} curves given; six at most stay apart. Draw two pictures."
        )
    if axes is None:
        axes = plt.subplots(figsize=(7, 3), layout="constrained")[1]
    for (name, values), colour, style in zip(curves.items(), COLOURS, STYLES):
        if len(values) != len(steps):
            raise ValueError(
                f"{name!r} has {len(values)} values for {len(steps)} steps; match them."
            )
        axes.plot(steps, values, color=colour, linestyle=style, label=name)
    beside = axes.get_yaxis_transform()  # 1.01: a little to the right of the axes
    for name, height in (references or {}).items():
        axes.axhline(height, color="0.4", linewidth=0.8, linestyle=(0, (1, 3)))
        axes.text(1.01, height, name, va="center", size=9, transform=beside)
    axes.set_xlabel("step")
    axes.set_ylabel(ylabel)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=9)
    return axes


def png_bytes(picture, zoom=1):
    """Packs a picture as PNG, fast enough for a slider.

    Args:
        picture: uint8 `(height, width)` or `(height, width, 3)`.
        zoom: whole number of screen pixels a pixel, 1 or more.

    Returns:
        The bytes of a PNG file.

    Example:
        >>> png_bytes(np.zeros((28, 28), np.uint8))[1:4]
        b'PNG'
    """
    buffer = io.BytesIO()
    _enlarge(picture, zoom).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def save_gif(path, pictures, seconds_each=0.1, zoom=1):
    """Saves pictures as an animation that repeats; the last one stays longer.

    Args:
        path: file to write; it appears only when it is whole.
        pictures: uint8 pictures of one shape, at least one.
        seconds_each: time a picture is shown.
        zoom: whole number of screen pixels a pixel, 1 or more.

    Returns:
        The path.

    Raises:
        ValueError: there is no picture.
        OSError: the file cannot be written.

    Example:
        >>> path = save_gif("a.gif", np.zeros((3, 28, 28), np.uint8))
    """
    if len(pictures) == 0:
        raise ValueError("No picture was given; an animation needs one or more.")
    frames = [_enlarge(picture, zoom) for picture in pictures]
    durations = [round(1000 * seconds_each)] * len(frames)  # milliseconds
    durations[-1] = max(1500, durations[-1])
    part, rest = Path(f"{path}.part"), frames[1:]
    options = {"append_images": rest, "duration": durations, "loop": 0}
    frames[0].save(part, "GIF", save_all=True, **options)
    os.replace(part, path)
    return Path(path)


def _enlarge(picture, zoom):
    return ImageOps.scale(Image.fromarray(picture), zoom, Image.NEAREST)
