"""What may happen to a file: tables of damages, each drawn by a `random.Random`."""

import json
import os
import shutil

import h5py
import numpy as np


def _place(chance, content):
    return chance.randrange(len(content) + 1)


def _flip(chance, content, most=8):
    changed = bytearray(content)
    for _ in range(chance.randint(1, most) if content else 0):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _zeros(chance, content):
    start, end = sorted((_place(chance, content), _place(chance, content)))
    return content[:start] + bytes(end - start) + content[end:]


def _moved(chance, content):
    start, end = sorted((_place(chance, content), _place(chance, content)))
    return content[start:end] + content[:start] + content[end:]


# From a chance and the bytes of a file to other bytes.
BYTES = {
    "truncated": lambda chance, content: content[: _place(chance, content)],
    "start lost": lambda chance, content: content[_place(chance, content) :],
    "a bit flipped": lambda chance, content: _flip(chance, content, 1),
    "bits flipped": _flip,
    "zeros inside": _zeros,
    "all zeros": lambda chance, content: bytes(len(content)),
    "a block moved": _moved,
    "emptied": lambda chance, content: b"",
    "random bytes": lambda chance, content: chance.randbytes(chance.randrange(2000)),
    "more behind": lambda chance, content: content + chance.randbytes(100),
    "twice": lambda chance, content: content * 2,
}


def _remove(path):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _in_place(make):
    def damage(chance, path):
        _remove(path)
        make(path)

    return damage


def _set_time(path, seconds):
    if path.exists():
        os.utime(path, (seconds, seconds))


# From a chance and a path to nothing: something else stands there.
PATHS = {
    "deleted": _in_place(lambda path: None),
    "a folder in its place": _in_place(lambda path: path.mkdir()),
    "a link to itself": _in_place(lambda path: path.symlink_to(path)),
    "a link to nothing": _in_place(lambda path: path.symlink_to("nowhere")),
    "from the future": lambda chance, path: _set_time(path, 4e9),
    "from 1970": lambda chance, path: _set_time(path, 0),
}

# A pipe is waited for, and that takes the attack long; so it comes seldom.
PIPE = "a pipe in its place", _in_place(os.mkfifo)

# Values that no field expects; text is put into the file as it is.
VALUES = {
    **{text: text for text in ("null", "true", "-1", "0", "1.5", "1e308", "1e999")},
    **{text: text for text in ("NaN", "Infinity", "-Infinity", '""', '"NaN"', "[]")},
    **{text: text for text in ("{}", "[[]]", '"\\ud800"', '"a\\u0000b"', '"../../x"')},
    "a long integer": "9" * 5000,
    "more than 64 bits": str(2**64),
    "nested": "[" * 100_000 + "]" * 100_000,
    "a long text": '"' + "x" * 100_000 + '"',
}


def _fields(record, path=()):
    """Lists the places of all fields in a record, as tuples of keys."""
    for key, value in record.items():
        yield (*path, key)
        if isinstance(value, dict):
            yield from _fields(value, (*path, key))


def change_field(chance, record):
    """Puts an odd value into a field, or drops it, names it twice, or adds one."""
    field = chance.choice(list(_fields(record)))
    changed = json.loads(json.dumps(record))
    inner = changed
    for key in field[:-1]:
        inner = inner[key]
    kind = chance.choice((*VALUES, "dropped", "twice", "renamed"))
    name, old = json.dumps(field[-1]), inner.pop(field[-1])
    if kind == "renamed":
        inner[field[-1] + "x"] = old
    if kind in VALUES or kind == "twice":
        inner[field[-1]] = "HERE"
    text = VALUES.get(kind, f"{json.dumps(old)}, {name}: null")
    return f"{'.'.join(field)}: {kind}", json.dumps(changed).replace('"HERE"', text)


