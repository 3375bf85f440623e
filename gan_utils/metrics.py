"""Numbers for the quality and the variety of images, from a classifier's eyes.

All functions take what a classifier makes of the images: `features`, float
`(n, dimensions)`, and `probabilities`, float `(n, classes)`. NumPy only.

No figure here compares with a paper's. Papers take the features of Inception, or a
classifier of their own; here it is the shipped classifier of digits. What each number
sees and does not see stands in its docstring: `data/meters.json` holds what doctored
digits get, and the table of `python -m gan_utils.experiments.meters --show` prints it.
"""

import functools

from gan_utils import checks, neighbours, paths, records
from gan_utils.neighbours import (  # noqa: F401  they are metrics, too
    BALLS,
    ball_sizes,
    density_and_coverage,
    nearest,
    precision_and_recall,
)

import numpy as np

COLUMNS = {
    "n": ("n", "{:,}".format),
    "frechet_distance": ("Fréchet", "{:.2f}".format),
    "classifier_score": ("score", "{:.2f}".format),
    "density": ("density", "{:.2f}".format),
    "coverage": ("coverage", "{:.2f}".format),
    "precision": ("precision", "{:.2f}".format),
    "recall": ("recall", "{:.2f}".format),
    "confident_share": ("confident", "{:.1%}".format),
    "shares": ("rarest digit", lambda shares: f"{np.min(shares):.1%}"),
    "digit_divergence": ("KL of digits", "{:.4f}".format),
    "modes_covered": ("modes", "{:,}".format),
    "kl": ("KL of modes", "{:.3f}".format),
    "sure_share": ("sure", "{:.1%}".format),
    "sure_modes": ("sure modes", "{:,}".format),
}
SURE = 0.95  # the probability from which a digit counts as read for sure

TRAITS = ("weight", "slant", "width")


