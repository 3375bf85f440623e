"""Pictures: pixels where they belong, clear errors, files that are whole."""

import io

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


def test_nan_pixels_are_refused():
    with pytest.raises(ValueError, match="NaN or infinite"):
        plotting.to_uint8(np.full((1, 2, 2), np.nan))


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


def test_no_images_or_no_columns_are_refused():
    for count, columns in ((0, None), (3, 0)):
        with pytest.raises(ValueError, match="both must be 1 or more"):
            plotting.tile(np.zeros((count, 2, 2)), columns)


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


def test_grids_have_a_title_for_each_image():
    figure = plotting.show_images(np.zeros((3, 4, 4)), 3, titles="abc", title="top")
    assert [axes.get_title() for axes in figure.axes] == ["a", "b", "c"]
    with pytest.raises(ValueError, match="2 titles were given for 3 images"):
        plotting.show_images(np.zeros((3, 4, 4)), titles="ab")


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
    with pytest.raises(ValueError, match="'a' has 1 values for 2 steps"):
        plotting.show_curves([0, 1], {"a": [1]}, "y")
    with pytest.raises(ValueError, match="six at most"):
        plotting.show_curves([0], {str(number): [0] for number in range(7)}, "y")


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


def test_a_gif_of_nothing_is_refused(tmp_path):
    with pytest.raises(ValueError, match="No picture"):
        plotting.save_gif(tmp_path / "a.gif", [])
