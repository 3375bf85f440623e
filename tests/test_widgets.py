"""Controls: pictures and captions follow them, bad arguments are refused."""

import io

from gan_utils import widget_parts, widgets

import ipywidgets
import numpy as np
import pytest
from PIL import Image


def grey_box():
    return widgets.explore(
        lambda grey, count: np.full((count, 4, 4), grey),
        lambda grey, count: f"{count} of {grey:.1f}",
        zoom=1,
        grey=(-1.0, 1.0, 0.1, 0.0),
        count=(1, 3, 1, 1),
    )


def pixels(image):
    return np.asarray(Image.open(io.BytesIO(image.value)))


def test_the_image_and_the_caption_follow_the_sliders():
    grey, count, screen = grey_box().children
    image, line = screen.children
    assert pixels(image).tolist() == [[128] * 4] * 4
    assert line.value == "1 of 0.0"
    grey.value = 1.0
    assert pixels(image).tolist() == [[255] * 4] * 4
    count.value = 2
    assert pixels(image).shape == (4, 10)
    assert line.value == "2 of 1.0"


def test_the_image_keeps_its_size():
    assert grey_box().children[2].image.layout.align_self == "flex-start"


def test_every_slider_has_its_kind_and_a_description():
    grey, count, *_ = grey_box().children
    assert isinstance(grey, ipywidgets.FloatSlider)
    assert isinstance(count, ipywidgets.IntSlider)
    assert (grey.description, grey.min, grey.max) == ("grey", -1.0, 1.0)


def test_a_list_of_texts_makes_a_picker():
    box = widgets.explore(
        lambda grey, kind: np.full((1, 4, 4), grey if kind == "plain" else -grey),
        grey=(-1.0, 1.0, 0.1, 1.0),
        kind=["plain", "turned"],
    )
    _, picker, screen = box.children
    assert isinstance(picker, ipywidgets.Dropdown)
    assert picker.description == "kind"
    assert pixels(screen.image).max() == 255
    picker.value = "turned"
    assert pixels(screen.image).max() == 0


def test_what_takes_seconds_waits_for_the_end_of_a_drag():
    grey, *_ = grey_box().children
    slow = widgets.explore(
        lambda grey: np.full((1, 4, 4), 1.0 * grey), continuous=False, grey=(0, 1, 1, 0)
    )
    assert grey.continuous_update
    assert not slow.children[0].continuous_update


def test_a_button_acts_and_then_the_image_is_drawn():
    state = {"grey": 0.0}
    box = widgets.stepper(
        lambda: np.full((1, 4, 4), state["grey"]),
        lambda: f"grey {state['grey']:.1f}",
        make_white=lambda: state.update(grey=1.0),
        make_black=lambda: state.update(grey=-1.0),
    )
    row, screen = box.children
    white, black = row.children
    assert (white.description, black.description) == ("make white", "make black")
    for button, value, text in ((white, 255, "grey 1.0"), (black, 0, "grey -1.0")):
        button.click()
        assert pixels(screen.image).tolist() == [[value] * 4] * 4
        assert screen.line.value == text


@pytest.mark.parametrize(
    "values",
    [
        (0, 1, 1, 2),
        (0, 1),
        (0, np.nan, 1, 0),
        (0, 1, 0, 0),
        (0, 1, "1", 0),
        5,
        None,
        [],
    ],
)
def test_a_bad_slider_is_named(values):
    with pytest.raises(ValueError, match="slider 'grey'"):
        widgets.explore(lambda grey: None, grey=values)


# Points are two numbers and their images these two pixels, dark from 0 to bright at 1.
# What is read in an image is whichever pixel is brighter.
POOLS = {"right": np.array([[1.0, 0.0]]), "up": np.array([[0.0, 1.0]])}
MANY = {"many": np.random.default_rng(0).uniform(0.1, 1, (50, 2))}


def sample(points):
    return 2 * points[:, None, :] - 1


def read(images):
    brightness = (images[:, 0] + 1).clip(1e-9)
    return None, brightness / brightness.sum(axis=1, keepdims=True)


