"""What an answer says of its kinds, in `summary.json`, and their names, which stand in all of its files."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfgmmgan.kinds.gallery import rename_in_gallery
from tfgmmgan.kinds.table import read_table, write_table
from tfgmmgan.utils.errors import UserError
from tfgmmgan.utils.files import found_from, replacing, seen_from

__all__ = ["GALLERY", "SUMMARY", "TABLE", "names_of", "read_summary", "rename_kinds", "write_summary"]

SUMMARY, TABLE, GALLERY = "summary.json", "clusters.csv", "gallery.html"
PICTURES = {"classifier", "crop", "paths", "shape"}  # what is said of the pictures that `cluster` looked at


def read_summary(folder: str | Path, of_pictures: bool = True) -> dict[str, Any]:
    """Return the summary of the answer that lies in a folder.

    Args:
        folder: Where.
        of_pictures: Whether it must say which pictures; a run on other images has names of its kinds alone.

    Raises:
        UserError: If there is none, or it is damaged.
    """
    file = Path(folder) / SUMMARY
    try:
        summary = json.loads(file.read_text(encoding="utf-8"))
        summary["kinds"][0]["cluster"]
        if "paths" in summary:
            summary["paths"] = [found_from(folder, path) for path in summary["paths"]]
        if missing := of_pictures and PICTURES - summary.keys():
            raise ValueError(f"it lacks {', '.join(sorted(missing))}")
    except FileNotFoundError as error:
        raise UserError(f"{folder} holds no answer: there is no {SUMMARY}. `cluster` writes one.") from error
    except (OSError, ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        raise UserError(f"{file} is damaged ({error}).") from error
    return summary


def write_summary(folder: Path, summary: Mapping[str, Any]) -> None:
    """Write the summary of an answer into a folder; where the pictures are it says as seen from there."""
    if "paths" in summary:
        summary = {**summary, "paths": [seen_from(folder, path) for path in summary["paths"]]}
    with replacing(folder / SUMMARY) as temporary:
        temporary.write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")


def names_of(folder: str | Path) -> dict[int, str]:
    """Return what somebody called the kinds of an answer or a run, by number; nothing where nobody did."""
    if not (Path(folder) / SUMMARY).is_file():
        return {}
    return {kind["cluster"]: kind["name"] for kind in read_summary(folder, False)["kinds"] if kind["name"]}


def rename_kinds(folder: Path, names: Mapping[int, str], count: int) -> None:
    """Give the kinds of an answer, or of a run, other names, in all of its files; the others lose theirs.

    Args:
        folder: Where it is.
        names: By number.
        count: How many kinds there are.

    Raises:
        UserError: If one of its files is damaged.
    """
    summary = {"kinds": [{"cluster": kind} for kind in range(count)]}
    if (folder / SUMMARY).is_file():
        summary = read_summary(folder, False)
    if (folder / TABLE).is_file():
        rows = read_table(folder / TABLE)
        rename_in_gallery(folder / GALLERY, names)
        write_table(folder / TABLE, [{**row, "name": names.get(int(row["cluster"]), "")} for row in rows])
    for kind in summary["kinds"]:
        kind["name"] = names.get(kind["cluster"], "")
    write_summary(folder, summary)
