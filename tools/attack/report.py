"""What an attack found: a row for each kind of harm, and the table of them."""

import dataclasses

SHOWN = 30  # faults of a row


@dataclasses.dataclass(frozen=True)
class Row:
    """One kind of harm.

    Args:
        what: what was done, a short phrase that begins with its part, "files: …".
        tried: how often.
        faults: a sentence for each time that something broke, with what shows it.
        note: why nothing was tried here, or how it was tried.
    """

    what: str
    tried: int
    faults: list = dataclasses.field(default_factory=list)
    note: str = ""


def table(rows):
    """Returns a table (what, tried, held, broke), and below it what broke."""
    width = max([len("in all"), *(len(row.what) for row in rows)])
    lines = [f"{'what':{width}}  tried   held  broke"]
    for row in rows:
        lines.append(_line(row.what, row.tried, len(row.faults), width) + row.note)
    tried, broke = (sum(numbers) for numbers in zip(*map(_count, rows)))
    lines.append(_line("in all", tried, broke, width))
    for row in rows:
        lines += [f"BROKE {row.what}: {fault}" for fault in row.faults[:SHOWN]]
        if len(row.faults) > SHOWN:
            lines.append(f"BROKE {row.what}: {len(row.faults) - SHOWN} more")
    return "\n".join(lines)


def _count(row):
    return row.tried, len(row.faults)


def _line(what, tried, broke, width):
    held = tried - broke
    return f"{what:{width}}  {tried:5,}  {held:5,}  {broke:5,}  "
