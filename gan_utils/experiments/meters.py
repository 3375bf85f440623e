"""Measures what each meter sees and what it does not: doctored digits beside real ones.

python -m gan_utils.experiments.meters [--out data/meters.json]

A meter sees a set where its value lies further from the mean of ten random blocks of
real digits, as many, than three of their standard deviations. Each set has 10,000
images; for the meters of stacked digits, 26,000 triples are drawn from it. Writes the
record, and prints it as a table. `--show` prints the shipped one.
"""

import argparse
from pathlib import Path

from gan_utils import compiled, data, metrics, paths, records, store

import numpy as np

PLACE = paths.MNIST.with_name("meters.json")
COUNT, STACKED = 10_000, 26_000  # images of a set, and triples of them
COUNTS = (2000, 5000, COUNT)  # of which the series takes figures
BLOCKS = 10
FIGURE = {"type": "object", "additionalProperties": {"type": "number"}}
SCHEMA = {
    "type": "object",
    "required": ["classifier", "ceilings", "doctored"],
    "properties": {
        "classifier": {"type": "string"},
        "doctored": {"type": "object", "additionalProperties": FIGURE},
    },
}


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
    some = digits[:COUNT]
    yield "blurred", read(blur(some, 1).round().astype(np.uint8))
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
        ("500 images", choose_few(features, features, 500)),
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
    "blurred": "training digits blurred, sigma 1 pixel",
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
    "500 images": "500 of 10,000, chosen for their mean and covariance",
    "copies": "training digits as they are: a generator that learnt them by heart",
}


def draw_triples(probabilities, count, seed):
    """Draws what is read in three channels, each from all images: `(count, 3, 10)`."""
    rows = np.random.default_rng(seed).integers(len(probabilities), size=(count, 3))
    return probabilities[rows]


def count_stacked(probabilities, count=STACKED, seed=0):
    """Returns the figures of `metrics.count_modes` but `n`, of triples of images."""
    found = metrics.count_modes(draw_triples(probabilities, count, seed))
    return {name: value for name, value in found.items() if name != "n"}


def evaluate(read, real_features, sizes):
    """Returns the figures of `metrics.evaluate`, numbers only, but `n`."""
    found = metrics.evaluate(*read, real_features, sizes)
    found["shares"] = min(found["shares"])
    return {name: value for name, value in found.items() if name != "n"}


def summarise(blocks):
    """Returns mean and standard deviation of each figure over several blocks."""
    return {
        name: [
            float(np.mean([block[name] for block in blocks])),
            float(np.std([block[name] for block in blocks], ddof=1)),
        ]
        for name in blocks[0]
    }


def measure_ceilings(read, real_features, sizes):
    """Measures blocks of real digits; returns what `metrics.ceilings` reads.

    Args:
        read: `(features, probabilities)` of all training digits.
        real_features: of the test digits.
        sizes: of their balls.
    """
    features, probabilities = read
    found = {}
    for count in (*COUNTS, STACKED):
        blocks = []
        for seed in range(BLOCKS):
            block = count_stacked(probabilities, count, seed)
            if count in COUNTS:
                random = np.random.default_rng(seed)
                rows = random.choice(len(features), count, replace=False)
                part = features[rows], probabilities[rows]
                block |= evaluate(part, real_features, sizes)
            blocks.append(block)
        found[str(count)] = summarise(blocks)
        print(f"{count:,} real digits are measured.", flush=True)
    return found


def limits(record, meter):
    """Returns between which values a meter does not tell a set from real digits."""
    count = STACKED if meter in record["ceilings"][str(STACKED)] else COUNT
    mean, spread = record["ceilings"][str(count)][meter]
    return mean - 3 * spread, mean + 3 * spread


def sees(record, meter, name):
    """Tells whether a meter sees that a set is not of real digits."""
    low, high = limits(record, meter)
    return not low <= record["doctored"][name][meter] <= high


def write_value(meter, value):
    """Writes a figure as `metrics.table` does; counts without a point."""
    whole = meter in ("modes_covered", "sure_modes")
    return metrics.COLUMNS[meter][1](round(value) if whole else value)


def describe(record, meter):
    """Returns sentences on what a meter sees and what not, as its docstring says it."""

    def several(seen):
        found = [
            f"{name} {write_value(meter, figures[meter])}"
            for name, figures in record["doctored"].items()
            if sees(record, meter, name) == seen
        ]
        return ", ".join(found) or "none"

    low, high = (write_value(meter, value) for value in limits(record, meter))
    return (
        f"Real digits: {low} to {high}. Sees: {several(True)}. "
        f"Does not see: {several(False)}."
    )


def lay_out(record):
    """Returns the table as text: `!` behind what a meter sees."""
    names = list(record["doctored"])
    meters = [key for key in metrics.COLUMNS if key in record["doctored"][names[0]]]
    lines = [["", *(metrics.COLUMNS[meter][0] for meter in meters)]]
    for title, place in (("real, from", 0), ("real, to", 1)):
        ends = [write_value(m, limits(record, m)[place]) + " " for m in meters]
        lines.append([title, *ends])
    for name in names:
        cells = [
            write_value(meter, record["doctored"][name][meter])
            + " !"[sees(record, meter, name)]
            for meter in meters
        ]
        lines.append([name, *cells])
    widths = [max(map(len, column)) for column in zip(*lines)]
    rows = [
        "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])])
        for line in lines
    ]
    notes = [f"{name}: {ABOUT[name]}" for name in names]
    return "\n".join([*rows, "", "! the meter sees it", *notes])


def measure():
    """Measures everything; returns the record."""
    reader = compiled.make_reader(store.load_pretrained("classifier"))

    def read(images):
        return tuple(
            part.astype(np.float64) for part in reader(data.scale_pixels(images))
        )

    (x_train, y_train), (x_test, _) = data.load_mnist()
    real_features, _ = read(x_test)
    sizes = metrics.ball_sizes(real_features, metrics.BALLS)
    ceilings = measure_ceilings(read(x_train), real_features, sizes)
    doctored = {}
    for name, found in doctor(x_train, y_train, read):
        figures = evaluate(found, real_features, sizes) | count_stacked(found[1])
        doctored[name] = figures
        print(f"{name} is measured.", flush=True)
    files = store.load_card("classifier")["files"]
    return {
        "classifier": files["classifier.weights.h5"]["sha256"],
        "ceilings": ceilings,
        "doctored": doctored,
    }


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m gan_utils.experiments.meters")
    parser.add_argument("--out", type=Path, default=PLACE, help="where the record goes")
    parser.add_argument("--show", action="store_true", help="measure nothing")
    options = parser.parse_args(arguments)
    if not options.show:
        records.write(options.out, measure())
    print(lay_out(records.read(options.out, SCHEMA)))


if __name__ == "__main__":
    main()
