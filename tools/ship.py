"""Puts a trained model, its log trimmed, in the place of a shipped one.

python -m tools.ship dcgan runs/pretrained/dcgan/model
"""

import argparse
from pathlib import Path

from gan_utils import store
from tools import trim


def main():
    parser = argparse.ArgumentParser(prog="python -m tools.ship")
    parser.add_argument("name", help="a model of gan_utils.recipes")
    parser.add_argument("source", type=Path, help="folder of its weights and card")
    options = parser.parse_args()
    try:
        if (options.source / "log").is_dir():
            trim.trim(options.source / "log")
        store.ship(options.name, options.source)
    except (ValueError, OSError) as error:
        parser.exit(2, f"{parser.prog}: {' '.join(str(error).split())}\n")
    print(f"pretrained/{options.name} is the new model.")


if __name__ == "__main__":
    main()
