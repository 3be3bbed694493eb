"""Tables for the terminal."""

from collections.abc import Iterable, Mapping

__all__ = ["text_table"]


def text_table(
    title: str, columns: Iterable[str], rows: Mapping[str, Iterable[str]], width: int, cell_width: int
) -> str:
    """Return a table: names to the left in `width` characters, cells to the right in `cell_width` each."""
    return "\n".join(
        (f"{name:<{width}}" + "".join(f"{cell:>{cell_width}}" for cell in cells)).rstrip()
        for name, cells in [(title, columns), *rows.items()]
    )
