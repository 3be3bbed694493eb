"""A scorecard in words and as a table, for the terminal."""

import re

from tfgmmgan.evaluation.display import text_table
from tfgmmgan.evaluation.sections import SECTIONS
from tfgmmgan.evaluation.verdict import verdict

__all__ = ["aggregate_table", "comparison_table", "describe", "summary"]


def summary(card: dict) -> str:
    """Say in plain words what was found, the verdict first."""
    lines = [*verdict(card), *(line for section in SECTIONS for line in section.summary(card))]
    return "\n".join([*lines, *card["notes"]])


def describe(card: dict) -> str:
    """Return what the terminal shows of a scorecard: the summary, and the tables of the sections that have one."""
    tables = (section.table(card) for section in SECTIONS)
    return "\n\n".join([summary(card), *(table for table in tables if table)])


def aggregate_table(together: dict) -> str:
    """Return mean and standard deviation over runs (`aggregate`) of the scores that people compare, as a table."""
    config = together["config"]
    seeds = ", ".join(map(str, together["seeds"]))
    model = config.get("model")
    name = model["name"] if isinstance(model, dict) else model  # a text in runs of 0.1
    what = f"{name} on {config.get('dataset')}, {len(together['runs'])} runs, seeds {seeds}"
    rows = {
        path: (f"{score['mean']:.4f}", "" if score["std"] is None else f"{score['std']:.4f}")
        for path, score in together["scores"].items()
        if any(re.fullmatch(section.compared, path) for section in SECTIONS) and not isinstance(score["mean"], list)
    }
    return text_table(what, ("MEAN", "STD"), rows, 62, 10)


def comparison_table(
    text: str,
    published: dict[str, tuple[float, float | None]],
    paths: dict[str, str],
    cards: list[dict],
    together: dict,
) -> str:
    """Return our scores beside published ones, with the protocol of both.

    Args:
        text: What is published, with its source and protocol.
        published: By name of the score the number and its error, or None.
        paths: By name of the score its dotted path in a scorecard.
        cards: Our scorecards.
        together: Their `aggregate`.
    """
    seeds = ", ".join(map(str, together["seeds"]))
    lines = [f"{'':<20}{'PUBLISHED':>22}{'OURS, MEAN':>14}{'STD':>10}   each seed ({seeds})"]
    for name, (value, error) in published.items():
        score = together["scores"].get(paths.get(name, ""))
        stated = f"{value:g}" + (f" +- {error:g}" if error is not None else "")
        if score is None:
            lines.append(f"{name:<20}{stated:>22}{'not measured':>14}")
            continue
        spread = "" if score["std"] is None else f"{score['std']:.4f}"
        values = ", ".join(f"{one:.4f}" for one in score["values"])
        lines.append(f"{name:<20}{stated:>22}{score['mean']:>14.4f}{spread:>10}   {values}")
    first = cards[0]
    protocol = [section.protocol(first, path) for path in paths.values() for section in SECTIONS]
    facts = [f"{first['run']['epochs']} epochs, {first['run']['minutes']} minutes a run", *dict.fromkeys(protocol)]
    lines += ["", f"Published: {text}", "Ours: " + "; ".join(fact for fact in facts if fact) + "."]
    return "\n".join([*lines, *first["notes"]])