def classifier_score(probabilities):
    """Measures exp(E KL(p(y|x) ‖ p(y))): each image sure, all classes seen.

    The field's term is Inception Score (IS), where the classifier is Inception. It
    cannot see whether images of one class are all the same, nor compare them with
    real ones. 5,000 images give it to about 1 %.

    What `experiments.meters` measured of doctored digits. Real digits: 9.84 to
    9.88. Sees: softened (9.82), blurred (9.59), thinned (8.86), shifted (9.71),
    noise 1.5 (2.73), noise 2 (3.01), noise 3 (3.44), noise 4 (3.69), noise 5
    (3.71), dense noise (2.33), grey noise (1.00), no 8s (8.92), one image (1.00),
    ten images (9.99), 1,000 images (9.56). Does not see: copies (9.86).

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

    It does not look at what images of one class are like. What `experiments.meters`
    measured of doctored digits:

    Rarest digit's share. Real digits: 8.2% to 9.8%. Sees: noise 1.5 (0.1%), noise 2
    (0.7%), noise 3 (1.7%), noise 4 (2.0%), noise 5 (1.2%), dense noise (0.1%), grey
    noise (0.0%), no 8s (0.1%), one image (0.0%), ten images (10.0%). Does not see:
    softened (8.5%), blurred (8.4%), thinned (9.1%), shifted (8.6%), 1,000 images
    (8.4%), copies (8.6%).

    Divergence. Real digits: 0.0006 to 0.0034. Sees: thinned (0.0051), noise 1.5
    (0.6603), noise 2 (0.5118), noise 3 (0.3188), noise 4 (0.2767), noise 5
    (0.3494), dense noise (1.1971), grey noise (2.3026), no 8s (0.1044), one image
    (2.3026), ten images (0.0000), 1,000 images (0.0041). Does not see: softened
    (0.0024), blurred (0.0025), shifted (0.0022), copies (0.0024).

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


def count_modes(probabilities):
    """Counts which numbers occur, 1,000 of three digits, and how many for sure.

    A classifier reads a number in anything: smoothed noise without any digit
    reaches up to 936 modes, and 178 among the images that it reads for sure, of
    which there are few; grey noise is read for sure as one number. So ask
    `modes_verdict`. What repeats inside a mode is not seen. What
    `experiments.meters` measured, of 26,000 triples of each set:

    `modes_covered`. Real digits: 1,000 to 1,000. Sees: noise 1.5 (524), noise 2
    (688), noise 3 (906), noise 4 (936), noise 5 (901), dense noise (404), grey
    noise (1), no 8s (764), one image (1). Does not see: softened (1,000), blurred
    (1,000), thinned (1,000), shifted (1,000), ten images (1,000), 1,000 images
    (1,000), copies (1,000).

    `kl`. Real digits: 0.020 to 0.029. Sees: thinned (0.036), noise 1.5 (1.991),
    noise 2 (1.566), noise 3 (0.979), noise 4 (0.853), noise 5 (1.072), dense noise
    (3.608), grey noise (6.908), no 8s (0.330), one image (6.908), ten images
    (0.020), 1,000 images (0.034). Does not see: softened (0.027), blurred (0.027),
    shifted (0.026), copies (0.027).

    `sure_share`. Real digits: 94.1% to 96.3%. Sees: softened (94.0%), blurred
    (85.0%), thinned (66.9%), shifted (90.1%), noise 1.5 (1.0%), noise 2 (0.9%),
    noise 3 (0.7%), noise 4 (1.2%), noise 5 (2.4%), dense noise (20.6%), grey noise
    (100.0%), one image (100.0%), ten images (100.0%), 1,000 images (88.8%). Does
    not see: no 8s (95.8%), copies (95.5%).

    `sure_modes`. Real digits: 1,000 to 1,000. Sees: noise 1.5 (74), noise 2 (83),
    noise 3 (107), noise 4 (164), noise 5 (178), dense noise (76), grey noise (1),
    no 8s (736), one image (1). Does not see: softened (1,000), blurred (1,000),
    thinned (1,000), shifted (1,000), ten images (1,000), 1,000 images (1,000),
    copies (1,000).

    Args:
        probabilities: `(n, digits, 10)`, of the channels of each image, 1 to 6; rows
            that sum to 1. 26,000 images of three are usual: of as many numbers drawn
            evenly, none is likely to be missing. Of labels `(n, digits)`, give
            `np.eye(10)[labels]`.

    Returns:
        A dict: `n`; `modes_covered`, how many numbers occur; `kl`, the
        Kullback-Leibler divergence of their shares from equal ones in nats, .02 for
        26,000 that are drawn evenly; `sure_share`, the share of images of whose three
        digits each is read with at least 95 % certainty; `sure_modes`, how many
        numbers occur among those.

    Raises:
        ValueError: the array has another shape, or the rows are not probabilities.

    Source:
        Metz et al., Unrolled Generative Adversarial Networks, 2017, section 3.3.1.

    Example:
        >>> count_modes(np.eye(10)[np.zeros((26, 3), int)])["modes_covered"]
        1
    """
    shape = ("n", "digits", 10)
    array = checks.numbers(probabilities, "probabilities of digits", shape)
    digits = checks.count(array.shape[1], "The count of digits", 1, 6)
    array = checks.probabilities(array.reshape(-1, 10)).reshape(array.shape)
    numbers = array.argmax(axis=2) @ 10 ** np.arange(digits)[::-1]
    modes = 10**digits
    counts = np.bincount(numbers, minlength=modes)
    sure = (array.max(axis=2) >= SURE).all(axis=1)
    return {
        "n": len(array),
        "modes_covered": int((counts > 0).sum()),
        "kl": float(_divergence(counts / counts.sum(), np.full(modes, 1 / modes))),
        "sure_share": float(sure.mean()),
        "sure_modes": len(np.unique(numbers[sure])),
    }


def modes_verdict(figures, modes=900, share=0.5):
    """Says whether a count of modes is one of digits, whether it is high, and even.

    Each figure alone praises something that is no good set, so all three are asked
    for. Noise in `data/meters.json` reaches up to 936 modes, with a `sure_share` of at
    most 20.6%, and a `kl` of at least 0.853; grey noise is all sure, and one mode. Of
    26,000 images, half of them black and half of real digits, nearly all are sure, of
    all modes; only their `kl`, of 2.79, is too large. Real digits have 94.1% to 96.3%,
    all modes, and 0.020 to 0.029.

    The bars are what `modes` numbers get that are drawn equally often, a hundred times
    from a fixed seed: the fewest that show in as many sure images, and the largest `kl`
    of as many images. So nearly every such set passes, be it of 2,000 or of 26,000.
    Numbers that are as many and uneven, as those of real digits without one kind in one
    channel are, need not pass among 26,000. What passes, too: images that repeat inside
    a mode; one image in three of a hundred, among 26,000; and two in five blots, the
    rest being real digits.

    Args:
        figures: what `count_modes` returned, of at least 2,000 images: with fewer,
            too many numbers are missing from any set.
        modes: how many numbers are to occur among the images that are read for sure,
            drawn as evenly as so many.
        share: how many of the images are to be read for sure, from 0 to 1.

    Returns:
        `(passed, sentence)`: a bool, and the reason in words.

    Raises:
        ValueError: the figures lack one, or it is out of range.

    Example:
        >>> black = {"n": 26_000, "sure_share": 0.97, "sure_modes": 1000, "kl": 2.79}
        >>> modes_verdict(black)[0]
        False
    """
    share = checks.number(share, "share", 0, 1)
    modes = checks.count(modes, "modes", 1, 1000)
    missing = {"n", "kl", "sure_share", "sure_modes"} - set(figures)
    if missing:
        raise ValueError(
            f"The figures lack {', '.join(sorted(missing))}. Measure the images "
            "anew, as count_modes does."
        )
    count = checks.count(figures["n"], "n", 2000, 10**12)
    found = checks.number(figures["sure_share"], "sure_share", 0, 1)
    reached = checks.count(figures["sure_modes"], "sure_modes", 0, 1000)
    uneven = checks.number(figures["kl"], "kl", -1e-6, 7)
    if found < share:
        return False, (
            f"{found:.1%} of the images are read for sure, needed are {share:.1%}: "
            "a count of so few can be one of blots."
        )
    needed = (_draw_evenly(modes, round(count * found)) > 0).sum(axis=1).min()
    told = f"{reached:,} of 1,000 modes, among the {found:.1%} that are read for sure"
    if reached < needed:
        return False, f"{told}; needed are {needed:,}."
    shares = _draw_evenly(modes, count) / count
    limit = _divergence(shares, np.full(modes, 1e-3)).max()
    if uneven > limit:
        return False, (
            f"{told}, but unevenly: a KL of {uneven:.3f}; allowed are {limit:.3f}."
        )
    return True, f"{told}; a KL of {uneven:.3f}."


def _draw_evenly(modes, count, sets=100):
    """Returns how often each of `modes` numbers came in each set: `(sets, modes)`."""
    return np.random.default_rng(0).multinomial(count, [1 / modes] * modes, sets)


def confident_share(probabilities, threshold=SURE):
    """Tells for which share of the images the likeliest class is nearly certain.

    A classifier can be sure of nonsense, too. What `experiments.meters` measured of
    doctored digits:

    Confident share. Real digits: 98.1% to 98.7%. Sees: softened (98.0%), blurred
    (94.6%), thinned (87.4%), shifted (96.5%), noise 1.5 (21.4%), noise 2 (20.9%),
    noise 3 (19.9%), noise 4 (22.4%), noise 5 (28.4%), dense noise (59.0%), grey
    noise (100.0%), one image (100.0%), ten images (100.0%), 1,000 images (96.1%).
    Does not see: no 8s (98.5%), copies (98.4%).

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

    The field's term is Fréchet Inception Distance (FID), where the features are
    Inception's: |m - r|² + trace(C + R - 2 (C R)^½) for means m, r and covariances
    C, R. It sees quality and variety at once, and cannot tell them apart. It falls
    with n: compare only sets of equal size, and at least some thousands. Images
    learnt by heart it does not see, nor few images with the right mean and
    covariance.

    What `experiments.meters` measured, in the unit of `evaluate`. Real digits: 0.08
    to 0.18. Sees: softened (2.25), blurred (12.52), thinned (18.72), shifted
    (7.16), noise 1.5 (101.78), noise 2 (93.77), noise 3 (86.98), noise 4 (84.70),
    noise 5 (84.76), dense noise (104.02), grey noise (615.82), no 8s (9.10), one
    image (217.96), ten images (29.55). Does not see: 1,000 images (0.16), copies
    (0.14).

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
    features, real_features = neighbours.check_sets(features, real_features)
    means = features.mean(axis=0) - real_features.mean(axis=0)
    covariance = np.atleast_2d(np.cov(features, rowvar=False))
    real_covariance = np.atleast_2d(np.cov(real_features, rowvar=False))
    values, vectors = np.linalg.eigh(real_covariance)
    # (C R)^½ has the trace of (S C S)^½ with S = R^½, which is symmetric.
    root = vectors * np.sqrt(values.clip(0)) @ vectors.T
    shared = np.linalg.eigvalsh(root @ covariance @ root).clip(0)
    traces = np.trace(covariance) + values.sum() - 2 * np.sqrt(shared).sum()
    return float(max(0.0, means @ means + traces))


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


