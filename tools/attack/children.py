"""Processes that the attack starts, hurts and ends; it touches no other.

Starting TensorFlow takes seconds. So one process imports it once and computes nothing,
and every child is a fork of that one.
"""

import multiprocessing
import os
import re
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TRAINING = "tools.attack.training"
SENTENCE = re.compile(r".{10,}\.( .*)?")  # what an error says, and often its cure
STOPPED = (0, 2, 129, 130, 143)  # how the command line ends when it says why

_lock = threading.Lock()


def private(folder):
    """Sets where this process and its children keep things: below one folder."""
    for name in ("HOME", "KERAS_HOME", "GAN_RUNS", "TMPDIR", "MPLCONFIGDIR"):
        place = folder / "private" / name.lower()
        place.mkdir(parents=True, exist_ok=True)
        os.environ[name] = str(place)
    os.environ["PYTHONPATH"] = str(ROOT)
    # The bar of a process that was killed leaves one, and the system takes it back.
    os.environ["PYTHONWARNINGS"] = "ignore:resource_tracker:UserWarning"


def warm():
    """Imports TensorFlow, so that the first child takes no longer than others."""
    process = _fork(time.time)
    process.join()


class Child:
    """A command of `gan_utils` in a process of its own, its output in a file.

    Args:
        arguments: of the command line.
        out: a path for what it says; what it complains of goes beside, `.errors`.
        forked: whether to fork it; otherwise Python starts anew, as for a reader.
        module: which module then is run.
        clock: seconds by which the clock of a forked one is wrong.
        options: more for `subprocess.Popen`.
    """

    def __init__(
        self, arguments, out, forked=True, module=TRAINING, clock=0, **options
    ):
        self.out = Path(out)
        self.errors = self.out.with_name(f"{self.out.name}.errors")
        arguments = [str(argument) for argument in arguments]
        self.forked = forked
        if forked:
            self.process = _fork(_command, arguments, str(out), str(self.errors), clock)
        else:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                **{"stdout": self.out.open("w"), "stderr": self.errors.open("w")}
                | options,
                cwd=ROOT,
            )

    def send(self, number):
        """Sends a signal, unless the process has ended."""
        if self.running():
            os.kill(self.process.pid, number)

    def running(self):
        """Tells whether it still runs; a child that ended is waited for."""
        if self.forked:
            return self.process.is_alive()
        return self.process.poll() is None

    def end(self, limit=120):
        """Waits and returns the exit code; None, once killed, for one that hung."""
        until = time.monotonic() + limit
        while self.running() and time.monotonic() < until:
            time.sleep(0.01)
        if self.running():
            self.process.kill()
            (self.process.join if self.forked else self.process.wait)()
            return None
        return self.process.exitcode if self.forked else self.process.returncode

    def said(self):
        """Returns the last line that it complained of, or else printed."""
        texts = [path.read_text(errors="replace") for path in (self.errors, self.out)]
        text = texts[0].strip() or texts[1].strip()
        return text.replace("\r", "\n").rpartition("\n")[2]

    def fault(self, code):
        """Returns what is wrong with how it ended, a sentence, or None."""
        if code is None:
            return "it hung"
        text, said = self.errors.read_text(errors="replace"), self.said()
        if code not in STOPPED or "Traceback" in text:
            return f"it ended with code {code}: {said[-200:]}"
        if code and not SENTENCE.fullmatch(said):
            return f"it ended with code {code}, and no sentence: {said[-200:]}"
        return None


def work(task, cases, limit):
    """Works off cases in forked processes, two side by side.

    Args:
        task: a function of a module, from a case and a function that is told what is
            done, a text, to a fault, a sentence or None.
        cases: what to give it.
        limit: seconds a case may take.

    Returns:
        A list of pairs of a case and its fault; a process that dies or hangs is one.
    """
    found = []
    halves = [list(cases[start::2]) for start in range(2)]
    threads = [
        threading.Thread(target=_work_off, args=(task, half, limit, found))
        for half in halves
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def _work_off(task, cases, limit, found):
    while cases:
        here, there = multiprocessing.Pipe()
        process = _fork(_attempt, task, cases, there)
        there.close()
        fault, done = None, ""
        while cases and not fault:
            try:
                if not here.poll(limit):
                    raise TimeoutError
                ended, text = here.recv()
            except TimeoutError:
                process.kill()
                ended, fault = True, f"{done}: it took more than {limit} s"
            except EOFError:
                process.join()
                ended, fault = True, f"{done}: the process died ({process.exitcode})"
            if ended:
                found.append((cases[0], fault or (text and f"{done}: {text}")))
                cases = cases[1:]
            else:
                done = text
        process.join()


def _fork(function, *arguments):
    with _lock:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([TRAINING])
        process = context.Process(target=function, args=arguments, daemon=True)
        process.start()
    return process


def _command(arguments, out, errors, clock):
    now = time.time
    time.time = lambda: now() + clock
    for place, path in ((1, out), (2, errors)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), place)
    from tools.attack import training

    sys.exit(training.__main__.main(arguments))


def _attempt(task, cases, connection):
    # What TensorFlow's C++ or a library says of damage belongs to no table.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    for case in cases:
        try:
            fault = task(case, lambda text: connection.send((False, text)))
        except Exception:
            lines = traceback.format_exc().splitlines()
            fault = f"the attack itself failed: {' '.join(lines[-4:])}"
        connection.send((True, fault))
