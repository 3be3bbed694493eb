"""`evaluate.py`: measure trained runs."""

import argparse

from tfgmmgan.evaluation import score_table, summary

__all__ = ["command"]


def command(arguments: list[str], prog: str) -> None:
    """Measure trained runs on their test split; write scorecard.json and fresh figures."""
    parser = argparse.ArgumentParser(
        prog=prog,
        description="Measure trained runs on the test split of their dataset: how many modes are in use and how heavy "
        "they are and, where there are labels, ACC (best one-to-one assignment), purity, NMI and ARI beside k-means "
        "on pixels. Writes scorecard.json and samples/final_*.png into each run.",
    )
    parser.add_argument("runs", nargs="+", metavar="RUN", help="run directory that train.py wrote")
    names = parser.parse_args(arguments).runs

    from tfgmmgan.training import runner

    for name in names:
        run, config, model, data = runner.load_run(name)
        card = runner.evaluate(run, model, data, config)
        print(f"{run.path}: {config.model} on {config.dataset}, seed {config.seed}, epoch {card['run']['epochs']}")
        print(summary(card))
        print(score_table(card))
        print(f"Wrote {run.scorecard} and {run.samples}/final_*.png\n", flush=True)
