"""The charts of a report, as SVG."""

import io
from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from tfgmmgan.evaluation.tables import SAMPLERS

__all__ = ["calibration_chart", "confusion_chart", "epochs_chart", "trade_off_chart", "weights_chart"]

COLOURS = ("#2a6f97", "#c8553d", "#588157", "#8e6c8a", "#b08900")


def trade_off_chart(curves: Sequence[dict]) -> str:
    """Return what changes with the variance scale: quality and diversity (GM-GAN, Fig. 7), scores (Fig. 2), and by each
    network's features precision and recall.

    Args:
        curves: `trade_off` of one run, or of several with the same scales. Error bars are standard errors: over runs,
            or for one, where there are any, over four parts of its sample.
    """
    first = curves[0]
    panels = [("Quality and diversity", ("quality", "diversity"), curves)] if "quality" in first else []
    for name in ("classifier_score", "inception_score"):
        if name in first:
            panels.append((name.replace("_", " ").capitalize(), (name,), curves))
    for network in first["distances"]:
        title, own = f"Precision and recall ({network} features)", [curve["distances"][network] for curve in curves]
        panels.append((title, ("precision", "recall"), own))
    figure, axes = _figure(len(panels), 4.6, 3.4)
    for place, (title, names, found) in zip(axes, panels, strict=True):
        for colour, name in zip(COLOURS if len(names) > 1 else COLOURS[2:], names, strict=False):
            mean, error = _mean_and_error(found, name)
            place.errorbar(first["scales"], mean, error, label=name, color=colour, capsize=2)
        place.set(xlabel="variance scale", title=title)
        if len(names) > 1:
            place.set_ylim(0, 1)
            place.legend(frameon=False)
        place.axvline(1, color="0.8", zorder=0)
    return _svg(figure)


def _mean_and_error(curves: Sequence[dict], name: str) -> tuple[np.ndarray, np.ndarray | None]:
    if len(curves) == 1:
        return np.array(curves[0][name]), curves[0].get(f"{name}_error")
    values = np.array([curve[name] for curve in curves])
    return values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(len(curves))


def epochs_chart(histories: Sequence[list[dict]]) -> str:
    """Return Fréchet distance and score over epochs, a line for each sampler (Fig. 4 of responsibility learning, Fig. 5
    of GAEL); for toys the negative log-likelihood (GM-GAN, Fig. 5).

    Args:
        histories: Rows of `scores.csv`, of one run or of several; of several the mean is drawn and one standard
            deviation to both sides.
    """
    columns = [name for name in histories[0][-1] if name not in ("epoch", "criterion")]
    panels: dict[str, list[str]] = {}
    for column in columns:
        sampler, _, measure = column.partition("/")
        if measure.endswith(("frechet_distance", "/score", "nll")):
            panels.setdefault(measure, []).append(sampler)
    figure, axes = _figure(len(panels), 4.2, 3.2)
    for place, (measure, samplers) in zip(axes, panels.items(), strict=True):
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
    if axes and max(map(len, panels.values())) > 1:
        axes[0].legend(frameon=False, fontsize=8)
    return _svg(figure)


def _over_epochs(histories: Sequence[list[dict]], column: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    found = [{int(row["epoch"]): float(row[column]) for row in rows if row.get(column)} for rows in histories]
    epochs = sorted(set.intersection(*map(set, found)))
    values = np.array([[run[epoch] for epoch in epochs] for run in found])
    spread = values.std(axis=0, ddof=1) if len(values) > 1 else np.zeros(len(epochs))
    return np.array(epochs), values.mean(axis=0), spread


def confusion_chart(scores: dict, classes: Sequence[str]) -> str:
    """Return the confusion matrix of a clustering (`cluster_scores`): classes by modes, each row's shares."""
    table = np.array(scores["confusion"], float)
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    figure, (place,) = _figure(1, 1.6 + 0.42 * table.shape[1], 1.0 + 0.36 * table.shape[0])
    place.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    if table.size <= 900:
        for row, column in np.ndindex(*table.shape):
            if table[row, column]:
                colour = "white" if shares[row, column] > 0.5 else "0.25"
                place.text(column, row, f"{table[row, column]:.0f}", ha="center", va="center", color=colour, fontsize=7)
    ids = scores.get("classes", range(len(table)))  # scorecards of before have none
    names = [classes[number] if number < len(classes) else number for number in ids]
    place.set_xticks(range(table.shape[1]), scores["clusters"], fontsize=8)
    place.set_yticks(range(len(table)), [str(name)[:18] for name in names], fontsize=8)
    place.set(xlabel="mode", ylabel="class")
    place.spines[:].set_visible(False)
    return _svg(figure)


def calibration_chart(found: dict[str, dict]) -> str:
    """Return the reliability diagram of each method's `calibration`: how often it was right, by how sure it was.

    Args:
        found: The methods' names and what `tfgmmgan.evaluation.calibration` returned. A dot's area is its share of the
            examples.
    """
    figure, (place,) = _figure(1, 3.6, 3.4)
    place.plot([0, 1], [0, 1], color="0.8", zorder=0)
    for colour, (name, scores) in zip(COLOURS, found.items(), strict=False):
        label = f"{name} (error {scores['expected_calibration_error']:.3f})"
        place.plot(scores["confidence"], scores["accuracy"], color=colour, linewidth=1, label=label)
        sizes = 6 + 200 * np.array(scores["share"])
        place.scatter(scores["confidence"], scores["accuracy"], sizes, color=colour, alpha=0.6, linewidths=0)
    place.set(xlabel="responsibility of the likeliest mode", ylabel="share right", xlim=(0, 1.03), ylim=(0, 1.03))
    place.legend(frameon=False, fontsize=8, loc="best")
    return _svg(figure)


def weights_chart(weights: Sequence[float], shares: Sequence[float]) -> str:
    """Return bars of the prior's weight of each mode beside the share of the examples in it."""
    figure, (place,) = _figure(1, max(4.0, 0.36 * len(weights) + 1.5), 2.6)
    at = np.arange(len(weights))
    place.bar(at - 0.2, weights, 0.4, color=COLOURS[0], label="weight in the prior")
    place.bar(at + 0.2, shares, 0.4, color=COLOURS[4], label="share of test examples")
    place.axhline(1 / len(weights), color="0.8", zorder=0)
    place.set_xticks(at, at, fontsize=8)
    place.set(xlabel="mode")
    place.legend(frameon=False, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, 1.22), ncols=2)
    return _svg(figure)


def _figure(columns: int, width: float, height: float) -> tuple[Figure, list]:
    figure = Figure(figsize=(width * max(columns, 1), height), layout="constrained")
    axes = list(figure.subplots(1, columns, squeeze=False)[0]) if columns else []
    for place in axes:
        place.spines[["top", "right"]].set_visible(False)
        place.title.set_fontsize(10)
    return figure, axes


def _svg(figure: Figure, canvas: Callable = FigureCanvasSVG) -> str:
    text = io.StringIO()
    canvas(figure).print_svg(text, metadata={"Date": None})
    return text.getvalue()
