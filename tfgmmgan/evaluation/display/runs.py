"""What a report is of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from tfgmmgan.evaluation.aggregate import aggregate

__all__ = ["Runs"]


@dataclass
class Runs:
    """One run, or several that differ in their seeds.

    Attributes:
        cards: Their scorecards.
        classes: Names of the classes.
        pictures: The first run's figures by kind, PNG.
    """

    cards: Sequence[dict]
    classes: Sequence[str] = ()
    pictures: dict[str, bytes] = field(default_factory=dict)

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
        """Return a score by its dotted path, of several runs mean ± standard deviation; "-" where not all have it."""
        score = self.together["scores"].get(path)
        if score is None:
            return "-"
        spread = "" if score["std"] is None else f" ± {score['std']:.{digits}f}"
        return f"{score['mean']:.{digits}f}{spread}"

    def row(self, prefix: str, names: Sequence[str], digits: Sequence[int] | None = None) -> list[str]:
        """Return the numbers of a table's row: `number` of `prefix` with each name, with three digits or so many."""
        return [self.number(prefix + name, n) for name, n in zip(names, digits or [3] * len(names), strict=True)]
