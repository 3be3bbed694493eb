"""What a section of the evaluation is."""

from tfgmmgan.evaluation.display import Runs
from tfgmmgan.evaluation.subject import Subject

__all__ = ["Section"]


class Section:
    """One thing that is measured of a model, with all that is shown of it.

    A new one is a subclass in a file of its own and a line in `SECTIONS`; scorecard, terminal and report go through
    them in that order. Everything but `name` and `measure` may be left as it is: it shows nothing.

    Attributes:
        name: In the scorecard's `seconds`.
        compared: Regular expression of the dotted paths of those scores that the table of several runs prints.
    """

    name: str
    compared: str = ""

    def applies(self, subject: Subject) -> bool:
        """Return whether it can be measured of this model and dataset, with these options. Default: always."""
        return True

    def measure(self, subject: Subject) -> dict:
        """Return what goes into the scorecard, for JSON; `train` and `test` may be filled by several sections."""
        raise NotImplementedError

    def summary(self, card: dict) -> list[str]:
        """Return sentences on what was found, for terminal and report, from any scorecard."""
        return []

    def table(self, card: dict) -> str:
        """Return its table for the terminal, or an empty string where there is none."""
        return ""

    def protocol(self, card: dict, path: str) -> str:
        """Return how its score at a dotted path came about, or an empty string where the score is another section's."""
        return ""

    def tiles(self, runs: Runs) -> list[tuple[str, str]]:
        """Return (number, what it is) for the head of the report."""
        return []

    def block(self, runs: Runs) -> str:
        """Return its block of the report (`tfgmmgan.evaluation.display`), or an empty string."""
        return ""
