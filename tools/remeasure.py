"""Measures shipped models anew, and writes the figures of both judges on their cards.

python -m tools.remeasure
python -m tools.remeasure dcgan lesson_05

Without a name, all of them. Weights, seeds and seconds stay as they are. After a change
of the classifier or of `metrics`; the second judge comes from `make judge`.
"""

import argparse

from gan_utils import judge, paths, recipes, records, store


def remeasure(name):
    """Draws as many samples as a card tells of, and renews the card's figures.

    Args:
        name: of a shipped model.

    Returns:
        The card as it was written.

    Raises:
        OSError, ValueError: as `store.load_pretrained` for each network, and as
            `judge.measure`; the card was changed by something else meanwhile. The
            old card stands.
    """
    card = store.load_card(name)
    networks = {
        network: store.load_pretrained(name, network)
        for network in recipes.find(name).ships
    }
    count = card["metrics"]["n"]
    figures = {
        "samples_seed": judge.SAMPLES_SEED,
        "metrics": judge.measure(name, networks, count),
        "second_judge": judge.measure(name, networks, count, second=True),
    }
    if store.load_card(name) != card:
        raise ValueError(f"The card of {name} was changed meanwhile. Measure again.")
    others = {key: value for key, value in card.items() if key not in figures}
    files = others.pop("files")  # stand last, as `store.save_pretrained` has them
    card = {**others, **figures, "files": files}
    records.write(paths.PRETRAINED / name / store.CARD, card)
    return card


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tools.remeasure")
    parser.add_argument("names", nargs="*", metavar="NAME", help="a shipped model")
    names = parser.parse_args(arguments).names
    cards = sorted(paths.PRETRAINED.glob(f"*/{store.CARD}"))
    try:
        judge.load_second_judge()  # before anything is drawn
        for name in names or [card.parent.name for card in cards]:
            remeasure(name)
            print(f"{name} is measured.", flush=True)
    except (ValueError, OSError) as error:
        parser.exit(2, f"{parser.prog}: {' '.join(str(error).split())}\n")


if __name__ == "__main__":
    main()
