"""Ends a training at random moments and compares what comes out bit for bit.

A training is ended up to three times at moments spread over all that it does, then runs
to its end. One that nobody touched leaves the same checkpoint, curves, frames, model
and samples.
"""

import functools
import os
import random
import shutil
import signal
import time
from concurrent import futures

from tools.attack import children
from tools.attack.report import Row

# Signals that one moment brings, with the seconds between two of them.
WAYS = {
    "SIGKILL": [signal.SIGKILL],
    "SIGTERM": [signal.SIGTERM],
    "SIGHUP": [signal.SIGHUP],
    "Ctrl-C": [signal.SIGINT],
    "Ctrl-C twice": [signal.SIGINT, signal.SIGINT],
}
COUNTS = {"slice": 6, "full": 60}  # kills; half of them are SIGKILL
EQUAL = "equal bit for bit in the end"
STEPS = {"attack": 200, "lesson_05": 250}
PAUSE = 0.002  # seconds between two looks at the folder


class Trainings:
    """Starts one training again and again, each time in the folder that it is given.

    Args:
        top: folder of the whole attack.
        part: names a folder in it.
        name: which model is trained.
    """

    def __init__(self, top, part, name="attack"):
        self.top, self.folder, self.name = top, top / part, name
        self.folder.mkdir(parents=True, exist_ok=True)

    def start(self, run, anew=False, out=None, **options):
        """Starts it; `anew` with Python's own start, as the first of a morning."""
        arguments = ["train", self.name, "--steps", STEPS.get(self.name, 100)]
        arguments += ["--seed", 3, "--save-every", 0, "--out", run]
        out = out or run.with_suffix(".out")
        if self.name == "attack":
            return children.Child(arguments, out, forked=not anew, **options)
        return children.Child(arguments, out, forked=False, module="gan_utils")

    def finish(self, run):
        """Runs it to its end and draws samples; returns a fault or None."""
        child = self.start(run)
        fault = child.fault(code := child.end(600))
        if fault or code:
            return fault or f"it did not go on: {child.said()}"
        model, samples = run / "model", run / "samples.npz"
        draw = ["sample", self.name, "--model", model, "--out", samples]
        drawn = children.Child(draw, run.with_suffix(".out"))
        return drawn.fault(drawn.end())

    def compare(self, run, ways=()):
        """Finishes one and compares it with one that nobody hurt."""
        kept = early(run)
        fault = self.finish(run) or drawn_again(kept)
        return fault or difference(run, whole(self.top, self.name)[0], ways)


@functools.cache
def whole(top, name="attack"):
    """Returns contents, files that appeared and seconds of one that nobody hurt."""
    children.warm()
    trainings = Trainings(top, "whole", name)
    run, begun, seen = trainings.folder / name, time.monotonic(), set()
    child = trainings.start(run)
    while child.running():
        seen |= names(run)
        time.sleep(PAUSE)
    lasted = time.monotonic() - begun
    if fault := trainings.finish(run):
        raise RuntimeError(f"A training that nobody hurt: {fault}.")
    return _contents(run), len(seen), lasted


def names(run):
    """Returns the paths of all that lies in a folder now."""
    return {
        os.path.join(top, name) for top, *of in os.walk(run) for name in sum(of, [])
    }


def early(run):
    """Notes when the frames before the newest checkpoint were drawn."""
    steps = [int(path.stem[5:]) for path in run.glob("checkpoint/ckpt-*.index")]
    frames = {int(path.stem[5:]): path for path in run.glob("frames/step_*.png")}
    newest = max(steps, default=0)
    return {p: p.stat().st_mtime_ns for step, p in frames.items() if step < newest}


def drawn_again(kept):
    """Says that a training began anew beside a checkpoint, or None."""
    for path, drawn in kept.items():
        if not path.exists() or path.stat().st_mtime_ns != drawn:
            return f"it began anew beside a checkpoint: {path.name} was drawn again"
    return None


