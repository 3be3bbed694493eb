"""`python -m tfgmmgan reproduce`: a published row, over several seeds."""

import argparse
import json
from pathlib import Path
from typing import NoReturn

from tfgmmgan.cli.train import parse
from tfgmmgan.evaluation.terminal import comparison_table
from tfgmmgan.training.published import published_row
from tfgmmgan.utils.errors import UserError

__all__ = ["command"]


class Parser(argparse.ArgumentParser):
    """argparse's parser, which leaves what it does not know to `train.py`'s."""

    def error(self, message: str) -> NoReturn:
        """Raise `UserError`."""
        raise UserError(f"{message[:1].upper()}{message[1:]}.")


def command(arguments: list[str], prog: str) -> None:
    """Train and measure a paper's config for several seeds, and print the scores beside the published ones."""
    parser = Parser(
        prog=prog,
        allow_abbrev=False,
        description="Train and measure a config of configs/papers for each seed, and print mean and standard deviation "
        "beside the published number. What is done is kept and skipped when the command is given again; a run that was "
        "stopped goes on. Further options, as of train.py, depart from the file and are printed.",
    )
    parser.add_argument("config", metavar="CONFIG", help="file of configs/papers")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="(default: 0 1 2)")
    parser.add_argument(
        "--output", metavar="DIR", help="a run directory for each seed goes here (default: saved_models/<paper>-<row>)"
    )
    options, more = parser.parse_known_args(arguments)
    for option in more:
        if option.split("=")[0] in ("--seed", "--config", "--resume"):
            raise UserError(f"reproduce sets {option} itself; the seeds are those of --seeds.")
    file = Path(options.config)
    row = published_row(file)
    folder = Path(options.output or f"saved_models/{file.parent.name}-{file.stem}")

    from tfgmmgan.evaluation import aggregate
    from tfgmmgan.training import runner
    from tfgmmgan.training.hardware import resolved
    from tfgmmgan.training.run_directory import RunDirectory
    from tfgmmgan.training.several import report_runs, write_aggregate

    cards, runs = [], []
    for seed in dict.fromkeys(options.seeds):
        run = RunDirectory(folder / f"seed{seed}")
        exists = run.config.is_file()
        config, _, _ = parse([f"--config={file}", f"--seed={seed}", f"--output={run.path}", *more], prog)
        config = resolved(config)
        card = runner.kept_scorecard(run) if exists else None
        asked = json.loads(json.dumps(runner.config_options(config)))  # as a scorecard has them
        if card is not None and card["run"]["config"] != asked:
            raise UserError(f"{run.path} was made with other options. Choose another --output.")
        if card is not None and card["run"]["epochs"] >= config.epochs:
            print(f"{run.path}: done before.", flush=True)
        else:
            print(f"{run.path}: {'going on' if exists else 'training'} ...", flush=True)
            run, card = runner.train(config, str(run.path), resume=exists)
        if card is None:  # one of several workers, and not the chief
            continue
        cards.append(card)
        runs.append(run)
        together = aggregate(cards)
        write_aggregate(folder, {"published": row.text, **together})
        report_runs(folder / "report.html", runs, cards)
        print(comparison_table(row.text, row.values, row.paths, cards, together), end="\n\n", flush=True)
    if more:
        print(f"Options that depart from {file}: {' '.join(more)}")
    print(f"Wrote {folder}/aggregate.json and {folder}/report.html")
