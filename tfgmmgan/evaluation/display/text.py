"""Tables for the terminal."""

from collections.abc import Iterable

__all__ = ["text_row"]


def text_row(name: str, cells: Iterable[str], width: int, cell_width: int) -> str:
    """Return a line: a name to the left in `width` characters, cells to the right in `cell_width` each."""
    return f"{name:<{width}}" + "".join(f"{cell:>{cell_width}}" for cell in cells)
