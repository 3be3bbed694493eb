"""`python -m tfgmmgan cluster`: which kinds of pictures are in a folder."""

import os
import shutil
from pathlib import Path

from tfgmmgan.cli.arguments import Formatter, Parser
from tfgmmgan.kinds.answer import Answer, find_kinds, load_answer
from tfgmmgan.kinds.table import read_names
from tfgmmgan.training.run_directory import RunDirectory
from tfgmmgan.utils.errors import UserError
from tfgmmgan.utils.files import check_empty
from tfgmmgan.utils.time_left import verbosity

__all__ = ["add_network", "command", "sort_into"]

DESCRIPTION = """Say which kinds of pictures are in a folder, and which picture is of which: no GAN, some minutes.

Leaves in its output directory clusters.csv (a row for each picture), unreadable.csv, gallery.html to
look at, map.png, map.csv, summary.json, and the fitted clusterer, by which `predict` assigns new pictures.
"""
EXAMPLES = """examples:
  %(prog)s photos
  %(prog)s photos --num_components 7 --output kinds --sort-into sorted
  %(prog)s --output kinds --names names.csv         name the kinds of an answer that is there"""


def command(arguments: list[str], prog: str) -> None:
    """Find the kinds of pictures in a folder, and write tables and a page to look at."""
    parser = Parser(prog=prog, description=DESCRIPTION, epilog=EXAMPLES % {"prog": prog}, formatter_class=Formatter)
    parser.add_argument("paths", metavar="PHOTOS", nargs="*", help="a folder, or several files and folders")
    parser.add_argument(
        "--num_components", default="auto", metavar="K", help="how many kinds, or auto (default: %(default)s)"
    )
    parser.add_argument("--output", metavar="DIR", help="a new or empty directory (default: PHOTOS-kinds, or -2, -3)")
    parser.add_argument(
        "--names", metavar="FILE", help="a CSV file with the columns cluster and name; names then stand everywhere"
    )
    parser.add_argument("--sort-into", metavar="DIR", help="a new or empty directory, for a folder of links a kind")
    parser.add_argument("--copy", action="store_true", help="with --sort-into: copies, not links")
    parser.add_argument(
        "--crop",
        choices=("center", "none"),
        default="center",
        help="whether a picture's middle square is looked at, or the whole squeezed (default: %(default)s)",
    )
    parser.add_argument("--descriptor", default="auto", help="by what pictures are compared (default: %(default)s)")
    add_network(parser)
    parser.add_argument("--network_size", type=int, metavar="N", help="side in pixels of the images that it takes")
    parser.add_argument(
        "--network_range",
        choices=("-1 to 1", "0 to 1", "0 to 255"),
        default="-1 to 1",
        help="what black and white are for it (default: %(default)s)",
    )
    parser.add_argument(
        "--entropy_penalty",
        type=float,
        default=0.0,
        metavar="X",
        help="0.8 where some kinds are ten times as frequent as others; 0, the default, likes them equal",
    )
    parser.add_argument("--features", metavar="FILE", help="embeddings to compare by: .npy, .csv or .parquet")
    parser.add_argument("--seed", type=int, default=0, help="the same seed finds the same (default: %(default)s)")
    options = parser.parse_args(arguments)
    if options.copy and not options.sort_into:
        raise UserError("--copy belongs to --sort-into DIR.")
    if not options.paths:
        _rename(options.output, options.names, options.network)
        return
    count = options.num_components
    if count != "auto":
        if not count.isdigit() or int(count) < 1:
            raise UserError(f"--num_components must be a number of at least 1, or auto; got '{count}'.")
        count = int(count)
    if options.names and count == "auto":
        raise UserError("--names needs kinds that are known: find them first, and name them by --output DIR --names.")
    names = read_names(options.names, count) if options.names else {}
    if options.sort_into:
        check_empty(Path(options.sort_into), "--sort-into")
    output = RunDirectory.claim(options.output, f"{Path(options.paths[0]).absolute().name}-kinds", root=".")
    try:
        names_of = ("descriptor", "network", "network_size", "network_range", "entropy_penalty", "features")
        chosen = {name: getattr(options, name) for name in names_of}
        answer = find_kinds(
            options.paths, count, names, options.crop, random_state=options.seed, verbose=verbosity(), **chosen
        )
        answer.write(output.path)
    finally:
        output.release()
        if output.is_empty():
            output.path.rmdir()
    print(f"\n{answer.describe()}")
    if options.sort_into:
        sort_into(Path(options.sort_into), answer, options.copy)
        print(f"{'Copies' if options.copy else 'Links'} lie in {options.sort_into}, a folder for each kind.")
    print(f"\nEverything lies in {output.path}: gallery.html to look at, clusters.csv for each picture.")
    print(f"New pictures: python -m tfgmmgan predict {output.path} PATHS")
    print(f"Name the kinds: python -m tfgmmgan cluster --output {output.path} --names names.csv (cluster,name)")
    print(f"Draw them: python -m tfgmmgan train --from {output.path} --max_minutes 60")


def add_network(parser: Parser) -> None:
    """Add `--network`."""
    parser.add_argument(
        "--network", help="a trained network to compare by: a name of keras.applications, or a .keras file"
    )


def sort_into(folder: Path, answer: Answer, copy: bool = False) -> None:
    """Make a folder of links, or copies, for each kind; what lay in subfolders keeps their names before its own.

    Raises:
        UserError: If the folder is not empty, or can't be written to.
    """
    check_empty(folder, "--sort-into")
    files = dict(zip(answer.pictures.names, answer.pictures.originals.paths, strict=True))
    for row in answer.rows:
        place = folder / _as_folder(f"{row['cluster']:02} {row['name']}".strip())
        place.mkdir(parents=True, exist_ok=True)
        target = place / row["path"].strip("/").replace("/", "__")
        source = Path(os.path.abspath(files[row["path"]]))
        try:
            shutil.copy2(source, target) if copy else target.symlink_to(source)
        except OSError as error:
            raise UserError(f"{target} can't be made ({error.strerror}). --copy makes copies, not links.") from error


def _as_folder(name: str) -> str:
    """Return a name that every file system takes."""
    return "".join("_" if letter in '/\\:*?"<>|' or not letter.isprintable() else letter for letter in name).rstrip(
        ". "
    )


def _rename(output: str | None, names: str | None, network: str | None) -> None:
    """Name the kinds of an answer that is there."""
    if output is None or names is None:
        raise UserError("Expected a folder of pictures, as in: cluster photos; or --output DIR --names FILE.")
    answer = load_answer(output, network)
    named = read_names(names, len(answer.summary["kinds"]))
    answer.rename(Path(output), named)
    print(answer.describe())
