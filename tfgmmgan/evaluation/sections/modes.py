"""What each mode holds."""

from collections.abc import Sequence

import numpy as np

from tfgmmgan.clustering.sizes import assumed_sizes
from tfgmmgan.evaluation.display import COLOURS, METHODS, Runs, html, image, panels, svg
from tfgmmgan.evaluation.metrics.modes import in_use, mode_summary
from tfgmmgan.evaluation.sections.section import Section
from tfgmmgan.evaluation.subject import SPLITS, Subject

__all__ = ["Modes", "weights_chart"]


class Modes(Section):
    """For each split `num_examples` and, where there are modes, `modes` (`mode_summary`) and `modes_by`."""

    name = "modes"

    def measure(self, subject: Subject) -> dict:
        """Return it by split."""
        found: dict = {name: {"num_examples": len(getattr(subject.data, name))} for name in SPLITS}
        if subject.has_modes:
            for name in SPLITS:
                modes = mode_summary(subject.responsibilities(subject.modes_by, name))
                found[name] |= {"modes": modes, "modes_by": subject.modes_by}
        return found

    def summary(self, card: dict) -> list[str]:
        """Say how many modes are in use and what they hold, or why there are none."""
        test = card["test"]
        if "modes" not in test:
            if len(card["mixture_weights"]) > 1:
                return ["The mixture is fitted when training has ended; there are no modes yet."]
            return ["A prior of one component has no modes to find; look at the samples."]
        modes, number = test["modes"], len(card["mixture_weights"])
        shares = "  ".join(f"{k}: {share:.1%}" for k, share in enumerate(modes["shares"]))
        examples = card["train"]["num_examples"] + test["num_examples"]
        clusterer = card["run"].get("config", {}).get("clusterer", {})  # of systems whose modes are found before
        return [
            f"Modes in use: {_in_use(card)} of {number} (each with at least {modes['min_share']:.1%} of all "
            f"{examples} examples).",
            f"Share of the test examples in each mode: {shares}",
            f"{METHODS[test['modes_by']]} is on average {modes['mean_confidence']:.0%} sure of an example's mode.",
            *assumed_sizes(clusterer.get("entropy_penalty"), "--clusterer.entropy_penalty"),
        ]

    def tiles(self, runs: Runs) -> list[tuple[str, str]]:
        """Return how many modes are in use."""
        if "modes" not in runs.card["test"]:
            return []
        return [(f"{_in_use(runs.card)} of {len(runs.card['mixture_weights'])}", "modes in use")]

    def block(self, runs: Runs) -> str:
        """Show the prior's weights beside the shares."""
        if "modes" not in runs.card["test"]:
            return ""
        chart = weights_chart(runs.card["mixture_weights"], runs.card["test"]["modes"]["shares"])
        alt = "Weight of each mode and its share of the test examples"
        return html.block(f"How much is in each mode{runs.first}", html.scroll(image(chart, alt)))


def _in_use(card: dict) -> int:
    """Return how many modes hold enough of both splits: a test split of few examples may have none of a rare mode."""
    counts = [np.multiply(card[split]["modes"]["shares"], card[split]["num_examples"]) for split in SPLITS]
    shares = np.sum(counts, axis=0) / sum(card[split]["num_examples"] for split in SPLITS)
    return int(in_use(shares).sum())


def weights_chart(weights: Sequence[float], shares: Sequence[float]) -> str:
    """Return bars of the prior's weight of each mode, (K,), beside the share of the examples in it, (K,)."""
    figure, (place,) = panels(1, max(4.0, 0.36 * len(weights) + 1.5), 2.6)
    at = np.arange(len(weights))
    place.bar(at - 0.2, weights, 0.4, color=COLOURS[0], label="weight in the prior")
    place.bar(at + 0.2, shares, 0.4, color=COLOURS[4], label="share of test examples")
    place.axhline(1 / len(weights), color="0.8", zorder=0)
    place.set_xticks(at, at, fontsize=8)
    place.set(xlabel="mode")
    place.legend(frameon=False, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, 1.22), ncols=2)
    return svg(figure)
