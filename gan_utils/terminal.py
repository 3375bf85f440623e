"""What a command does with signals, errors and streams that break."""

import contextlib
import os
import signal
import sys


def run(command):
    """Runs a command.

    Args:
        command: a function without arguments.

    Returns:
        The exit code: 0; 2 when something is wrong, which is said in a line; after a
        signal 128 and its number, 130 for Ctrl-C.
    """
    heard = []
    try:
        with _any_character(sys.stdout), _signals(heard):
            command()
            print(end="", flush=True)
    except KeyboardInterrupt as interrupt:
        told = f"{interrupt} The same command goes on from there."
        _say(f"\n{told if str(interrupt) else 'Interrupted.'}")
        return 128 + (heard or [signal.SIGINT])[0]
    except Exception as error:
        if heard:  # in the midst of HDF5, an interrupt comes out as some other error
            _say("\nInterrupted.")
            return 128 + heard[0]
        told = _tell(error)
        if told is None:
            raise
        _say(f"gan_utils: {told}")
    else:
        return 0
    finally:
        _let_go(sys.stdout)
    return 2


def _tell(error):
    """Returns what is wrong in a line; None for what no user can mend."""
    if isinstance(error, MemoryError):
        return "the memory is too small; ask for less."
    if isinstance(error, BrokenPipeError):
        return "nobody reads the output any more. Run the same again."
    if getattr(error, "strerror", None):  # the system's own, which knows no cure
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}. Mend that, then run the same again."
    if isinstance(error, (ValueError, OSError, FloatingPointError)):
        return " ".join(str(error).split())
    return None


@contextlib.contextmanager
def _any_character(stream):
    """Lets an output show `?` for what its encoding lacks, such as é in ASCII."""
    before = getattr(stream, "errors", None)
    if not hasattr(stream, "reconfigure"):
        yield
        return
    stream.reconfigure(errors="replace")
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            stream.reconfigure(errors=before)


@contextlib.contextmanager
def _signals(heard):
    """Lets SIGTERM and SIGHUP do what Ctrl-C does, and notes their numbers.

    A signal that is ignored, as under `nohup`, or has a handler keeps it.
    """

    def hear(number, frame):
        heard.append(number)
        interrupt = signal.getsignal(signal.SIGINT)
        if not callable(interrupt):  # a shell lets what runs behind it ignore Ctrl-C
            interrupt = signal.default_int_handler
        interrupt(signal.SIGINT, frame)

    ours = []
    for name in ("SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) is signal.SIG_DFL:
            with contextlib.suppress(ValueError):  # not in the main thread
                signal.signal(number, hear)
                ours.append(number)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _say(line):
    with contextlib.suppress(OSError):  # a terminal may be gone
        print(line, file=sys.stderr, flush=True)


def _let_go(stream):
    """Drops what cannot be written: Python would complain of it when it ends."""
    try:
        print(end="", file=stream, flush=True)  # where it is closed, Python has None
    except OSError:
        with contextlib.suppress(OSError), open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())
