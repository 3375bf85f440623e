"""Runs the lessons from top to bottom and stores their outputs, kept clean.

python -m tools.refresh [PREFIX ...], for example 01 or 05; all without a prefix.
"""

import base64
import io
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tools.lessons import LESSONS, ROOT, navigation

import nbclient
import nbformat
from PIL import Image

WIDGET = "application/vnd.jupyter.widget-view+json"
PICTURES = ROOT / "notebooks" / "pictures"


def clean(notebook):
    """Removes what differs from run to run; refuses what should not be there."""
    notebook.metadata = {
        "kernelspec": notebook.metadata.kernelspec,
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if "%tensorboard" in cell.source:
            cell.outputs = []  # a frame that is empty without its server
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                raise SystemExit(f"stderr in cell {cell.id}: {output.text}")
            data = output.get("data", {})
            data.pop(WIDGET, None)
            if "image/png" in data:
                data["image/png"] = shrink(data["image/png"])


def shrink(png):
    """Gives a picture 256 colours of its own: no eye can tell, and half the room.

    Args:
        png: base64 text of a PNG file.

    Returns:
        The same of another.
    """
    picture = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    smaller = io.BytesIO()
    palette = picture.quantize(256, kmeans=4, dither=Image.Dither.NONE)
    palette.save(smaller, "PNG", optimize=True)
    return base64.b64encode(smaller.getvalue()).decode()


def refresh(path, runs):
    """Executes one lesson and writes it back only when all of it ran."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source = notebook.cells[-1].source = navigation(path)
    client = nbclient.NotebookClient(
        notebook,
        timeout=1200,
        kernel_name="python3",
        resources={"metadata": {"path": path.parent}},
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
    )
    client.execute(env={**os.environ, "GAN_RUNS": str(runs)})
    clean(notebook)
    part = path.with_suffix(".part")
    nbformat.write(notebook, part)
    os.replace(part, path)


def main(prefixes):
    chosen = [
        path
        for path in LESSONS
        if not prefixes or path.name.startswith(tuple(prefixes))
    ]
    with tempfile.TemporaryDirectory() as runs:
        for path in chosen:
            started = time.monotonic()
            refresh(path, runs)
            print(f"{path.name}: {time.monotonic() - started:.0f} s", flush=True)
        for animation in Path(runs).glob("*/*.gif"):  # the lessons show their own
            shutil.copyfile(animation, PICTURES / animation.name)


if __name__ == "__main__":
    main(sys.argv[1:])
