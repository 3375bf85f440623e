"""The command that measures what is shipped in `data/`, or shows it."""

import argparse
from pathlib import Path

from gan_utils import records


def run(name, place, schema, measure, lay_out, arguments=None):
    """Measures, writes the record and prints it as a table.

    Args:
        name: of the module in `experiments`.
        place: where the record goes.
        schema: of the record.
        measure: returns the record.
        lay_out: from the record to text.
        arguments: of the command line; `--show` measures nothing, `--out` names
            another place.
    """
    parser = argparse.ArgumentParser(prog=f"python -m gan_utils.experiments.{name}")
    parser.add_argument("--out", type=Path, default=place, help="where the record goes")
    parser.add_argument("--show", action="store_true", help="measure nothing")
    options = parser.parse_args(arguments)
    if not options.show:
        records.write(options.out, measure())
    print(lay_out(records.read(options.out, schema)))
