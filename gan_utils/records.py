"""JSON records in files: checked when they are read, written whole or not at all."""

import json
import math
import os
import reprlib
import tempfile
from pathlib import Path

from gan_utils import folders

import jsonschema

LARGEST = 2**20  # bytes; what is larger is none of ours, and may have no end
COUNT = {"type": "integer", "minimum": 0}
NAME = {"type": "string", "minLength": 1}
SECONDS = {"type": "number", "minimum": 0}
FILE = {
    "type": "object",
    "required": ["bytes", "sha256"],
    "properties": {
        "bytes": COUNT,
        "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    },
}
# Further fields may stand in both, and do in cards. A card has no `second_judge` where
# the machine that trained the model had none.
CARD = {
    "type": "object",
    "required": ["name", "seed", "steps", "seconds", "metrics", "files"],
    "properties": {
        "name": NAME,
        "seed": COUNT,
        "steps": COUNT,
        "stopping": NAME,
        "seconds": SECONDS,
        "samples_seed": COUNT,
        "metrics": {"type": "object"},
        "second_judge": {"type": "object"},
        "files": {"type": "object", "additionalProperties": FILE},
    },
}
RUN = {
    "type": "object",
    "required": ["name", "seed"],
    "properties": {
        "name": NAME,
        "seed": COUNT,
        "seconds": SECONDS,
        "devices": {"type": "integer", "minimum": 1},  # 1 where it is missing
    },
}


def read(path, schema):
    """Reads a record and checks it.

    Args:
        path: of a JSON file in UTF-8.
        schema: `CARD`, `RUN`, or another JSON schema of draft 4, in which 1.0 is
            no integer.

    Returns:
        The record, a dict. Its numbers are finite, its integers fit 64 bits.

    Raises:
        OSError: there is no such file, or it cannot be read.
        ValueError: it is no record, or a field is missing or of a wrong kind.
    """
    path = Path(path)
    if path.exists() and not path.is_file():  # a pipe would be waited for
        raise ValueError(f"{path} is in the way: a record is a file, and it is none.")
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError(f"{path} is no record: it has more than {LARGEST:,} bytes.")
    try:
        record = json.loads(
            content.decode("utf-8"),
            parse_constant=_refuse,
            parse_float=_float,
            parse_int=_integer,
        )
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is no record in JSON: {error}.") from error
    check(record, schema, path)
    return record


def check(record, schema, what):
    """Checks a record that is in memory.

    Args:
        record: what JSON can hold.
        schema: as for `read`.
        what: names it in the error.

    Raises:
        ValueError: a field is missing or of a wrong kind.

    Example:
        >>> check({"name": "dcgan", "seed": 0, "seconds": 0}, RUN, "It")
    """
    errors = jsonschema.Draft4Validator(schema).iter_errors(record)
    error = jsonschema.exceptions.best_match(errors)
    if error is None:
        return
    field = ".".join(map(str, error.absolute_path)) or "the record"
    if error.validator == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        fault = f"{field} lacks {', '.join(missing)}"
    else:
        needed = f"{error.validator} {error.validator_value}"
        fault = f"{field} is {reprlib.repr(error.instance)}; needed is {needed}"
    raise ValueError(f"{what} is damaged: {fault}.")


def write(path, record):
    """Writes a record beside its place first; what stood there is replaced.

    Args:
        path: of the file.
        record: a dict that JSON can hold.

    Raises:
        OSError: the file cannot be written.
        ValueError: a number is NaN or infinite, or a value is none of JSON's.
    """
    path = Path(path)
    try:
        text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
        content = f"{text}\n".encode()
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path} cannot hold this record: {error}.") from error
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".record-") as folder:
        part = Path(folder) / path.name
        part.write_bytes(content)
        folders.flush(folder)
        os.replace(part, path)


def _refuse(text):
    raise ValueError(f"{text[:20]} is no finite number of 64 bits")


def _float(text):
    value = float(text)
    return value if math.isfinite(value) else _refuse(text)


def _integer(text):
    value = int(text[:30])  # of thousands of digits Python makes none
    return value if abs(value) < 2**63 else _refuse(text)
