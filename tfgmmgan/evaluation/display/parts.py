"""Parts of a report's block, as HTML. Plain strings are escaped."""

import base64
from collections.abc import Collection, Mapping, Sequence

from markupsafe import Markup

__all__ = ["block", "figures", "heading", "image", "note", "scroll", "table"]


def block(title: str, *parts: str) -> Markup:
    """Return a block of the report; empty parts are left out."""
    body = Markup("\n  ").join(part for part in parts if part)
    return Markup("<section>\n  <h2>{}</h2>\n  {}\n</section>\n").format(title, body)


def heading(text: str) -> Markup:
    """Return a heading within a block."""
    return Markup("<h3>{}</h3>").format(text)


def note(text: str, css: str = "soft") -> Markup:
    """Return a paragraph: what a reader should know of the numbers, or, as "bad", what is wrong."""
    return Markup('<p class="{}">{}</p>').format(css, text)


def image(content: str | bytes, alt: str, css: str = "") -> Markup:
    """Return a picture with its bytes in it: an SVG's text, or a PNG's bytes, which keep their pixels."""
    kind, css = ("svg+xml", css) if isinstance(content, str) else ("png", f"pixels {css}".strip())
    encoded = base64.b64encode(content.encode() if isinstance(content, str) else content).decode()
    return Markup('<img class="{}" src="data:image/{};base64,{}" alt="{}">').format(css, kind, encoded, alt)


def scroll(part: Markup) -> Markup:
    """Return a part that scrolls sideways where the screen is narrow."""
    return Markup('<div class="scroll">{}</div>').format(part)


def figures(pictures: Mapping[str, Markup]) -> Markup:
    """Return images (`image`) beside each other, by their captions."""
    one = Markup("<figure>{}<figcaption>{}</figcaption></figure>")
    return Markup('<div class="charts">{}</div>').format(
        Markup().join(one.format(picture, caption) for caption, picture in pictures.items())
    )


def table(
    columns: Sequence[str], rows: Mapping[str, Sequence[str]], floor: Collection[str] = (), css: str = ""
) -> Markup:
    """Return a table.

    Args:
        columns: Titles, that of the rows' names first.
        rows: By name the other cells.
        floor: Names of the rows that are there to compare with.
        css: A class for the table.
    """

    def line(cells: Sequence[str], tag: str, css: str = "") -> Markup:
        inner = Markup().join(Markup(f"<{tag}>{{}}</{tag}>").format(cell) for cell in cells)
        return Markup('<tr class="{}">{}</tr>\n').format(css, inner)

    body = Markup().join(line([name, *cells], "td", "floor" if name in floor else "") for name, cells in rows.items())
    return scroll(Markup('<table class="{}">\n{}{}</table>').format(css, line(columns, "th"), body))
