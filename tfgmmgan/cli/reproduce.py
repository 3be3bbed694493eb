"""`python -m tfgmmgan reproduce`: the rows of a published table, each over several seeds."""

import json
from pathlib import Path

from tfgmmgan.cli.arguments import Parser
from tfgmmgan.evaluation.comparison import beside_published, gives_errors, spread_of
from tfgmmgan.training.options import TrainConfig
from tfgmmgan.training.published import PublishedRow, read_table
from tfgmmgan.utils.errors import UserError

__all__ = ["command"]

OURS = ("seed", "config", "resume")  # options of train.py that reproduce sets itself


def command(arguments: list[str], prog: str) -> None:
    """Train and measure rows of a published table for several seeds, and print the scores beside the published ones."""
    parser = Parser(
        prog=prog,
        description="Train and measure rows of a file of configs/papers for each seed, and print mean and standard "
        "deviation beside the published number. What is done is kept and skipped when the command is given again; a "
        "run that was stopped goes on. Further options, as of train.py, depart from the file and are printed.",
    )
    parser.add_argument("table", metavar="FILE", help="file of configs/papers: a published table")
    parser.add_argument("--rows", nargs="+", metavar="NAME", help="(default: all rows of the file)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="(default: 0 1 2)")
    parser.add_argument(
        "--output", metavar="DIR", help="run directories are DIR/ROW/seedN (default: saved_models/<paper>-<table>)"
    )
    options, more = parser.parse_known_args(arguments)
    table = read_table(options.table)
    rows = [table.row(name) for name in dict.fromkeys(options.rows or table.rows)]
    departing = departing_options(more)
    folder = Path(options.output or f"saved_models/{table.file.resolve().parent.name}-{table.file.stem}")
    seeds = dict.fromkeys(options.seeds)
    configs = [[row.config(**departing, seed=seed) for seed in seeds] for row in rows]  # errors come before training
    lines = [reproduce_row(row, of_row, folder / row.name) for row, of_row in zip(rows, configs, strict=True)]
    print("", *lines, sep="\n")
    if more:
        print(f"Options that depart from {table.file}: {' '.join(more)}")


def departing_options(arguments: list[str]) -> dict[str, str]:
    """Return the options of `--name value` and `--name=value` by name.

    Raises:
        UserError: If an argument is neither, or an option is one that `reproduce` sets.
    """
    found, left = {}, list(arguments)
    while left:
        first = left.pop(0)
        name, equals, value = first.removeprefix("--").partition("=")
        if not first.startswith("--"):
            raise UserError(f"Expected --name value or --name=value; got '{first}'.")
        if name in OURS:
            raise UserError(f"reproduce sets --{name} itself; the seeds are those of --seeds.")
        if not equals and (not left or left[0].startswith("--")):
            raise UserError(f"--{name} needs a value: --{name} VALUE.")
        found[name] = value if equals else left.pop(0)
    return found


def reproduce_row(row: PublishedRow, configs: list[TrainConfig], folder: Path) -> str:
    """Train and measure a row with configs that differ in their seeds, skipping what is done; print and write all.

    Returns:
        The row in a line: published, ours, how far, minutes and processor.
    """
    from tfgmmgan.evaluation import aggregate
    from tfgmmgan.training import measuring, runner
    from tfgmmgan.training.compat import read_run_config
    from tfgmmgan.training.hardware import processor, resolved
    from tfgmmgan.training.run_directory import RunDirectory
    from tfgmmgan.training.several import report_runs, write_aggregate

    cards, runs = [], []
    for config in map(resolved, configs):
        run = RunDirectory(folder / f"seed{config['seed']}")
        exists = run.config.is_file()
        card = measuring.kept_scorecard(run) if exists else None
        config = config.settled_by(read_run_config(run.config)) if exists else config
        asked = json.loads(json.dumps(config.heeded()))  # as a scorecard has them
        if card is not None and card["run"]["config"] != asked:
            raise UserError(f"{run.path} was made with other options. Choose another --output.")
        if card is not None and card["run"]["epochs"] >= config["epochs"]:
            print(f"{run.path}: done before.", flush=True)
        else:
            print(f"{run.path}: {'going on' if exists else 'training'} ...", flush=True)
            run, card = runner.train(config, str(run.path), resume=exists)
        if card is None:  # one of several workers, and not the chief
            continue
        cards.append(card)
        runs.append(run)
        together = aggregate(cards)
        about = {"row": row.name, "published": row.text, "notes": row.notes, "processor": processor()}
        about |= {"minutes": [one["run"]["minutes"] for one in cards], "epochs": card["run"]["epochs"]}
        write_aggregate(folder, {**about, "versions": card["versions"], **together})
        said, block = beside_published(row.text, row.values, row.paths, cards, together)
        report_runs(folder / "report.html", runs, cards, published=block)
        print(said, flush=True)
        print(f"Notes: {row.notes}" if row.notes else "", end="\n\n", flush=True)
    if not cards:
        return ""
    print(f"Wrote {folder}/aggregate.json and {folder}/report.html")
    return f"{row.name}: {_in_a_line(row, together['scores'])}; {_cost(about)}"


def _in_a_line(row: PublishedRow, scores: dict[str, dict]) -> str:
    """Return each published score beside ours, and how far ours is from it."""
    parts = []
    for name, (stated, _) in row.values.items():
        score = scores.get(row.paths[name])
        if score is None:
            parts.append(f"{name} {stated:g}, ours not measured")
            continue
        spread = "" if score["std"] is None else f" ± {spread_of(score, gives_errors(row.text)):.4f}"
        parts.append(f"{name} {stated:g}, ours {score['mean']:.4f}{spread}, off by {score['mean'] - stated:+.4f}")
    return "; ".join(parts) or "no number is published"


def _cost(about: dict) -> str:
    minutes = about["minutes"]
    runs = f"{len(minutes)} seeds" if len(minutes) > 1 else "1 seed"
    return f"{runs}, {sum(minutes) / len(minutes):.1f} minutes each on {about['processor']}"
