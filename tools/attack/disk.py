"""Fills small disks, makes one read-only, and pins a file that then cannot be deleted.

What was saved before stays, what failed is told in a sentence, and once there is room
the same command ends with the same bytes.
"""

import contextlib
import subprocess

from tools.attack import children, kills, training
from tools.attack.report import Row

TRAIN = ["train", training.NAME, "--steps", 200, "--seed", 3, "--save-every", 0]


def mount(place, options, *more):
    """Mounts a disk in memory, or changes the one that is there."""
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    subprocess.run([*command, *more], check=True, capture_output=True)


@contextlib.contextmanager
def small_disk(place, size):
    """Mounts a disk of so many KiB and takes it away in the end."""
    place.mkdir()
    mount(place, f"size={size}k")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def command(arguments, folder):
    """Runs a command; returns its code, and a fault when it is none of a sentence."""
    child = children.Child(arguments, folder / "said.txt")
    return (code := child.end()), child.fault(code)


def train(run, folder):
    return command([*TRAIN, "--out", run], folder)


def fill(disk, left):
    """Fills a disk but for so many KiB."""
    with contextlib.suppress(OSError), (disk / "filler").open("wb") as file:
        while True:
            file.write(bytes(4096))
            file.flush()
    size = (disk / "filler").stat().st_size
    with (disk / "filler").open("rb+") as file:
        file.truncate(max(0, size - left * 1024))


def begin_on_a_full_disk(folder, size, whole):
    """Trains on a disk that is too small, makes room, and trains on."""
    with small_disk(folder / f"disk{size}", size) as disk:
        code, fault = train(disk / "run", folder)
        mount(disk, "remount,size=64m")
        code, later = train(disk / "run", folder)
        fault = fault or later or (code and "it did not go on once there was room")
        return fault or kills.difference(disk / "run", whole, ["Ctrl-C"])


def save_over_a_model(folder, left, whole):
    """Saves a model over the old one with too little room for it, and draws samples."""
    with small_disk(folder / f"over{left}", 64 * 1024) as disk:
        train(disk / "run", folder)
        fill(disk, left)
        _, fault = train(disk / "run", folder)
        if not fault and (fault := kills.difference(disk / "run", whole, ["Ctrl-C"])):
            return f"the old model is not whole: {fault}"
        out = disk / "samples.npz"
        draw = ["sample", training.NAME, "--model", disk / "run" / "model"]
        code, other = command([*draw, "--count", 1000, "--out", out], folder)
        parts = [path.name for path in disk.glob("*.part*")]
        if not fault and code and (parts or out.exists()):
            other = f"samples that could not be written left {parts or out.name}"
        (disk / "filler").unlink()
        code, later = train(disk / "run", folder)
        fault = fault or other or later or (code and "it could not be saved with room")
        return fault or kills.difference(disk / "run", whole, ["Ctrl-C"])


def train_where_nothing_may_be_written(folder, what, whole):
    """Makes the disk read-only under a run, then writable again."""
    with small_disk(folder / "read-only", 64 * 1024) as disk:
        arguments = ["train", training.NAME, "--steps", 100, "--seed", 3]
        command([*arguments, "--out", disk / "run"], folder)
        mount(disk, "remount,ro")
        code, fault = train(disk / "run", folder)
        if code == 0:
            fault = "it trained where nothing may be written"
        mount(disk, "remount,rw")
        _, later = train(disk / "run", folder)
        return fault or later or kills.difference(disk / "run", whole, ["Ctrl-C"])


def save_over_a_pinned_file(folder, name, whole):
    """Saves a model over one of which a file cannot be deleted."""
    with small_disk(folder / f"pinned-{name}", 64 * 1024) as disk:
        train(disk / "run", folder)
        pinned = disk / "run" / "model" / name
        subprocess.run(["mount", "--bind", str(pinned), str(pinned)], check=True)
        code, fault = train(disk / "run", folder)
        if not fault and (fault := kills.difference(disk / "run", whole, ["Ctrl-C"])):
            fault = f"code {code}, and no model stands whole: {fault}"
        for path in (disk / "run").rglob(name):  # it may have been moved
            subprocess.run(["umount", "-l", str(path)], capture_output=True)
        return fault


# What is tried, with which sizes in KiB or names, and with which of them in a slice.
TRIES = {
    "a full disk under a training": (
        begin_on_a_full_disk,
        (100, 300, 500, 700, 900, 1200),
        (700,),
    ),
    "a full disk under a model": (save_over_a_model, (0, 40, 80, 150), ()),
    "a read-only disk": (train_where_nothing_may_be_written, (0,), ()),
    "a file that stays": (
        save_over_a_pinned_file,
        ("card.json", "generator.weights.h5"),
        ("card.json",),
    ),
}


def attack(folder, seed, size):
    """Tries disks of several sizes; see `tools.attack`."""
    folder = folder / "disk"
    folder.mkdir()
    try:
        with small_disk(folder / "try", 100):
            pass
    except (OSError, subprocess.CalledProcessError):
        yield Row("disk", 0, note="not tried here: mounting is not allowed")
        return
    whole = {**kills.whole(folder.parent)[0]}
    del whole["samples.npz"]
    for title, (harm, cases, short) in TRIES.items():
        cases = cases if size == "full" else short
        found = [(case, harm(folder, case, whole)) for case in cases]
        faults = [f"{title}, {case}: {fault}" for case, fault in found if fault]
        if cases:
            yield Row(f"disk: {title}", len(found), faults)
