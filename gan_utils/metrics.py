"""Numbers for the quality and the variety of images, from a classifier's eyes.

All functions take what a classifier makes of the images: `features`, float
`(n, dimensions)`, and `probabilities`, float `(n, classes)`. NumPy only.
"""

from gan_utils import checks

import numpy as np

COLUMNS = {
    "n": ("n", "{:,}".format),
    "frechet_distance": ("Fréchet", "{:.2f}".format),
    "classifier_score": ("score", "{:.2f}".format),
    "density": ("density", "{:.2f}".format),
    "coverage": ("coverage", "{:.2f}".format),
    "confident_share": ("confident", "{:.1%}".format),
    "shares": ("rarest digit", lambda shares: f"{min(shares):.1%}"),
    "digit_divergence": ("KL of digits", "{:.4f}".format),
    "modes_covered": ("modes", "{:,}".format),
    "kl": ("KL of modes", "{:.3f}".format),
}

TRAITS = ("weight", "slant", "width")


def classifier_score(probabilities):
    """Measures exp(E KL(p(y|x) ‖ p(y))): each image sure, all classes seen.

    It cannot see whether images of one class are all the same, nor compare them
    with real ones. 5,000 images give it to about 1 %.

    Args:
        probabilities: `(n, classes)`, rows that sum to 1.

    Returns:
        A float from 1 (worst) to the number of classes.

    Raises:
        ValueError: the rows are not probabilities.

    Source:
        Salimans et al., Improved Techniques for Training GANs, 2016, section 4.

    Example:
        >>> round(classifier_score(np.eye(10)), 6)
        10.0
    """
    probabilities = checks.probabilities(probabilities)
    divergences = _divergence(probabilities, probabilities.mean(axis=0))
    return float(np.exp(divergences.mean()))


def digit_coverage(probabilities):
    """Counts how often each class is the likeliest.

    Args:
        probabilities: `(n, classes)`, rows that sum to 1; a share of 10 % is
            known to 0.6 percentage points (two standard errors) from 10,000.

    Returns:
        `(shares, divergence)`: float `(classes,)` that sums to 1, and its
        Kullback-Leibler divergence from equal shares in nats, 0 for equal.

    Raises:
        ValueError: the rows are not probabilities.

    Source:
        The count of modes in Metz et al., Unrolled Generative Adversarial
        Networks, 2017.

    Example:
        >>> shares, divergence = digit_coverage(np.eye(10))
        >>> float(shares.min()), divergence
        (0.1, 0.0)
    """
    probabilities = checks.probabilities(probabilities)
    classes = probabilities.shape[1]
    counts = np.bincount(probabilities.argmax(axis=1), minlength=classes)
    shares = counts / counts.sum()
    return shares, float(_divergence(shares, np.full(classes, 1 / classes)))


def count_modes(digits):
    """Counts which of 1,000 numbers of three digits occur.

    Args:
        digits: integers `(n, 3)` from 0 to 9; 26,000 numbers are usual. Of as many
            drawn evenly, none is likely to be missing.

    Returns:
        A dict: `n`; `modes_covered`, how many occur; `kl`, the Kullback-Leibler
        divergence of their shares from equal ones in nats, .02 for 26,000 that are
        drawn evenly.

    Raises:
        ValueError: the digits have another shape or type, or are out of range.

    Source:
        Metz et al., Unrolled Generative Adversarial Networks, 2017, section 3.3.1.

    Example:
        >>> count_modes(np.zeros((26, 3), int))["modes_covered"]
        1
    """
    digits = checks.labels(digits, ("n", 3), what="digits")
    counts = np.bincount(digits.astype(int) @ [100, 10, 1], minlength=1000)
    divergence = _divergence(counts / counts.sum(), np.full(1000, 1e-3))
    modes = int((counts > 0).sum())
    return {"n": len(digits), "modes_covered": modes, "kl": float(divergence)}


