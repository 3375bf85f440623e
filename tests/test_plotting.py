"""Pictures: pixels where they belong, clear errors, files that are whole."""

import io
import tracemalloc

from gan_utils import plotting

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_floats_become_pixels():
    images = np.array([[[-1.0, 0.0], [1.0, 2.0]]])
    assert plotting.to_uint8(images).tolist() == [[[0, 128], [255, 255]]]
    zero_to_one = plotting.to_uint8(np.array([[[0.0, 1.0]]]), pixel_range=(0, 1))
    assert zero_to_one.tolist() == [[[0, 255]]]


def test_uint8_comes_back_as_it_was():
    images = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    assert np.array_equal(plotting.to_uint8(images), images)
    assert np.array_equal(plotting.to_uint8(images / np.float32(127.5) - 1), images)


@pytest.mark.parametrize("shape", [(28, 28), (1, 28, 28, 2), (1, 1, 28, 28, 1)])
def test_another_shape_is_named(shape):
    with pytest.raises(ValueError, match="For one image, pass"):
        plotting.to_uint8(np.zeros(shape))


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.full((1, 2, 2), np.nan), "from nan to nan"),
        (np.full((1, 2, 2), np.inf), "from inf to inf"),
        (np.full((1, 2, 2), 255.0), "from 255 to 255; needed is -1 to 1"),
        (np.zeros((1, 2, 2), int), "type int64"),
        (np.zeros((1, 2, 2), bool), "type bool"),
        (np.zeros((1, 2, 2), complex), "type complex128"),
        (np.ma.zeros((1, 2, 2)), "masked"),
        (np.zeros((0, 2, 2)), r"shape \(0, 2, 2\)"),
    ],
)
def test_what_is_no_image_is_refused(images, message):
    with pytest.raises(ValueError, match=message):
        plotting.to_uint8(images)


def test_contrast_is_clipped_and_another_range_is_refused():
    # Lesson 3 shows eight times as much contrast.
    assert plotting.to_uint8(np.full((1, 1, 1), 20.9)).tolist() == [[[255]]]
    with pytest.raises(ValueError, match="from 21.5 to 21.5"):
        plotting.to_uint8(np.full((1, 1, 1), 21.5))


@pytest.mark.parametrize("ends", [(1, -1), (0, 0), (np.nan, 1), (0, 1, 2), 1])
def test_a_range_goes_up(ends):
    with pytest.raises(ValueError, match="pixel_range"):
        plotting.to_uint8(np.zeros((1, 2, 2)), ends)


def test_many_images_become_pixels_in_little_memory():
    images = np.linspace(-1, 1, 10_000 * 784, dtype=np.float32).reshape(-1, 28, 28)
    tracemalloc.start()
    pixels = plotting.to_uint8(images)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < pixels.nbytes + 4_000_000
    some = np.arange(0, 10_000, 171)
    assert np.array_equal(pixels[some], plotting.to_uint8(images[some]))


def test_tiles_lie_row_by_row():
    images = np.arange(5, dtype=np.uint8)[:, None, None] * np.ones((1, 2, 3), np.uint8)
    picture = plotting.tile(images, columns=3, gap=1, background=9)
    assert picture.tolist() == [
        [0, 0, 0, 9, 1, 1, 1, 9, 2, 2, 2],
        [0, 0, 0, 9, 1, 1, 1, 9, 2, 2, 2],
        [9] * 11,
        [3, 3, 3, 9, 4, 4, 4, 9, 9, 9, 9],
        [3, 3, 3, 9, 4, 4, 4, 9, 9, 9, 9],
    ]


def test_colour_tiles_keep_their_channels():
    assert plotting.tile(np.zeros((4, 8, 8, 3))).shape == (18, 18, 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": 0}, "columns is 0; needed is a whole number from 1 to 100"),
        ({"columns": 10**9}, "columns is 1000000000"),
        ({"columns": 2.0}, "columns is 2.0"),
        ({"gap": -1}, "gap is -1"),
        ({"gap": 10**9}, "gap is 1000000000"),
        ({"background": 256}, "background is 256"),
        ({"background": True}, "background is True"),
    ],
)
def test_tiles_that_cannot_be_laid_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        plotting.tile(np.zeros((3, 2, 2)), **options)


