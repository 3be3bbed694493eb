"""The tables of a run: `history.csv`, a row for each epoch, and `scores.csv`, a row for each that was measured."""

import csv
from pathlib import Path

from tfgmmgan.evaluation.epoch_scores import CRITERION
from tfgmmgan.utils.errors import UserError
from tfgmmgan.utils.files import replacing

__all__ = ["best_epoch", "minutes_trained", "read_rows", "write_rows"]


def read_rows(path: Path, last_epoch: int | None = None, column: str = "epoch") -> list[dict]:
    """Return the rows of a CSV file by epoch, up to `last_epoch`; none where there is no file.

    Raises:
        UserError: If it can't be read, or a row lacks the number of the epoch or that of `column`.
    """
    if not path.is_file():
        return []
    try:
        with open(path, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            float(row[column])
            if None in row or None in row.values():
                raise ValueError("a row has more or fewer values than the first")
        return [row for row in rows if last_epoch is None or int(row["epoch"]) <= last_epoch]
    except (csv.Error, KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{path} is damaged ({type(error).__name__}: {error}). Put back a copy, or move it away: the run then goes "
            "on without those rows."
        ) from error


def write_rows(path: Path, rows: list[dict]) -> None:
    """Write a CSV file whole; its columns are those of the last row."""
    with replacing(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[-1]), restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def minutes_trained(path: Path) -> float:
    """Return the minutes that the epochs of a `history.csv` took, those before a resume included."""
    return round(sum(float(row["seconds"]) for row in read_rows(path, column="seconds")) / 60, 2)


def best_epoch(path: Path) -> int | None:
    """Return the epoch of a `scores.csv` with the lowest criterion, or None where there is none."""
    rows = [(float(row[CRITERION]), int(row["epoch"])) for row in read_rows(path, column=CRITERION)]
    return min(rows)[1] if rows else None
