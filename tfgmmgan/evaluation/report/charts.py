"""What a report shows of the epochs."""

from collections.abc import Sequence

import numpy as np

from tfgmmgan.evaluation.display.names import SAMPLERS
from tfgmmgan.evaluation.display.svg import COLOURS, panels, svg

__all__ = ["epochs_chart"]


def epochs_chart(histories: Sequence[list[dict]]) -> str:
    """Return Fréchet distance and score over epochs, a line for each sampler (Fig. 4 of responsibility learning, Fig. 5
    of GAEL); for toys the negative log-likelihood (GM-GAN, Fig. 5).

    Args:
        histories: Rows of `scores.csv`, of one run or of several; of several the mean is drawn and one standard
            deviation to both sides.
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