def test_all_images_fit_in_one_row():
    assert plotting.tile(np.zeros((150, 1, 1)), 150, gap=0).shape == (1, 150)


@pytest.mark.parametrize("channels", [(), (1,), (3,)])
def test_marked_images_get_a_frame_and_the_others_a_black_margin(channels):
    images = np.full((2, 1, 2, *channels), 7, np.uint8)
    red, black, pixel = [255, 9, 0], [0, 0, 0], [7, 7, 7]
    assert plotting.frame(images, [True, False], width=1, colour=red).tolist() == [
        [[edge] * 4, [edge, pixel, pixel, edge], [edge] * 4] for edge in (red, black)
    ]


def test_a_frame_is_two_pixels_wide_and_reddish_unless_told():
    framed = plotting.frame(np.full((1, 3, 3), 1.0), [1])
    assert framed.shape == (1, 7, 7, 3)
    assert framed[0, 1, 1, 0] > 2 * framed[0, 1, 1, 1:].max()
    assert (framed[0, 2:5, 2:5] == 255).all()


def test_a_mark_is_needed_for_each_image():
    with pytest.raises(ValueError, match="3 marks were given for 2 images"):
        plotting.frame(np.zeros((2, 4, 4)), [True, False, True])


@pytest.mark.parametrize(
    ("marked", "options", "message"),
    [
        (5, {}, "0 marks were given for 2 images"),
        ([0.5, np.nan], {}, "marks, integers are needed"),
        ([True, False], {"width": -1}, "width is -1"),
        ([True, False], {"width": 10**9}, "width is 1000000000"),
        ([True, False], {"colour": (0, 0)}, "colour's values"),
        ([True, False], {"colour": (0, 0, 256)}, "from 0 to 256"),
    ],
)
def test_frames_that_cannot_be_drawn_are_refused(marked, options, message):
    with pytest.raises(ValueError, match=message):
        plotting.frame(np.zeros((2, 4, 4)), marked, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": 10**9}, "columns is 1000000000"),
        ({"columns": 0}, "columns is 0"),
        ({"scale": np.nan}, "scale is nan"),
        ({"scale": 0}, "scale is 0"),
        ({"titles": 3}, "0 titles were given for 201 images"),
        ({"titles": ["a"] * 201}, "images with titles is 201; .* from 1 to 200"),
        ({"columns": 1}, r"height in inches is 270.9;"),
    ],
)
def test_figures_that_cannot_be_drawn_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        plotting.show_images(np.zeros((201, 4, 4)), **options)


def test_grids_have_a_title_for_each_image():
    figure = plotting.show_images(np.zeros((3, 4, 4)), 3, titles="abc", title="top")
    assert [axes.get_title() for axes in figure.axes] == ["a", "b", "c"]
    with pytest.raises(ValueError, match="2 titles were given for 3 images"):
        plotting.show_images(np.zeros((3, 4, 4)), titles="ab")


@pytest.mark.parametrize("titles", [None, "abcde"])
def test_each_row_has_its_name_beside_it(titles):
    images = np.zeros((5, 4, 4))
    figure = plotting.show_images(images, 2, titles, rows=["first", "second", "third"])
    plain = plotting.show_images(images, 2, titles)
    assert figure.get_figwidth() > plain.get_figwidth()
    figure.canvas.draw()
    names = [text for axis in figure.axes for text in axis.texts]
    assert [name.get_text() for name in names] == ["first", "second", "third"]
    boxes = [name.get_window_extent() for name in names]
    assert min(box.x0 for box in boxes) >= 0, "nothing is cut off"
    assert boxes[0].y0 > boxes[1].y1 > boxes[1].y0 > boxes[2].y1
    wide = plotting.show_images(np.zeros((30, 28, 28)), 10, rows=["a long name"] * 3)
    wide.canvas.draw()
    assert min(name.get_window_extent().x0 for name in wide.axes[0].texts) >= 0
    with pytest.raises(ValueError, match="2 names were given for 3 rows"):
        plotting.show_images(images, 2, titles, rows="ab")