def player(pools=POOLS, **options):
    return widgets.morph_player(sample, read, pools, zoom=1, **options)


def bench(pools=POOLS, **options):
    return widgets.arithmetic_bench(sample, read, pools, zoom=1, **options)


def clickable():
    images = np.arange(5, dtype=np.uint8)[:, None, None] * np.ones((3, 4), np.uint8)
    return widgets.click_grid(images, "abcde", columns=3, zoom=2, large=1)


def quiz(seed=0, of_real=(0.9, 0.6, 0.7), of_fake=(0.1, 0.2)):
    white, black = np.ones((3, 2, 2)), -np.ones((2, 2, 2))
    return widgets.real_or_fake(white, black, of_real, of_fake, seed)


def within(box):
    yield box
    for child in getattr(box, "children", ()):
        yield from within(child)


def control(box, name):
    return next(w for w in within(box) if getattr(w, "description", None) == name)


def screens(box):
    """Returns what stands on each screen: its pixels and its line."""
    found = [w for w in within(box) if isinstance(w, widget_parts.Screen)]
    return [(pixels(screen.image), screen.line.value) for screen in found]


def shown(box):
    """Returns the numbers of the one point whose image is shown."""
    return pytest.approx(screens(box)[0][0][0] / 255, abs=0.003)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (grey_box, "gan-explore"),
        (player, "gan-morph-player"),
        (clickable, "gan-click-grid"),
        (bench, "gan-arithmetic-bench"),
        (quiz, "gan-real-or-fake"),
    ],
)
def test_every_box_and_every_control_in_it_has_a_name(make, name):
    box = make()
    assert name in box._dom_classes
    controls = [w for w in within(box) if hasattr(w, "description")]
    controls = [w for w in controls if not isinstance(w, ipywidgets.Label)]
    assert controls
    assert all(w.description or w.tooltip for w in controls)


def test_the_player_goes_there_and_back():
    box = player(frames=4)
    play = next(w for w in within(box) if isinstance(w, ipywidgets.Play))
    places = []
    for step in range(play.max + 1):
        play.value = step
        places.append(control(box, "position").value)
    assert places == [0, 1, 2, 3, 4, 3, 2, 1]
    assert play.repeat
    play.value = 0
    assert shown(box) == [1, 0]


def test_the_player_shows_the_way_and_what_is_read():
    box = player(frames=4)
    assert shown(box) == [1, 0]
    assert screens(box)[0][1] == "0, 100% sure"
    control(box, "position").value = 4
    assert shown(box) == [0, 1]
    assert screens(box)[0][1] == "1, 100% sure"


def test_play_goes_on_from_where_the_position_was_dragged():
    box = player(frames=4)
    play = next(w for w in within(box) if isinstance(w, ipywidgets.Play))
    control(box, "position").value = 3
    assert play.value == 3
    play.value = 6
    assert (play.value, control(box, "position").value) == (6, 2)
    control(box, "position").value = 1
    assert play.value == 1


def test_the_middle_lies_on_the_path_that_is_chosen():
    box = player(frames=4)
    control(box, "position").value = 2
    assert shown(box) == [0.7071, 0.7071]
    control(box, "path").index = 1
    assert shown(box) == [0.5, 0.5]


def test_the_ends_come_from_the_chosen_pools():
    box = player(frames=4)
    control(box, "from").value = "up"
    assert shown(box) == [0, 1]
    control(box, "position").value = 4
    control(box, "to").value = "right"
    assert shown(box) == [1, 0]


@pytest.mark.parametrize("position", [0, 4])
def test_new_end_points_are_new(position):
    box = player(MANY, frames=4)
    control(box, "position").value = position
    before = screens(box)[0][0].tolist()
    control(box, "new end points").click()
    assert screens(box)[0][0].tolist() != before


@pytest.mark.parametrize(("position", "other"), [(0, "to"), (4, "from")])
def test_one_end_stays_while_the_other_is_chosen(position, other):
    box = player({**MANY, "more": MANY["many"][::-1]}, frames=4)
    control(box, "position").value = position
    before = screens(box)[0][0].tolist()
    picker = control(box, other)
    picker.value = next(name for name in picker.options if name != picker.value)
    assert screens(box)[0][0].tolist() == before


