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
        arguments: of the command line, as for `run_on`.
    """

    def make(out):
        records.write(out, measure())

    run_record(name, place, schema, make, lay_out, arguments)


def run_trainings(name, place, schema, plan, train, lay_out, arguments=None):
    """Trains what a record lacks and prints it as a table.

    Args:
        name: as for `run`.
        place: as for `run`.
        schema: as for `run`.
        plan: as for `train_missing`.
        train: as for `train_missing`.
        lay_out: as for `run`.
        arguments: as for `run`.
    """

    def make(out):
        train_missing(out, schema, plan, train)

    run_record(name, place, schema, make, lay_out, arguments)


def run_record(name, place, schema, make, lay_out, arguments=None):
    """Makes a record as `make` writes it, and prints it by `lay_out`; see `run_on`."""

    def show(out):
        return lay_out(records.read(out, schema))

    run_on(name, place, make, show, arguments)


def run_on(name, place, make, show, arguments=None):
    """Makes a record and prints it, or prints the one that is there.

    Args:
        name: of the module in `experiments`.
        place: where the record goes.
        make: from a path; writes the record there, or what it lacks.
        show: from a path to the text of the record.
        arguments: of the command line; `--show` makes nothing, `--out` names another
            place.
    """
    parser = argparse.ArgumentParser(prog=f"python -m gan_utils.experiments.{name}")
    parser.add_argument("--out", type=Path, default=place, help="where the record goes")
    parser.add_argument("--show", action="store_true", help="make nothing")
    options = parser.parse_args(arguments)
    if not options.show:
        make(options.out)
    print(show(options.out))


def train_missing(place, schema, plan, train):
    """Trains what a record lacks, and writes it after each training.

    All are trained by their first seed, then by the next: what is there early can be
    compared.

    Args:
        place: of the record, by name and by seed.
        schema: of the record.
        plan: a dict from names to their seeds; the record keeps its order.
        train: from a name and a seed to what is kept.
    """
    known = records.read(place, schema) if place.exists() else {}
    record = {name: known.get(name, {}) for name in plan}
    for turn in range(max(map(len, plan.values()))):
        for name, seeds in plan.items():
            for seed in seeds[turn : turn + 1]:
                if str(seed) not in record[name]:
                    record[name][str(seed)] = train(name, seed)
                    records.write(place, record)
                    print(f"{name}, seed {seed}: trained and measured.", flush=True)
