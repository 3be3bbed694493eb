"""Writing `report.html`: self-contained, readable on a desk and on a phone."""

import base64
from collections.abc import Sequence
from pathlib import Path

import jinja2
import yaml

from tfgmmgan.evaluation.aggregate import aggregate
from tfgmmgan.evaluation.report.charts import (
    calibration_chart,
    confusion_chart,
    epochs_chart,
    trade_off_chart,
    weights_chart,
)
from tfgmmgan.evaluation.tables import METHODS, SAMPLERS, summary
from tfgmmgan.utils.files import replacing

__all__ = ["write_report"]

PICTURES = {
    "samples": "Samples by mode",
    "pairs": "Between two modes, under one noise",
    "triple": "Among three modes",
    "scales": "Under variance scales: below 1 closer to the mode's centre, above 1 more diverse",
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
    first = cards[0]
    histories = [rows for rows in histories if rows]
    charts = {}
    if histories and max(len(rows) for rows in histories) > 1:
        charts["epochs"] = epochs_chart(histories)
    if all("trade_off" in card for card in cards):
        charts["trade_off"] = trade_off_chart([card["trade_off"] for card in cards])
    methods = first["test"].get("clustering", {})
    charts["confusions"] = {
        METHODS[name]: confusion_chart(scores, classes)
        for name, scores in methods.items()
        if name not in ("kmeans", "autoencoder_kmeans") and 1 < len(scores["clusters"]) <= 60
    }
    calibrated = {METHODS[name]: scores["calibration"] for name, scores in methods.items() if "calibration" in scores}
    if calibrated:
        charts["calibration"] = calibration_chart(calibrated)
    if "modes" in first["test"]:
        charts["weights"] = weights_chart(first["mixture_weights"], first["test"]["modes"]["shares"])
    found = {
        kind: file.read_bytes()
        for kind in PICTURES
        if pictures is not None and (file := pictures / f"{stem}_{kind}.png").is_file()
    }
    page = _template().render(
        cards=cards,
        card=first,
        together=aggregate(list(cards)),
        summary=summary(first).splitlines(),
        charts=charts,
        pictures=found,
        captions=PICTURES,
        methods=METHODS,
        samplers=SAMPLERS,
        config=yaml.safe_dump(first["run"].get("config", {}), sort_keys=False),
    )
    with replacing(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["svg"] = lambda text: f"data:image/svg+xml;base64,{_base64(text.encode())}"
    environment.filters["png"] = lambda content: f"data:image/png;base64,{_base64(content)}"
    environment.filters["number"] = _number
    return environment.get_template("report.html.jinja")


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _number(score: dict | jinja2.Undefined | None, digits: int = 3) -> str:
    """Return mean and, over several runs, standard deviation; a dash where there is none."""
    if score is None or isinstance(score, jinja2.Undefined):  # the first of several runs may have more
        return "-"
    if score["std"] is None:
        return f"{score['mean']:.{digits}f}"
    return f"{score['mean']:.{digits}f} ± {score['std']:.{digits}f}"