def test_the_speed_is_the_pace_of_play():
    box = player()
    play = next(w for w in within(box) if isinstance(w, ipywidgets.Play))
    speed = control(box, "frames per s")
    assert play.interval * speed.value == 1000
    speed.value = 50
    assert play.interval == 20


@pytest.mark.parametrize("make", [player, bench])
def test_a_seed_decides_which_points_are_drawn(make):
    def pictures(seed):
        box = make(MANY, seed=seed)
        if make is bench:
            control(box, "of").value = "single points"
        return [picture.tolist() for picture, _ in screens(box)]

    assert pictures(3) == pictures(3) != pictures(4)


@pytest.mark.parametrize("make", [player, bench])
@pytest.mark.parametrize(
    ("pools", "message"),
    [
        ({}, "0 pools"),
        ({"right": [[1, 0]], "none": []}, "pool 'none'"),
        ({"right": [[1, 0]], "longer": [[1, 0, 0]]}, r"points of \[2, 3\] numbers"),
        ({"nan": [[1, np.nan]]}, "pool 'nan' are NaN"),
    ],
)
def test_an_empty_pool_is_named(make, pools, message):
    with pytest.raises(ValueError, match=message):
        make(pools)


def test_a_button_shows_its_image_large():
    box = clickable()
    buttons = [w for w in within(box) if isinstance(w, ipywidgets.Button)]
    assert len(buttons) == 5
    for index in (0, 4, 2):
        if index:  # the first is shown unasked
            buttons[index].click()
        picture, line = screens(box)[0]
        assert picture.tolist() == [[index] * 4] * 3
        assert line == "abcde"[index]
        marked = [bool(button.layout.border_top) for button in buttons]
        assert marked == [place == index for place in range(5)]


def test_a_button_lies_over_its_image_and_says_where():
    box = clickable()
    grid = next(w for w in within(box) if isinstance(w, ipywidgets.GridBox))
    image, *buttons = grid.children
    assert pixels(image).shape == (2 * (3 + 2 + 3), 2 * (4 + 2 + 4 + 2 + 4))
    assert pixels(image)[10, 12] == 4  # the fifth, below the second
    assert grid.layout.grid_template_columns == "repeat(3, 12px)"
    assert grid.layout.grid_auto_rows == "10px"
    assert image.layout.grid_area == "1 / 1 / span 2 / span 3"
    assert [button.layout.grid_area for button in buttons] == [
        *("1 / 1", "1 / 2", "1 / 3", "2 / 1", "2 / 2")
    ]
    assert buttons[3].tooltip == "row 2, column 1"


def test_a_grid_is_square_unless_told():
    box = widgets.click_grid(np.zeros((5, 3, 3)), "abcde")
    grid = next(w for w in within(box) if isinstance(w, ipywidgets.GridBox))
    assert grid.layout.grid_template_columns.startswith("repeat(3,")


def test_a_caption_is_needed_for_each_image():
    with pytest.raises(ValueError, match="2 captions were given for 3 images"):
        widgets.click_grid(np.zeros((3, 2, 2)), "ab")


# The averages are (1, 0), (0, -2) and (2, 2), so A - B + C is (3, 4).
SUMS = {
    "a": np.array([[2.0, 1.0], [0.0, -1.0]]),
    "b": np.array([[0.0, -2.0]]),
    "c": np.array([[2.0, 2.0]]),
}


def points_on(box):
    """Returns the points on the bench's screens, which shows them from -4 to 4."""
    return [picture[0] / 255 * 8 - 4 for picture, _ in screens(box)]


def signed_bench(pools):
    return widgets.arithmetic_bench(
        lambda points: points[:, None, :] / 4, read, pools, zoom=1
    )


