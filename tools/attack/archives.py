"""Archives of arrays, `.npz`, as a stranger may have made them."""

import io
import os
import pickle
import struct
import zipfile

from tools.attack import damages

import numpy as np

BOMB = 2**30  # bytes that unpack from a megabyte
# Kinds of damages, and how often each comes.
KINDS = {"file": 10, "member": 10, "field": 10, "name": 5, "bomb": 1}


class _Trap:
    """A pickle of it makes a folder where it is unpacked."""

    def __reduce__(self):
        return os.mkdir, ("pickle-has-run",)


def _member(kind, shape, data=b"", version=1, text=None):
    """Returns an array's file: a header that claims what it likes, and any data."""
    header = f"{{'descr': {kind!r}, 'fortran_order': False, 'shape': {shape}, }}"
    header = (text or header).encode("latin-1")
    size = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + size + header + data


# What a member claims to be, or is.
MEMBERS = {
    "713 TiB claimed": _member("|u1", (10**12, 28, 28)),
    "713 TiB of numbers": _member("<f8", (10**11, 28, 28)),
    "more than 64 bits": _member("|u1", (2**64, 28, 28)),
    "-1 images": _member("|u1", (-1, 28, 28), bytes(784)),
    "no images": _member("|u1", (0, 28, 28)),
    "a number": _member("|u1", (), b"1"),
    "half an image": _member("|u1", "(12.5, 28, 28)", bytes(9800)),
    "too short": _member("|u1", (12, 28, 28), bytes(784)),
    "objects": _member("|O", (12, 28, 28), pickle.dumps(_Trap())),
    "a pickle": pickle.dumps(_Trap()),
    "text": _member("<U4", (12, 28, 28), bytes(12 * 784 * 16)),
    "complex": _member("<c16", (12, 28, 28), bytes(12 * 784 * 16)),
    "records": _member([("a", "|u1"), ("b", "<f4")], (12,), bytes(60)),
    "unknown kind": _member("<q9", (12, 28, 28)),
    "truth": _member("|b1", (12, 28, 28), bytes(12 * 784)),
    "NaN": _member("<f4", (12, 28, 28), np.full(12 * 784, np.nan, "f4").tobytes()),
    "dates": _member("<M8[s]", (12, 28, 28), bytes(12 * 784 * 8)),
    "no header": b"\x93NUMPY\x01\x00\xff\xff",
    "version 9": _member("|u1", (12, 28, 28), bytes(12 * 784), version=9),
    "code for a header": _member("", (), text="__import__('os').abort()"),
    "brackets for a header": _member("", (), text="(" * 9000),
    "a long header": _member("", (), version=2, text="{" + " " * 500_000 + "}"),
    "nothing": b"",
    "text for an array": b"hello",
}

# From the file of an archive to nothing: bytes of the zip format are changed, by the
# place in a member's own header and in the list at the end.
FIELDS = {
    "encrypted": (6, 8, b"\x01\x00"),
    "all flags": (6, 8, b"\xff\xff"),
    "patched data": (6, 8, b"\x20\x00"),
    "method 99": (8, 10, b"\x63\x00"),
    "method LZMA": (8, 10, b"\x0e\x00"),
    "stored": (8, 10, b"\x00\x00"),
    "wrong checksum": (14, 16, b"\xde\xad\xbe\xef"),
    "packed size 4 GiB": (18, 20, b"\xfe\xff\xff\xff"),
    "size 4 GiB": (22, 24, b"\xfe\xff\xff\xff"),
    "zip64 without numbers": (22, 24, b"\xff\xff\xff\xff"),
    "size nothing": (22, 24, b"\x00\x00\x00\x00"),
    "long name": (26, 28, b"\xff\xff"),
    "needs zip 9.9": (4, 6, b"\x63\x00"),
}


def _patch(content, own, listed, value):
    content = bytearray(content)
    for mark, offset in ((b"PK\x03\x04", own), (b"PK\x01\x02", listed)):
        start = content.find(mark)
        while start >= 0:
            content[start + offset : start + offset + len(value)] = value
            start = content.find(mark, start + 4)
    return bytes(content)


def damage(chance, path, names):
    """Damages an archive; returns what was done.

    Args:
        chance: a `random.Random`.
        path: of the archive.
        names: of the arrays that belong in it.
    """
    kind = chance.choices(list(KINDS), KINDS.values())[0]
    if kind == "file":
        return damages.damage_file(chance, path)
    name = chance.choice(names)
    if kind == "field":
        done = chance.choice(list(FIELDS))
        path.write_bytes(_patch(path.read_bytes(), *FIELDS[done]))
        return done
    with zipfile.ZipFile(path) as archive:
        members = {each: archive.read(each) for each in archive.namelist()}
    if kind == "member":
        done = chance.choice(list(MEMBERS))
        members[f"{name}.npy"] = MEMBERS[done]
    elif kind == "bomb":
        done = f"a bomb of {BOMB:,} bytes"
        members[f"{name}.npy"] = None
    else:
        done = chance.choice((f"../{name}.npy", f"/{name}.npy", name, f"{name}.npy/"))
        members[done] = members.pop(f"{name}.npy")
    path.write_bytes(pack(members))
    return f"{name}: {done}"


def pack(members):
    """Returns the bytes of an archive; a member that is None becomes a bomb."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            if content is None:
                with archive.open(name, "w", force_zip64=True) as member:
                    member.write(_member("<f8", (BOMB // 8,)))
                    for _ in range(BOMB // 2**24):
                        member.write(bytes(2**24))
            else:
                archive.writestr(name, content)
    return out.getvalue()
