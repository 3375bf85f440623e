"""Puts a trained model, its log trimmed, in the place of a shipped one.

python -m tools.ship dcgan runs/pretrained/dcgan/model
python -m tools.ship dcgan runs/0/model --beside runs/1/model runs/2/model
"""

import argparse
from pathlib import Path

from gan_utils import paths, records, store
from tools import trim


def note_seeds(name, sources):
    """Writes what other seeds came to on a shipped model's card, as `other_seeds`.

    Their weights are not shipped, so nobody can measure them anew.

    Args:
        name: of the shipped model.
        sources: folders of cards, one for each of the other seeds.

    Raises:
        OSError, ValueError: a card is missing or damaged; it is of another model, or
            two are of the same seed.
    """
    shipped = store.load_card(name)
    cards = [store.load_card(name, source) for source in sources]
    seeds = [card["seed"] for card in (shipped, *cards)]
    if len(set(seeds)) < len(seeds):
        raise ValueError(f"The cards are of seeds {seeds}; give one of each seed.")
    files = shipped.pop("files")  # stand last
    shipped["other_seeds"] = {
        str(card["seed"]): {
            judge: card[judge] for judge in ("metrics", "second_judge") if judge in card
        }
        for card in cards
    }
    path = paths.PRETRAINED / name / store.CARD
    records.write(path, {**shipped, "files": files})


def main():
    parser = argparse.ArgumentParser(prog="python -m tools.ship")
    parser.add_argument("name", help="a model of gan_utils.recipes")
    parser.add_argument("source", type=Path, help="folder of its weights and card")
    parser.add_argument(
        "--beside",
        type=Path,
        nargs="+",
        help="folders of the same model from other seeds, whose figures go on its card",
    )
    options = parser.parse_args()
    try:
        if (options.source / "log").is_dir():
            trim.trim(options.source / "log")
        store.ship(options.name, options.source)
        if options.beside:
            note_seeds(options.name, options.beside)
    except (ValueError, OSError) as error:
        parser.exit(2, f"{parser.prog}: {' '.join(str(error).split())}\n")
    print(f"pretrained/{options.name} is the new model.")


if __name__ == "__main__":
    main()
