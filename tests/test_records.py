"""Tests of records: whatever a file holds, it is a record or one sentence."""

import json
import os

from gan_utils import paths, records

import hypothesis
import hypothesis.strategies as st
import pytest

DIGEST = "0" * 64
RUN = {"name": "dcgan", "seed": 3, "seconds": 1.5}
CARD = {
    **{"name": "dcgan", "seed": 0, "steps": 5, "seconds": 1, "metrics": {}},
    "files": {"generator.weights.h5": {"bytes": 8, "sha256": DIGEST}},
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda below: st.lists(below) | st.dictionaries(st.text(), below),
    max_leaves=5,
)


def sentence(error):
    """Returns what an error says, after a look at its form."""
    text = str(error.value)
    assert text.endswith(".") and "\n" not in text and len(text) < 400
    return text


@pytest.mark.parametrize("record, schema", [(RUN, records.RUN), (CARD, records.CARD)])
def test_a_record_is_read_as_it_was_written(tmp_path, record, schema):
    path = tmp_path / "record.json"
    record = {**record, "about": "Linder-Norén", "more": {"deeper": [1, None]}}
    records.write(path, {"old": True})
    records.write(path, record)
    assert records.read(path, schema) == record
    assert os.listdir(tmp_path) == ["record.json"]


def test_every_shipped_card_is_one():
    found = sorted(paths.PRETRAINED.glob("*/card.json"))
    assert len(found) == 16
    for path in found:
        card = records.read(path, records.CARD)
        assert card["name"] == path.parent.name
        assert set(card["files"]) == {each.name for each in path.parent.glob("*.h5")}


@pytest.mark.parametrize(
    "content, said",
    [
        (b"", "no record in JSON"),
        (b"{", "no record in JSON"),
        (b"\xff\xfe{}", "utf-8"),
        (b"[" * 100_000, "recursion"),
        (b'{"seconds": ' + b"9" * 5000 + b"}", "64 bits"),
        (b'{"seconds": 1e999}', "1e999"),
        (b'{"seconds": NaN}', "NaN"),
        (b'{"seconds": -Infinity}', "-Infinity"),
        (b'{"seed": 9223372036854775808}', "64 bits"),
        (b" " * (records.LARGEST + 1), "bytes"),
        (b"null", "object"),
        (b"{}", "name, seed"),
        (b"\0" * 80, "no record in JSON"),
    ],
)
def test_what_is_no_record_is_said_in_a_sentence(tmp_path, content, said):
    path = tmp_path / "run.json"
    path.write_bytes(content)
    with pytest.raises(ValueError) as error:
        records.read(path, records.RUN)
    assert str(path) in sentence(error) and said in sentence(error)


@pytest.mark.parametrize(
    "field, value",
    [
        *[("name", value) for value in (None, 3, "", ["dcgan"])],
        *[("seed", value) for value in (-1, 1.0, True, "0", None)],
        *[("devices", value) for value in (0, 1.5, "2", None)],
        *[("seconds", value) for value in (-0.5, "1", None, {}, "1" * 9999)],
    ],
)
def test_a_wrong_field_of_a_run_is_named(tmp_path, field, value):
    path = tmp_path / "run.json"
    records.write(path, {**RUN, field: value})
    with pytest.raises(ValueError) as error:
        records.read(path, records.RUN)
    assert f"{field} is" in sentence(error)


@pytest.mark.parametrize(
    "field, value",
    [
        *[("steps", value) for value in (-1, 0.5, "5", None)],
        *[("stopping", value) for value in (None, "", 3)],
        *[("samples_seed", value) for value in (-1, 0.5, "0", None)],
        *[("metrics", value) for value in (None, [], 3)],
        *[("second_judge", value) for value in (None, [], 3)],
        *[("files", value) for value in (None, [], "x")],
        ("files.g", 8),
        ("files.g.bytes", "8"),
        ("files.g.sha256", DIGEST[1:]),
        ("files.g.sha256", None),
    ],
)
def test_a_wrong_field_of_a_card_is_named(tmp_path, field, value):
    path = tmp_path / "card.json"
    card = json.loads(
        json.dumps({**CARD, "files": {"g": {"bytes": 1, "sha256": DIGEST}}})
    )
    *above, last = field.split(".")
    inner = card
    for key in above:
        inner = inner[key]
    inner[last] = value
    records.write(path, card)
    with pytest.raises(ValueError) as error:
        records.read(path, records.CARD)
    assert f"{field} is" in sentence(error)


@pytest.mark.parametrize("name", CARD)
def test_a_missing_field_is_named(tmp_path, name):
    path = tmp_path / "card.json"
    records.write(path, {key: value for key, value in CARD.items() if key != name})
    with pytest.raises(ValueError, match=f"lacks {name}"):
        records.read(path, records.CARD)


@hypothesis.given(
    st.binary(max_size=40) | JSON.map(lambda each: json.dumps(each).encode())
)
@hypothesis.settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
def test_anything_else_is_refused_in_a_sentence(tmp_path, content):
    path = tmp_path / "card.json"
    path.write_bytes(content)
    with pytest.raises(ValueError) as error:
        records.read(path, records.CARD)
    sentence(error)


def test_a_folder_or_a_pipe_in_place_of_the_file_is_refused(tmp_path):
    (tmp_path / "folder.json").mkdir()
    os.mkfifo(tmp_path / "pipe.json")
    for name in ("folder.json", "pipe.json"):
        with pytest.raises(ValueError, match="is in the way"):
            records.read(tmp_path / name, records.RUN)


def test_a_missing_file_is_the_systems_own_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        records.read(tmp_path / "run.json", records.RUN)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1}, "\ud800"])
def test_what_json_cannot_hold_leaves_the_old_record(tmp_path, value):
    path = tmp_path / "run.json"
    records.write(path, RUN)
    with pytest.raises(ValueError, match="cannot hold"):
        records.write(path, {**RUN, "seconds": value})
    assert records.read(path, records.RUN) == RUN
    assert os.listdir(tmp_path) == ["run.json"]


def test_a_record_that_cannot_be_put_in_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "run.json"
    records.write(path, RUN)

    def fail(*names):
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="No space"):
        records.write(path, {**RUN, "seed": 4})
    assert records.read(path, records.RUN) == RUN
    assert os.listdir(tmp_path) == ["run.json"]


def test_the_smallest_integer_of_64_bits_is_read(tmp_path):
    path = tmp_path / "run.part"  # any name will do
    records.write(path, {**RUN, "more": -(2**63) + 1})
    assert records.read(path, records.RUN)["more"] == -(2**63) + 1
