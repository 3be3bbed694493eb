"""The command line: parses arguments, calls the library, turns `UserError` into one line and exit code 2."""

import contextlib
import errno
import logging
import os
import re
import signal
import sys
import threading
import types
import warnings
from collections.abc import Callable, Iterator

from tfgmmgan.utils.errors import Note, UserError

__all__ = ["main", "run_command"]

LONGEST = 1500  # letters of an error's line
show_warning = warnings.showwarning


def run_command(command: Callable[[list[str], str], None], arguments: list[str], prog: str) -> int:
    """Run a command and return its exit code: 0, 2 for a mistake of the user's, 130 if interrupted.

    What the user has to know is one line on stderr, whatever happened to the output.
    """
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # its advice on tracing is for us, not for the user
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # where a terminal has no é
    interrupts: list[int] = []
    try:
        with warnings.catch_warnings(), _noting_interrupts(interrupts):
            warnings.showwarning = _show_warning
            command(arguments, prog)
        if sys.stdout is not None:
            sys.stdout.flush()
        return 0
    except KeyboardInterrupt:
        return _interrupted(prog)
    except Exception as error:
        if interrupts:  # native code that an interrupt comes into raises what it likes
            return _interrupted(prog)
        told = _what_to_tell(error)
        if told is None:
            raise
        _tell(f"{prog}: error: {told}")
        return 2
    finally:
        _give_up_broken_output()


@contextlib.contextmanager
def _noting_interrupts(noted: list[int]) -> Iterator[None]:
    """Note each Ctrl-C, where it is Python's to answer."""

    def note(number: int, frame: types.FrameType | None) -> None:
        noted.append(number)
        raise KeyboardInterrupt

    is_ours = threading.current_thread() is threading.main_thread()
    if not is_ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _interrupted(prog: str) -> int:
    kept = " Finished epochs are kept; --resume goes on from the last." if "train" in prog else ""
    _tell(f"\n{prog}: interrupted.{kept}")
    return 130


def _what_to_tell(error: Exception) -> str | None:
    """Return an error's line for the user; None for a fault of ours, whose traceback is to be seen."""
    text = str(error)
    if isinstance(error, UserError):
        return text
    if isinstance(error, MemoryError):
        return f"There is not enough memory ({text or 'none left'}). Ask for fewer or smaller images."
    if isinstance(error, BrokenPipeError):
        return "Nobody reads the output any more, so this stopped."
    if "No space left on device" in text or getattr(error, "errno", None) == errno.ENOSPC:
        return f"The disk is full ({text}). Make room; what was written before is whole."
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror or text}."
    told = re.search(r"UserError: ([^\n]+)", text)  # as TensorFlow hands on what reading a file raised
    return told[1] if told else None


def _tell(text: str) -> None:
    """Print one line on stderr, no longer than can be read, without what would move a terminal's cursor."""
    start = "\n" if text.startswith("\n") else ""
    line = "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))
    if len(line) > LONGEST:
        line = f"{line[: LONGEST - 300]} ... {line[-300:]}"
    with contextlib.suppress(OSError, ValueError):
        print(start + line, file=sys.stderr, flush=True)


def _show_warning(message: Warning | str, category: type[Warning], *args, **kwargs) -> None:
    """Print a note as a line; other warnings are for developers, as Python shows them."""
    if issubclass(category, Note):
        _tell(f"note: {message}")
    else:
        show_warning(message, category, *args, **kwargs)


def _give_up_broken_output() -> None:
    """Flush the output; where nobody takes it any more, let Python not find that out again at its end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def main(name: str | None = None) -> int:
    """Run the command `name` with the process's arguments; without a name, the first argument names it."""
    from tfgmmgan.cli import cluster, evaluate, explore, export, predict, reproduce, sample, serve, train

    commands = {
        "cluster": cluster.command,
        "predict": predict.command,
        "train": train.command,
        "evaluate": evaluate.command,
        "sample": sample.command,
        "explore": explore.command,
        "serve": serve.command,
        "export": export.command,
        "reproduce": reproduce.command,
    }
    arguments = sys.argv[1:]
    if name is not None:
        return _run(commands[name], arguments, f"{name}.py")
    prog = "python -m tfgmmgan"
    if not arguments or arguments[0] in ("-h", "--help"):
        print(f"usage: {prog} {{{','.join(commands)}}} ...\n")
        for command, function in commands.items():
            print(f"  {command:<10} {(function.__doc__ or '').splitlines()[0]}")
        print(f"\n{prog} COMMAND --help tells more.")
        return 0 if arguments else 2
    if arguments[0] not in commands:
        from tfgmmgan.utils.errors import unknown_name

        print(f"{prog}: error: {unknown_name('command', arguments[0], commands)}", file=sys.stderr)
        return 2
    return _run(commands[arguments[0]], arguments[1:], f"{prog} {arguments[0]}")


def _run(command: Callable[[list[str], str], None], arguments: list[str], prog: str) -> int:
    code = run_command(command, arguments, prog)
    if code == 130:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process is ending as it is
    return code
