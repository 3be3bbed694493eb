"""Several methods, or ours and the published numbers, side by side: for the terminal and as a page."""

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tfgmmgan.evaluation.aggregate import aggregate
from tfgmmgan.evaluation.display import TEMPLATES, html, image, text_table
from tfgmmgan.evaluation.sections import SECTIONS
from tfgmmgan.utils.files import replacing

__all__ = ["DIFFERENT", "beside_published", "comparison_table", "gives_errors", "spread_of", "write_comparison"]

DIFFERENT = "The methods saw different data: their numbers say nothing about each other."


def comparison_table(together: Sequence[dict]) -> str:
    """Return the scores that people compare as a table, a column for each method.

    Args:
        together: An `aggregate` for each method.
    """
    what, names, rows = " and ".join(_datasets(together)), _names(together), _scores(together)
    lines = [DIFFERENT] if _datasets_differ(together) else []
    lines += [
        f"{name}: {len(one['runs'])} {'runs, seeds' if len(one['runs']) > 1 else 'run, seed'} "
        f"{', '.join(map(str, one['seeds']))}"
        for name, one in zip(names, together, strict=True)
    ]
    width = 2 + max(len(cell) for row in (names, *rows.values()) for cell in row)
    return "\n".join([*lines, text_table(what, names, rows, 62, width)])


