"""Puts a trained model in the place of a shipped one, which stands until then.

python -m tools.ship dcgan runs/pretrained/dcgan/model
"""

import sys

from gan_utils import store


def main(name, source):
    try:
        store.ship(name, source)
    except (ValueError, OSError) as error:
        sys.exit(f"tools.ship: {' '.join(str(error).split())}")
    print(f"pretrained/{name} is the new model.")


if __name__ == "__main__":
    main(*sys.argv[1:])
