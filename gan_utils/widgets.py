"""Sliders over functions from numbers to images. They know nothing of networks."""

from gan_utils import plotting

import ipywidgets


def explore(render, caption=None, zoom=6, **sliders):
    """Shows an image that follows sliders.

    Args:
        render: a function that takes the sliders' values by name and returns
            images `(n, height, width)` or `(n, height, width, channels)`, as in
            `plotting.tile`; they are shown in one row.
        caption: a function that takes the same values and returns a line of text
            below the image, or None.
        zoom: screen pixels a pixel of the image.
        **sliders: a tuple `(low, high, step, start)` for each name; whole
            numbers make a slider over whole numbers.

    Returns:
        An `ipywidgets.VBox`: the sliders, the image, the caption.

    Raises:
        ValueError: a slider is not four numbers, or starts outside its range.

    Example:
        >>> paint = lambda grey: np.full((1, 28, 28), grey)
        >>> box = explore(paint, grey=(-1.0, 1.0, 0.1, 0.0))
    """
    controls = {name: _slider(name, *values) for name, values in sliders.items()}
    # A box stretches its children to its own width unless told.
    image = ipywidgets.Image(format="png", layout={"align_self": "flex-start"})
    line = ipywidgets.Label()

    def draw(change=None):
        values = {name: slider.value for name, slider in controls.items()}
        images = render(**values)
        picture = plotting.tile(images, columns=len(images))
        image.value = plotting.png_bytes(picture, zoom)
        line.value = caption(**values) if caption else ""

    for slider in controls.values():
        slider.observe(draw, "value")
    draw()
    return ipywidgets.VBox([*controls.values(), image, line])


def _slider(name, *values):
    if len(values) != 4 or not values[0] <= values[3] <= values[1]:
        raise ValueError(
            f"The slider {name!r} was given {values}; needed are (low, high, step, "
            "start) with the start between low and high."
        )
    low, high, step, start = values
    whole = all(isinstance(value, int) for value in values)
    make = ipywidgets.IntSlider if whole else ipywidgets.FloatSlider
    return make(
        value=start,
        min=low,
        max=high,
        step=step,
        description=name.replace("_", " "),
        style={"description_width": "8em"},
        layout={"width": "32em"},
    )
