"""Points of latent space. NumPy in, NumPy out."""

import numpy as np


def sample_latents(count, latent_dim, seed):
    """Draws latent points from the standard normal prior.

    Args:
        count: number of points, 1 or more.
        latent_dim: numbers in a point, 1 or more.
        seed: an integer from 0; the same seed gives the same points.

    Returns:
        float32 `(count, latent_dim)`.

    Raises:
        ValueError: a number is below 1.

    Example:
        >>> sample_latents(2, 64, seed=0).shape
        (2, 64)
    """
    if count < 1 or latent_dim < 1:
        raise ValueError(
            f"{count} points of {latent_dim} numbers were asked for; both must be 1 or "
            "more."
        )
    generator = np.random.default_rng(seed)
    return generator.standard_normal((count, latent_dim), dtype=np.float32)


def vary_coordinate(point, coordinate, values):
    """Copies one latent point and gives one of its coordinates new values.

    Args:
        point: `(latent_dim,)`.
        coordinate: which number of the point changes, from 0 to latent_dim - 1.
        values: `(n,)` values it takes.

    Returns:
        float32 `(n, latent_dim)`.

    Raises:
        ValueError: the point is no single point, or has no such coordinate.

    Example:
        >>> vary_coordinate(np.zeros(3), 1, [-1.0, 1.0])
        array([[ 0., -1.,  0.],
               [ 0.,  1.,  0.]], dtype=float32)
    """
    point = np.asarray(point, np.float32)
    if point.ndim != 1 or not 0 <= coordinate < len(point):
        raise ValueError(
            f"A point of shape {point.shape} and coordinate {coordinate} were given; "
            "needed are one point (latent_dim,) and a coordinate from 0 to "
            "latent_dim - 1. To take the first of many points, pass points[0]."
        )
    points = np.tile(point, (len(values), 1))
    points[:, coordinate] = values
    return points
