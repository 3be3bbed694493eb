"""Several runs as one: mean and standard deviation over seeds."""

import json
from collections.abc import Iterator

import numpy as np

__all__ = ["aggregate", "leaves", "same_but_seed"]

LEFT_OUT = ("run", "versions", "seconds", "schema_version", "seed")


def leaves(card: dict, prefix: str = "") -> Iterator[tuple[str, float | list[float]]]:
    """Yield (dotted path, value) of a scorecard's numbers and of its lists of numbers."""
    for name, value in card.items():
        path = f"{prefix}{name}"
        if isinstance(value, dict):
            if path not in LEFT_OUT:
                yield from leaves(value, f"{path}.")
        elif isinstance(value, bool) or name in LEFT_OUT or name in ("confusion", "classes", "clusters"):
            continue
        elif isinstance(value, int | float) or (
            isinstance(value, list) and value and all(isinstance(item, int | float) for item in value)
        ):
            yield path, value


def same_but_seed(cards: list[dict]) -> list[list[dict]]:
    """Return scorecards in groups of one config but for the seed, in the order of their first."""
    groups: dict[str, list[dict]] = {}
    for card in cards:
        config = {name: value for name, value in card["run"].get("config", {}).items() if name != "seed"}
        groups.setdefault(json.dumps(config, sort_keys=True), []).append(card)
    return list(groups.values())


def aggregate(cards: list[dict]) -> dict:
    """Return mean and standard deviation of every number that all scorecards, of runs that differ in their seeds, have.

    Returns:
        `runs`, `seeds`, `config` (without the seed) and `scores`: by dotted path `mean`, `std` (of a sample, n - 1;
        None for a single run) and `values`. Lists over scales give lists; the modes of different runs have no common
        order, so nothing should be made of the lists over modes.
    """
    found = [dict(leaves(card)) for card in cards]
    scores = {}
    for path, value in found[0].items():
        values = [card.get(path) for card in found]
        if any(np.shape(other) != np.shape(value) or other is None for other in values):
            continue
        array = np.array(values, np.float64)
        scores[path] = {
            "mean": array.mean(axis=0).tolist(),
            "std": array.std(axis=0, ddof=1).tolist() if len(cards) > 1 else None,
            "values": array.tolist(),
        }
    config = cards[0]["run"].get("config", {})
    return {
        "runs": [card["run"].get("name") for card in cards],
        "seeds": [card["run"].get("config", {}).get("seed") for card in cards],
        "config": {name: value for name, value in config.items() if name != "seed"},
        "scores": scores,
    }
