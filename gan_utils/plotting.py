"""Pictures of images and curves. NumPy, Pillow and matplotlib only.

Images are arrays `(n, height, width)` or `(n, height, width, channels)` with 1
or 3 channels: uint8, or floats in `pixel_range`.
"""

import io
import math
import os
import tempfile
from pathlib import Path

from gan_utils import checks

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from PIL import Image, ImageOps

# Okabe and Ito's colours, which people with a colour-vision deficiency can tell
# apart; the line styles tell the curves apart in grey.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MOST_TITLED = 200  # panels in a figure; each takes matplotlib some milliseconds
STYLES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)))


def to_uint8(images, pixel_range=(-1.0, 1.0)):
    """Turns images into uint8 pixels, 0 for the low end of the range.

    Args:
        images: `(n, height, width)` or `(n, height, width, channels)`.
        pixel_range: values of black and white. Values beyond are clipped, so that a
            picture may have more contrast; ten widths beyond are another range.
            uint8 images are returned as they are.

    Returns:
        uint8 `(n, height, width)` or `(n, height, width, 3)`.

    Raises:
        ValueError: another shape or type, or values that are not finite or lie far
            beyond the range.

    Example:
        >>> to_uint8(np.zeros((1, 28, 28, 1))).shape
        (1, 28, 28)
    """
    low, high = checks.pixel_range(pixel_range)
    images = checks.images(images, (low, high), beyond=10)
    if images.shape[3:] == (1,):
        images = images[..., 0]
    if images.dtype == np.uint8:
        return images
    pixels = np.empty(images.shape, np.uint8)
    few = max(1, 2**17 // images[0].size)  # all at once would take five copies
    for start in range(0, len(images), few):
        some = images[start : start + few]
        some = some.astype(np.result_type(some, np.float32), copy=False)  # not float16
        above_low = (some - low).clip(0, high - low)
        pixels[start : start + few] = np.rint(above_low * (255 / (high - low)))
    return pixels


def tile(images, columns=None, gap=2, background=96, pixel_range=(-1.0, 1.0)):
    """Lays images out row by row in one picture.

    Args:
        images: `(n, height, width)` or `(n, height, width, channels)`, n from 1.
        columns: images in a row, 1 to 100 or as many as there are images; as square
            as can be when it is None.
        gap: pixels between two images, 0 to 100.
        background: grey of the gaps and of empty places, 0 to 255.
        pixel_range: as in `to_uint8`.

    Returns:
        uint8 `(rows, columns)` in pixels, with a last axis of 3 for colour.

    Raises:
        ValueError: there is no image, or a number is out of range.

    Example:
        >>> tile(np.zeros((6, 28, 28)), columns=3, gap=0).shape
        (56, 84)
    """
    images = to_uint8(images, pixel_range)
    count, height, width = images.shape[:3]
    columns = _columns(columns, count)
    gap = checks.count(gap, "gap", 0, 100)
    background = checks.count(background, "background", 0, 255)
    rows = math.ceil(count / columns)
    shape = (rows * (height + gap) - gap, columns * (width + gap) - gap)
    picture = np.full(shape + images.shape[3:], background, np.uint8)
    for index, image in enumerate(images):
        top = index // columns * (height + gap)
        left = index % columns * (width + gap)
        picture[top : top + height, left : left + width] = image
    return picture


def _columns(columns, count):
    if columns is None:
        return math.ceil(math.sqrt(count))
    return checks.count(columns, "columns", 1, max(100, count))


def frame(images, marked, width=2, colour=(213, 60, 0)):
    """Puts a frame around some of the images; the others get a black margin.

    Args:
        images: as in `tile`.
        marked: `(n,)` booleans, true for the images that get the frame.
        width: its width in pixels, 0 to 100.
        colour: red, green and blue of the frame, 0 to 255.

    Returns:
        uint8 `(n, height + 2 * width, width + 2 * width, 3)`.

    Raises:
        ValueError: there are not as many marks as images, or a number is out of range.

    Example:
        >>> frame(np.zeros((2, 28, 28)), [True, False]).shape
        (2, 32, 32, 3)
    """
    images = to_uint8(images)
    check_one_each(images, marked, "marks")
    marked = checks.numbers(marked, "marks", (len(images),), "biu").astype(bool)
    width = checks.count(width, "width", 0, 100)
    colour = checks.labels(colour, (3,), 256, "colour's values")
    if images.ndim == 3:
        images = np.repeat(images[..., None], 3, axis=3)
    height, breadth = images.shape[1:3]
    shape = (len(images), height + 2 * width, breadth + 2 * width, 3)
    framed = np.zeros(shape, np.uint8)
    framed[marked] = colour
    framed[:, width : width + height, width : width + breadth] = images
    return framed


def check_one_each(images, values, what, owners="images"):
    """Raises `ValueError` unless there is one value for each image.

    Args:
        images: `(n, ...)`, or other things that have a value each.
        values: as many as there are images, if all is right.
        what: what the values are called, such as `"titles"`.
        owners: what has a value each.

    Example:
        >>> check_one_each(np.zeros((2, 28, 28)), ["a", "b"], "titles")
    """
    given, needed = _length(values), _length(images)
    if given != needed:
        raise ValueError(
            f"{given} {what} were given for {needed} {owners}; give one each."
        )


def _length(values):
    try:
        return len(values)
    except TypeError:  # a number, None: not one for each of anything
        return 0


def show_images(
    images,
    columns=None,
    titles=None,
    title=None,
    scale=0.9,
    pixel_range=(-1.0, 1.0),
    rows=None,
):
    """Draws a grid of images with matplotlib.

    Args:
        images: as in `tile`.
        columns: as in `tile`.
        titles: a line above each image, 200 at most; or None.
        title: a line above all, or None.
        scale: inches an image, 0.1 to 10; the images are never wider than 10 inches.
        pixel_range: as in `to_uint8`.
        rows: a name for each row, to its left, or None.

    Returns:
        The `matplotlib.figure.Figure`; call `plt.show()` after it.

    Raises:
        ValueError: there are not as many titles as images, or too many for panels of
            their own; there are not as many names as rows; the figure would be
            higher than 100 inches; or as `tile`.

    Example:
        >>> figure = show_images(np.zeros((4, 28, 28)), titles="abcd")
    """
    images = to_uint8(images, pixel_range)
    if titles is not None:
        check_one_each(images, titles, "titles")
        checks.count(len(images), "The number of images with titles", 1, MOST_TITLED)
    columns = _columns(columns, len(images))
    lines = math.ceil(len(images) / columns)
    if rows is not None:
        check_one_each(range(lines), rows, "names", "rows")
    width = min(10, columns * checks.number(scale, "scale", 0.1, 10))
    if titles is None:
        panels, titles, height = [tile(images, columns, background=255)], [None], 0
        shape = (1, 1)
    else:
        shape = (lines, columns)
        panels, height = images, 0.3 * lines
    height += width * shape[0] * panels[0].shape[0] / (shape[1] * panels[0].shape[1])
    checks.number(round(height, 1), "The figure's height in inches", 0, 100)
    figure, axes = plt.subplots(*shape, figsize=(width, height), squeeze=False)
    figure.set_layout_engine("constrained")
    for axis in axes.flat:
        axis.axis("off")
    if rows is not None:
        _name_rows(axes[:, 0], panels[0].shape[0] * len(axes) / lines, rows)
    for axis, panel, line in zip(axes.flat, panels, titles):
        axis.imshow(panel, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        axis.set_title(line, fontsize=9)
    if title:
        figure.set_figheight(height + 0.4)
        figure.suptitle(title, fontsize=10)
    return figure


def _name_rows(axes, height, names):
    """Writes names left of rows of a height in pixels, with room for the longest."""
    figure = axes[0].figure
    each = len(names) // len(axes)  # rows of images that one of the axes shows
    for place, name in enumerate(names):
        middle = (place % each + 0.5) * height
        axes[place // each].text(
            -0.1 * height, middle, name, ha="right", va="center", fontsize=9
        )
    for axis in axes:  # what the images leave of the width belongs to the names
        axis.set_anchor("E")
    figure.set_figwidth(figure.get_figwidth() + 0.2 + 0.07 * max(map(len, names)))


def show_curves(steps, curves, ylabel, references=None, axes=None):
    """Draws named curves over the steps of a training.

    Args:
        steps: `(n,)` numbers for the x axis.
        curves: a dict from names to `(n,)` values, one to six; NaN leaves a gap.
        ylabel: name and unit of the y axis.
        references: a dict from names to heights of dotted lines, or None.
        axes: matplotlib axes to draw on; a new figure when None.

    Returns:
        The axes.

    Raises:
        ValueError: there is no curve or more than six, one has another length, or
            something is no number.

    Example:
        >>> axes = show_curves([0, 1], {"loss": [2.0, 1.0]}, "loss (nats)")
    """
    if not 1 <= len(curves) <= len(COLOURS):
        raise ValueError(
            f"{len(curves)} curves given; one to six stay apart. Draw two pictures."
        )
    curves = {
        name: checks.curve(steps, values, name) for name, values in curves.items()
    }
    references = {
        name: checks.number(height, name, -checks.LARGEST, checks.LARGEST)
        for name, height in (references or {}).items()
    }
    if axes is None:
        axes = plt.subplots(figsize=(7, 3), layout="constrained")[1]
    for name, colour, style in zip(curves, COLOURS, STYLES):
        steps, values = curves[name]
        values = values.astype(np.result_type(values, np.float32))
        values[~(abs(values) <= checks.LARGEST)] = np.nan
        axes.plot(steps, values, color=colour, linestyle=style, label=name)
    beside = axes.get_yaxis_transform()  # 1.01: a little to the right of the axes
    for name, height in references.items():
        axes.axhline(height, color="0.4", linewidth=0.8, linestyle=(0, (1, 3)))
        axes.text(1.01, height, name, va="center", size=9, transform=beside)
    axes.set_xlabel("step")
    axes.set_ylabel(ylabel)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=9)
    return axes


def paint_plane(belief, modes, points, pulls=None, reach=1.5):
    """Paints a GAN in the plane: what D believes of each place, and G's samples.

    Args:
        belief: float `(side, side)` from 0, fake and blue, to 1, real and yellow; the
            lowest row first, as `playground.field` returns it.
        modes: float `(n, 2)`, where real points gather; white circles.
        points: float `(m, 2)`, samples of G; black dots.
        pulls: float `(k, 2)`, arrows that begin at the first k samples, or None. They
            are white with a black rim. Their length is scaled anew in each picture,
            and none is drawn more than twice as long as the middle one.
        reach: the picture goes from -reach to reach, above 0.

    Returns:
        uint8 `(288, 288, 3)`.

    Raises:
        ValueError: an array has another shape or is not finite, or there are more
            pulls than samples.

    Example:
        >>> paint_plane(np.zeros((60, 60)), np.eye(2), np.zeros((5, 2))).shape
        (288, 288, 3)
    """
    belief = checks.numbers(belief, "belief", ("side", "side"))
    modes = checks.numbers(modes, "modes", ("n", 2))
    points = checks.numbers(points, "points", ("m", 2))
    reach = checks.number(reach, "reach", 1e-6, 1e6)
    if pulls is not None:
        pulls = checks.numbers(pulls, "pulls", ("k", 2))
        if len(pulls) > len(points):
            raise ValueError(f"{len(pulls)} pulls were given for {len(points)} points.")
    figure, axes = plt.subplots(figsize=(3.6, 3.6), dpi=80, layout="constrained")
    square = {"origin": "lower", "extent": (-reach, reach, -reach, reach)}
    axes.imshow(belief, cmap="cividis", vmin=0, vmax=1, **square)
    axes.plot(*modes.T, "o", ms=13, mfc="none", mec="white")
    axes.plot(*points.T, "o", ms=3, color="black", mec="white", mew=0.3)
    if pulls is not None:
        _draw_arrows(axes, points[: len(pulls)], pulls, reach)
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), xticks=[], yticks=[])
    return render(figure)


