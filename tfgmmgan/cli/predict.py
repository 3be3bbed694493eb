"""`python -m tfgmmgan predict`: which kinds new pictures are of."""

import csv
import sys
from pathlib import Path

from tfgmmgan.cli.arguments import Parser
from tfgmmgan.cli.cluster import add_network
from tfgmmgan.clustering import ImageClusterer
from tfgmmgan.kinds.answer import Answer, load_answer, predict_kinds
from tfgmmgan.kinds.summary import TABLE, names_of
from tfgmmgan.kinds.table import COLUMNS, write_table
from tfgmmgan.training.compat import read_run_config
from tfgmmgan.training.run_directory import RunDirectory
from tfgmmgan.utils.errors import UserError, note

__all__ = ["command"]


def command(arguments: list[str], prog: str) -> None:
    """Say which kinds new pictures are of, by what `cluster` wrote, or a trained run."""
    parser = Parser(
        prog=prog,
        description="Say which kinds new pictures are of, with the columns of clusters.csv. What the kinds were found "
        "among need not be there any more.",
    )
    parser.add_argument("run", metavar="RUN", help="the directory that cluster wrote, or a trained run")
    parser.add_argument("paths", metavar="PATHS", nargs="+", help="picture files, and folders of them")
    parser.add_argument("--output", metavar="FILE.csv", help="where to (default: the terminal)")
    add_network(parser)
    options = parser.parse_args(arguments)
    rows, unreadable = predict_kinds(_answer(options.run, options.network), options.paths)
    for name, reason in unreadable.items():
        note(f"{name}: {reason}.")
    if options.output:
        write_table(Path(options.output), rows)
        print(f"Wrote {len(rows)} rows to {options.output}.")
    else:
        writer = csv.DictWriter(sys.stdout, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def _answer(folder: str, network: str | None) -> Answer:
    """Return the answer in a folder, or what a trained run knows of kinds."""
    run = RunDirectory(folder)
    if (run.path / TABLE).is_file() or not run.config.is_file():
        return load_answer(folder, network)
    if not run.clusterer.is_dir():
        raise UserError(f"{folder} has no clusterer: its model finds no kinds before training, or is of version 0.1.")
    clusterer = ImageClusterer.load(run.clusterer, network)
    names = names_of(folder)
    kinds = [{"cluster": kind, "name": names.get(kind, "")} for kind in range(clusterer.n_clusters_)]
    return Answer([], {"kinds": kinds, "crop": read_run_config(run.config)["data.crop"]}, clusterer)
