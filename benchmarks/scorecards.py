"""Numbers of scorecards, as text."""

from statistics import mean, stdev

__all__ = ["table", "text", "value"]

ALIASES = {"C": ("classifier", "mixture"), "sampler": ("prior", "fitted_mixture")}  # the first that a scorecard has


def value(card: dict, path: str) -> float | None:
    """Return what a dotted path leads to in a scorecard, or None."""
    found = card
    for name in path.split("."):
        found = next((found[key] for key in ALIASES.get(name, (name,)) if key in (found or {})), None)
    return found


def text(values: list[float | None], decimals: int) -> str:
    """Return one value as it is, several as mean ± standard deviation; a dash where there is none.

    Where some seeds lack the value, how many have it stands behind.
    """
    known = [number for number in values if number is not None]
    if not known:
        return "-"
    spread = f" ± {stdev(known):.{decimals}f}" if len(known) > 1 else ""
    part = f" ({len(known)} of {len(values)} seeds)" if len(known) < len(values) else ""
    return f"{mean(known):.{decimals}f}{spread}{part}"


def table(titles: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table without rows and columns that have no value."""
    kept = [at for at in range(len(titles)) if at == 0 or any(row[at] != "-" for row in rows)]
    filled = [row for row in rows if any(cell != "-" for cell in row[1:])]
    lines = [titles, ["---"] * len(titles), *filled]
    return "\n".join("| " + " | ".join(line[at] for at in kept) + " |" for line in lines)
