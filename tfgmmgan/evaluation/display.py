"""What sections are shown with: a reader's names, tables of text, several runs as one, charts, parts of HTML."""

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import jinja2
from markupsafe import Markup
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.text import Text

from tfgmmgan.evaluation.aggregate import aggregate
from tfgmmgan.evaluation.meanings import meaning

__all__ = ["COLOURS", "METHODS", "SAMPLERS", "TEMPLATES", "Runs", "html", "image", "panels", "svg", "text_table"]

TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
)
TEMPLATES.globals["meaning"] = meaning
html = TEMPLATES.get_template("parts.html.jinja").module  # parts of a report's block: `html.note("...")`
COLOURS = ("#2a6f97", "#c8553d", "#588157", "#8e6c8a", "#b08900")
METHODS = {
    "classifier": "The classifier C",
    "algorithm_2": "Algorithm 2, on G's samples",
    "mixture": "The mixture of encodings",
    "label_mixture": "The same, K = classes",
    "kmeans": "k-means on pixels",
    "autoencoder_kmeans": "Autoencoder + k-means",
}
SAMPLERS = {
    "prior": "the prior",
    "fitted_mixture": "the fitted mixture",
    "normal": "the normal prior",
    "normal_truncated": "the same, truncated",
    "encodings": "encodings of real ones",
    "floor": "real test examples",
}


def text_table(
    title: str, columns: Iterable[str], rows: Mapping[str, Iterable[str]], width: int, cell_width: int
) -> str:
    """Return a table: names to the left in `width` characters, cells to the right in `cell_width` each."""
    return "\n".join(
        (f"{name:<{width}}" + "".join(f"{cell:>{cell_width}}" for cell in cells)).rstrip()
        for name, cells in [(title, columns), *rows.items()]
    )


@dataclass
class Runs:
    """One run, or several that differ in their seeds, by their scorecards.

    `classes` are the classes' names, `pictures` the first run's figures by kind, PNG; `missing` stands for a score that
    not all of them have.
    """

    cards: Sequence[dict]
    classes: Sequence[str] = ()
    pictures: dict[str, bytes] = field(default_factory=dict)
    missing: str = "-"

    @property
    def card(self) -> dict:
        """The first run's scorecard."""
        return self.cards[0]

    @property
    def first(self) -> str:
        """What a title says of things that are the first run's alone."""
        return " (first run)" if len(self.cards) > 1 else ""

    @cached_property
    def together(self) -> dict:
        """Mean and standard deviation of every number (`aggregate`)."""
        return aggregate(list(self.cards))

    def number(self, path: str, digits: int = 3) -> str:
        """Return a score by its dotted path, of several runs mean ± standard deviation."""
        score = self.together["scores"].get(path)
        if score is None:
            return self.missing
        spread = "" if score["std"] is None else f" ± {score['std']:.{digits}f}"
        return f"{score['mean']:.{digits}f}{spread}"

    def rows(self, names: dict[str, str], paths: dict[str, str], digits: dict[str, int]) -> dict[str, list[str]]:
        """Return rows of a table: what `names` calls each of `paths`, and its scores with so many `digits`."""
        return {
            names[key]: [self.number(f"{path}.{score}", count) for score, count in digits.items()]
            for key, path in paths.items()
        }


def panels(columns: int, width: float, height: float) -> tuple[Figure, list]:
    """Return a figure of so many panels in a row, of so many inches each, and their axes."""
    figure = Figure(figsize=(width * max(columns, 1), height), layout="constrained")
    axes = list(figure.subplots(1, columns, squeeze=False)[0]) if columns else []
    for place in axes:
        place.spines[["top", "right"]].set_visible(False)
        place.title.set_fontsize(10)
    return figure, axes


def svg(figure: Figure) -> str:
    """Return a figure as SVG."""
    for label in figure.findobj(Text):
        label.set_parse_math(False)  # a class may be called $
    text = io.StringIO()
    FigureCanvasSVG(figure).print_svg(text, metadata={"Date": None})
    return text.getvalue()


def image(content: str | bytes, alt: str, css: str = "") -> Markup:
    """Return a picture with its bytes in it: an SVG's text, or a PNG's bytes, which keep their pixels."""
    kind, css = ("svg+xml", css) if isinstance(content, str) else ("png", f"pixels {css}".strip())
    encoded = base64.b64encode(content.encode() if isinstance(content, str) else content).decode()
    return Markup('<img class="{}" src="data:image/{};base64,{}" alt="{}">').format(css, kind, encoded, alt)
