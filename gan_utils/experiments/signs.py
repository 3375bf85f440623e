"""Draws what the curves of each failure say, on one page, and what its samples show.

python -m gan_utils.experiments.signs

Both come from what gan_utils.experiments.failures has kept in data.
"""

import json

from gan_utils import paths, plotting

import matplotlib.pyplot as plt
import numpy as np

PICTURE = paths.ROOT / "notebooks" / "pictures" / "what_curves_say.png"
MOSAIC = PICTURE.with_name("broken_digits.png")
COLUMNS = {
    "generator_loss": "G's loss (nats)",
    "discriminator_accuracy": "D's accuracy",
    "variety": "variety of samples",
}
ROWS = {
    "d_too_strong": "D is too strong:\nlower its rate,\nor raise G's",
    "saturating_loss": "G's loss is flat:\ntake the\nnon-saturating one",
    "collapse": "Samples are all alike:\nraise D's rate",
    "rates_too_high": "A loss in the hundreds:\nlower both rates",
    "d_frozen": "D never moves:\nlook at its weights",
    "labels_swapped": "D is always wrong,\nand content: its labels\nare swapped",
}
SEEDS = "0123"


def draw(record):
    """Draws a row for each failure; healthy trainings are dashed in each panel."""
    figure, axes = plt.subplots(
        len(ROWS), len(COLUMNS), figsize=(9, 10), sharex=True, layout="constrained"
    )
    for (name, advice), row in zip(ROWS.items(), axes):
        for key, panel in zip(COLUMNS, row):
            for kind, look in (
                ("healthy", {"color": "0.55", "linestyle": "--"}),
                (name, {"color": "#0072B2"}),
            ):
                for seed in SEEDS:
                    curve = record["failures"][kind]["runs"][seed]["curves"][key]
                    steps = record["interval"] * np.arange(1, len(curve) + 1)
                    panel.plot(steps, curve, linewidth=1, **look)
            if key == "discriminator_accuracy":
                panel.set_ylim(-0.05, 1.05)
            elif (name, key) == ("rates_too_high", "generator_loss"):
                panel.set_yscale("symlog", linthresh=1)
            panel.spines[["top", "right"]].set_visible(False)
        row[-1].text(
            *(1.06, 0.5, advice), va="center", size=10, transform=row[-1].transAxes
        )
    for title, first, last in zip(COLUMNS.values(), axes[0], axes[-1]):
        first.set_title(title, fontsize=10)
        last.set_xlabel("step")
    return figure


def lay_out(samples):
    """Lays the last samples of each failure in a row; two rows lie side by side."""
    rows = [moments[-1] for moments in samples.values()]
    half = len(rows) // 2
    pairs = [np.concatenate(pair) for pair in zip(rows[:half], rows[half:])]
    return plotting.tile(np.concatenate(pairs), 2 * len(rows[0]))


if __name__ == "__main__":
    text = paths.MNIST.with_name("failures.json").read_text(encoding="utf-8")
    figure = draw(json.loads(text))
    figure.savefig(PICTURE, dpi=100, pil_kwargs={"optimize": True})
    with np.load(paths.MNIST.with_name("failures.npz")) as samples:
        MOSAIC.write_bytes(plotting.png_bytes(lay_out(samples)))