def test_curves_are_named_and_differ_in_more_than_colour():
    axes = plotting.show_curves(
        [0, 1], {"a": [1, 2], "b": [2, 1]}, "loss (nats)", {"ln 2": 0.69}
    )
    assert axes.get_ylabel() == "loss (nats)"
    assert axes.get_xlabel() == "step"
    a, b = axes.get_lines()[:2]
    assert a.get_linestyle() != b.get_linestyle()
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["a", "b"]


def test_curves_of_another_length_or_too_many_are_refused():
    with pytest.raises(
        ValueError, match=r"'a', int64 of shape \(1,\) was given for 2 steps"
    ):
        plotting.show_curves([0, 1], {"a": [1]}, "y")
    for count in (0, 7):
        curves = {str(number): [0] for number in range(count)}
        with pytest.raises(ValueError, match=f"{count} curves given; one to six"):
            plotting.show_curves([0], curves, "y")


@pytest.mark.parametrize(
    ("steps", "values", "heights", "message"),
    [
        ([0, np.nan], [1, 2], {}, "Among the steps"),
        (3, [1], {}, "For steps"),
        ([0, 1], ["a", "b"], {}, "'a', <U1 of shape"),
        ([0, 1], [1, None], {}, "'a', object of shape"),
        ([0, 1], 3, {}, r"of shape \(\) was given for 2 steps"),
        ([0, 1], [1, 2], {"ln 2": np.nan}, "ln 2 is nan"),
    ],
)
def test_curves_are_of_numbers(steps, values, heights, message):
    with pytest.raises(ValueError, match=message):
        plotting.show_curves(steps, {"a": values}, "y", heights)


def test_a_loss_that_was_nan_or_infinite_leaves_a_gap():
    axes = plotting.show_curves([0, 1, 2, 3], {"a": [1, np.nan, np.inf, 4]}, "y")
    drawn = axes.get_lines()[0].get_ydata()
    assert np.isnan(drawn).tolist() == [False, True, True, False]


def colour_at(picture, x, y):
    """The colour of a place of the plane that no circle and no point covers."""
    row, column = (1.5 - y) / 3 * len(picture), (x + 1.5) / 3 * len(picture)
    return picture[round(row), round(column)].astype(int)


def test_the_plane_is_painted_the_right_way_up():
    belief = np.zeros((60, 60))
    belief[:30, 30:] = 1  # low and to the right
    modes, points = [[-1.0, 1.0]], [[1.0, 1.0]]
    picture = plotting.paint_plane(belief, modes, points)
    assert picture.shape == (288, 288, 3)
    assert picture.dtype == np.uint8
    real, fake = colour_at(picture, 0.7, -0.7), colour_at(picture, -0.7, -0.7)
    assert real[0] > real[2] + 100  # yellow
    assert fake[2] > fake[0] + 50  # blue
    assert (colour_at(picture, -1.0, 1.0) == fake).all()  # inside the circle
    for moved in ({"modes": [[-1.0, -1.0]]}, {"points": [[-1.0, -1.0]]}):
        given = {"modes": modes, "points": points} | moved
        changed = (plotting.paint_plane(belief, **given) != picture).any(axis=2)
        high_left, high_right = changed[:144, :144].any(), changed[:144, 144:].any()
        assert (high_left, high_right) == ("modes" in moved, "points" in moved)
        assert changed[144:, :144].any()


