"""A scorecard in words and tables, for the terminal."""

from tfgmmgan.evaluation.sections import SECTIONS
from tfgmmgan.evaluation.verdict import verdict

__all__ = ["describe", "summary"]


def summary(card: dict) -> str:
    """Say in plain words what was found, the verdict first."""
    lines = [*verdict(card), *(line for section in SECTIONS for line in section.summary(card))]
    return "\n".join([*lines, *card["notes"]])


def describe(card: dict) -> str:
    """Return what the terminal shows of a scorecard: the summary, and the tables of the sections that have one."""
    tables = (section.table(card) for section in SECTIONS)
    return "\n\n".join([summary(card), *(table for table in tables if table)])
