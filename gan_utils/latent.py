"""Points of latent space. NumPy in, NumPy out."""

import functools

from gan_utils import checks

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
        ValueError: a number is out of range, or more is asked for than `checks.MOST`.

    Example:
        >>> sample_latents(2, 64, seed=0).shape
        (2, 64)
    """
    shape = _size(count, latent_dim)
    generator = np.random.default_rng(checks.count(seed, "seed", 0))
    return generator.standard_normal(shape, dtype=np.float32)


def sample_uniform(count, latent_dim, seed):
    """Draws latent points from the uniform prior of (-1, 1).

    Args:
        count: as in `sample_latents`.
        latent_dim: as in `sample_latents`.
        seed: as in `sample_latents`.

    Returns:
        float32 `(count, latent_dim)`.

    Raises:
        ValueError: a number is out of range, or more is asked for than `checks.MOST`.

    Example:
        >>> sample_uniform(2, 100, seed=0).shape
        (2, 100)
    """
    shape = _size(count, latent_dim)
    generator = np.random.default_rng(checks.count(seed, "seed", 0))
    return 2 * generator.random(shape, dtype=np.float32) - 1


def _size(count, latent_dim):
    latent_dim = checks.count(latent_dim, "latent_dim", 1, checks.MOST)
    return checks.count(count, "count", 1, checks.MOST // latent_dim), latent_dim


def vary_coordinate(point, coordinate, values):
    """Copies one latent point and gives one of its coordinates new values.

    Args:
        point: `(latent_dim,)`.
        coordinate: which number of the point changes, from 0 to latent_dim - 1.
        values: `(n,)` values it takes.

    Returns:
        float32 `(n, latent_dim)`.

    Raises:
        ValueError: the point is no single point, or has no such coordinate; or a
            number is not finite.

    Example:
        >>> vary_coordinate(np.zeros(3), 1, [-1.0, 1.0])
        array([[ 0., -1.,  0.],
               [ 0.,  1.,  0.]], dtype=float32)
    """
    point = checks.numbers(point, "a point", ("latent_dim",)).astype(np.float32)
    coordinate = checks.count(coordinate, "coordinate", 0, len(point) - 1)
    values = checks.numbers(values, "values", ("n",))
    points = np.tile(point, (len(values), 1))
    points[:, coordinate] = values
    return points


def typical_length(latent_dim):
    """Tells how far from 0 nearly all points of the normal prior lie.

    A squared length is the sum of latent_dim squares, each 1 in the mean, so it
    is about latent_dim, and the more numbers there are, the closer.

    Args:
        latent_dim: numbers in a point, 1 or more.

    Returns:
        A float, √latent_dim.

    Raises:
        ValueError: the number is below 1.

    Example:
        >>> typical_length(64)
        8.0
    """
    return float(np.sqrt(checks.count(latent_dim, "latent_dim", 1, checks.MOST)))


def rescale(points, length=None):
    """Moves points along their own directions until they have one length.

    Args:
        points: `(n, latent_dim)`, none of them 0.
        length: their new distance from 0, 0 or more; `typical_length` when None.

    Returns:
        float32 `(n, latent_dim)`.

    Raises:
        ValueError: another shape, a point that is 0, or numbers that are not finite.

    Example:
        >>> rescale([[3.0, 4.0]], length=10)
        array([[6., 8.]], dtype=float32)
    """
    points = checks.points(points)
    length = typical_length(points.shape[1]) if length is None else length
    length = checks.number(length, "length", 0, checks.LARGEST)
    lengths = np.linalg.norm(points, axis=1, keepdims=True)
    if lengths.min() < 1e-15:  # the square of less is rounded away
        raise ValueError(
            "A point is 0 and has no direction. Was one subtracted from itself?"
        )
    return points * (np.float32(length) / lengths)


def line(start, end, shares):
    """Walks from one point to another along a straight line.

    Args:
        start: `(latent_dim,)`.
        end: `(latent_dim,)`.
        shares: `(n,)` shares of the way, 0 for the start and 1 for the end.

    Returns:
        float32 `(n, latent_dim)`.

    Raises:
        ValueError: the points differ in their dimension, or are not finite.

    Example:
        >>> line([0.0, 0.0], [2.0, 4.0], [0.0, 0.5])
        array([[0., 0.],
               [1., 2.]], dtype=float32)
    """
    start, end = checks.points([start, end])
    shares = checks.numbers(shares, "shares", ("n",)).astype(np.float32)[:, None]
    return (1 - shares) * start + shares * end


def arc(start, end, shares):
    """Walks from one point to another along a great arc around 0.

    The direction turns evenly and the distance from 0 changes evenly, so between
    two points of typical length all are typical. A line cuts through the inside,
    where almost no point of the prior lies.

    Args:
        start: `(latent_dim,)`, not 0.
        end: `(latent_dim,)`, not 0 and not opposite to the start.
        shares: `(n,)` shares of the way, 0 for the start and 1 for the end.

    Returns:
        float32 `(n, latent_dim)`.

    Raises:
        ValueError: as `line`; or a point is 0, or they are opposite to each other,
            so that no arc is the shortest.

    Source:
        White, Sampling Generative Networks, 2016, section 2.1.

    Example:
        >>> arc([1.0, 0.0], [0.0, 1.0], [0.5]).round(4)
        array([[0.7071, 0.7071]], dtype=float32)
    """
    first, last = rescale([start, end], 1)
    angle = np.arccos(np.clip(first @ last, -1, 1))
    if angle > 0.999 * np.pi:
        raise ValueError("Opposite points have no shortest arc; go by a third point.")

    def weight(share):  # sin(share * angle) / sin(angle), for an angle of 0, too
        return share * np.sinc(share * angle / np.pi) / np.sinc(angle / np.pi)

    lengths = line([np.linalg.norm(start)], [np.linalg.norm(end)], shares)
    shares = np.asarray(shares, np.float32)[:, None]
    return lengths * (weight(1 - shares) * first + weight(shares) * last)


def closed_walk(points, steps, path=arc):
    """Walks through points one after another and back to the first.

    Args:
        points: `(n, latent_dim)`, n from 2.
        steps: points on the way from one to the next, 1 or more.
        path: `arc` or `line`.

    Returns:
        float32 `(n * steps, latent_dim)`; each point stands at a multiple of
        `steps`, and after the last comes the first again.

    Raises:
        ValueError: there are fewer than two points, or as `path`.

    Example:
        >>> closed_walk(sample_latents(3, 64, seed=0), steps=10).shape
        (30, 64)
    """
    points = checks.points(points)
    steps = checks.count(steps, "steps", 1, checks.MOST // points.size)
    if len(points) < 2:
        raise ValueError("One point was given; a walk needs two or more.")
    shares = np.arange(steps) / steps
    following = np.roll(points, -1, axis=0)
    return np.concatenate([path(*ends, shares) for ends in zip(points, following)])


def grid(corners, rows, columns, path=arc):
    """Spans a grid of points between four.

    Args:
        corners: `(4, latent_dim)`: top left, top right, bottom left, bottom right.
        rows: rows of the grid, 2 or more.
        columns: columns of the grid, 2 or more.
        path: `arc` or `line`.

    Returns:
        float32 `(rows * columns, latent_dim)`, row by row.

    Raises:
        ValueError: there are not four corners, or a grid has no room for them.

    Example:
        >>> grid(sample_latents(4, 64, seed=0), rows=5, columns=8).shape
        (40, 64)
    """
    corners = checks.points(corners)
    if len(corners) != 4:
        raise ValueError(f"{len(corners)} corners were given; a grid has four.")
    rows = checks.count(rows, "rows", 2, checks.MOST // corners.size)
    most = checks.MOST // corners.shape[1] // rows
    columns = checks.count(columns, "columns", 2, most)
    down, across = np.linspace(0, 1, rows), np.linspace(0, 1, columns)
    left, right = (path(*ends, down) for ends in zip(corners[:2], corners[2:]))
    return np.concatenate([path(*ends, across) for ends in zip(left, right)])


def averages(points, labels, classes=10):
    """Averages the points of each class.

    Args:
        points: `(n, latent_dim)`.
        labels: `(n,)` integers from 0: what a classifier sees in their images.
        classes: number of classes.

    Returns:
        float32 `(classes, latent_dim)`. The noise of single points cancels out,
        so an average lies far closer to 0 than they do.

    Raises:
        ValueError: the labels do not fit the points or the classes, or a class has
            no point.

    Example:
        >>> averages([[0.0], [2.0], [5.0]], [0, 0, 1], classes=2)
        array([[1.],
               [5.]], dtype=float32)
    """
    points = checks.points(points)
    classes = checks.count(classes, "classes")
    labels = checks.labels(labels, points.shape[:1], classes)
    # One of the first n + 1 classes has none of n points.
    missing = np.setdiff1d(np.arange(min(classes, len(points) + 1)), labels)
    if len(missing) > 0:
        raise ValueError(f"No point has the label {missing[0]}. Draw more points.")
    return np.stack([points[labels == label].mean(axis=0) for label in range(classes)])


def trait_directions(points, labels, traits):
    """Finds the directions along which one trait changes alone, whatever the class.

    Averages of classes differ, and a step along a difference changes the class. So
    what the averages span is taken away first. In what remains, one linear regression
    for all classes, with an intercept for each, tells how each trait grows; each
    direction is the shortest one that changes its trait and leaves the others, as far
    as they are linear.

    Args:
        points: `(n, latent_dim)`, far more than latent_dim.
        labels: `(n,)` integers from 0: the classes of their images.
        traits: `(n, m)`: m traits of each image, such as of `metrics.traits`. It has
            NaN for images without ink: leave them out.

    Returns:
        float32 `(m, latent_dim)`, of length 1.

    Raises:
        ValueError: the shapes do not fit, or a trait is not finite.

    Source:
        Shen et al., Interpreting the Latent Space of GANs for Semantic Face
        Editing, 2020, section 2.2, where directions are made conditional by
        projection.

    Example:
        >>> points, labels = sample_latents(40, 3, seed=0), np.arange(40) % 2
        >>> trait_directions(points, labels, traits=points[:, :1]).shape
        (1, 3)
    """
    centres = averages(points, labels, classes=labels.max() + 1)
    # Orthonormal: their differences span one dimension less than there are classes.
    spanned = np.linalg.svd(centres - centres.mean(axis=0))[2][: len(centres) - 1]
    inputs = points - centres[labels]
    inputs = inputs - inputs @ spanned.T @ spanned
    means = [traits[labels == label].mean(axis=0) for label in range(len(centres))]
    outputs = traits - np.stack(means)[labels]
    # The spanned directions hold rounding errors only; rcond leaves them out.
    slopes = np.linalg.lstsq(inputs, outputs, rcond=1e-3)[0]
    return rescale(np.linalg.pinv(slopes), 1)


def _checked_directions(find):
    """Checks the arguments of a search for directions."""

    @functools.wraps(find)
    def checked(points, labels, traits):
        points = checks.points(points)
        traits = checks.numbers(traits, "traits", (len(points), "traits"))
        labels = checks.labels(labels, points.shape[:1], len(points))
        return find(points, labels, traits.astype(float))

    return checked


trait_directions = _checked_directions(trait_directions)


def hold(points, shortest, longest):
    """Moves points along their own directions until their lengths are in a range.

    Args:
        points: `(n, latent_dim)`, none of them 0.
        shortest: the least distance from 0, 0 or more.
        longest: the greatest, not below it.

    Returns:
        float32 `(n, latent_dim)`.

    Raises:
        ValueError: as `rescale`, or the greatest is below the least.

    Example:
        >>> hold([[3.0, 4.0], [0.0, 1.0]], shortest=2, longest=4).round(1)
        array([[2.4, 3.2],
               [0. , 2. ]], dtype=float32)
    """
    shortest = checks.number(shortest, "shortest", 0, checks.LARGEST)
    longest = checks.number(longest, "longest", shortest, checks.LARGEST)
    points = checks.points(points)
    lengths = np.linalg.norm(points, axis=1, keepdims=True)
    return rescale(points, 1) * np.clip(lengths, shortest, longest)


def invert(loss_and_gradient, starts, steps=200, rate=0.1, put_back=None):
    """Looks for points that lower a loss, from several starts each.

    Adam moves all points at once, and for each the best that was met is kept.

    Args:
        loss_and_gradient: a function from float32 points `(n, latent_dim)` to
            `(losses, gradients)` of shapes `(n,)` and `(n, latent_dim)`, such as
            `compiled.make_matcher` compiles.
        starts: `(restarts, n, latent_dim)`: the points to begin from.
        steps: points that are tried from each start, 1 to 100,000.
        rate: how far a coordinate moves in a step, about; up to 1,000.
        put_back: what is done with the points after each step, such as `hold`; a
            function from points to points, or None.

    Returns:
        `(points, losses)`: float32 `(n, latent_dim)` and `(n,)`.

    Raises:
        ValueError: an argument is not as above, or for a point no loss is finite.

    Source:
        Lipton and Tripathi, Precise Recovery of Latent Vectors from Generative
        Adversarial Networks, 2017; Adam by Kingma and Ba, 2015.

    Example:
        >>> to_ones = lambda points: (((points - 1) ** 2).sum(1), 2 * (points - 1))
        >>> points, losses = invert(to_ones, np.zeros((1, 2, 3)))
        >>> points.round(1)
        array([[1., 1., 1.],
               [1., 1., 1.]], dtype=float32)
    """
    starts = np.asarray(starts, np.float32)
    best, lowest = starts[0].copy(), np.full(starts.shape[1], np.inf, np.float32)
    for points in starts:
        mean = square = np.zeros_like(points)
        for step in range(1, steps + 1):
            losses, gradients = loss_and_gradient(points)
            better = losses < lowest
            lowest[better], best[better] = losses[better], points[better]
            mean = 0.9 * mean + 0.1 * gradients
            square = 0.99 * square + 0.01 * gradients**2
            scale = np.sqrt(square / (1 - 0.99**step)) + 1e-8
            points = points - rate * mean / (1 - 0.9**step) / scale
            points = put_back(points) if put_back else points
    if not np.isfinite(lowest).all():
        raise ValueError(f"No loss was finite in {steps} steps; look at the images.")
    return best, lowest


def _checked(search):
    """Checks the arguments of a search that a lesson shows word for word."""

    @functools.wraps(search)
    def checked(loss_and_gradient, starts, steps=200, rate=0.1, put_back=None):
        starts = checks.numbers(starts, "starts", ("restarts", "n", "latent_dim"))
        steps = checks.count(steps, "steps", 1, 100_000)
        rate = checks.number(rate, "rate", 0, 1000)
        return search(loss_and_gradient, starts, steps, rate, put_back)

    return checked


invert = _checked(invert)
