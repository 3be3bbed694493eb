"""`evaluate.py`: measure trained runs."""

from tfgmmgan.evaluation import score_table, summary
from tfgmmgan.training.config_file import ConfigParser

__all__ = ["command"]


def command(arguments: list[str], prog: str) -> None:
    """Measure trained runs on their test split; write scorecard.json and fresh figures."""
    parser = ConfigParser(
        prog=prog,
        allow_abbrev=False,
        description="Measure trained runs on the test split of their dataset: how many modes are in use and how heavy "
        "they are and, where there are labels, ACC (best one-to-one assignment), purity, NMI and ARI beside k-means "
        "on pixels. Writes scorecard.json and samples/final_*.png into each run.",
    )
    parser.add_argument("runs", nargs="+", metavar="RUN", help="run directory that train.py wrote")
    names = parser.parse_args(arguments).runs

    from tfgmmgan.training import runner

    for name in names:
        print(f"{name}: reading the run and its data ...", flush=True)
        run, config, model, data = runner.load_run(name)
        print(f"Evaluating {config.model} on {config.dataset}, seed {config.seed} ...", flush=True)
        card = runner.evaluate(run, model, data, config)
        print(f"After {card['run']['epochs']} epochs, {card['run']['minutes']} minutes of training:")
        print(summary(card))
        print(score_table(card))
        print(f"Wrote {run.scorecard} and {run.samples}/final_*.png\n", flush=True)
