"""Writing `report.html`: self-contained, readable on a desk and on a phone."""

from collections.abc import Sequence
from pathlib import Path

import jinja2
import yaml

from tfgmmgan.evaluation.display.parts import figures, image, scroll
from tfgmmgan.evaluation.display.runs import Runs
from tfgmmgan.evaluation.report.charts import epochs_chart
from tfgmmgan.evaluation.sections import SECTIONS
from tfgmmgan.evaluation.terminal import summary
from tfgmmgan.utils.files import replacing

__all__ = ["write_report"]

PICTURES = {  # the other kinds are shown by sections
    "samples": "Samples by mode",
    "pairs": "Between two modes, under one noise",
    "triple": "Among three modes",
    "reconstructions": "Test images beside their reconstructions G(Enc(x))",
    "latents": "Encodings of real and generated points",
}


def write_report(
    path: Path,
    cards: Sequence[dict],
    histories: Sequence[list[dict]] = (),
    pictures: Path | None = None,
    stem: str = "final",
    classes: Sequence[str] = (),
) -> None:
    """Write the report of one run, or of several that differ in their seeds.

    Args:
        path: The HTML file.
        cards: The scorecards.
        histories: Rows of each run's `scores.csv`, where there are.
        pictures: The directory of figures `<stem>_<kind>.png`; of the first of several runs.
        stem: See `pictures`.
        classes: Names of the classes, for the confusion matrix.
    """
    files = sorted(pictures.glob(f"{stem}_*.png")) if pictures is not None else []
    runs = Runs(cards, classes, {file.stem.removeprefix(f"{stem}_"): file.read_bytes() for file in files})
    drawn = {
        caption: image(runs.pictures[kind], caption) for kind, caption in PICTURES.items() if kind in runs.pictures
    }
    histories = [rows for rows in histories if rows]
    epochs = ""
    if histories and max(len(rows) for rows in histories) > 1:
        epochs = scroll(image(epochs_chart(histories), "Scores over the epochs", "wide"))
    page = _template().render(
        runs=runs,
        card=runs.card,
        summary=summary(runs.card).splitlines(),
        tiles=[tile for section in SECTIONS for tile in section.tiles(runs)],
        pictures=figures(drawn) if drawn else "",
        blocks=[section.block(runs) for section in SECTIONS],
        epochs=epochs,
        config=yaml.safe_dump(runs.card["run"].get("config", {}), sort_keys=False),
    )
    with replacing(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def _template() -> jinja2.Template:
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.get_template("report.html.jinja")