def test_pulls_are_arrows_at_the_first_points():
    belief, modes = np.zeros((6, 6)), [[0.0, 0.0]]
    points = [[-1.0, -1.0], [1.0, 1.0]]
    without = plotting.paint_plane(belief, modes, points)
    arrow = plotting.paint_plane(belief, modes, points, [[1.0, 0.0]])
    rows, columns = np.nonzero((arrow != without).any(axis=2))
    assert rows.min() > len(arrow) / 2  # low
    assert columns.min() > len(arrow) / 8
    with pytest.raises(ValueError, match="3 pulls were given for 2 points"):
        plotting.paint_plane(belief, modes, points, np.ones((3, 2)))


@pytest.mark.parametrize("belief", [0.0, 1.0], ids=["on blue", "on yellow"])
def test_an_arrow_is_light_and_dark(belief):
    given = np.full((6, 6), belief), [[-9.0, 9.0]], [[-0.5, 0.0]]
    pulls = [[1.0, 0.0]]
    changed = plotting.paint_plane(*given, pulls), plotting.paint_plane(*given)
    of_arrow = changed[0][(changed[0] != changed[1]).any(axis=2)]
    assert (of_arrow > 240).all(axis=1).any()
    assert (of_arrow < 60).all(axis=1).any()


def test_one_long_arrow_leaves_the_others_as_long_as_they_are():
    given = np.zeros((6, 6)), [[-9.0, 9.0]], [[-1.0, 1.0], [-1.0, 0.0], [-1.0, -1.0]]
    shown = []
    for longest in (1.0, 2.0, 50.0):
        pulls = [[1.0, 0.0], [1.0, 0.0], [longest, 0.0]]
        picture = plotting.paint_plane(*given, pulls)
        shown.append((picture != plotting.paint_plane(*given)).any(axis=2))
    upper = slice(0, 160)  # the first two
    assert (shown[0][upper] == shown[2][upper]).all()
    assert (shown[1] == shown[2]).all()
    assert shown[0].sum() < shown[1].sum()
    still = plotting.paint_plane(*given, np.zeros((3, 2)))
    assert still.shape == (288, 288, 3)


def test_planes_have_a_bar_that_says_what_their_colours_mean():
    picture = plotting.paint_plane(np.ones((6, 6)), np.eye(2), np.eye(2))
    figure = plotting.show_planes([picture] * 2, 2, "ab")
    first, second, bar = figure.axes
    assert [axes.get_title() for axes in (first, second)] == ["a", "b"]
    assert [label.get_text() for label in bar.get_yticklabels()] == [
        "0: fake",
        "0.5",
        "1: real",
    ]
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())
    low, high = bar.get_window_extent().get_points()
    column = round((low[0] + high[0]) / 2)
    top = pixels[len(pixels) - round(high[1]) + 3, column, :3]
    np.testing.assert_allclose(top, colour_at(picture, 1.4, 1.4), atol=8)


def test_planes_without_a_picture_or_of_two_shapes_are_refused():
    with pytest.raises(ValueError, match="No picture was given"):
        plotting.show_planes([], 2, "ab")
    two = [np.zeros((4, 4, 3), np.uint8), np.zeros((5, 5, 3), np.uint8)]
    with pytest.raises(ValueError, match="differ in shape"):
        plotting.show_planes(two, 2, "ab")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"belief": np.zeros(6)}, "For belief"),
        ({"modes": np.zeros((3, 3))}, "For modes"),
        ({"points": [[np.nan, 0.0]]}, "NaN"),
        ({"pulls": np.zeros(2)}, "For pulls"),
        ({"reach": 0}, "reach is 0"),
    ],
)
def test_a_plane_that_cannot_be_painted_is_refused(change, message):
    given = {"belief": np.zeros((6, 6)), "modes": np.eye(2), "points": np.eye(2)}
    figures = plt.get_fignums()
    with pytest.raises(ValueError, match=message):
        plotting.paint_plane(**given | change)
    assert plt.get_fignums() == figures


def test_png_bytes_decode_to_the_picture():
    picture = np.random.default_rng(0).integers(0, 256, (5, 7), np.uint8)
    decoded = np.asarray(Image.open(io.BytesIO(plotting.png_bytes(picture, zoom=2))))
    assert np.array_equal(decoded, picture.repeat(2, 0).repeat(2, 1))


