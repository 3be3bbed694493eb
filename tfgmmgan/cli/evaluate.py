"""`evaluate.py`: measure trained runs."""

from pathlib import Path

from tfgmmgan.cli.arguments import Parser, add_checkpoint, add_options, check_networks, given_options
from tfgmmgan.evaluation.comparison import comparison_table
from tfgmmgan.evaluation.options import EvaluationOptions
from tfgmmgan.evaluation.terminal import describe
from tfgmmgan.utils.arguments import arguments as arguments_of
from tfgmmgan.utils.errors import UserError

__all__ = ["command"]


def command(arguments: list[str], prog: str) -> None:
    """Measure trained runs, and compare several; of those that differ in their seeds the mean is taken."""
    parser = Parser(
        prog=prog,
        description="Measure trained runs: Fréchet and kernel distance, precision and recall and classifier scores of "
        "generated examples, the health of each mode, quality against diversity over variance scales and, where there "
        "are labels, how the modes agree with the classes (ACC, purity, NMI, ARI) beside k-means. Writes "
        "scorecard.json, report.html and samples/final_*.png into each run. Runs that differ in their "
        "seeds alone are put together, those that differ in more are compared, a column each.",
    )
    parser.add_argument("runs", nargs="+", metavar="RUN", help="run directory that train.py wrote")
    add_checkpoint(parser)
    parser.add_argument(
        "--reuse", action="store_true", help="take the scorecards of runs that were measured since they were trained"
    )
    parser.add_argument(
        "--output",
        metavar="DIR",
        help="write aggregate.json and report.html of the runs together, or of methods side by side, to this directory",
    )
    measured = {
        f"evaluation.{name}": argument
        for name, argument in arguments_of(EvaluationOptions).items()
        if name != "every_epochs"
    }
    add_options(parser, measured)
    options = parser.parse_args(arguments)

    from tfgmmgan.evaluation import aggregate, same_but_seed
    from tfgmmgan.training import loading, measuring
    from tfgmmgan.training.compat import read_run_config
    from tfgmmgan.training.run_directory import RunDirectory
    from tfgmmgan.training.several import compare_runs, report_runs, write_aggregate

    changed = given_options(options, measured)
    if options.output and len(options.runs) < 2:
        raise UserError("--output is for several runs together; one run keeps its own scorecard.json and report.html.")
    runs = [RunDirectory(name).existing() for name in options.runs]
    if len({run.path.resolve() for run in runs}) < len(runs):
        raise UserError(f"Expected different runs; got {' '.join(options.runs)}.")
    for run in runs:
        check_networks(str(run.path), read_run_config(run.config), changed, found=True)
    if options.output:
        Path(options.output).mkdir(parents=True, exist_ok=True)  # before anything is measured
    cards = []
    for run in runs:
        card = measuring.kept_scorecard(run, options.checkpoint) if options.reuse and not changed else None
        if card is None:
            print(f"{run.path}: reading the run and its data ...", flush=True)
            _, config, model, data = loading.load_run(str(run.path), options.checkpoint)
            config = config.replaced(**changed)
            print(f"Evaluating {config['model']} on {config['dataset']}, seed {config['seed']} ...", flush=True)
            card = measuring.evaluate(run, model, data, config, options.checkpoint)
        cards.append(card)
        print(f"{run.path}, after {card['run']['epochs']} epochs, {card['run']['minutes']} minutes of training:")
        print(describe(card))
        print(f"\nSee {run.report_of(options.checkpoint)} and {run.scorecard_of(options.checkpoint)}\n", flush=True)
    if len(runs) == 1:
        return
    groups = same_but_seed(cards)
    together = [aggregate(group) for group in groups]
    print(comparison_table(together))
    if options.output:
        folder, run_of = Path(options.output), {id(card): run for card, run in zip(cards, runs, strict=True)}
        of_group = [[run_of[id(card)] for card in group] for group in groups]  # cards of copied runs are equal
        write_aggregate(folder, together)
        if len(groups) == 1:
            report_runs(folder / "report.html", runs, cards, options.checkpoint)
        else:
            compare_runs(folder, groups, of_group, options.checkpoint)
        print(f"\nWrote {folder}/report.html and {folder}/aggregate.json")