def confident_share(probabilities, threshold=0.95):
    """Tells for which share of the images the likeliest class is nearly certain.

    A classifier can be sure of nonsense too: noise may score high.

    Args:
        probabilities: `(n, classes)`, rows that sum to 1.
        threshold: probability from which an image counts, 0 to 1.

    Returns:
        A float from 0 to 1.

    Raises:
        ValueError: the rows or the threshold are not probabilities.

    Example:
        >>> confident_share(np.array([[0.5, 0.5], [0.99, 0.01]]))
        0.5
    """
    threshold = checks.number(threshold, "threshold", 0, 1)
    likeliest = checks.probabilities(probabilities).max(axis=1)
    return float((likeliest >= threshold).mean())


def frechet_distance(features, real_features):
    """Compares two sets of features as if both were Gaussian.

    |m - r|² + trace(C + R - 2 (C R)^½) for means m, r and covariances C, R. It
    sees quality and variety at once, and cannot tell them apart. It falls with
    n: compare only sets of equal size, and at least some thousands.

    Args:
        features: `(n, dimensions)`, n from 2, and above the dimensions to mean
            much.
        real_features: `(m, dimensions)`.

    Returns:
        A float, 0 or more, in squared units of the features.

    Raises:
        ValueError: the shapes do not fit, or a feature is not finite.

    Source:
        Heusel et al., GANs Trained by a Two Time-Scale Update Rule Converge to
        a Local Nash Equilibrium, 2017, equation 6.

    Example:
        >>> points = np.random.default_rng(0).standard_normal((100, 3))
        >>> round(frechet_distance(points + 2, points), 6)
        12.0
    """
    features, real_features = _features(features, real_features)
    means = features.mean(axis=0) - real_features.mean(axis=0)
    covariance = np.atleast_2d(np.cov(features, rowvar=False))
    real_covariance = np.atleast_2d(np.cov(real_features, rowvar=False))
    values, vectors = np.linalg.eigh(real_covariance)
    # (C R)^½ has the trace of (S C S)^½ with S = R^½, which is symmetric.
    root = vectors * np.sqrt(values.clip(0)) @ vectors.T
    shared = np.linalg.eigvalsh(root @ covariance @ root).clip(0)
    traces = np.trace(covariance) + values.sum() - 2 * np.sqrt(shared).sum()
    return float(max(0.0, means @ means + traces))


