"""Sliders: the image follows, the caption too, bad ranges are refused."""

import io

from gan_utils import widgets

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
    grey, count, image, line = grey_box().children
    assert pixels(image).tolist() == [[128] * 4] * 4
    assert line.value == "1 of 0.0"
    grey.value = 1.0
    assert pixels(image).tolist() == [[255] * 4] * 4
    count.value = 2
    assert pixels(image).shape == (4, 10)
    assert line.value == "2 of 1.0"


def test_the_image_keeps_its_size():
    assert grey_box().children[2].layout.align_self == "flex-start"


def test_every_slider_has_its_kind_and_a_description():
    grey, count, *_ = grey_box().children
    assert isinstance(grey, ipywidgets.FloatSlider)
    assert isinstance(count, ipywidgets.IntSlider)
    assert (grey.description, grey.min, grey.max) == ("grey", -1.0, 1.0)


@pytest.mark.parametrize("values", [(0, 1, 1, 2), (0, 1)])
def test_a_bad_slider_is_named(values):
    with pytest.raises(ValueError, match="'grey' was given"):
        widgets.explore(lambda grey: None, grey=values)
