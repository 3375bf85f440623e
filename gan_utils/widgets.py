"""Controls over pictures. They are given functions from NumPy to NumPy.

Every control has a description and works by mouse and by keyboard: Tab goes from
one to the next, arrow keys move a slider, Space presses a button or opens a picker,
whose names are chosen with arrow keys and Enter.
"""

import itertools
import math

from gan_utils import checks, latent, plotting, widget_parts

import ipywidgets
import numpy as np

MARK = "3px solid #D55E00"  # around the image that is chosen


def explore(render, caption=None, zoom=6, continuous=True, **controls):
    """Shows an image that follows sliders and pickers.

    Args:
        render: a function that takes the controls' values by name and returns
            images `(n, height, width)` or `(n, height, width, channels)`, as in
            `plotting.tile`; they are shown in one row.
        caption: a function that takes the same values and returns a line of text
            below the image, or None.
        zoom: screen pixels a pixel of the image.
        continuous: whether the image follows a drag, or waits until it ends, for
            what takes seconds.
        **controls: for each name a tuple `(low, high, step, start)`; whole numbers
            make a slider over whole numbers. Or a list of texts, of which one is
            picked, the first one first.

    Returns:
        An `ipywidgets.VBox`: the controls, the image, the caption.

    Raises:
        ValueError: a slider is not four finite numbers, its step is not above 0, or
            it starts outside its range; or `zoom` is not from 1 to 100.

    Example:
        >>> paint = lambda grey: np.full((1, 28, 28), grey)
        >>> box = explore(paint, grey=(-1.0, 1.0, 0.1, 0.0))
    """
    made = {
        name: widget_parts.make_control(name, values, continuous)
        for name, values in controls.items()
    }
    screen = widget_parts.Screen(zoom)

    def draw(change=None):
        values = {name: control.value for name, control in made.items()}
        screen.show(render(**values), caption(**values) if caption else "")

    for control in made.values():
        control.observe(draw, "value")
    draw()
    return widget_parts.stack("explore", [*made.values(), screen])


def stepper(render, caption, zoom=1, **actions):
    """Shows an image that changes at the press of a button.

    Args:
        render: a function that returns images, as for `explore`.
        caption: a function that returns a line of text below the image.
        zoom: screen pixels a pixel of the image.
        **actions: a function to call for each name; then the image is drawn anew.

    Returns:
        An `ipywidgets.VBox`: a row of buttons, the image, the caption.

    Raises:
        ValueError: `zoom` is not from 1 to 100.

    Example:
        >>> grey = [0.0]
        >>> paint = lambda: np.full((1, 28, 28), grey[0])
        >>> box = stepper(paint, lambda: "grey", darker=lambda: grey.insert(0, -1.0))
    """
    screen, buttons = widget_parts.Screen(zoom), []

    def show():
        screen.show(render(), caption())

    for name, act in actions.items():
        button = ipywidgets.Button(description=name.replace("_", " "))
        button.on_click(lambda pressed, act=act: (act(), show()))
        buttons.append(button)
    show()
    return widget_parts.stack("stepper", [ipywidgets.HBox(buttons), screen])


def morph_player(sample, read, pools, frames=60, zoom=7, seed=0):
    """Plays the way from one latent point to another, there and back.

    Args:
        sample: a function from latent points to images, as `compiled.make_sampler`.
        read: a function from images to `(features, probabilities)`, as
            `compiled.make_reader`; the likeliest class is named below the image.
        pools: a dict from names to points `(n, latent_dim)`. Both ends are drawn
            from the pools that are chosen by name.
        frames: steps from one end to the other, 1 to 1,000.
        zoom: screen pixels a pixel of the image.
        seed: decides which points are drawn, 0 or more.

    Returns:
        An `ipywidgets.VBox`: pickers of the ends and the path, the player with its
        speed, the image, the caption.

    Raises:
        ValueError: there is no pool, one has no points or others, or a number is out
            of range.
    """
    draw_from = _drawer(pools, seed)
    names = list(pools)
    pickers = [
        widget_parts.make_picker("from", names, names[0]),
        widget_parts.make_picker("to", names, names[-1]),
    ]
    path = widget_parts.make_toggle(
        "path", {"arc": latent.arc, "line": latent.line}, width="5em"
    )
    roll = widget_parts.make_dice(description="new end points")
    play, speed, position = widget_parts.make_player(frames)
    screen = widget_parts.Screen(zoom)
    ends, images, captions = [None, None], [], []

    def draw(change=None):
        screen.show(images[position.value][None], captions[position.value])

    def walk(change=None):
        drawn = sample(path.value(*ends, np.linspace(0, 1, frames + 1)))
        images[:], captions[:] = drawn, describe(read(drawn)[1])
        draw()

    def choose(*places):
        for place in places:
            ends[place] = draw_from(pickers[place].value)
        walk()

    pickers[0].observe(lambda change: choose(0), "value")
    pickers[1].observe(lambda change: choose(1), "value")
    roll.on_click(lambda button: choose(0, 1))
    path.observe(walk, "value")
    position.observe(draw, "value")
    choose(0, 1)
    rows = [[*pickers, roll], [path], [play, speed], [position], [screen]]
    return widget_parts.stack("morph-player", map(ipywidgets.HBox, rows))