def ball_sizes(real_features, neighbours=5):
    """Measures how far each real point's ball reaches: to its nearest real neighbours.

    Args:
        real_features: `(m, dimensions)`.
        neighbours: which nearest neighbour a ball reaches, from 1 to m - 1.

    Returns:
        float `(m,)`: squared radii.

    Raises:
        ValueError: a feature is not finite, or there are too few real points.

    Example:
        >>> ball_sizes(np.array([[0.0], [1.0], [3.0]]), neighbours=1)
        array([1., 1., 4.])
    """
    real_features, _ = _features(real_features, real_features)
    neighbours = checks.count(neighbours, "neighbours", 1, len(real_features) - 1)
    sizes = []
    for rows in np.array_split(real_features, max(1, len(real_features) // 500)):
        squares = np.partition(_squared_distances(rows, real_features), neighbours)
        sizes.append(squares[:, neighbours].copy())  # a view would keep its block
    return np.concatenate(sizes)


def density_and_coverage(features, real_features, neighbours=5, sizes=None):
    """Tells quality and variety apart, by balls around the real features.

    Each real point has a ball that reaches its nearest real neighbours. Density
    is how many balls a generated point lies in, over `neighbours`; coverage is
    the share of balls that hold a generated point.

    Args:
        features: `(n, dimensions)`.
        real_features: `(m, dimensions)`; for coverage near 1, n like m, and both
            in the thousands.
        neighbours: which nearest neighbour a ball reaches, from 1 to m - 1.
        sizes: what `ball_sizes` returned for the real features, to save time.

    Returns:
        `(density, coverage)`: near 1 for real images; density may exceed 1,
        when images keep to the middle of the real ones; coverage is at most 1.

    Raises:
        ValueError: the shapes do not fit, a number is not finite, or there are
            too few real points.

    Source:
        Naeem et al., Reliable Fidelity and Diversity Metrics for Generative
        Models, 2020.

    Example:
        >>> points = np.random.default_rng(0).standard_normal((100, 3))
        >>> density_and_coverage(points[:1].repeat(100, 0), points)[1] < 0.2
        True
    """
    features, real_features = _features(features, real_features)
    neighbours = checks.count(neighbours, "neighbours", 1, len(real_features) - 1)
    if sizes is None:
        sizes = ball_sizes(real_features, neighbours)
    sizes = checks.numbers(sizes, "sizes", real_features.shape[:1], largest=np.inf)
    inside = 0
    covered = np.zeros(len(real_features), bool)
    for start in range(0, len(real_features), 500):  # small blocks need little memory
        rows = slice(start, start + 500)
        for first in range(0, len(features), 10_000):
            some = features[first : first + 10_000]
            balls = _squared_distances(real_features[rows], some) <= sizes[rows, None]
            inside += balls.sum()
            covered[rows] |= balls.any(axis=1)
    density = inside / (neighbours * len(features))
    return float(density), float(covered.mean())


def nearest(features, others):
    """Finds the nearest of other points for each point.

    Args:
        features: `(n, dimensions)`; pixels will do, too.
        others: `(m, dimensions)`.

    Returns:
        `(indices, distances)`: `(n,)` rows of `others`, and how far they are.

    Raises:
        ValueError: the shapes do not fit, or a feature is not finite.

    Example:
        >>> nearest(np.array([[0.9], [0.2]]), np.array([[0.0], [1.0]]))[0]
        array([1, 0])
    """
    features, others = _features(features, others, least=1)
    indices, distances = [], []
    for rows in np.array_split(features, max(1, len(features) // 500)):
        squares = _squared_distances(rows, others)
        indices.append(squares.argmin(axis=1))
        distances.append(np.sqrt(squares.min(axis=1)))
    return np.concatenate(indices), np.concatenate(distances)


def traits(images):
    """Measures three visible traits of digits: stroke weight, slant and width.

    - `weight`, in pixels: twice the ink's area over the length of its outline, which
      is how thick a stroke is that is much longer than thick.
    - `slant`, in degrees: how far the digit leans, to the right above 0.
    - `width`, in pixels: of a filled box that spreads as far to both sides as the
      ink does, once the slant is taken away.

    Args:
        images: float `(n, height, width)` or `(n, height, width, 1)` from -1, the
            paper, to 1, the ink; a rounding beyond will do.

    Returns:
        float `(n, 3)`, in the order of `TRAITS`; NaN for an image without ink.

    Raises:
        ValueError: the images have another shape or type, or lie beyond the range.

    Source:
        Castro et al., Morpho-MNIST: Quantitative Assessment and Diagnostics for
        Representation Learning, 2019, for the choice of traits and the slant from
        moments. Weight and width are simpler than theirs.

    Example:
        >>> bar = np.full((1, 28, 28), -1.0)
        >>> bar[:, 4:24, 12:16] = 1
        >>> traits(bar).round(1)
        array([[3.4, 0. , 3.9]])
    """
    ink = _ink(images)
    down, right = np.mgrid[: ink.shape[1], : ink.shape[2]]
    edges = np.pad(ink, ((0, 0), (1, 1), (1, 1)))
    # Slopes where four pixels meet, so that a stroke weighs the same in a mirror.
    slopes = (
        edges[:, 1:, :-1] + edges[:, 1:, 1:] - edges[:, :-1, :-1] - edges[:, :-1, 1:],
        edges[:, :-1, 1:] + edges[:, 1:, 1:] - edges[:, :-1, :-1] - edges[:, 1:, :-1],
    )
    area = ink.sum(axis=(1, 2))
    with np.errstate(invalid="ignore"):  # no ink: 0 / 0
        outline = np.hypot(*slopes).sum(axis=(1, 2)) / 2
        share = ink / area[:, None, None]
        down, right = (
            place - (share * place).sum(axis=(1, 2), keepdims=True)
            for place in (down, right)
        )
        # Ink in a single row does not lean; only rounding says that it is high.
        height = np.maximum((share * down**2).sum((1, 2)), 1e-9)
        lean = (share * down * right).sum((1, 2)) / height
        across = right - lean[:, None, None] * down
        weight = 2 * area / outline
        width = np.sqrt(12 * (share * across**2).sum(axis=(1, 2)))
    return np.stack([weight, np.degrees(np.arctan(-lean)), width], axis=1)


def evaluate(features, probabilities, real_features, sizes=None):
    """Takes all numbers at once.

    The Fréchet distance is divided by the mean variance of the real features,
    so that it does not depend on the scale at which the classifier works.

    Args:
        features: `(n, dimensions)`.
        probabilities: `(n, classes)`, of the same images.
        real_features: `(m, dimensions)`.
        sizes: as for `density_and_coverage`.

    Returns:
        A dict from names to floats, but for `shares`, a list, and `n`.

    Raises:
        ValueError: as the single functions; there are not as many features as
            probabilities; or the real features are all the same.

    Example:
        >>> points = np.random.default_rng(0).standard_normal((100, 3))
        >>> evaluate(points, np.eye(10).repeat(10, axis=0), points)["coverage"]
        1.0
    """
    shares, divergence = digit_coverage(probabilities)
    count = len(_features(features, real_features)[0])
    if count != len(probabilities):
        raise ValueError(
            f"{count} features and {len(probabilities)} probabilities were given; "
            "give both of the same images."
        )
    distance = frechet_distance(features, real_features)
    density, coverage = density_and_coverage(features, real_features, sizes=sizes)
    return {
        "n": count,
        "frechet_distance": distance / _spread(real_features),
        "classifier_score": classifier_score(probabilities),
        "density": density,
        "coverage": coverage,
        "confident_share": confident_share(probabilities),
        "shares": shares.tolist(),
        "digit_divergence": divergence,
    }


def table(rows):
    """Lays figures out as text, a line for each set of images.

    Args:
        rows: a dict from names to what `evaluate` returned, or `count_modes`.

    Returns:
        Lines of text. Below "rarest digit" stands its share; below "KL of
        digits" the divergence of all shares from equal ones, in nats.

    Raises:
        ValueError: a figure is no finite number.

    Example:
        >>> print(table({"real": {"n": 10_000, "coverage": 0.97}}))
                   n  coverage
        real  10,000      0.97
    """
    keys = [key for key in COLUMNS if all(key in row for row in rows.values())]
    lines = [["", *(COLUMNS[key][0] for key in keys)]]
    for name, row in rows.items():
        for key in keys:
            if key == "shares":
                checks.numbers(row[key], f"{key} of {name}", ("n",))
            else:
                limits = -checks.LARGEST, checks.LARGEST
                checks.number(row[key], f"{key} of {name}", *limits)
        lines.append([name, *(COLUMNS[key][1](row[key]) for key in keys)])
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join(
        "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])])
        for line in lines
    )


def _ink(images):
    images = checks.images(images)
    if images.dtype == np.uint8 or images.shape[3:] == (3,):
        raise ValueError(
            f"Images of type {images.dtype} and shape {images.shape} were given; "
            "needed are floats (n, height, width) from -1 to 1, as data.scale_pixels "
            "makes."
        )
    images = images.reshape(images.shape[:3]).astype(np.float64)
    return ((images + 1) / 2).clip(0, 1)


def _spread(features):
    """Returns the mean variance of the features, above 0."""
    features = np.asarray(features)
    features = features.astype(np.result_type(features, np.float32), copy=False)
    variance = float(np.var(features, axis=0).mean())
    if variance < 1e-30:
        raise ValueError(
            "The real features are all the same, so that nothing can be compared with "
            "how they differ. Give those of other images."
        )
    return variance


def _squared_distances(first, second):
    squares = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1)
    return (squares - 2 * first @ second.T).clip(0)


def _divergence(first, second):
    ratio = np.log(np.maximum(first, 1e-12)) - np.log(np.maximum(second, 1e-12))
    return (first * ratio).sum(axis=-1)


def _features(*sets, least=2):
    first, second = sets = [
        checks.numbers(features, "features", ("n", "dimensions")).astype(np.float64)
        for features in sets
    ]
    if first.shape[1] != second.shape[1]:
        raise ValueError(
            f"Features {first.shape} and {second.shape} given; give (n, d) and (m, d)."
        )
    if min(len(first), len(second)) < least:
        raise ValueError("A set of features has one point; needed are two or more.")
    return sets
