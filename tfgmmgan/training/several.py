"""What several runs leave together."""

import json
from pathlib import Path

from tfgmmgan.evaluation.report import write_report
from tfgmmgan.training.csv_files import read_rows
from tfgmmgan.training.run_directory import RunDirectory, picture_stem
from tfgmmgan.utils.files import replacing

__all__ = ["report_runs", "write_aggregate"]


def write_aggregate(folder: Path, content: dict | list) -> None:
    """Write what `tfgmmgan.evaluation.aggregate` found to `aggregate.json`."""
    with replacing(folder / "aggregate.json") as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n")


def report_runs(path: Path, runs: list[RunDirectory], cards: list[dict], checkpoint: str = "last") -> None:
    """Write one report of runs that differ in their seeds alone; the pictures are the first's."""
    write_report(path, cards, [read_rows(run.scores) for run in runs], runs[0].samples, picture_stem(checkpoint))