def render(figure):
    """Returns a figure as pixels, uint8 `(height, width, 3)`, and closes it.

    Raises:
        ValueError: it is no figure of Matplotlib.
    """
    if not isinstance(figure, Figure):
        raise ValueError(
            f"What was given is of type {type(figure).__name__}; needed is a figure, "
            "as plt.figure() returns it."
        )
    figure.canvas.draw()
    pixels = np.array(figure.canvas.buffer_rgba())[..., :3]
    plt.close(figure)
    return pixels


def _draw_arrows(axes, starts, pulls, reach):
    """Draws arrows, the middle one a quarter of the reach long, on light and dark."""
    lengths = np.linalg.norm(pulls, axis=1, keepdims=True)
    middle = max(float(np.median(lengths)), 1e-12)
    arrows = pulls / np.maximum(lengths / (2 * middle), 1)
    axes.quiver(
        *starts.T,
        *arrows.T,
        angles="xy",
        scale_units="xy",
        scale=4 * middle / reach,
        width=0.011,
        color="white",
        edgecolor="black",
        linewidth=0.7,
        zorder=3,
    )


def show_planes(pictures, columns, titles, title=None, scale=2.4):
    """Draws pictures of the plane, and beside them what their colours mean.

    Args:
        pictures: as `paint_plane` returns them, `(n, height, width, 3)`.
        columns: as for `show_images`.
        titles: as for `show_images`.
        title: as for `show_images`.
        scale: as for `show_images`.

    Returns:
        The `matplotlib.figure.Figure`; call `plt.show()` after it.

    Raises:
        ValueError: there is no picture, they differ in shape, or as `show_images`.

    Example:
        >>> picture = paint_plane(np.zeros((60, 60)), np.eye(2), np.zeros((5, 2)))
        >>> figure = show_planes([picture], 1, ["D is sure"])
    """
    if _length(pictures) == 0:
        raise ValueError("No picture was given; planes need one or more.")
    if len({np.shape(picture) for picture in pictures}) > 1:
        raise ValueError("The pictures differ in shape; give pictures of one shape.")
    figure = show_images(np.stack(pictures), columns, titles, title, scale)
    figure.set_figwidth(figure.get_figwidth() + 0.8)
    belief = plt.cm.ScalarMappable(cmap="cividis")  # from 0 to 1, as in `paint_plane`
    bar = figure.colorbar(belief, ax=figure.axes, aspect=30, pad=0.01)
    bar.set_label("D: how likely real", size=9)
    bar.set_ticks([0, 0.5, 1], labels=["0: fake", "0.5", "1: real"], size=9)
    return figure