def write_comparison(
    path: Path, groups: Sequence[list[dict]], pages: Sequence[str], pictures: Sequence[Path] = ()
) -> None:
    """Write a page with a column for each method.

    Args:
        path: Where to.
        groups: The scorecards of each method's runs, which differ in their seeds.
        pages: The name of each method's own report.
        pictures: What each draws, PNG; a file that is not there is left out.
    """
    together = [aggregate(cards) for cards in groups]
    names = _names(together)
    drawn = {
        name: image(picture.read_bytes(), f"Samples of {name}, by mode")
        for name, picture in zip(names, pictures, strict=False)
        if picture.is_file()
    }
    page = TEMPLATES.get_template("comparison.html.jinja").render(
        datasets=_datasets(together),
        warning=DIFFERENT if _datasets_differ(together) else "",
        methods=list(zip(names, together, pages, groups, strict=True)),
        scores=html.table(["", *names], {_in_words(path): cells for path, cells in _scores(together).items()}),
        options=html.table(["", *names], _differences(together)),
        pictures=html.figures(drawn) if drawn else "",
    )
    with replacing(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def beside_published(
    text: str,
    published: dict[str, tuple[float, float | None]],
    paths: dict[str, str],
    cards: list[dict],
    together: dict,
) -> tuple[str, str]:
    """Return our scores beside published ones, with the protocol of both: for the terminal, and as a report's block.

    Args:
        text: What is published, with its source and protocol.
        published: By name of the score the number and its error, or None.
        paths: By name of the score its dotted path in a scorecard.
        cards: Our scorecards.
        together: Their `aggregate`.
    """
    errors = gives_errors(text)
    rows, protocols = _beside(published, paths, together, errors), _protocols(text, paths, cards)
    each = f"each seed ({', '.join(map(str, together['seeds']))})"
    lines = [f"{'':<20}{'PUBLISHED':>22}{'OURS, MEAN':>14}{'SE' if errors else 'STD':>10}   {each}"]
    for name, (stated, mean, spread, values) in rows.items():
        lines.append(f"{name:<20}{stated:>22}{mean:>14}{spread:>10}   {values}".rstrip())
    table = html.table(["", "published", "ours, mean", f"standard {'error' if errors else 'deviation'}", each], rows)
    block = html.block("Beside the published", table, *map(html.note, protocols))
    return "\n".join([*lines, "", *protocols, *cards[0]["notes"]]), block


def gives_errors(text: str) -> bool:
    """Return whether what is published has standard errors of the mean, as its protocol says: ours are put beside."""
    return "standard error" in text


def spread_of(score: dict, errors: bool) -> float | None:
    """Return the standard deviation of an `aggregate`'s score, or the standard error of its mean; None of one run."""
    return score["std"] / math.sqrt(len(score["values"])) if errors and score["std"] is not None else score["std"]


def _beside(
    published: dict, paths: dict[str, str], together: dict, errors: bool
) -> dict[str, tuple[str, str, str, str]]:
    """Return by name of a score what is published, our mean, its spread, and each seed's.

    A score of the test split has that of the training examples below it: papers cluster what they trained on.
    """
    rows = {}
    places = []
    for name in published:
        path = paths.get(name, "")
        places.append((name, name, path))
        if path.startswith("test."):
            places.append((f"{name}, training", name, path.replace("test.", "train.", 1)))
    for name, of, path in places:
        value, error = published[of]
        score = together["scores"].get(path)
        stated = f"{value:g}" + (f" +- {error:g}" if error is not None else "")
        if score is None:
            rows[name] = (stated, "not measured", "", "")
            continue
        spread = "" if score["std"] is None else f"{spread_of(score, errors):.4f}"
        rows[name] = (stated, f"{score['mean']:.4f}", spread, ", ".join(f"{one:.4f}" for one in score["values"]))
    return rows


def _protocols(text: str, paths: dict[str, str], cards: list[dict]) -> list[str]:
    """Return how the published numbers came about, and ours."""
    first = cards[0]
    protocol = [section.protocol(first, path) for path in paths.values() for section in SECTIONS]
    facts = [f"{first['run']['epochs']} epochs, {first['run']['minutes']} minutes a run", *dict.fromkeys(protocol)]
    return [f"Published: {text}", "Ours: " + "; ".join(fact for fact in facts if fact) + "."]


def _names(together: Sequence[dict]) -> list[str]:
    """Return what methods are called: by their model, where several have one by their first run too, or by number."""
    names = [_model(one["config"]) for one in together]
    full = [f"{name}, {one['runs'][0]}" for name, one in zip(names, together, strict=True)]
    names = [name if names.count(name) == 1 else longer for name, longer in zip(names, full, strict=True)]
    return [name if names.count(name) == 1 else f"{name} ({at + 1})" for at, name in enumerate(names)]


def _datasets(together: Sequence[dict]) -> list[str]:
    return list(dict.fromkeys(str(one["config"].get("dataset")) for one in together))


def _datasets_differ(together: Sequence[dict]) -> bool:
    """Return whether methods saw different examples, or the same at other sizes."""
    seen = []
    for one in together:
        options = one["config"].get("data") or {}
        options = {name: value for name, value in options.items() if name not in ("changed_ok", "memory_limit")}
        seen.append((one["config"].get("dataset"), options))
    return any(other != seen[0] for other in seen)


def _model(config: dict) -> str:
    model = config.get("model")
    return str(model["name"] if isinstance(model, dict) else model)  # a text in runs of 0.1


def _scores(together: Sequence[dict]) -> dict[str, list[str]]:
    """Return the compared scores by dotted path, a cell for each method: mean, and standard deviation of several."""
    paths = dict.fromkeys(
        path
        for one in together
        for path, score in one["scores"].items()
        if any(re.fullmatch(section.compared, path) for section in SECTIONS) and not isinstance(score["mean"], list)
    )
    return {path: [_cell(one["scores"].get(path)) for one in together] for path in paths}


def _in_words(path: str) -> str:
    return path.replace(".", " · ").replace("_", " ")


def _cell(score: dict | None) -> str:
    if score is None:
        return "-"
    return f"{score['mean']:.4f}" + ("" if score["std"] is None else f" ± {score['std']:.4f}")


def _differences(together: Sequence[dict]) -> dict[str, list[str]]:
    """Return the options in which methods differ, a cell for each method."""
    flat = [dict(_flat(one["config"])) for one in together]
    names = dict.fromkeys(name for one in flat for name in one)
    rows = {name: [str(one.get(name, "-")) for one in flat] for name in names}
    return {name: values for name, values in rows.items() if len(set(values)) > 1}


def _flat(config: dict, prefix: str = "") -> list[tuple[str, Any]]:
    pairs = []
    for name, value in config.items():
        pairs += _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else [(f"{prefix}{name}", value)]
    return pairs
