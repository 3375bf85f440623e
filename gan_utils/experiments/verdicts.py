"""Shows trainings of a record seed by seed, and what stands out of their scatter.

A row is a list of what became of each seed, as `experiments.critics` and
`experiments.plane_critics` keep it: a dict of figures, empty when it broke off.
"""

import json

from gan_utils import paths, plotting
from gan_utils.experiments import critics

import matplotlib.pyplot as plt
import numpy as np
from scipy import stats

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


def correlate(figures, says=None):
    """Tells how what D's loss says goes with the Fréchet distance along a training.

    Args:
        figures: of one seed: `steps`, `says` and `frechet`, lists.
        says: in place of what its loss says.

    Returns:
        Spearman's rank correlation of what D's loss says with the distance, that of
        minus the step with the distance, that of both with each other, and what is left
        of the first when the step is taken out, the partial correlation. That is no
        number where the step, or the loss by the step, leaves nothing to tell.
    """
    says = figures["says"] if says is None else says
    back = np.negative(figures["steps"])
    ranks = [stats.rankdata(each) for each in (says, back, figures["frechet"])]
    (_, both, loss), (_, _, step), _ = np.corrcoef(ranks)
    room = (1 - both**2) * (1 - step**2)
    left = (loss - both * step) / np.sqrt(room) if room > 1e-9 else np.nan
    return loss, step, both, left


def _left(row, change):
    """Returns what is left by seed when what a loss says is changed, where any is."""
    left = np.array([correlate(figures, change(figures))[-1] for figures in row])
    return left[np.isfinite(left)]


def reach_by_luck(row, tries=1000):
    """Tells how far a mean partial correlation comes from 0 when a loss says nothing.

    Args:
        row: figures by seed, where the step leaves room.
        tries: each shuffles what the loss says, of each seed.

    Returns:
        What 95 % of the tries stay below, without sign.
    """
    rng = np.random.default_rng(0)

    def shuffle(figures):
        return rng.permutation(figures["says"])

    means = [_left(row, shuffle).mean() for _ in range(tries)]
    return np.quantile(np.abs(means), 0.95)


def find_meters(row, luck, tries=200):
    """Returns the share of meters, 10 % off the distance, that would be told from luck.

    Args:
        row: as for `reach_by_luck`.
        luck: as it returns it.
        tries: meters.
    """
    rng = np.random.default_rng(0)

    def read(figures):
        noise = rng.normal(size=len(figures["frechet"]))
        return np.multiply(figures["frechet"], np.exp(0.1 * noise))

    return np.mean([_is_told(_left(row, read), luck) for _ in range(tries)])


def _is_told(left, luck):
    return left.min() > 0 and left.mean() > luck


def write_along(record):
    """Prints how D's losses go with the Fréchet distance, seed by seed, and a verdict.

    A loss is told from luck when each seed leaves more than 0 beyond the step, and
    their mean more than luck does. Where the step gives the very order of the distances
    nothing can be beyond, and there is no such verdict.

    Args:
        record: as for `draw_along`.
    """
    print(f"{'rank correlation':28}  loss   step   both   beyond the step")
    for name in _along(record):
        row = record[name]
        for loss, step, both, left in map(correlate, row):
            beyond = f"{left:9.2f}" if np.isfinite(left) else "  no room"
            print(f"{name:28}{loss:6.2f}{step:7.2f}{both:7.2f}{beyond}")
        left = _left(row, lambda figures: None)
        if len(left) < len(row):
            high = sum(correlate(figures)[0] > 0.5 for figures in row)
            print(
                f"    the step tells all; the loss above 0.5 with {high} of {len(row)}"
            )
            continue
        luck = reach_by_luck(row)
        says = "told" if _is_told(left, luck) else "could not be told"
        print(
            f"    mean beyond {left.mean():.2f}, by luck ±{luck:.2f}: {says}", end="; "
        )
        print(f"a meter 10 % off: told in {find_meters(row, luck):.0%}")


def _along(record):
    """Names the rows `along: …` that a record holds, D moving five times first."""
    names = [name for name in critics.ALONG if name in record]
    return sorted(names, key=lambda name: -critics.ALONG[name].generator_every)


def draw_along(record):
    """Draws what D's loss says over the Fréchet distance.

    A panel is a row, a mark a seed; it is hollow in the first half of the training. The
    first point is left out: it lies far off.

    Args:
        record: as `load` returns it, with rows `along: …` of `critics`.
    """
    names = _along(record)
    size = 2.6 * len(names), 3.2
    figure, panels = plt.subplots(1, len(names), figsize=size, layout="constrained")
    for name, panel in zip(names, panels):
        seeds = zip(record[name], plotting.COLOURS, "osv")
        for seed, (figures, colour, mark) in enumerate(seeds):
            distances, said = figures["frechet"], figures["says"]
            half = len(said) // 2
            look = {"color": colour, "markersize": 5}
            panel.plot(distances[1:half], said[1:half], mark, mfc="none", **look)
            panel.plot(
                distances[half:], said[half:], mark, label=f"seed {seed}", **look
            )
        title = name.removeprefix("along: ")
        panel.set(title=title, xlabel="Fréchet distance")
    panels[0].set(ylabel="what D's loss says")
    panels[-1].plot([], [], "o", color="0.4", mfc="none", label="first half")
    panels[-1].plot([], [], "o", color="0.4", label="second half")
    figure.legend(
        *panels[-1].get_legend_handles_labels(), ncols=5, loc="outside lower center"
    )
    return figure
