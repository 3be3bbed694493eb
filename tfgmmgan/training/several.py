"""What several runs leave together."""

import json
from pathlib import Path

from tfgmmgan.evaluation.comparison import write_comparison
from tfgmmgan.evaluation.report import write_report
from tfgmmgan.training.csv_files import read_rows
from tfgmmgan.training.run_directory import RunDirectory, picture_stem
from tfgmmgan.utils.files import replacing

__all__ = ["compare_runs", "report_runs", "write_aggregate"]


def write_aggregate(folder: Path, content: dict | list) -> None:
    """Write what `tfgmmgan.evaluation.aggregate` found to `aggregate.json`."""
    with replacing(folder / "aggregate.json") as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n")


def report_runs(
    path: Path, runs: list[RunDirectory], cards: list[dict], checkpoint: str = "last", published: str = ""
) -> None:
    """Write one report of runs that differ in their seeds alone; the pictures are the first's."""
    histories, stem = [read_rows(run.scores) for run in runs], picture_stem(checkpoint)
    write_report(path, cards, histories, runs[0].samples, stem, published=published)


def compare_runs(folder: Path, groups: list[list[dict]], runs: list[list[RunDirectory]], checkpoint: str) -> None:
    """Write `report.html`, which has a column for each group of runs that differ in their seeds, and one a group."""
    pages = [f"report-{number + 1}.html" for number in range(len(groups))]
    for page, cards, of_group in zip(pages, groups, runs, strict=True):
        report_runs(folder / page, of_group, cards, checkpoint)
    pictures = [of_group[0].samples / f"{picture_stem(checkpoint)}_samples.png" for of_group in runs]
    write_comparison(folder / "report.html", groups, pages, pictures)