def strike(trainings, run, way, chance, events, lasted):
    """Ends a training at a random moment; returns whether it ran still, and a fault.

    Every second moment is that in which some file appears, or a little later; the
    others are any, from the start to the end.
    """
    kept, known = early(run), names(run)
    child = trainings.start(run, anew=way == "start-up")
    begun, seen = time.monotonic(), set()
    at = chance.randrange(1, events) if chance.random() < 0.5 else None
    moment = chance.uniform(0.1, lasted if way != "start-up" else 5)
    while child.running():
        seen |= names(run) - known
        if len(seen) >= at if at else time.monotonic() - begun > moment:
            break
        time.sleep(PAUSE)
    if at is not None:
        time.sleep(chance.choice((0, chance.uniform(0, 0.02))))
    if not child.running():
        return False, child.fault(child.end()) or drawn_again(kept)
    for number in WAYS.get(way, WAYS["SIGKILL"]):
        child.send(number)
        time.sleep(chance.uniform(0, 0.1))
    code = child.end()
    if way in ("SIGKILL", "start-up"):
        return code == -signal.SIGKILL, drawn_again(kept)
    fault = child.fault(code) or drawn_again(kept)
    return True, fault or (None if child.said() else "it said nothing")


def trial(trainings, number, seed, ways):
    """Ends a training in these ways, begins another when one is over, compares each.

    Returns:
        A list of pairs of what was tried and its fault or None, and a line to print.
    """
    _, events, lasted = whole(trainings.top, trainings.name)
    chance = random.Random(f"{seed} {number}")
    told, left = [], list(ways)
    for part in range(3 * len(ways)):
        run = trainings.folder / f"run{number}.{part}"
        hits = []
        while left:
            hit, fault = strike(trainings, run, left[0], chance, events, lasted)
            told += [(left[0], fault)] if hit or fault else []
            if not hit:
                break
            hits.append(left.pop(0))
        if hits:
            fault = trainings.compare(run, hits)
            told.append((EQUAL, fault and f"{fault}, after {' and '.join(hits)}"))
        shutil.rmtree(run, ignore_errors=True)
        if not left:
            break
    faults = [f"{way}: {fault}" for way, fault in told if fault]
    return told, f"run{number}, {', '.join(ways)}: {'; '.join(faults) or 'equal'}"


def difference(run, expected, ways=()):
    """Says in what a training differs from one that nobody touched, or None.

    What was interrupted gently has another frame and point of a curve where it stopped.
    """
    try:
        found = _contents(run)
    except (OSError, ValueError, KeyError) as error:
        return f"something is gone: {error}"
    keys = {*found, *expected}
    if not {"SIGKILL", "start-up"}.issuperset(ways):
        keys = {key for key in keys if "log, " not in key and "frames/" not in key}
    other = sorted(key for key in keys if found.get(key) != expected.get(key))
    named = ", ".join(other[:3])
    return f"{len(other)} things are not equal ({named})" if other else None


def attack(folder, seed, size, count=None, name="attack", say=lambda line: None):
    """Ends trainings in each of the ways.

    Args:
        folder: where to write.
        seed: decides the moments; how the system shares its time does, too.
        size: "slice" or "full".
        count: how many kills and signals, in place of the size's own number.
        name: which model is trained.
        say: is given a line for each training that was ended.

    Yields:
        A `report.Row` for each way, and one for what came out in the end.
    """
    trainings = Trainings(folder, "kills", name)
    whole(folder, name)  # before two of them would run it
    found = []
    with futures.ThreadPoolExecutor(2) as pool:
        plan = enumerate(_plan(random.Random(seed), count or COUNTS[size]))
        given = [(trainings, number, seed, ways) for number, ways in plan]
        for job in futures.as_completed([pool.submit(trial, *each) for each in given]):
            told, line = job.result()
            say(line)
            found += told
    for way in ("start-up", *WAYS, EQUAL):
        faults = [fault for each, fault in found if each == way]
        if faults:
            yield Row(f"kills: {way}", len(faults), [f for f in faults if f])


def _plan(chance, count):
    """Deals out so many ways to trainings, one to three for each."""
    gentle = [way for way in WAYS if way != "SIGKILL"]
    ways = ["start-up"] * (count // 20) + ["SIGKILL"] * (count // 2)
    ways += [gentle[place % len(gentle)] for place in range(count - len(ways))]
    chance.shuffle(ways)
    plan = []
    while ways:
        size = chance.randint(1, 3)
        plan.append(ways[:size])
        ways = ways[size:]
    return plan


def _contents(run):
    from tools.attack import training

    return training.contents(run)
