"""Writing files whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["replacing"]


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
