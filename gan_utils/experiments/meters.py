"""Measures what each meter sees and what it does not: doctored digits beside real ones.

python -m gan_utils.experiments.meters [--out data/meters.json]

A meter sees a set where its value lies further from the mean of ten random blocks of
real digits, as many, than three of their standard deviations. Each set has 10,000
images; for the meters of stacked digits, 26,000 triples are drawn from it. Writes the
record and prints it as a table, in four minutes on two idle cores.
`--show` prints the shipped one.
"""

from gan_utils import compiled, data, metrics, paths, store
from gan_utils.experiments import shipped
from gan_utils.experiments.doctored import ABOUT, COUNT, doctor, draw_rows

import numpy as np

PLACE = paths.MNIST.with_name("meters.json")
BLOCKS = 10  # of real digits
STACKED = 26_000  # triples of the images of a set
COUNTS = (2000, 5000, COUNT)  # of which the series takes figures
FIGURE = {"type": "object", "additionalProperties": {"type": "number"}}
SCHEMA = {
    "type": "object",
    "required": ["classifier", "ceilings", "doctored"],
    "properties": {
        "classifier": {"type": "string"},
        "doctored": {"type": "object", "additionalProperties": FIGURE},
    },
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
    """Returns the figures of `metrics.evaluate` but `n`; of the shares the least."""
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
            # Triples come out of as many images as those of a doctored set.
            rows = draw_rows(len(features), COUNT, seed)
            block = count_stacked(probabilities[rows], count, seed)
            if count in COUNTS:
                rows = draw_rows(len(features), count, seed)
                part = features[rows], probabilities[rows]
                block |= evaluate(part, real_features, sizes)
            blocks.append(block)
        found[str(count)] = summarise(blocks)
        print(f"{count:,} real digits are measured.", flush=True)
    return found


def limits(record, meter):
    """Returns between which values a meter does not tell a set from real digits."""
    stacked = record["ceilings"][str(STACKED)]
    figures = stacked if meter in stacked else record["ceilings"][str(COUNT)]
    mean, spread = figures[meter]
    return mean - 3 * spread, mean + 3 * spread


def sees(record, meter, name):
    """Tells whether a meter sees that a set is not of real digits."""
    low, high = limits(record, meter)
    return not low <= record["doctored"][name][meter] <= high


def write_value(meter, value):
    """Writes a figure as `metrics.table` does; means of counts as whole numbers."""
    whole = meter in ("modes_covered", "sure_modes")
    return metrics.COLUMNS[meter][1](round(value) if whole else value)


def describe(record, meter):
    """Returns sentences on what a meter sees and what not, as its docstring says it."""
    seen = {True: [], False: []}
    for name, figures in record["doctored"].items():
        words = f"{name} ({write_value(meter, figures[meter])})"
        seen[sees(record, meter, name)].append(words)
    found, missed = (", ".join(seen[which]) or "none" for which in (True, False))
    low, high = (write_value(meter, end) for end in limits(record, meter))
    return f"Real digits: {low} to {high}. Sees: {found}. Does not see: {missed}."


def lay_out(record):
    """Returns the table as text: `!` behind what a meter sees."""
    doctored = record["doctored"]
    known = next(iter(doctored.values()))
    meters = [meter for meter in metrics.COLUMNS if meter in known]
    lines = [["", *(metrics.COLUMNS[meter][0] for meter in meters)]]
    for place, title in enumerate(("real, from", "real, to")):
        ends = [write_value(each, limits(record, each)[place]) for each in meters]
        lines.append([title, *(f"{end} " for end in ends)])
    for name, figures in doctored.items():
        cells = [
            write_value(meter, figures[meter]) + " !"[sees(record, meter, name)]
            for meter in meters
        ]
        lines.append([name, *cells])
    widths = [max(map(len, column)) for column in zip(*lines)]
    rows = [
        "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])])
        for line in lines
    ]
    notes = [f"{name}: {ABOUT[name]}" for name in doctored]
    return "\n".join([*rows, "", "! the meter sees it", *notes])


def measure():
    """Measures everything; returns the record."""
    reader = compiled.make_reader(store.load_pretrained("classifier"))

    def read(images):
        read = reader(data.scale_pixels(images))
        return tuple(part.astype(np.float64) for part in read)

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
    shipped.run("meters", PLACE, SCHEMA, measure, lay_out, arguments)


if __name__ == "__main__":
    main()