def read_as_asked(probabilities, asked):
    """Tells how many images are read as the digit that they were asked to be.

    It does not see whether all images of one digit are the same, nor what they look
    like: a classifier reads a digit in anything. Of real test digits the shipped
    classifier reads 99.5 % as they are labelled.

    Args:
        probabilities: `(n, classes)`, rows that sum to 1.
        asked: integers `(n,)`, from 0 to classes - 1.

    Returns:
        `(share, shares)`: a float from 0 to 1, and float `(classes,)`, of each class;
        NaN for one that was not asked for.

    Raises:
        ValueError: the rows are not probabilities, or there is not one digit a row.

    Example:
        >>> share, shares = read_as_asked(np.eye(10)[[1, 2, 2]], [1, 1, 2])
        >>> round(share, 2), shares[:3]
        (0.67, array([nan, 0.5, 1. ]))
    """
    probabilities = checks.probabilities(probabilities)
    count, classes = probabilities.shape
    asked = checks.labels(asked, (count,), classes, "digits that were asked for")
    right = probabilities.argmax(axis=1) == asked
    asked_for = np.bincount(asked, minlength=classes)
    with np.errstate(invalid="ignore"):
        shares = np.bincount(asked[right], minlength=classes) / asked_for
    return float(right.mean()), shares


