"""The pictures of the smallest GAN."""

from gan_utils.experiments import dirac

import numpy as np

PATH = np.array([[1.0, 1.0], [0.5, -0.5], [0.25, 0.0]])


def test_each_path_has_a_panel_with_its_start_and_its_end():
    figure = dirac.draw({"one": PATH, "other": -PATH})
    assert [panel.get_title() for panel in figure.axes] == ["one", "other"]
    for panel, path in zip(figure.axes, (PATH, -PATH)):
        line, start, end, balance = panel.lines
        np.testing.assert_array_equal(line.get_xydata(), path)
        np.testing.assert_array_equal(start.get_xydata(), path[:1])
        np.testing.assert_array_equal(end.get_xydata(), path[-1:])
        assert balance.get_xydata().tolist() == [[0, 0]]


def test_a_picture_shows_the_path_and_leaves_no_figure_open():
    near, far = dirac.paint(PATH), dirac.paint(1e7 * PATH)
    assert near.shape == far.shape
    assert near.shape[0] == 1 and near.dtype == np.uint8
    assert (near != far).any()
