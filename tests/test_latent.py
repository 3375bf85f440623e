"""Latent points: shape, seed, and one coordinate at a time."""

from gan_utils import latent

import numpy as np
import pytest


def test_latents_are_standard_normal_and_follow_the_seed():
    points = latent.sample_latents(10_000, 8, seed=0)
    assert points.dtype == np.float32
    assert abs(points.mean()) < 0.02
    assert abs(points.std() - 1) < 0.02
    assert np.array_equal(points, latent.sample_latents(10_000, 8, seed=0))
    assert not np.array_equal(points, latent.sample_latents(10_000, 8, seed=1))


@pytest.mark.parametrize("size", [(0, 8), (8, 0)])
def test_an_empty_size_is_refused(size):
    with pytest.raises(ValueError, match="both must be 1 or more"):
        latent.sample_latents(*size, seed=0)


def test_one_coordinate_changes_and_the_others_stay():
    point = np.arange(4.0)
    points = latent.vary_coordinate(point, 2, [-1, 5])
    assert points.tolist() == [[0, 1, -1, 3], [0, 1, 5, 3]]
    assert point[2] == 2


@pytest.mark.parametrize(
    ("point", "coordinate"),
    [(np.zeros((2, 4)), 0), (np.zeros(4), 4), (np.zeros(4), -1)],
)
def test_a_bad_point_or_coordinate_is_refused(point, coordinate):
    with pytest.raises(ValueError, match="one point"):
        latent.vary_coordinate(point, coordinate, [0.0])