def coverage_by_kind(features, kinds, real_features, real_kinds):
    """Measures coverage within each kind: how much of its variety is drawn.

    Ten perfect images, one a kind, have nearly 0, where the share read as asked is 1
    and the classifier score its highest. Recall would not do: its balls stand around
    the samples, and one or two of another kind, far from the rest, have balls that
    hold most real images.

    Args:
        features: `(n, dimensions)`.
        kinds: integers `(n,)` from 0, what each image was asked to be.
        real_features: `(m, dimensions)`.
        real_kinds: integers `(m,)` from 0; more than 5 of each.

    Returns:
        float64, of each kind up to the highest real one, from 0 to 1; 0 for one that
        was not asked for. Compare it at equal n and m only.

    Raises:
        ValueError: as `density_and_coverage`, and where kinds do not fit.

    Source:
        Within kinds as in Ravuri and Vinyals, Classification Accuracy Score, 2019,
        which shows that models lose whole classes; the measure is
        `density_and_coverage`'s.

    Example:
        >>> points = np.random.default_rng(0).standard_normal((100, 3))
        >>> halves = np.arange(100) % 2
        >>> coverage_by_kind(points, halves, points, halves)
        array([1., 1.])
    """
    features, real_features = neighbours.check_sets(features, real_features)
    real_kinds = checks.labels(real_kinds, (len(real_features),), 4096, "real kinds")
    most = int(real_kinds.max()) + 1
    kinds = checks.labels(kinds, (len(features),), most, "kinds")
    found = np.zeros(most)
    for kind in np.unique(kinds):
        own, real = features[kinds == kind], real_features[real_kinds == kind]
        found[kind] = density_and_coverage(own, real)[1]
    return found


