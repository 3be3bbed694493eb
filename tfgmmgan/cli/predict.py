"""`python -m tfgmmgan predict`: which kinds new pictures are of."""

import csv
import sys
from pathlib import Path

from tfgmmgan.cli.arguments import Parser
from tfgmmgan.cli.cluster import add_network
from tfgmmgan.kinds.answer import load_answer, predict_kinds
from tfgmmgan.kinds.table import COLUMNS, write_table
from tfgmmgan.utils.errors import note

__all__ = ["command"]


def command(arguments: list[str], prog: str) -> None:
    """Say which kinds new pictures are of, by what `cluster` wrote."""
    parser = Parser(
        prog=prog,
        description="Say which kinds new pictures are of, with the columns of clusters.csv. What the kinds were found "
        "among need not be there any more.",
    )
    parser.add_argument("run", metavar="RUN", help="the directory that cluster wrote")
    parser.add_argument("paths", metavar="PATHS", nargs="+", help="picture files, and folders of them")
    parser.add_argument("--output", metavar="FILE.csv", help="where to (default: the terminal)")
    add_network(parser)
    options = parser.parse_args(arguments)
    rows, unreadable = predict_kinds(load_answer(options.run, options.network), options.paths)
    for name, reason in unreadable.items():
        note(f"{name}: {reason}.")
    if options.output:
        write_table(Path(options.output), rows)
        print(f"Wrote {len(rows)} rows to {options.output}.")
    else:
        writer = csv.DictWriter(sys.stdout, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
