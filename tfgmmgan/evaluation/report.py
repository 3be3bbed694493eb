"""Writing `report.html`: self-contained, readable on a desk and on a phone."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import yaml

from tfgmmgan.evaluation.display import COLOURS, SAMPLERS, TEMPLATES, Runs, html, image, panels, svg
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
    published: str = "",
) -> None:
    """Write the report, an HTML file, of one run, or of several that differ in their seeds.

    Args:
        path: Where to.
        cards: The scorecards.
        histories: Rows of each run's `scores.csv`, where there are.
        pictures: The directory of figures `<stem>_<kind>.png`; of the first of several runs.
        stem: See `pictures`.
        classes: Names of the classes, for the confusion matrix.
        published: A block of HTML with published numbers beside ours.
    """
    files = sorted(pictures.glob(f"{stem}_*.png")) if pictures is not None else []
    runs = Runs(cards, classes, {file.stem.removeprefix(f"{stem}_"): file.read_bytes() for file in files})
    drawn = {
        caption: image(runs.pictures[kind], caption) for kind, caption in PICTURES.items() if kind in runs.pictures
    }
    histories = [rows for rows in histories if rows]
    epochs = ""
    if histories and max(len(rows) for rows in histories) > 1:
        epochs = html.scroll(image(epochs_chart(histories), "Scores over the epochs", "wide"))
    page = TEMPLATES.get_template("report.html.jinja").render(
        runs=runs,
        card=runs.card,
        summary=summary(runs.card).splitlines(),
        tiles=[tile for section in SECTIONS for tile in section.tiles(runs)],
        published=published,
        pictures=html.figures(drawn) if drawn else "",
        blocks=[section.block(runs) for section in SECTIONS],
        epochs=epochs,
        config=yaml.safe_dump(runs.card["run"].get("config", {}), sort_keys=False),
    )
    with replacing(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def epochs_chart(histories: Sequence[list[dict]]) -> str:
    """Return Fréchet distance and score over epochs, a line for each sampler (Fig. 4 of responsibility learning, Fig. 5
    of GAEL); for toys the negative log-likelihood (GM-GAN, Fig. 5).

    Of several runs' rows of `scores.csv` the mean is drawn and one standard deviation to both sides.
    """
    columns = [name for name in histories[0][-1] if name not in ("epoch", "criterion")]
    groups: dict[str, list[str]] = {}
    for column in columns:
        sampler, _, measure = column.partition("/")
        if measure.endswith(("frechet_distance", "/score", "nll")):
            groups.setdefault(measure, []).append(sampler)
    figure, axes = panels(len(groups), 4.2, 3.2)
    for place, (measure, samplers) in zip(axes, groups.items(), strict=True):
        for colour, sampler in zip(COLOURS * 2, samplers, strict=False):
            epochs, mean, spread = _over_epochs(histories, f"{sampler}/{measure}")
            place.plot(epochs, mean, color=colour, label=SAMPLERS.get(sampler, sampler), marker=".")
            place.fill_between(epochs, mean - spread, mean + spread, color=colour, alpha=0.2, linewidth=0)
        network, _, name = measure.partition("/")
        title = f"{name.replace('_', ' ').capitalize()} ({network} features)" if name else "Negative log-likelihood"
        place.set(xlabel="epoch", title=title.replace("Frechet", "Fréchet"))
        if measure.endswith("frechet_distance"):
            place.set_yscale("log")
            for axis in (place.yaxis.set_major_formatter, place.yaxis.set_minor_formatter):
                axis("{x:g}")
    if axes and max(map(len, groups.values())) > 1:
        axes[0].legend(frameon=False, fontsize=8)
    return svg(figure)


def _over_epochs(histories: Sequence[list[dict]], column: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    found = [{int(row["epoch"]): float(row[column]) for row in rows if row.get(column)} for rows in histories]
    epochs = sorted(set.intersection(*map(set, found)))
    values = np.array([[run[epoch] for epoch in epochs] for run in found])
    spread = values.std(axis=0, ddof=1) if len(values) > 1 else np.zeros(len(epochs))
    return np.array(epochs), values.mean(axis=0), spread
