"""Writing files whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tfgmmgan.errors import UserError

__all__ = ["make_folder", "replacing"]


def make_folder(path: Path) -> None:
    """Make a directory, where it is not there; raise `UserError` where that can't be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"The directory {path} can't be made: {error.strerror}. Choose another --output.") from error


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, with the same ending; on success it takes `path`'s place in one step.

    On an error, or if the process dies, `path` is what it was before.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    stem, dot, ending = path.name.partition(".")
    temporary = path.with_name(f".{stem}-{os.getpid()}{dot}{ending}")
    try:
        yield temporary
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