def evaluate(features, probabilities, real_features, sizes=None):
    """Takes all numbers at once.

    The Fréchet distance is divided by the mean variance of the real features,
    so that it does not depend on the scale at which the classifier works.

    Args:
        features: `(n, dimensions)`.
        probabilities: `(n, classes)`, of the same images.
        real_features: `(m, dimensions)`.
        sizes: what `ball_sizes` returned for the real features and `BALLS`, to save
            time.

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
    features, real_features = neighbours.check_sets(features, real_features)
    count = len(features)
    if count != len(probabilities):
        raise ValueError(
            f"{count} features and {len(probabilities)} probabilities were given; "
            "give both of the same images."
        )
    distance = frechet_distance(features, real_features)
    return {
        "n": count,
        "frechet_distance": distance / _spread(real_features),
        "classifier_score": classifier_score(probabilities),
        **neighbours.compare(features, real_features, sizes),
        "confident_share": confident_share(probabilities),
        "shares": shares.tolist(),
        "digit_divergence": divergence,
    }


@functools.cache
def _read_ceilings():
    figure = {"type": "array", "minItems": 2, "items": {"type": "number"}}
    of_one = {"type": "object", "additionalProperties": figure}
    schema = {
        "type": "object",
        "required": ["ceilings"],
        "properties": {"ceilings": {"additionalProperties": of_one}},
    }
    found = records.read(paths.MNIST.with_name("meters.json"), schema)["ceilings"]
    return {int(count): figures for count, figures in found.items()}


def ceilings(count):
    """Tells what as many real digits get.

    A set can get more without being better: ten images, repeated, have a higher score.

    Ten random blocks of training digits were measured against the 10,000 test digits,
    and as many of stacked digits, by `python -m gan_utils.experiments.meters`. Blocks
    of 10,000 out of 60,000 overlap: their spread is about a tenth too small.

    Args:
        count: of digits, 2,000, 5,000 or 10,000; of stacked ones also 26,000.

    Returns:
        A dict from the names that `evaluate` and `count_modes` use to `[mean, standard
        deviation]`; below `shares`, of the rarest digit's share.

    Raises:
        OSError, ValueError: `data/meters.json` is missing or damaged.
        ValueError: nothing was measured of so many.

    Example:
        >>> mean, spread = ceilings(5000)["coverage"]
        >>> 0.8 < mean < 0.85
        True
    """
    known = _read_ceilings()
    count = checks.count(count, "count")
    if count not in known:
        raise ValueError(
            f"No {count:,} real digits were measured; there are figures of "
            f"{', '.join(f'{each:,}' for each in known)}."
        )
    return {name: [*figures] for name, figures in known[count].items()}


def table(rows, possible=False):
    """Lays figures out as text, a line for each set of images.

    Args:
        rows: a dict from names to what `evaluate` returned, or `count_modes`.
        possible: whether behind a figure stands what as many real digits get, where
            `ceilings` knows it.

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
        real = _read_ceilings().get(row.get("n"), {}) if possible else {}
        cells = [COLUMNS[key][1](row[key]) for key in keys]
        for place, key in enumerate(keys):
            if key in real:
                cells[place] += f" of {_shown(key, real[key][0])}"
        lines.append([name, *cells])
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join(
        "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])])
        for line in lines
    )


def _shown(key, mean):
    """Returns a mean as its column is written; means of counts are rounded."""
    whole = key in ("n", "modes_covered", "sure_modes")
    return COLUMNS[key][1](round(mean) if whole else mean)


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


def _divergence(first, second):
    ratio = np.log(np.maximum(first, 1e-12)) - np.log(np.maximum(second, 1e-12))
    return (first * ratio).sum(axis=-1)