# From a record's text to the bytes of a file.
TEXTS = {
    "byte order mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
    "Latin-1": lambda text: text.replace("a", "é").encode("latin-1"),
    "in a list": lambda text: f"[{text}]".encode(),
    "two records": lambda text: f"{text}{text}".encode(),
    "a comment": lambda text: f"// {text}".encode(),
    "a null byte": lambda text: f"{text}\0".encode(),
    "2 MB of blanks": lambda text: text.encode() + b" " * 2_000_000,
    "nested": lambda text: b'{"a":' * 50_000,
    "half of it": lambda text: text[: len(text) // 2].encode(),
}


def damage_record(chance, path):
    """Damages a file of JSON; returns what was done."""
    record = json.loads(path.read_text(encoding="utf-8"))
    if chance.random() < 0.6:
        done, text = change_field(chance, record)
        path.write_bytes(text.encode())
        return done
    if chance.random() < 0.5:
        done = chance.choice(list(TEXTS))
        path.write_bytes(TEXTS[done](json.dumps(record)))
        return done
    return damage_file(chance, path)


def damage_file(chance, path):
    """Damages any file; returns what was done."""
    if chance.random() < 0.3 or not path.is_file():
        done, damage = PIPE
        if chance.random() < 0.98:
            done, damage = chance.choice(list(PATHS.items()))
        damage(chance, path)
    else:
        done = chance.choice(list(BYTES))
        path.write_bytes(BYTES[done](chance, path.read_bytes()))
    return done


def _replaced(values):
    """Makes a damage that puts other values into the place of an array."""

    def damage(file, name):
        old = file[name][()]
        del file[name]
        file[name] = values(old)

    return damage


def _linked(make):
    def damage(file, name):
        del file[name]
        file[name] = make(file)

    return damage


def _claim(file, name):
    del file[name]
    file.create_dataset(name, (2**40, 2**10), "f4", chunks=(64, 64))


def _no_values(file, name):
    del file[name]
    file[name] = h5py.Empty("f4")


def _group(file, name):
    del file[name]
    file.create_group(name)


def _virtual(file, name):
    shape = file[name].shape
    del file[name]
    layout = h5py.VirtualLayout(shape, "f4")
    layout[...] = h5py.VirtualSource("nowhere.h5", "x", shape)
    file.create_virtual_dataset(name, layout, fillvalue=np.nan)


def _delete(file, name):
    del file[name]


# From an open file of weights and an array's name to nothing.
WEIGHTS = {
    "NaN": _replaced(lambda old: np.full_like(old, np.nan)),
    "one NaN": _replaced(
        lambda old: np.where(np.arange(old.size) == 3, np.nan, old.ravel()).reshape(
            old.shape
        )
    ),
    "infinite": _replaced(lambda old: np.full_like(old, np.inf)),
    "too large": _replaced(lambda old: np.full(old.shape, 1e300)),
    "float16": _replaced(lambda old: old.astype("f2")),
    "float64": _replaced(lambda old: old.astype("f8")),
    "complex": _replaced(lambda old: old.astype("c8")),
    "text": _replaced(lambda old: old.astype("S8")),
    "integers": _replaced(lambda old: old.astype("i4")),
    "turned": _replaced(lambda old: old.T),
    "flat": _replaced(lambda old: old.ravel()),
    "longer": _replaced(lambda old: np.concatenate([old, old])),
    "a number": _replaced(lambda old: 1.0),
    "deleted": _delete,
    "no values": _no_values,
    "a group": _group,
    "virtual": _virtual,
    "4 PiB claimed": _claim,
    "a link to nothing": _linked(lambda file: h5py.SoftLink("/nowhere")),
    "a link to itself": _linked(lambda file: file["/"]),
    "a link to another file": _linked(
        lambda file: h5py.ExternalLink("/etc/passwd", "/")
    ),
}


def damage_weights(chance, path):
    """Damages a file of weights so that it still is one; returns what was done."""
    done = chance.choice(list(WEIGHTS))
    with h5py.File(path, "r+") as file:
        arrays = []
        file.visititems(
            lambda name, item: (
                arrays.append(name)
                if isinstance(item, h5py.Dataset) and item.size > 3
                else None
            )
        )
        name = chance.choice(arrays)
        WEIGHTS[done](file, name)
    return f"{name}: {done}"
