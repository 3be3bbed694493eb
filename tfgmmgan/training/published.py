"""Published tables, the files of configs/papers: what a paper says of each row, and how the row is trained here."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfgmmgan.training.options import TrainConfig, known_options, make_config
from tfgmmgan.training.yaml_files import flatten, read_yaml
from tfgmmgan.utils.errors import UserError, unknown_name

__all__ = ["PublishedRow", "PublishedTable", "read_table"]

NUMBER = re.compile(r"(\d+(?:\.\d+)?)(?: \+- (\d+(?:\.\d+)?))?")
TABLE = {"source": str, "protocol": str, "rows": dict}  # what a table must hold, and the kind of its value
ROW = {"title": str, "published": dict}  # what a row must hold
BOTH = {"notes": str, "compared_with": dict, "options": dict}  # what both may hold


@dataclass(frozen=True)
class PublishedRow:
    """A published row.

    Attributes:
        name: By which `reproduce --rows` knows it.
        text: What is published, with its source and protocol, in one line.
        notes: Which of the settings are ours, and what else there is to know.
        values: By name of the score the published number and its error, or None; empty where no score is published.
        paths: By name of the score the dotted path in our scorecard that it is compared with.
        options: What the row is trained with, by dotted name, values as they stand in the file; `model` and `dataset`
            are among them.
    """

    name: str
    text: str
    notes: str
    values: dict[str, tuple[float, float | None]]
    paths: dict[str, str]
    options: dict[str, Any]

    def config(self, **departing: Any) -> TrainConfig:
        """Return the config of the row, over the model's and the dataset's defaults.

        Args:
            **departing: Options by their dotted names that are to differ from the row's.

        Raises:
            UserError: If an option is unknown, of the wrong kind, or of no use to the model.
        """
        options = self.options | departing
        return make_config(options.pop("model"), options.pop("dataset"), **options)


@dataclass(frozen=True)
class PublishedTable:
    """A published table.

    Attributes:
        file: Where it was read.
        rows: Its rows by name, in the order of the file.
    """

    file: Path
    rows: dict[str, PublishedRow]

    def row(self, name: str) -> PublishedRow:
        """Return the row of this name, or raise a `UserError` that names the nearest."""
        if name not in self.rows:
            raise unknown_name(f"row of {self.file}", name, self.rows)
        return self.rows[name]


def read_table(file: str | Path) -> PublishedTable:
    """Return a published table from its YAML file.

    Example:

    >>> row = read_table("configs/papers/gm_gan/table_2_cifar10.yaml").row("k20")
    >>> row.values
    {'Inception Score': (5.91, 0.05)}

    Args:
        file: Holds `source`, `protocol`, `notes`, `compared_with` and `options`, which are for all rows, and `rows`: by
            name their `title`, `published` numbers (`5.91`, or `5.91 +- 0.05`), `notes`, `compared_with`, and the
            `options` that they add to the table's or set otherwise. `model` and `dataset` must be among them.

    Raises:
        UserError: If the file can't be read or is no published table.
    """
    file = Path(file)
    content = read_yaml(file)
    try:
        _check(content, TABLE)
        if not content["rows"]:
            raise UserError("its 'rows' are none.")
    except UserError as error:
        raise UserError(f"{file} is no published table, as those of configs/papers are: {error}") from error
    rows = {}
    for name, row in content["rows"].items():
        try:
            _check(row, ROW)
            rows[name] = _row(name, row, content)
        except UserError as error:
            raise UserError(f"{file}, row '{name}': {error}") from error
    return PublishedTable(file, rows)


def _check(content: Any, needed: dict[str, type]) -> None:
    """Raise `UserError` where a key is missing or unknown, or its value of another kind."""
    if not isinstance(content, dict):
        raise UserError(f"expected values by name: {', '.join(needed)}; got '{content}'.")
    kinds = needed | BOTH
    for name in needed:
        if name not in content:
            raise UserError(f"it has no '{name}'.")
    for name, value in content.items():
        if name not in kinds:
            raise unknown_name("key", name, kinds)
        if not isinstance(value, kinds[name]):
            kind = "text" if kinds[name] is str else "values by name"
            raise UserError(f"expected {kind} for '{name}'; got '{value}'.")


def _row(name: str, row: dict[str, Any], table: dict[str, Any]) -> PublishedRow:
    """Return a row with what the table says of all rows."""
    if not re.fullmatch(r"[\w-]+", name):
        raise UserError("a row's name is a folder's, too: letters, digits, '-' and '_', and nothing else.")
    stated = ", ".join(f"{score} {number}" for score, number in row["published"].items())
    about = f"{table['source']}; {row['title']}; {table['protocol']}"
    compared_with = table.get("compared_with", {}) | row.get("compared_with", {})
    for score in row["published"]:
        if not isinstance(compared_with.get(score), str):
            raise UserError(f"'compared_with' must say which score of ours '{score}' is compared with.")
    known = known_options()
    options = flatten(table.get("options", {}), known) | flatten(row.get("options", {}), known)
    for needed in ("model", "dataset"):
        if needed not in options:
            raise UserError(f"its options name no {needed}.")
    return PublishedRow(
        name=name,
        text=f"{stated}; {about}" if stated else about,
        notes=" ".join(f"{table.get('notes', '')} {row.get('notes', '')}".split()),
        values={score: _number(number) for score, number in row["published"].items()},
        paths={score: compared_with[score] for score in row["published"]},
        options=options,
    )


def _number(text: Any) -> tuple[float, float | None]:
    """Return number and error of `5.91 +- 0.05`, or number and None of `5.91`."""
    match = NUMBER.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise UserError(f"expected a published number as 5.91, or 5.91 +- 0.05 with its error; got '{text}'.")
    return float(match[1]), float(match[2]) if match[2] else None
