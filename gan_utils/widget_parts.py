"""What widgets are made of: a screen, sliders, pickers, buttons, a player."""

from gan_utils import checks, plotting

import ipywidgets


class Screen(ipywidgets.VBox):
    """An image with a line of text below."""

    def __init__(self, zoom):
        self.zoom = checks.count(zoom, "zoom", 1, 100)
        # A box stretches its children to its own width unless told; a wide image gets
        # as wide as the box, and its margins go beyond it.
        layout = {"align_self": "flex-start", "max_width": "calc(100% - 4px)"}
        self.image = ipywidgets.Image(layout=layout)
        self.line = ipywidgets.Label()
        super().__init__([self.image, self.line])

    def show(self, images, text="", columns=None):
        picture = plotting.tile(images, columns or len(images))
        self.image.value = plotting.png_bytes(picture, self.zoom)
        self.line.value = text


def stack(name, children):
    """Stacks children; the name becomes a CSS class, by which a page finds them."""
    box = ipywidgets.VBox([*children])
    box.add_class(f"gan-{name}")
    return box


def make_window(row, column):
    """Returns a button that lies over an image of a grid and lets it be seen."""
    fill = {"width": "auto", "height": "auto", "margin": "0"}
    return ipywidgets.Button(
        tooltip=f"row {row + 1}, column {column + 1}",
        style={"button_color": "transparent"},
        layout={"grid_area": f"{row + 1} / {column + 1}", **fill},
    )


def make_dice(description):
    """Returns a button that draws others."""
    layout = {"width": "auto"}
    return ipywidgets.Button(description=description, icon="refresh", layout=layout)


def make_picker(description, names, name):
    """Returns a list of names to choose from, one of them chosen."""
    return ipywidgets.Dropdown(
        options=names,
        value=name,
        description=description,
        style={"description_width": "3em"},
        layout={"width": "11em"},
    )


def make_player(frames):
    """Returns a player that goes there and back, its speed, and a slider it moves."""
    frames = checks.count(frames, "frames", 1, 1000)
    play = ipywidgets.Play(max=2 * frames - 1, repeat=True, tooltip="there and back")
    speed = make_slider("frames_per_s", (5, 50, 5, 25))
    position = make_slider("position", (0, frames, 1, 0))

    def there_and_back(tick):
        return min(tick, 2 * frames - tick)

    def follow(change):
        if position.value != there_and_back(play.value):  # it was dragged
            play.value = position.value

    position.observe(follow, "value")
    ipywidgets.dlink((play, "value"), (position, "value"), there_and_back)
    ipywidgets.dlink((speed, "value"), (play, "interval"), lambda n: round(1000 / n))
    return play, speed, position


def make_toggle(description, options, width):
    """Returns buttons in a row, one of them pressed."""
    return ipywidgets.ToggleButtons(
        options=options,
        description=description,
        style={"description_width": "3em", "button_width": width},
        # A row of its own would be taken by the description otherwise.
        layout={"width": "auto", "display": "flex"},
    )


def make_control(name, values, continuous):
    """Returns a picker of a list of texts, or a slider; see `widgets.explore`."""
    texts = isinstance(values, list) and {type(value) for value in values} == {str}
    if texts:
        return make_picker(name.replace("_", " "), values, values[0])
    slider = make_slider(name, values)
    slider.continuous_update = continuous
    return slider


def make_slider(name, values):
    """Returns a slider of `(low, high, step, start)`."""
    low, high, step, start = checks.numbers(values, f"slider {name!r}", (4,)).tolist()
    if not low <= start <= high or step <= 0:
        raise ValueError(
            f"The slider {name!r} was given {values}; needed are (low, high, step, "
            "start) with the start between low and high, and a step above 0."
        )
    limits = dict(zip(("min", "max", "step", "value"), values))
    whole = all(isinstance(value, int) for value in values)
    make = ipywidgets.IntSlider if whole else ipywidgets.FloatSlider
    return make(
        **limits,
        description=name.replace("_", " "),
        style={"description_width": "8em"},
        layout={"width": "32em"},
    )
