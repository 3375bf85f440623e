"""Starts JupyterLab, opens lessons in a browser, and sees what a reader would see."""

import base64
import contextlib
import copy
import io
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from tools.lessons import ROOT, find_lesson

import nbformat
import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
)
HOW = (
    "No Chromium or Chrome was found. Install one (Debian and Ubuntu: apt-get install "
    "chromium; others: google.com/chrome), or name it: make browser CHROMIUM=/path"
)
SETTINGS = {
    # Its question about news would lie over the lesson.
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false"},
    # All cells stay in the page, so that a test finds what a reader would scroll to.
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
}
FOLDERS = {
    "JUPYTER_CONFIG_DIR": "config",
    "JUPYTER_DATA_DIR": "data",
    "JUPYTER_RUNTIME_DIR": "runtime",
    "JUPYTERLAB_SETTINGS_DIR": "settings",
    "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    "IPYTHONDIR": "ipython",
}
PICTURES = Path(os.environ.get("BROWSER_PICTURES", ROOT / "runs" / "browser"))
MINUTE = 60_000
TOOLBAR = ".jp-NotebookPanel-toolbar"
# An image's address says nothing, so it is drawn and compared pixel by pixel: once it
# differs from `before` and has held still for `still` milliseconds, in which the kernel
# idled, it is returned.
SCRIPT = """
window.pictures = new Set();
const notes = {createObjectURL: "add", revokeObjectURL: "delete"};
for (const [name, note] of Object.entries(notes)) {
    const original = URL[name].bind(URL);
    URL[name] = thing => {
        const result = original(thing);
        pictures[note](result ?? thing);
        return result;
    };
}
window.pixelsOf = image => {
    if (!image.complete || !image.naturalWidth) return null;
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    canvas.getContext("2d").drawImage(image, 0, 0);
    return canvas.toDataURL("image/png");
};
window.settled = (image, {before, patience, still}) => new Promise(done => {
    const start = performance.now();
    let last = null, since = start;
    const look = () => {
        const now = pixelsOf(image), time = performance.now();
        const works = document.querySelector("TOOLBAR [data-status=busy]");
        if (now !== last || works) [last, since] = [now, time];
        if (now && now !== before && time - since > still) return done(now);
        if (time - start > patience) return done(null);
        setTimeout(look, 25);
    };
    look();
});
""".replace("TOOLBAR", TOOLBAR)
TIME_OF_VALUES = """(handle, count) => new Promise(done => {
    let start = null;
    const observer = new MutationObserver(() => {
        start ??= performance.now();
        if (count-- == 0) {
            observer.disconnect();
            done(performance.now() - start);
        }
    });
    observer.observe(handle, {attributeFilter: ["aria-valuenow"]});
    setTimeout(() => done(null), 20000);
})"""
HAVE_RUN = """([count, complaints]) => {
    const prompts = [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")]
        .map(prompt => prompt.textContent);
    const done = prompts.filter(text => /\\d/.test(text)).length;
    const stopped = !prompts.some(text => text.includes("*"));
    return stopped && (done >= count || document.querySelector(complaints));
}"""
IDLE = f"""() => document.querySelector(".jp-Notebook .jp-Cell")
    && document.querySelector(".jp-KernelName")?.textContent.includes("Python 3")
    && document.querySelector("{TOOLBAR} [data-status=idle]")
"""
# Errors are shown as stderr is, with the same kind of output.
COMPLAINTS = (
    "[data-mime-type='application/vnd.jupyter.stderr'], .jp-Dialog, .Toastify__toast"
)
# What does not fit: text that is cut off, and boxes that would need a scrollbar.
CUT_OFF = """widget => [...widget.closest(".jp-OutputArea").querySelectorAll("*")]
    .filter(element => element.scrollWidth > element.clientWidth + 1
        && !["visible", "clip"].includes(getComputedStyle(element).overflowX))
    .map(element => `${element.className}: ${element.textContent}`)"""


def find_browser():
    """Returns the path of a browser, or None."""
    named = os.environ.get("CHROMIUM")
    found = [shutil.which(named)] if named else [*map(shutil.which, NAMES), *PLACES]
    return next((path for path in found if path and Path(path).exists()), None)


@contextlib.contextmanager
def open_browser():
    """Starts the browser; headless."""
    # A container's root has no sandbox; the rest keeps the browser off the network.
    options = ["--no-sandbox", "--disable-background-networking", "--no-first-run"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=options
        )
        yield browser
        browser.close()