def test_a_gif_holds_all_pictures(tmp_path):
    pictures = [np.full((6, 6), value, np.uint8) for value in (0, 100, 200)]
    path = plotting.save_gif(tmp_path / "a.gif", pictures, seconds_each=0.1, zoom=2)
    with Image.open(path) as gif:
        assert gif.n_frames == 3
        assert gif.size == (12, 12)
    assert [file.name for file in tmp_path.iterdir()] == ["a.gif"]


@pytest.mark.parametrize(
    "options, last", [({}, 1500), ({"pause": 0}, 100), ({"pause": 0.3}, 300)]
)
def test_the_last_picture_of_a_gif_stays_as_long_as_asked(tmp_path, options, last):
    pictures = [np.full((6, 6), value, np.uint8) for value in (0, 100, 200)]
    path = plotting.save_gif(tmp_path / "a.gif", pictures, 0.1, **options)
    with Image.open(path) as gif:
        durations = []
        for number in range(gif.n_frames):
            gif.seek(number)
            durations.append(gif.info["duration"])
    assert durations == [100, 100, last]


def test_a_gif_leaves_a_file_of_another_beside_it_alone(tmp_path):
    (tmp_path / "a.gif.part").write_text("mine")
    plotting.save_gif(tmp_path / "a.gif", np.zeros((2, 4, 4), np.uint8))
    assert (tmp_path / "a.gif.part").read_text() == "mine"
    assert {file.name for file in tmp_path.iterdir()} == {"a.gif", "a.gif.part"}


def test_a_gif_that_cannot_be_written_leaves_nothing_behind(tmp_path):
    (tmp_path / "a.gif").mkdir()
    with pytest.raises(OSError):
        plotting.save_gif(tmp_path / "a.gif", np.zeros((2, 4, 4), np.uint8))
    assert [file.name for file in tmp_path.iterdir()] == ["a.gif"]


PICTURE = np.zeros((4, 4), np.uint8)


@pytest.mark.parametrize(
    ("pictures", "options", "message"),
    [
        ([], {}, "No picture"),
        (3, {}, "No picture"),
        ([PICTURE, PICTURE[1:]], {}, "differ in shape"),
        ([PICTURE, np.stack([PICTURE] * 3, axis=2)], {}, "differ in shape"),
        ([PICTURE], {"seconds_each": 0}, "seconds_each is 0"),
        ([PICTURE], {"seconds_each": np.nan}, "seconds_each is nan"),
        ([PICTURE], {"zoom": 101}, "zoom is 101"),
        ([PICTURE.astype(float)], {}, "A picture of float64"),
        ([[[1, 2], [3]]], {}, "rows differ in length"),
        ([PICTURE[0]], {}, r"shape \(4,\)"),
        ([np.zeros((4, 4, 4), np.uint8)], {}, r"shape \(4, 4, 4\)"),
        ([np.zeros((700, 4), np.uint8)], {"zoom": 100}, "too large"),
    ],
)
def test_pictures_that_make_no_gif_are_refused(pictures, options, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        plotting.save_gif(tmp_path / "a.gif", pictures, **options)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("zoom", [0, -1, 1.5, True, 10**9])
def test_a_zoom_is_a_small_whole_number(zoom):
    with pytest.raises(ValueError, match="zoom is .* from 1 to 100"):
        plotting.png_bytes(PICTURE, zoom)


def test_a_figure_becomes_pixels_and_is_closed():
    figure = plt.figure(figsize=(2, 1), dpi=50, facecolor=(1, 0, 0))
    pixels = plotting.render(figure)
    assert pixels.dtype == np.uint8
    assert pixels.shape == (50, 100, 3)
    assert (pixels == (255, 0, 0)).all()
    assert not plt.get_fignums()


def test_only_a_figure_becomes_pixels():
    with pytest.raises(ValueError, match="of type ndarray; needed is a figure"):
        plotting.render(PICTURE)