def test_the_bench_adds_and_subtracts_averages():
    box = signed_bench(SUMS)
    lines = [w.value for w in within(box) if isinstance(w, ipywidgets.Label)]
    assert lines[::2] == ["A", "B", "C", "A − B + C"]
    assert [line[0] for line in lines[1::2]] == ["0", "0", "0", "1"]
    expected = [[1, 0], [0, -2], [2, 2], [3, 4]]
    np.testing.assert_allclose(points_on(box), expected, atol=0.02)


def test_the_bench_takes_what_is_picked():
    box = signed_bench(SUMS)
    control(box, "A").value = "c"
    control(box, "B").value = "a"  # (2, 2) - (1, 0) + (2, 2) = (3, 4)
    expected = [[2, 2], [1, 0], [2, 2], [3, 4]]
    np.testing.assert_allclose(points_on(box), expected, atol=0.02)


def test_the_bench_rolls_single_points_and_no_averages():
    box = bench(MANY)
    roll = control(box, "other single points")
    seen = []
    for kind in ("averages", "single points"):
        control(box, "of").value = kind
        for _ in range(2):
            seen.append([picture.tolist() for picture, _ in screens(box)])
            assert roll.disabled == (kind == "averages")
            roll.click()
    assert seen[0] == seen[1]
    assert seen[0][0] == seen[0][1] == seen[0][2]
    assert all(first != second for first, second in zip(seen[2], seen[3]))
    assert seen[2][0] != seen[2][1]


def play_quiz(box, right):
    while not control(box, "real").disabled:
        real = screens(box)[0][0][0, 0] == 255
        control(box, "real" if real == right else "fake").click()
    return screens(box)[0]


@pytest.mark.parametrize(
    ("right", "opinions", "scores"),
    [
        (True, ((0.9, 0.6, 0.7), (0.1, 0.2)), (5, 5)),
        (False, ((0.9, 0.6, 0.2), (0.1, 0.7)), (0, 3)),
    ],
)
def test_the_quiz_keeps_your_score_and_that_of_d(right, opinions, scores):
    _, line = play_quiz(quiz(0, *opinions), right)
    assert line.startswith("You: {} of 5 right. D: {} of 5 right.".format(*scores))


def test_a_click_after_the_end_changes_nothing(caplog):
    box = quiz()
    _, line = play_quiz(box, True)
    control(box, "real").click()
    assert screens(box)[0][1] == line
    assert not caplog.text  # where ipywidgets puts the errors of a callback


def test_the_quiz_says_where_you_are():
    box = quiz()
    assert screens(box)[0][1] == "image 1 of 5; 0 of 0 right"
    real = screens(box)[0][0][0, 0] == 255
    control(box, "real" if real else "fake").click()
    assert screens(box)[0][1] == "image 2 of 5; 1 of 1 right"
    control(box, "fake" if screens(box)[0][0][0, 0] == 255 else "real").click()
    assert screens(box)[0][1] == "image 3 of 5; 1 of 2 right"


def test_the_quiz_ends_with_the_fakes_in_a_frame():
    box = quiz()
    picture, _ = play_quiz(box, True)
    assert control(box, "fake").disabled
    small = picture[::2, ::2]
    tiles = [small[:, 8 * place : 8 * place + 6] for place in range(5)]
    assert sorted(tile[2, 2, 0] for tile in tiles) == [0, 0, 255, 255, 255]
    for tile in tiles:
        assert (tile[0, 0, 0] > 100) == (tile[2, 2, 0] == 0)


def test_the_seed_decides_the_order_of_the_quiz():
    def order(seed):
        picture, _ = play_quiz(quiz(seed), True)
        return picture.tolist()

    assert order(0) == order(0)
    assert len({str(order(seed)) for seed in range(5)}) > 1


@pytest.mark.parametrize(
    ("of_real", "of_fake", "message"),
    [
        (3, 1, "1 opinions of fakes were given for 2 images; give one each"),
        (2, 3, "2 opinions of real ones were given for 3 images; give one each"),
        (2, 2, "2 opinions of real ones were given for 3 images; give one each"),
    ],
)
def test_an_opinion_is_needed_for_each_image(of_real, of_fake, message):
    with pytest.raises(ValueError, match=message):
        quiz(0, [0.5] * of_real, [0.5] * of_fake)


