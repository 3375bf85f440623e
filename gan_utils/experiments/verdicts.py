"""Shows trainings of a record seed by seed, and what stands out of their scatter.

A row is a list of what became of each seed, as `experiments.critics` and
`experiments.plane_critics` keep it: a dict of figures, empty when it broke off.
"""

import json

from gan_utils import paths, plotting
from gan_utils.experiments import critics

import matplotlib.pyplot as plt
import numpy as np

FEWEST = 3  # seeds, below which nothing is said
MARKS = {"better": "+", "worse": "−", "scatter": " ", "too few seeds": "?"}


def load(name):
    """Returns a record of `data/`: by name, a list of figures by seed."""
    text = paths.MNIST.with_name(f"{name}.json").read_text(encoding="utf-8")
    return {row: [*by_seed.values()] for row, by_seed in json.loads(text).items()}


def rank(figures):
    """Returns what sorts trainings from worse to better.

    A smaller Fréchet distance is better; in the plane more modes are, then more good
    points. What broke off is worst.
    """
    distance = figures.get("frechet", np.inf)
    return -distance, figures.get("covered", -1), figures.get("good", 0)


def judge(row, other):
    """Says whether every seed of a row is better, or worse, than every one of another.

    Args:
        row: figures by seed.
        other: figures by seed.

    Returns:
        "better", "worse" or, when neither, "scatter"; "too few seeds" when one of them
        has less than three.

    Example:
        >>> near, far = [{"frechet": 3.0}, {"frechet": 4.0}], [{"frechet": 5.0}]
        >>> judge(2 * near, 3 * far)
        'better'
    """
    a, b = (sorted(map(rank, each)) for each in (row, other))
    if min(len(a), len(b)) < FEWEST:
        return "too few seeds"
    if a[0] > b[-1]:
        return "better"
    return "worse" if a[-1] < b[0] else "scatter"


def tell(figures):
    """Returns a Fréchet distance, or modes and the share of good points, as text."""
    if "frechet" in figures:
        return f"{figures['frechet']:.0f}"
    if "covered" in figures:
        return f"{figures['covered']:.0f}, {figures['good']:.0%}"
    return "broke off"


def write(record, names, beside=None):
    """Prints rows of a record seed by seed, with a verdict beside one of them.

    Args:
        record: as `load` returns it.
        names: of the rows; those that it does not hold are left out.
        beside: name of the row that the others are compared with.
    """
    for name in (name for name in names if name in record):
        cells = "".join(f"{tell(figures):>9}" for figures in record[name])
        said = name != beside and judge(record[name], record.get(beside, []))
        print(f"{name:34}{cells}   {said or ''}".rstrip())


def write_table(record, modes=8, norms=tuple(critics.NORMS)):
    """Prints each loss, penalty and norm by three seeds, and counts the marks.

    On digits it is the Fréchet distance, in the plane the share of good points, or the
    covered modes where some are missing. A mark says that each seed is better (+) or
    worse (−) than each other: with plain D than that of the same loss without a
    penalty, with batch norm than that of the same loss and penalty with plain D.

    Args:
        record: as `load` returns it, with the rows of `critics.table`.
        modes: of the mixture in the plane.
        norms: those that are shown, of `critics.NORMS`.

    Returns:
        How many rows got a + or a −.
    """
    names, marks = [*critics.penalties_of(1.0)], 0
    for norm in norms:
        print(f"{norm:14}" + "".join(f"{name:^18}" for name in names).rstrip())
        for loss in critics.LOSSES:
            line = f"{loss:14}"
            for name in names:
                row = record[f"{loss}, {name}, {norm}"][:FEWEST]
                plain = norm == "plain D"
                other = record[f"{loss}, {'none' if plain else name}, plain D"]
                cells = "".join(f"{_shorten(figures, modes):>5}" for figures in row)
                said = judge(row, other[:FEWEST])
                marks += said in ("better", "worse")
                line += f"{cells} {MARKS[said]} "
            print(line.rstrip())
    return marks


def write_losses(records, norm="plain D"):
    """Prints how each loss stands beside the first one with the same penalty.

    Args:
        records: by the name of their data, as `load` returns them, with the rows of
            `critics.table`.
        norm: one of `critics.NORMS`.
    """
    first, *others = critics.LOSSES
    found = []
    print(f"{'beside ' + first:24}", *[f"{loss:13}" for loss in others])
    for data, record in records.items():
        for penalty in critics.penalties_of(1.0):
            row, *rows = (
                record[f"{loss}, {penalty}, {norm}"][:FEWEST]
                for loss in (first, *others)
            )
            found.append([judge(each, row) for each in rows])
            print(f"{data + ', ' + penalty:24}", *[f"{said:13}" for said in found[-1]])
    for said in ("better", "worse"):
        counts = (np.array(found) == said).sum(axis=0)
        print(f"{f'{said}, of {len(found)}':24}", *[f"{count:<13}" for count in counts])


def _shorten(figures, modes):
    if "covered" not in figures:
        return f"{figures['frechet']:.0f}" if figures else "off"
    if figures["covered"] == modes:
        return f"{figures['good']:.0%}"
    return f"{figures['covered']:.0f}/{modes}"


def draw_along(record):
    """Draws what D's loss says over the Fréchet distance.

    A panel is a row, a mark a seed; it is hollow in the first half of the training.

    Args:
        record: as `load` returns it, with the rows `along: …` of `critics`.
    """
    figure, panels = plt.subplots(
        1, len(critics.ALONG), figsize=(10, 3), layout="constrained", sharex=True
    )
    for name, panel in zip(critics.ALONG, panels):
        for figures, colour, mark in zip(record[name], plotting.COLOURS, "osv"):
            distances, said = figures["frechet"], figures["says"]
            half = len(said) // 2
            look = {"color": colour, "markersize": 5}
            panel.plot(distances[:half], said[:half], mark, mfc="none", **look)
            panel.plot(distances[half:], said[half:], mark, **look)
        title = name.removeprefix("along: ")
        panel.set(title=title, xlabel="Fréchet distance", xscale="log")
        panel.set_xticks([50, 100, 200, 500], ["50", "100", "200", "500"])
        panel.minorticks_off()
    panels[0].set(ylabel="what D's loss says", yscale="symlog")
    panels[0].set_yticks([0.5, 1, 2, 5, 10], ["0.5", "1", "2", "5", "10"])
    return figure
