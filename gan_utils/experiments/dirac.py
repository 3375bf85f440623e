"""Draws what becomes of the smallest GAN, the Dirac-GAN of lesson 16.

The one real point lies at 0, the one fake at θ, and D answers ψ x. A path holds pairs
(θ, ψ) from its start to its end; (0, 0) is the balance.

Source:
    Mescheder, Geiger, Nowozin, Which Training Methods for GANs do actually Converge?,
    2018, section 2.
"""

from gan_utils import plotting

import matplotlib.pyplot as plt

REACH = 1.7  # how far a panel shows


def draw(paths):
    """Draws paths by name, each in a panel: a dot is the start, a square the end.

    Args:
        paths: float `(points, 2)` each; what lies further out than `REACH` is cut off.
    """
    count = len(paths)
    figure, panels = plt.subplots(
        1, count, figsize=(2.75 * count, 3), layout="constrained", squeeze=False
    )
    for (name, path), panel in zip(paths.items(), panels[0]):
        _draw(panel, path)
        panel.set_title(name)
        panel.label_outer()
    return figure


def paint(path):
    """Returns one panel as an image, uint8 `(1, height, width, 3)`, for a slider."""
    with plt.rc_context({"font.size": 15}):  # it is shown small in a strip
        figure, panel = plt.subplots(figsize=(3.2, 3.2), layout="constrained")
        _draw(panel, path)
        return plotting.render(figure)[None]


def _draw(panel, path):
    panel.plot(*path.T, color=plotting.COLOURS[0], linewidth=1.2)
    panel.plot(*path[0], "o", *path[-1], "s", color="black", markersize=6)
    panel.plot(0, 0, "+", color=plotting.COLOURS[1], markersize=14, mew=2)
    panel.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal")
    panel.set(xticks=(-1, 0, 1), yticks=(-1, 0, 1))
    panel.set(xlabel="fake θ", ylabel="D's slope ψ")
