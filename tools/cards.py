"""Writes README's tables of trained models from their cards and records.

python -m tools.cards
"""

import os

from gan_utils import metrics, paths, recipes, records, store
from gan_utils.experiments import choosing

import numpy as np

README = paths.ROOT / "README.md"
BEGIN = "<!-- python -m tools.cards writes this, {}: -->\n"
END = "<!-- to here -->\n"

# Columns: title; metrics or second_judge; a figure's name; how it is written.
DIGITS = (
    ("Fréchet", "metrics", "frechet_distance", "{:.2f}"),
    ("score", "metrics", "classifier_score", "{:.2f}"),
    ("score, judge 2", "second_judge", "classifier_score", "{:.2f}"),
    ("precision", "metrics", "precision", "{:.2f}"),
    ("recall", "metrics", "recall", "{:.2f}"),
    ("surely read", "metrics", "confident_share", "{:.1%}"),
    ("rarest digit", "metrics", "shares", min),
    ("commonest", "metrics", "shares", max),
)
STACKED = (
    ("numbers drawn", "metrics", "modes_covered", "{:,.0f}"),
    ("by judge 2", "second_judge", "modes_covered", "{:,.0f}"),
    ("surely read", "metrics", "sure_share", "{:.1%}"),
    ("numbers among those", "metrics", "sure_modes", "{:,.0f}"),
    ("KL from equal shares", "metrics", "kl", "{:.3f}"),
    ("KL, judge 2", "second_judge", "kl", "{:.3f}"),
)


def row(name, made, card, columns):
    """Lays out a row.

    Args:
        name: stands first.
        made: the cells of steps and minutes, as text.
        card: a dict with the figures of one judge or both.
        columns: `DIGITS` or `STACKED`.

    Returns:
        The row, in Markdown; `–` for a judge that measured nothing.

    Raises:
        KeyError: a judge's figures lack one.
    """
    cells = [name, *made]
    for _, judge, figure, form in columns:
        if judge not in card:
            cells.append("–")
        elif isinstance(form, str):
            cells.append(form.format(card[judge][figure]))
        else:
            cells.append(f"{form(card[judge][figure]):.1%}")
    return f"| {' | '.join(cells)} |"


def table(columns, cards, real):
    """Lays out a table.

    Args:
        columns: `DIGITS` or `STACKED`.
        cards: of the models, a row each.
        real: the figures of real digits, as on a card; they stand last.

    Returns:
        Lines of Markdown.
    """
    titles = ["model", "steps", "minutes", *(title for title, *_ in columns)]
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    for card in cards:
        made = f"{card['steps']:,}", f"{card['seconds'] / 60:.0f}"
        lines.append(row(f"`{card['name']}`", made, card, columns))
    lines.append(row("real digits", ("–", "–"), real, columns))
    return "\n".join(lines) + "\n"


def seeds_table(columns, card):
    """Lays out what each seed of a model came to, and the mean of them.

    Args:
        columns: `DIGITS` or `STACKED`.
        card: of the model; `tools.ship` writes its `other_seeds`.

    Returns:
        Lines of Markdown.
    """
    seeds = {card["seed"]: card}
    seeds |= {int(seed): found for seed, found in card["other_seeds"].items()}
    titles = [f"`{card['name']}`", *(title for title, *_ in columns)]
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    mean = {}
    for _, judge, figure, form in columns:
        values = [found[judge][figure] for found in seeds.values()]
        if not isinstance(form, str):  # the mean of the rarest, and of the commonest
            values = [(min(shares), max(shares)) for shares in values]
        mean.setdefault(judge, {})[figure] = np.mean(values, axis=0)
    for seed in sorted(seeds):
        shipped = ", shipped" if seed == card["seed"] else ""
        lines.append(row(f"seed {seed}{shipped}", (), seeds[seed], columns))
    lines.append(row("mean", (), mean, columns))
    return "\n".join(lines) + "\n"


def tables():
    """Makes the tables from the cards and the record of today, by name."""
    shipped = [name for name in recipes.RECIPES if (paths.PRETRAINED / name).exists()]
    cards = [store.load_card(name) for name in shipped if name != "classifier"]
    stacked = [card for card in cards if "modes_covered" in card["metrics"]]
    digits = [card for card in cards if card not in stacked]
    judges = store.load_card("classifier")
    real = {key: judges[key]["real_digits"] for key in ("metrics", "second_judge")}
    ceilings = metrics.ceilings(recipes.find("stacked").samples)
    possible = {name: mean for name, (mean, _) in ceilings.items()}
    return {
        "digits": table(DIGITS, digits, real),
        "seeds": seeds_table(DIGITS, store.load_card("dcgan")),
        "stacked digits": table(STACKED, stacked, {"metrics": possible}),
        "chosen samples": choosing.lay_out(
            records.read(choosing.PLACE, choosing.SCHEMA)
        ),
    }


def renew(text):
    """Returns a text with the tables of today between their marks."""
    for name, rows in tables().items():
        before, rest = text.split(BEGIN.format(name))
        _, after = rest.split(END, 1)
        text = before + BEGIN.format(name) + rows + END + after
    return text


def main():
    part = README.with_suffix(".part")
    part.write_text(renew(README.read_text(encoding="utf-8")), encoding="utf-8")
    os.replace(part, README)


if __name__ == "__main__":
    main()