def click_grid(images, captions, columns=None, zoom=2, large=6):
    """Shows a grid of images; the one that is chosen is shown large beside it.

    Args:
        images: `(n, height, width)` or `(n, height, width, channels)`.
        captions: `(n,)` lines of text, one for each image.
        columns: images in a row; as square as can be when it is None.
        zoom: screen pixels a pixel of the grid.
        large: screen pixels a pixel of the chosen image.

    Returns:
        An `ipywidgets.VBox`: the grid, with a button over each image, and the chosen
        image with its caption.

    Raises:
        ValueError: there are not as many captions as images, or more than 1,000; or
            as `plotting.tile` and `plotting.png_bytes`.

    Example:
        >>> box = click_grid(np.zeros((2, 28, 28)), ["number 0", "number 1"])
    """
    images = plotting.to_uint8(images)
    plotting.check_one_each(images, captions, "captions")
    checks.count(len(images), "The number of images to click", 1, 1000)
    grid = plotting.tile(images, columns, gap=2)
    columns = columns or math.ceil(math.sqrt(len(images)))
    rows = math.ceil(len(images) / columns)
    picture = ipywidgets.Image(
        value=plotting.png_bytes(grid, zoom),
        layout={"grid_area": f"1 / 1 / span {rows} / span {columns}"},
    )
    buttons = [
        widget_parts.make_window(*divmod(index, columns))
        for index in range(len(images))
    ]
    screen = widget_parts.Screen(large)

    def choose(chosen):
        for button in buttons:
            button.layout.border = MARK if button is chosen else None
        index = buttons.index(chosen)
        screen.show(images[index][None], captions[index])

    for button in buttons:
        button.on_click(choose)
    choose(buttons[0])
    height, width = (zoom * (size + 2) for size in images.shape[1:3])
    across = f"repeat({columns}, {width}px)"
    layout = {"grid_template_columns": across, "grid_auto_rows": f"{height}px"}
    grid = ipywidgets.GridBox([picture, *buttons], layout=layout)
    return widget_parts.stack("click-grid", [ipywidgets.HBox([grid, screen])])


def arithmetic_bench(sample, read, pools, zoom=4, seed=0):
    """Shows A, B, C and A - B + C of latent points, and what is read in each.

    Args:
        sample: a function from latent points to images, as `compiled.make_sampler`.
        read: a function from images to `(features, probabilities)`.
        pools: a dict from names to points `(n, latent_dim)`.
        zoom: screen pixels a pixel of the images.
        seed: decides which single points are drawn, 0 or more.

    Returns:
        An `ipywidgets.VBox`: a picker for each of A, B and C, a choice between
        single points and averages, and the four images with their captions.

    Raises:
        ValueError: there is no pool, one has no points or others, or a number is out
            of range.
    """
    draw_from = _drawer(pools, seed)
    names = list(pools)
    pickers = [
        widget_parts.make_picker(letter, names, names[place % len(names)])
        for place, letter in enumerate("ABC")
    ]
    kind = widget_parts.make_toggle("of", ["averages", "single points"], width="9em")
    roll = widget_parts.make_dice(description="other single points")
    screens = [widget_parts.Screen(zoom) for _ in range(4)]
    titles = [ipywidgets.Label(text) for text in ("A", "B", "C", "A − B + C")]

    def draw(change=None):
        roll.disabled = kind.value == "averages"
        if roll.disabled:
            chosen = [np.mean(pools[picker.value], axis=0) for picker in pickers]
        else:
            chosen = [draw_from(picker.value) for picker in pickers]
        a, b, c = chosen
        images = sample(np.stack([*chosen, a - b + c]))
        for screen, image, text in zip(screens, images, describe(read(images)[1])):
            screen.show(image[None], text)

    for control in (*pickers, kind):
        control.observe(draw, "value")
    roll.on_click(draw)
    draw()
    apart = {"margin": "0 1em 0 0"}
    panels = [ipywidgets.VBox(pair, layout=apart) for pair in zip(titles, screens)]
    rows = [pickers, [kind, roll], panels]
    return widget_parts.stack("arithmetic-bench", map(ipywidgets.HBox, rows))


