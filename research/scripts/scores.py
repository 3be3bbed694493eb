"""The file of scores that a benchmark leaves."""

import json
from pathlib import Path

from tfgmmgan.utils.files import replacing

__all__ = ["write_scores"]


def write_scores(found: dict, directory: Path | None) -> None:
    """Write `scores.json` whole into a directory, which is made; do nothing where None."""
    if directory is None:
        return
    directory.mkdir(parents=True, exist_ok=True)
    with replacing(directory / "scores.json") as temporary:
        temporary.write_text(json.dumps(found, indent=2) + "\n")
