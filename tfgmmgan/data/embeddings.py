"""Embeddings of pictures that somebody has already, in a file beside them."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tfgmmgan.utils.errors import UserError

__all__ = ["read_embeddings"]

PATH = "path"  # the column that says whose row it is


def read_embeddings(file: str | Path, names: Sequence[str]) -> np.ndarray:
    """Return the embedding of each picture, (n, F) float32.

    A `.npy` file has a row for each picture, sorted by path as `clusters.csv` is. A `.csv` or `.parquet` file has a
    column `path`, relative to the folder, and numbers in all others, or, in Parquet, a column of lists; its rows come
    in any order, and may be of more pictures.

    Args:
        file: Where they are.
        names: (n,) paths of the pictures.

    Raises:
        UserError: If the file can't be read, or a picture has no row, or a row is not finite numbers.
    """
    file = Path(file).expanduser()
    readers = {".npy": _read_npy, ".csv": _read_csv, ".parquet": _read_parquet}
    if file.suffix not in readers:
        raise UserError(f"Embeddings are read from .npy, .csv and .parquet files; got {file}.")
    try:
        paths, rows = readers[file.suffix](file)
    except (OSError, ValueError, csv.Error) as error:
        raise UserError(f"{file} can't be read as embeddings ({error}).") from error
    if paths is None:
        if len(rows) != len(names):
            raise UserError(f"{file} has {len(rows)} rows for {len(names)} pictures; expected one for each, by path.")
        rows = rows[np.argsort(np.argsort(np.array(names, object)))]  # the first is of the first by path
    else:
        row_of = {path: row for row, path in enumerate(paths)}
        if missing := [name for name in names if name not in row_of]:
            raise UserError(f"{file} has no row for {len(missing)} of {len(names)} pictures, such as {missing[0]}.")
        rows = rows[[row_of[name] for name in names]]
    if rows.ndim != 2 or not rows.size or not np.isfinite(rows).all():
        raise UserError(f"{file}: expected finite numbers (n, F); got shape {rows.shape}.")
    return rows.astype(np.float32)


def _read_npy(file: Path) -> tuple[None, np.ndarray]:
    rows = np.load(file, allow_pickle=False)
    if rows.dtype.kind not in "iuf":
        raise ValueError(f"expected numbers, and it has {rows.dtype}")
    return None, rows


def _read_csv(file: Path) -> tuple[list[str], np.ndarray]:
    with open(file, newline="", encoding="utf-8-sig", errors="surrogateescape") as lines:
        reader = csv.reader(lines)
        head = next(reader, [])
        if PATH not in head:
            raise ValueError(f"it has no column '{PATH}'")
        at = head.index(PATH)
        rows = [row for row in reader if row]
    numbers = [[float(value) for column, value in enumerate(row) if column != at] for row in rows]
    return [row[at] for row in rows], np.array(numbers, float)


def _read_parquet(file: Path) -> tuple[list[str], np.ndarray]:
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(file)
    except pyarrow.ArrowException as error:
        raise ValueError(str(error).splitlines()[0]) from error
    if PATH not in table.column_names:
        raise ValueError(f"it has no column '{PATH}'")
    columns = [np.array(table[name].to_pylist(), float) for name in table.column_names if name != PATH]
    parts = [column[:, None] if column.ndim == 1 else column for column in columns]
    return table[PATH].to_pylist(), np.concatenate(parts, axis=1)