def write_number(sample, latent_dim, number="0123456789", zoom=3, seed=0):
    """Writes a number that is typed, in a hand that can be held or varied.

    Args:
        sample: from latent points and digits to images, as `compiled.make_sampler`
            makes it of a generator that can be asked.
        latent_dim: numbers in a latent point.
        number: what is written at first. Of what is typed, all but digits is left out;
            up to 20 digits are written.
        zoom: screen pixels a pixel of the image.
        seed: decides the hands, 0 or more.

    Returns:
        An `ipywidgets.VBox`: a text field and a button for another hand, a slider, the
        image, the caption. At a variety of 0 all digits have one latent point, at 1
        each its own.

    Raises:
        ValueError: a number is out of range.
    """
    seeds = itertools.count(checks.count(seed, "seed", 0))
    field = ipywidgets.Text(value=number, description="number")
    variety = widget_parts.make_slider("variety", (0.0, 1.0, 0.05, 0.0))
    roll = widget_parts.make_dice(description="another hand")
    screen, hands = widget_parts.Screen(zoom), []

    def draw(change=None):
        digits = [int(sign) for sign in field.value if sign in "0123456789"][:20]
        if not digits:
            screen.line.value = "Type a number, such as 0123456789."
            return
        apart = variety.value * np.pi / 2  # on the arc from the one hand to its own
        first, *own = hands[0][: len(digits) + 1]
        points = np.cos(apart) * first + np.sin(apart) * np.array(own)
        screen.show(sample(points, digits), "".join(map(str, digits)))

    def take(button=None):
        hands[:] = [latent.sample_latents(21, latent_dim, next(seeds))]
        draw()

    roll.on_click(take)
    field.observe(draw, "value")
    variety.observe(draw, "value")
    take()
    rows = [[field, roll], [variety], [screen]]
    return widget_parts.stack("write-number", map(ipywidgets.HBox, rows))


def real_or_fake(real_images, fake_images, real_opinions, fake_opinions, seed=0):
    """Asks of one image after another whether it is real, and keeps the score.

    At the end all are shown, the fakes in a red frame, with D's score.

    Args:
        real_images: `(n, height, width)` or `(n, height, width, channels)`.
        fake_images: images of the same shape, `(m, ...)`.
        real_opinions: `(n,)` D's probabilities that each is real.
        fake_opinions: `(m,)` the same for the fakes.
        seed: decides their order, 0 or more.

    Returns:
        An `ipywidgets.VBox`: two buttons, the image, the score.

    Raises:
        ValueError: there is not one opinion an image, an opinion is no probability,
            or the images differ in shape.

    Example:
        >>> digits, samples = np.zeros((2, 28, 28)), np.ones((3, 28, 28))
        >>> quiz = real_or_fake(digits, samples, [0.9, 0.6], [0.5, 0.2, 0.1])
    """
    both = [*map(plotting.to_uint8, (real_images, fake_images))]
    if both[0].shape[1:] != both[1].shape[1:]:
        shapes = f"real {both[0].shape}, fake {both[1].shape}"
        raise ValueError(f"Give images of one shape; these are {shapes}.")
    plotting.check_one_each(both[0], real_opinions, "opinions of real ones")
    plotting.check_one_each(both[1], fake_opinions, "opinions of fakes")
    images = np.concatenate(both)
    opinions = np.concatenate([*map(_opinions, (real_opinions, fake_opinions))])
    random = np.random.default_rng(checks.count(seed, "seed", 0))
    order = random.permutation(len(images))
    images, opinions = images[order], opinions[order]
    real = order < len(both[0])
    screen = widget_parts.Screen(zoom=6)
    answers = []

    def ask():
        right = int((real[: len(answers)] == answers).sum())
        score = f"{right} of {len(answers)} right"
        if len(answers) < len(images):
            here = f"image {len(answers) + 1} of {len(images)}"
            return screen.show(images[len(answers)][None], f"{here}; {score}")
        for button in buttons:
            button.disabled = True
        screen.zoom = 2
        by_d = f"{int((real == (opinions > 0.5)).sum())} of {len(images)}"
        text = f"You: {score}. D: {by_d} right. Fakes have a red frame."
        screen.show(plotting.frame(images, ~real), text, columns=10)

    def answer(button):
        if len(answers) < len(images):  # a fast double click may come too late
            answers.append(button.description == "real")
            ask()

    buttons = [ipywidgets.Button(description=name) for name in ("real", "fake")]
    for button in buttons:
        button.on_click(answer)
    ask()
    return widget_parts.stack("real-or-fake", [ipywidgets.HBox(buttons), screen])


def _opinions(values):
    values = checks.numbers(values, "opinions", ("n",))
    if values.min() < 0 or values.max() > 1:
        raise ValueError(
            "An opinion is not from 0 to 1. Pass logits through a sigmoid."
        )
    return values


def _drawer(pools, seed):
    """Returns a function that draws a point from the pool of a name."""
    sizes = {
        checks.points(points, f"points of the pool {name!r}").shape[1]
        for name, points in pools.items()
    }
    if len(sizes) != 1:
        raise ValueError(
            f"{len(pools)} pools with points of {sorted(sizes)} numbers were given; "
            "needed are one or more, by name, of one latent space."
        )
    generator = np.random.default_rng(checks.count(seed, "seed", 0))
    return lambda name: pools[name][generator.integers(len(pools[name]))]


def describe(probabilities):
    """Says in words what a classifier sees and how sure it is.

    Args:
        probabilities: `(n, classes)`.

    Returns:
        A list of n lines.

    Raises:
        ValueError: the rows are not probabilities.

    Example:
        >>> describe(np.array([[0.02, 0.98]]))
        ['1, 98% sure']
    """
    rows = checks.probabilities(probabilities)
    return [f"{row.argmax()}, {row.max():.0%} sure" for row in rows]
