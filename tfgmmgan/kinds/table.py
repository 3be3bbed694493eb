"""The table of an answer: which picture is of which kind, a row for each."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from tfgmmgan.utils.errors import UserError
from tfgmmgan.utils.files import replacing

__all__ = ["COLUMNS", "assignments", "read_names", "read_table", "write_table"]

COLUMNS = (
    "path",
    "cluster",
    "name",
    "probability",
    "second_cluster",
    "second_probability",
    "outlier_score",
    "duplicate_of",
)

Row = dict[str, str | int | float]


def assignments(
    names: Sequence[str],
    probabilities: np.ndarray,
    outlier_scores: np.ndarray | None,
    duplicate_of: Sequence[str] | None = None,
    kinds: Mapping[int, str] | None = None,
) -> list[Row]:
    """Return a row for each picture, with `COLUMNS`.

    Args:
        names: (n,) the pictures' paths.
        probabilities: (n, K) p(k | x).
        outlier_scores: (n,) how much farther than usual a picture is from its neighbours; None where that is unknown.
        duplicate_of: (n,) path of the first picture that is nearly the same, "" where there is none.
        kinds: What kinds are called.
    """
    order = np.argsort(-probabilities, axis=1, kind="stable")
    first, second = order[:, 0], order[:, min(1, order.shape[1] - 1)]
    return [
        {
            "path": name,
            "cluster": int(first[row]),
            "name": (kinds or {}).get(int(first[row]), ""),
            "probability": round(float(probabilities[row, first[row]]), 4),
            "second_cluster": int(second[row]) if order.shape[1] > 1 else "",
            "second_probability": round(float(probabilities[row, second[row]]), 4) if order.shape[1] > 1 else "",
            "outlier_score": "" if outlier_scores is None else round(float(outlier_scores[row]), 3),
            "duplicate_of": duplicate_of[row] if duplicate_of is not None else "",
        }
        for row, name in enumerate(names)
    ]


def write_table(path: Path, rows: Sequence[Row], columns: Sequence[str] = COLUMNS) -> None:
    """Write a CSV file whole, UTF-8; names of files that are no UTF-8 keep their odd bytes."""
    options = {"newline": "", "encoding": "utf-8", "errors": "surrogateescape"}
    with replacing(path) as temporary, open(temporary, "w", **options) as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def read_table(path: Path, columns: Sequence[str] = COLUMNS) -> list[dict[str, str]]:
    """Return the rows of a CSV file; raise `UserError` where it can't be read or lacks a column."""
    try:
        with open(path, newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
            rows = list(csv.DictReader(file))
    except (OSError, csv.Error) as error:
        raise UserError(f"{path} can't be read ({error}).") from error
    missing = [column for column in columns if rows and column not in rows[0]]
    if missing:
        raise UserError(f"{path} must have the columns {', '.join(columns)}; {', '.join(missing)} is missing.")
    return rows


def read_names(path: str | Path, num_kinds: int) -> dict[int, str]:
    """Return what kinds are called, from a CSV file with the columns `cluster` and `name`.

    Raises:
        UserError: If it can't be read, or a row names no kind, or one that is named already.
    """
    names: dict[int, str] = {}
    for number, row in enumerate(read_table(Path(path), ("cluster", "name")), 2):
        text, name = (row["cluster"] or "").strip(), (row["name"] or "").strip()
        if not text.isdigit() or int(text) >= num_kinds or int(text) in names:
            raise UserError(
                f"{path}, line {number}: expected a cluster from 0 to {num_kinds - 1}, each once; got '{text}'."
            )
        if name:
            names[int(text)] = name
    return names
