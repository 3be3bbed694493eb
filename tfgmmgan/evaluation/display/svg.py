"""Charts as SVG."""

import io

from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

__all__ = ["COLOURS", "panels", "svg"]

COLOURS = ("#2a6f97", "#c8553d", "#588157", "#8e6c8a", "#b08900")


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
    text = io.StringIO()
    FigureCanvasSVG(figure).print_svg(text, metadata={"Date": None})
    return text.getvalue()
