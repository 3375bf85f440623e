"""Sets of digits doctored on purpose, which a meter is to tell from real ones."""

import numpy as np

COUNT = 10_000  # images of a set
# Decides which digits are doctored. Those of seed 10 are at a Fréchet distance of .22
# as they are, the only ones of fifty blocks beyond .18; whatever is made of them would
# be seen, doctored or not.
SEED = 11


def draw_rows(among, count, seed):
    """Draws different rows, `(count,)`."""
    return np.random.default_rng(seed).choice(among, count, replace=False)


def blur(images, sigma):
    """Blurs images `(n, height, width)`; beyond their edges lie zeros. As float32."""
    reach = int(np.ceil(3 * sigma))
    weights = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * sigma**2))
    weights /= weights.sum()
    height, width = images.shape[1:]
    margins = (0, 0), (reach, reach), (reach, reach)
    wide = np.pad(np.asarray(images, np.float32), margins)
    rows = sum(w * wide[:, k : k + height] for k, w in enumerate(weights))
    return sum(w * rows[:, :, k : k + width] for k, w in enumerate(weights))


def make_noise(sigma, low, high, count=COUNT, seed=0):
    """Makes blots without any digit: blurred noise, cut off below and above.

    Args:
        sigma: of the blur, in pixels.
        low: where paper ends, in standard deviations of the blurred noise.
        high: where full ink begins.
        count: how many images.
        seed: decides the noise.

    Returns:
        uint8 `(count, 28, 28)`.
    """
    margin = int(np.ceil(3 * sigma))
    random, parts = np.random.default_rng(seed), []
    for start in range(0, count, 1000):
        shape = min(1000, count - start), 28 + 2 * margin, 28 + 2 * margin
        blots = blur(random.standard_normal(shape, np.float32), sigma)
        blots = blots[:, margin:-margin, margin:-margin]
        ink = (blots / blots.std() - low) / (high - low)
        parts.append((255 * ink.clip(0, 1)).astype(np.uint8))
    return np.concatenate(parts)


def shift(images, pixels):
    """Moves images to the right; the paper that comes in is blank."""
    moved = np.zeros_like(images)
    moved[:, :, pixels:] = images[:, :, :-pixels]
    return moved


def thin(images):
    """Takes a pixel off each stroke: the least of four pixels that meet."""
    pairs = np.minimum(images[:, :-1], images[:, 1:])
    least = np.minimum(pairs[:, :, :-1], pairs[:, :, 1:])
    return np.pad(least, ((0, 0), (1, 0), (1, 0)))


def choose_few(features, target, count, directions=48):
    """Chooses few points that have nearly the mean and covariance of many others.

    One after another is chosen, so that the second order of the Fréchet distance gets
    as small as it can; some come twice. It goes along the directions in which the
    target varies most.

    Args:
        features: `(n, dimensions)`, to choose from.
        target: `(m, dimensions)`.
        count: how many to choose.
        directions: in which the moments are to agree.

    Returns:
        int `(count,)`: rows of `features`.
    """
    values, vectors = np.linalg.eigh(np.cov(target, rowvar=False))
    values, vectors = values[::-1][:directions], vectors[:, ::-1][:, :directions]
    points = (features - target.mean(axis=0)) @ vectors
    first, second = np.triu_indices(len(values))
    # A covariance that is off by E in this basis is |E_ij|² / 2 (v_i + v_j) away.
    scale = np.sqrt(
        np.where(first == second, 1, 2) / 2 / (values[first] + values[second])
    )
    products = points[:, first] * points[:, second] * scale
    moments = np.concatenate([points, products], axis=1).astype(np.float32)
    wanted = np.where(first == second, values[first], 0) * scale
    wanted = np.concatenate([np.zeros(len(values)), wanted]).astype(np.float32)
    lengths, total, chosen = (moments**2).sum(axis=1), np.zeros_like(wanted), []
    for number in range(1, count + 1):
        row = int((lengths + 2 * moments @ (total - number * wanted)).argmin())
        chosen.append(row)
        total += moments[row]
    return np.array(chosen)


def doctor(digits, labels, read):
    """Yields sets of doctored digits by name, as the judge reads them.

    Args:
        digits: uint8 `(n, 28, 28)`, training digits, `COUNT` or more.
        labels: `(n,)`, theirs.
        read: from uint8 images to `(features, probabilities)`.

    Returns:
        Pairs of a name and what was read of `COUNT` images.
    """
    rows = draw_rows(len(digits), len(digits), SEED)
    digits, labels = digits[rows], labels[rows]
    some = digits[:COUNT]
    for name, sigma in (("softened", 0.7), ("blurred", 1)):
        yield name, read(blur(some, sigma).round().astype(np.uint8))
    yield "thinned", read(thin(some))
    yield "shifted", read(shift(some, 3))
    for name, settings in NOISE.items():
        yield name, read(make_noise(*settings))
    yield "no 8s", read(digits[labels != 8][:COUNT])
    ten = [int(np.argmax(labels == digit)) for digit in range(10)]
    features, probabilities = read(some)
    for name, rows in (
        ("one image", [0]),
        ("ten images", ten),
        ("1,000 images", choose_few(features, features, 1000)),
        ("copies", np.arange(COUNT)),
    ):
        rows = np.resize(rows, COUNT)
        yield name, (features[rows], probabilities[rows])


# Sigma of the blur, where paper ends and where full ink begins.
NOISE = {
    "noise 1.5": (1.5, 0.5, 1.5),
    "noise 2": (2, 0.5, 1.5),
    "noise 3": (3, 0.5, 1.5),
    "noise 4": (4, 0.5, 1.5),
    "noise 5": (5, 0.5, 1.5),
    "dense noise": (5, 0, 2),
    "grey noise": (3, -3, 3),
}
# What each set is, for whoever reads the table.
ABOUT = {
    "softened": "training digits blurred a little, sigma 0.7 pixels",
    "blurred": "blurred with sigma 1",
    "thinned": "a pixel taken off each stroke",
    "shifted": "moved to the right by 3 pixels",
    **{
        name: f"no digits: noise blurred with sigma {sigma}, ink from {low} to {high} "
        "standard deviations"
        for name, (sigma, low, high) in NOISE.items()
    },
    "no 8s": "training digits without any 8",
    "one image": "one training digit again and again",
    "ten images": "ten of them, one of each digit",
    "1,000 images": "of 10,000, chosen for their mean and covariance, ten times each",
    "copies": "training digits as they are: a generator that learnt them by heart",
}