class Lab:
    """A JupyterLab that serves a copy of the lessons and keeps to its own folders."""

    def __init__(self, folder):
        self.notebooks = shutil.copytree(ROOT / "notebooks", folder / "root")
        self.log = folder / "server.log"
        self.token = secrets.token_hex(16)
        for name, setting in SETTINGS.items():
            path = folder / "settings" / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(setting))
        with socket.socket() as probe:
            probe.bind(("localhost", 0))
            port = probe.getsockname()[1]
        self.address = f"http://localhost:{port}"
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
        command += [f"--port={port}", "--ip=localhost", f"--notebook-dir={folder}/root"]
        command += [f"--IdentityProvider.token={self.token}"]
        folders = {name: str(folder / place) for name, place in FOLDERS.items()}
        with self.log.open("w") as log:
            self.server = subprocess.Popen(
                command, env={**os.environ, **folders}, stdout=log, stderr=log
            )

    def wait(self):
        """Waits until it answers."""
        for _ in range(240):
            if self.server.poll() is not None:
                break
            with contextlib.suppress(OSError):
                return self.ask("status")
            time.sleep(0.25)
        raise RuntimeError(f"JupyterLab did not start:\n{self.log.read_text()[-2000:]}")

    def ask(self, path, method="GET"):
        """Asks the server's interface and returns the answer."""
        request = urllib.request.Request(
            f"{self.address}/api/{path}",
            headers={"Authorization": f"token {self.token}"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or "null")


@contextlib.contextmanager
def serve_lessons():
    """Starts a JupyterLab, yields it and stops it with all its kernels."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        lab = Lab(Path(folder))
        try:
            lab.wait()
            yield lab
        finally:
            lab.server.terminate()
            lab.server.wait(60)


def shorten(path, without=(), **parameters):
    """Returns a lesson with other values in its cell of parameters, nothing run yet.

    Cells of code that hold one of the texts `without` are left out.
    """
    notebook = nbformat.read(path, as_version=4)
    for text in without:
        cells = [
            cell
            for cell in notebook.cells
            if cell.cell_type != "code" or text not in cell.source
        ]
        assert len(cells) < len(notebook.cells), f"{path.name} has no cell with {text}"
        notebook.cells = cells
    for cell in notebook.cells:
        if cell.cell_type == "code":  # what is shown later was made here and now
            cell.outputs, cell.execution_count = [], None
        if "parameters" in cell.metadata.get("tags", []):
            for name, value in parameters.items():
                pattern = rf"(?m)^{name} = [^#\n]*"
                cell.source, count = re.subn(
                    pattern, f"{name} = {value!r}  ", cell.source
                )
                assert count == 1, f"{path.name} has no parameter {name}"
    return notebook


@contextlib.contextmanager
def open_notebook(browser, lab, notebook, name):
    """Saves a notebook, opens it in a page of its own and closes both after."""
    nbformat.write(notebook, lab.notebooks / name)
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.add_init_script(SCRIPT)
    lesson = Lesson(page, lab, name)
    try:
        lesson.open()
        yield lesson
    finally:
        page.close()
        for kernel in lesson.kernels():
            lab.ask(f"kernels/{kernel}", "DELETE")


def open_lesson(browser, lab, name, without=(), **parameters):
    """Opens the lesson of a name, some cells left out and some parameters changed."""
    path = find_lesson(name)
    return open_notebook(browser, lab, shorten(path, without, **parameters), path.name)


def open_cells(browser, lab, cells):
    """Opens a notebook with these cells of code."""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    cells = [nbformat.v4.new_code_cell(text) for text in cells]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
    return open_notebook(browser, lab, notebook, "controls.ipynb")


def decode(pixels):
    """Returns pixels as an array `(height, width, 3)`."""
    content = base64.b64decode(pixels.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


class Lesson:
    """One lesson in one page of the browser."""

    def __init__(self, page, lab, name):
        self.page, self.lab, self.name = page, lab, name
        self.label = name.removesuffix(".ipynb")  # of its pictures
        self.place = page  # where its widgets are
        self.patience = 10_000  # milliseconds that a picture has to follow

    def open(self):
        """Opens it and waits for a kernel that idles under its own name.

        For an instant the status says idle while there is no kernel yet; to run the
        cells then opens a dialog and runs nothing.
        """
        self.page.goto(
            f"{self.lab.address}/lab/tree/{self.name}?token={self.lab.token}&reset"
        )
        self.page.wait_for_function(IDLE, timeout=2 * MINUTE)

    def run(self, which="Run All Cells", count=None):
        """Runs cells by the menu and waits until `count` have run, or one failed."""
        count = count or self.page.locator(".jp-CodeCell").count()
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name=which, exact=True).click()
        self.page.wait_for_function(
            HAVE_RUN, arg=[count, COMPLAINTS], timeout=3 * MINUTE
        )

    def select(self, text):
        """Selects the cell of code that holds a text; returns how many stand above."""
        cells = self.page.locator(".jp-CodeCell")
        codes = cells.locator(".jp-InputArea").all_inner_texts()
        (place,) = [place for place, code in enumerate(codes) if text in code]
        cells.nth(place).locator(".jp-InputPrompt").click()
        return place

    def part(self, cell, label):
        """Returns it with the widgets of one cell only."""
        part = copy.copy(self)
        part.label = label
        part.place = self.page.locator(".jp-CodeCell").nth(cell)
        return part

    def complaints(self):
        """Returns every error, line of stderr, dialog and toast that a reader sees."""
        return self.page.locator(COMPLAINTS).all_inner_texts()

    def wait_for_text(self, address, text):
        """Asks an address again and again until its answer holds a text."""
        for _ in range(120):
            if text in self.page.request.get(address).text():
                return
            self.page.wait_for_timeout(500)
        raise AssertionError(f"{address} never answers with {text}.")

    def widget(self, kind, place=0):
        """Returns a widget of the series, in the middle of the window.

        Its cell is made the active one: when the focus comes into another cell,
        JupyterLab activates that cell and takes the focus away from the control.
        """
        widget = self.place.locator(f".gan-{kind}").nth(place)
        cell = widget.locator("xpath=ancestor::*[contains(@class, 'jp-CodeCell')]")
        cell.locator(".jp-InputPrompt").click()
        widget.evaluate("widget => widget.scrollIntoView({block: 'center'})")
        return widget

    def kernels(self):
        """Returns the identities of its kernels: one, or none yet."""
        return [
            session["kernel"]["id"]
            for session in self.lab.ask("sessions")
            if session["path"] == self.name
        ]

    def pixels(self, widget, place=0, before=None, still=100):
        """Returns an image of a widget, once it is not as before and holds still."""
        options = {"before": before, "patience": self.patience, "still": still}
        image = widget.locator("img").nth(place)
        now = image.evaluate("(image, options) => settled(image, options)", options)
        assert now, "The picture does not change, or it does not hold still."
        return now

    @contextlib.contextmanager
    def changes(self, widget, place=0):
        """Checks that what is done meanwhile changes an image, and that it settles."""
        before = self.pixels(widget, place)
        yield
        self.pixels(widget, place, before)

    def memory(self):
        """Returns MB that the page and the kernel use, and pictures the page keeps."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("Performance.enable")
        session.send("HeapProfiler.collectGarbage")
        metrics = session.send("Performance.getMetrics")["metrics"]
        session.detach()
        return {
            "page": {m["name"]: m["value"] for m in metrics}["JSHeapUsedSize"] / 1e6,
            "pictures": self.page.evaluate("pictures.size"),
            "kernel": sum(map(_resident, self.kernels())),
        }

    def time_of_values(self, handle, count):
        """Returns in how many milliseconds a slider takes that many new values."""
        time = handle.evaluate(TIME_OF_VALUES, count)
        assert time, "The slider does not move."
        return time

    def press(self, control, *keys):
        """Gives a control the focus and presses keys, the mouse unused."""
        control.focus()
        for key in keys:
            self.page.keyboard.press(key)

    def drag(self, handle, share):
        """Drags the handle of a slider to a share of its way."""
        handle.scroll_into_view_if_needed()
        track = handle.locator("xpath=ancestor::*[contains(@class, 'noUi-target')]")
        way, box = track.bounding_box(), handle.bounding_box()
        middle = box["y"] + box["height"] / 2
        self.page.mouse.move(box["x"] + box["width"] / 2, middle)
        self.page.mouse.down()
        self.page.mouse.move(way["x"] + share * way["width"], middle, steps=8)
        self.page.mouse.up()


def slider(widget, name):
    """Returns the handle of the slider of a name."""
    box = widget.locator(".widget-slider").filter(has_text=name)
    return box.get_by_role("slider")


def value(handle):
    """Returns where a slider stands."""
    return float(handle.get_attribute("aria-valuenow"))


def _resident(kernel):
    """Returns the MB of memory that a kernel occupies; 0 where there is no /proc."""
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it may end meanwhile
            if kernel in command.read_text():
                pages = int((command.parent / "statm").read_text().split()[1])
                return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    return 0