def png_bytes(picture, zoom=1):
    """Packs a picture as PNG, fast enough for a slider.

    Args:
        picture: uint8 `(height, width)` or `(height, width, 3)`.
        zoom: whole number of screen pixels a pixel, 1 to 100.

    Returns:
        The bytes of a PNG file.

    Raises:
        ValueError: the picture has another shape or type, or becomes too large.

    Example:
        >>> png_bytes(np.zeros((28, 28), np.uint8))[1:4]
        b'PNG'
    """
    buffer = io.BytesIO()
    _enlarge(picture, zoom).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def save_gif(path, pictures, seconds_each=0.1, zoom=1, pause=1.5):
    """Saves pictures as an animation that repeats.

    Args:
        path: file to write; it appears only when it is whole.
        pictures: uint8 pictures of one shape, at least one.
        seconds_each: time a picture is shown, 0.01 to 600.
        zoom: whole number of screen pixels a pixel, 1 to 100.
        pause: seconds the last picture is shown at least, 0 to 600; 0 for a walk that
            comes back to its first.

    Returns:
        The path.

    Raises:
        ValueError: there is no picture, they differ in shape, or as `png_bytes`.
        OSError: the file cannot be written.

    Example:
        >>> path = save_gif("a.gif", np.zeros((3, 28, 28), np.uint8))
    """
    path = Path(path)
    seconds_each = checks.number(seconds_each, "seconds_each", 0.01, 600)
    pause = checks.number(pause, "pause", 0, 600)
    if _length(pictures) == 0:
        raise ValueError("No picture was given; an animation needs one or more.")
    frames = [_enlarge(picture, zoom) for picture in pictures]
    if len({(frame.size, frame.mode) for frame in frames}) > 1:
        raise ValueError("The pictures differ in shape; give pictures of one shape.")
    durations = [round(1000 * seconds_each)] * len(frames)  # milliseconds
    durations[-1] = max(round(1000 * pause), durations[-1])
    options = {"append_images": frames[1:], "duration": durations, "loop": 0}
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".animation-") as folder:
        part = Path(folder) / "part"
        frames[0].save(part, "GIF", save_all=True, **options)
        os.replace(part, path)
    return path


def _enlarge(picture, zoom):
    zoom = checks.count(zoom, "zoom", 1, 100)
    picture = checks.array_of(picture, "picture's values")
    if picture.shape[2:] not in ((), (3,)) or picture.ndim < 2 or picture.size == 0:
        raise ValueError(
            f"A picture of shape {picture.shape} was given; needed is (height, width) "
            "or (height, width, 3)."
        )
    if picture.dtype != np.uint8:
        raise ValueError(f"A picture of {picture.dtype} was given; needed is uint8.")
    side = zoom * max(picture.shape[:2])
    if side > 65_535 or zoom**2 * picture.size > checks.MOST:  # GIF counts so far
        raise ValueError(
            f"A picture of shape {picture.shape}, {zoom} times as large, is too large: "
            f"a side has 65,535 pixels at most, all have {checks.MOST:,} values. Show "
            "fewer images, or take a smaller zoom."
        )
    return ImageOps.scale(Image.fromarray(picture), zoom, Image.NEAREST)
