"""Writing files whole or not at all."""

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tfgmmgan.utils.errors import UserError

__all__ = [
    "check_empty",
    "check_space",
    "found_from",
    "is_temporary",
    "remove_temporary",
    "replacing",
    "seen_from",
    "temporary_path",
]

TEMPORARY = re.compile(r"\..+~[0-9a-f]{16}(\..*)?")
SPARE = 2**20  # bytes that stay free on a disk


def temporary_path(path: Path) -> Path:
    """Return a path beside `path`, with the same ending, that nobody can guess."""
    stem, dot, ending = path.name.partition(".")
    return path.with_name(f".{stem}~{secrets.token_hex(8)}{dot}{ending}")


def is_temporary(name: str) -> bool:
    """Return whether a name is one of `temporary_path`."""
    return TEMPORARY.fullmatch(name) is not None


def remove_temporary(folder: Path) -> None:
    """Remove the files and folders of unfinished writes below a folder that no other process writes to."""
    for path in [path for path in folder.rglob(".*~*") if is_temporary(path.name)]:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, with the same ending; on success it takes `path`'s place in one step.

    On an error, or if the process dies, `path` is what it was before.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_path(path)
    try:
        yield temporary
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def check_empty(folder: Path, option: str) -> None:
    """Raise `UserError` unless nothing is at a place, or an empty directory; `option` is how the user named it."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{option} {folder} is not an empty directory. Choose another.")


def check_space(folder: Path, size: int) -> None:
    """Raise `UserError` where a disk has no room for so many bytes: HDF5 may bring the process down instead."""
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < size + SPARE:
        raise UserError(
            f"{folder} has {free / 2**20:.1f} MB free, and {(size + SPARE) / 2**20:.1f} MB are to be written. Make "
            "room; what is written already is whole, and a run goes on from it by --resume."
        )


def seen_from(folder: str | Path, path: str) -> str:
    """Return a path as seen from a folder, for files in it: what is moved together is still found.

    By where folders really are; what the path names may be a link, and stays it.
    """
    parent, name = os.path.split(os.path.abspath(path))
    try:
        return Path(os.path.relpath(os.path.join(os.path.realpath(parent), name), os.path.realpath(folder))).as_posix()
    except ValueError:  # on another drive of Windows
        return path


def found_from(folder: str | Path, path: str) -> str:
    """Return the absolute path of one that `seen_from` gave, or that was absolute."""
    return os.path.normpath(os.path.join(os.path.realpath(folder), path))
