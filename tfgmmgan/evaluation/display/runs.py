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
        missing: What stands for a score that not all of them have.
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
        """Return rows of a table: by name the numbers at a path with each of the scores' names, with its digits.

        Args:
            names: By key of `paths` what a reader calls it.
            paths: By key the dotted path that the scores' names end.
            digits: By name of the score.
        """
        return {
            names[key]: [self.number(f"{path}.{score}", count) for score, count in digits.items()]
            for key, path in paths.items()
        }
