"""Puts a trained model, its log trimmed, in the place of a shipped one.

python -m tools.ship dcgan runs/pretrained/dcgan/model
python -m tools.ship dcgan runs/0/model --beside runs/1/model runs/2/model
"""

import argparse
from pathlib import Path

from gan_utils import paths, records, store
from tools import trim


def note_seeds(name, sources):
    """Writes what each seed came to on a shipped model's card, under `seeds`.

    Args:
        name: of the shipped model.
        sources: folders of cards, one for each seed.

    Raises:
        OSError, ValueError: a card is missing or damaged; it is of another model, or
            two are of the same seed.
    """
    cards = [store.load_card(name, source) for source in sources]
    cards.sort(key=lambda card: card["seed"])
    seeds = [card["seed"] for card in cards]
    if len(set(seeds)) < len(seeds):
        raise ValueError(f"The cards are of seeds {seeds}; give one of each seed.")
    shipped = store.load_card(name)
    files = shipped.pop("files")  # stand last
    shipped["seeds"] = {
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
            note_seeds(options.name, [options.source, *options.beside])
    except (ValueError, OSError) as error:
        parser.exit(2, f"{parser.prog}: {' '.join(str(error).split())}\n")
    print(f"pretrained/{options.name} is the new model.")


if __name__ == "__main__":
    main()
