"""The command line: parses arguments, calls the library, turns `UserError` into one line and exit code 2."""

import logging
import re
import sys
from collections.abc import Callable

from tfgmmgan.utils.errors import UserError

__all__ = ["main", "run_command"]


def run_command(command: Callable[[list[str], str], None], arguments: list[str], prog: str) -> int:
    """Run a command and return its exit code: 0, 2 for a mistake of the user's, 130 if interrupted."""
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # its advice on tracing is for us, not for the user
    try:
        command(arguments, prog)
    except UserError as error:
        print(f"{prog}: error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        kept = " Finished epochs are kept; --resume goes on from the last." if "train" in prog else ""
        print(f"\n{prog}: interrupted.{kept}", file=sys.stderr)
        return 130
    except OSError as error:
        if error.filename is None:  # not of a file that was named
            raise
        print(f"{prog}: error: {error.filename}: {error.strerror}.", file=sys.stderr)
        return 2
    except Exception as error:
        told = re.search(r"UserError: ([^\n]+)", str(error))  # as TensorFlow hands on what reading a file raised
        if told is None:
            raise
        print(f"{prog}: error: {told[1]}", file=sys.stderr)
        return 2
    return 0


def main(name: str | None = None) -> int:
    """Run the command `name` with the process's arguments; without a name, the first argument names it."""
    from tfgmmgan.cli import evaluate, reproduce, sample, train

    commands = {
        "train": train.command,
        "evaluate": evaluate.command,
        "sample": sample.command,
        "reproduce": reproduce.command,
    }
    arguments = sys.argv[1:]
    if name is not None:
        return run_command(commands[name], arguments, f"{name}.py")
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
    return run_command(commands[arguments[0]], arguments[1:], f"{prog} {arguments[0]}")