def test_a_description_says_what_is_seen_and_how_surely():
    assert widgets.describe(np.array([[0.25, 0.75], [0.98, 0.02]])) == [
        *("1, 75% sure", "0, 98% sure")
    ]


@pytest.mark.parametrize(
    "values", [[[0.5, 0.6]], [[np.nan, 1]], [0.5, 0.5], [[2, -1]], "ab", None]
)
def test_what_is_no_probability_is_not_described(values):
    with pytest.raises(ValueError, match="(?i)probabilities"):
        widgets.describe(values)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fake_images": np.zeros((3, 4, 5))}, r"real \(2, 4, 4\), fake \(3, 4, 5\)"),
        ({"fake_images": np.full((3, 4, 4), 255.0)}, "from 255 to 255"),
        ({"real_opinions": [0.5, np.nan]}, "Among the opinions are NaN"),
        ({"real_opinions": [0.5, 3.5]}, "through a sigmoid"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_a_quiz_of_what_does_not_fit_is_refused(changes, message):
    images = {"real_images": np.zeros((2, 4, 4)), "fake_images": np.zeros((3, 4, 4))}
    opinions = {"real_opinions": [0.5] * 2, "fake_opinions": [0.5] * 3}
    with pytest.raises(ValueError, match=message):
        widgets.real_or_fake(**{**images, **opinions, **changes})


@pytest.mark.parametrize("frames", [0, -1, 2.5, True, 10**9])
def test_a_player_has_some_frames_and_not_too_many(frames):
    with pytest.raises(ValueError, match="frames is .* from 1 to 1,000"):
        player(frames=frames)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"zoom": 0}, "zoom is 0"),
        ({"large": 10**9}, "zoom is 1000000000"),
        ({"columns": 10**9}, "columns is 1000000000"),
    ],
)
def test_a_grid_that_cannot_be_shown_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        widgets.click_grid(np.zeros((2, 4, 4)), "ab", **options)


# The number that is written.


def write(**options):
    """A box whose pictures have a digit's value as grey, and its hand beside it."""
    calls = []

    def sample(points, digits):
        calls.append((np.array(points), list(digits)))
        greys = np.array(digits, float)[:, None, None] / 9
        return np.broadcast_to(greys, (len(digits), 4, 4))

    return widgets.write_number(sample, 3, zoom=1, **options), calls


def test_the_number_that_is_typed_is_written():
    box, calls = write(number="38")
    field = next(w for w in within(box) if isinstance(w, ipywidgets.Text))
    screen = next(w for w in within(box) if isinstance(w, widget_parts.Screen))
    assert calls[-1][1] == [3, 8]
    assert pixels(screen.image).shape == (4, 10)
    field.value = "+31 (6) 12-a"
    assert calls[-1][1] == [3, 1, 6, 1, 2]
    assert screen.line.value == "31612"
    before, count = screen.image.value, len(calls)
    field.value = "none"
    assert len(calls) == count
    assert screen.image.value == before
    assert "Type a number" in screen.line.value
    field.value = "1" * 50
    assert len(calls[-1][1]) == 20


def test_the_hand_is_one_or_differs_and_another_one_is_another():
    box, calls = write(number="388")
    one = calls[-1][0]
    np.testing.assert_allclose(one, one[:1].repeat(3, axis=0))
    control(box, "variety").value = 1.0
    own = calls[-1][0]
    assert not np.allclose(own[1], own[2])
    assert not np.allclose(own[0], one[0])
    control(box, "variety").value = 0.5
    half = calls[-1][0]
    expected = (one + own) / np.sqrt(2)
    np.testing.assert_allclose(half, expected, rtol=1e-5)
    control(box, "variety").value = 0.0
    np.testing.assert_allclose(calls[-1][0], one)
    control(box, "another hand").click()
    assert not np.allclose(calls[-1][0], one)
    again, calls_again = write(number="388")
    np.testing.assert_array_equal(calls_again[0][0], one)
    assert not np.allclose(write(number="388", seed=1)[1][0][0], one)
