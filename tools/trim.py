"""Makes the logs of models small: every point of their curves, and fewer pictures.

python -m tools.trim
python -m tools.trim dcgan lesson_05

Without a name, the logs of all shipped models. A log of several sittings, each with a
file of its own, becomes one file in each folder. `tools.ship` trims what it ships.
"""

import argparse
import io
import os

from gan_utils import paths

import numpy as np
import tensorflow as tf
from PIL import Image
from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event

LARGEST = 150_000  # bytes of the log of a model
FRAME = 16  # bytes that a file has around each event
COLOURS = 64  # that a picture in colour is left with; grey ones stay as they are


def trim(log):
    """Rewrites the files of a log, until it is small enough.

    The curves stay: `callbacks.read_scalars` returns the same. Where a step was logged
    twice, the later value is kept, as it is there. Of the pictures, as many as fit are
    kept, spread evenly, and the last one always.

    Args:
        log: path of the log's folder; the folders in it are logs of their own.
    """
    found = {folder: _read(folder) for folder in (log, *log.iterdir())}
    room = LARGEST - 1000 - sum(_size(scalars) for scalars, _ in found.values())
    for folder, (scalars, pictures) in found.items():
        if scalars:
            _write(folder, scalars + _choose(pictures, room))


def _files(folder):
    return sorted(folder.glob("*events.out.tfevents*"))


def _read(folder):
    """Reads the scalars and the pictures of a log, as two lists of events."""
    latest = {}, {}
    events = [
        event
        for path in _files(folder)
        for event in LegacyEventFileLoader(str(path)).Load()
    ]
    for event in sorted(events, key=lambda event: event.wall_time):
        for value in event.summary.value:
            is_picture = value.metadata.plugin_data.plugin_name == "images"
            latest[is_picture][event.step, value.tag] = event.wall_time, value
    return tuple(map(_pack, latest))


def _pack(latest):
    """Makes one event of all values of a step; the first of a curve says its kind."""
    events, known = {}, set()
    for (step, tag), (wall_time, value) in sorted(latest.items(), key=lambda at: at[0]):
        event = events.setdefault(step, Event(step=step))
        event.wall_time = max(event.wall_time, wall_time)
        kept = event.summary.value.add()
        kept.CopyFrom(value)
        if kept.tensor.string_val:  # width, height and the pictures
            kept.tensor.string_val[2:] = map(_shrink, kept.tensor.string_val[2:])
        elif tag in known:
            kept.ClearField("metadata")
        known.add(tag)
    return [*events.values()]


def _shrink(picture):
    """Stores a picture in colour with fewer of them; takes and returns a PNG."""
    image = Image.open(io.BytesIO(picture))
    if image.mode != "RGB":
        return picture
    part = io.BytesIO()
    image.quantize(COLOURS).save(part, "PNG")
    return part.getvalue()


def _choose(pictures, room):
    """Returns as many events as fit, the last one among them."""
    last = len(pictures) - 1
    for count in range(len(pictures), 1, -1):
        places = np.linspace(0, last, count).round().astype(int)
        chosen = [pictures[place] for place in places]
        if _size(chosen) <= room:
            return chosen
    return pictures[-1:]


def _size(events):
    return sum(event.ByteSize() + FRAME for event in events)


def _write(folder, events):
    """Puts one file in the place of a folder's files; half of it is never there."""
    first, *others = _files(folder)
    part = folder / "events.part"
    start = Event(wall_time=events[0].wall_time, file_version="brain.Event:2")
    with tf.io.TFRecordWriter(str(part)) as writer:
        for event in [start, *events]:
            writer.write(event.SerializeToString())
    os.replace(part, first)
    for path in others:
        path.unlink()


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tools.trim")
    parser.add_argument("names", nargs="*", metavar="NAME", help="a shipped model")
    names = parser.parse_args(arguments).names
    for log in sorted(paths.PRETRAINED.glob("*/log")):
        if log.parent.name in names or not names:
            trim(log)


if __name__ == "__main__":
    main()
