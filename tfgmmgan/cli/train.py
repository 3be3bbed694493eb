"""`train.py`: train a model on a dataset."""

from pathlib import Path
from typing import Any

from tfgmmgan.cli.arguments import Formatter, Parser, add_options, check_networks, given_options
from tfgmmgan.evaluation import describe
from tfgmmgan.models import MODELS
from tfgmmgan.training import runner
from tfgmmgan.training.compat import found_files, read_run_config
from tfgmmgan.training.options import (
    RunOptions,
    TrainConfig,
    dataset_defaults,
    default_model,
    heeded_options,
    known_options,
    settled_by_kinds,
)
from tfgmmgan.training.run_directory import RunDirectory
from tfgmmgan.training.yaml_files import flatten, read_yaml
from tfgmmgan.utils.errors import UserError

__all__ = ["command", "parse"]

DESCRIPTION = """Train a GAN with a mixture prior on images, and say which modes it found.

Without arguments it learns scikit-learn's digits in a few minutes. Options come, each overriding
those before it, from built-in defaults, the model's own, configs/DATASET.yaml,
configs/MODEL/DATASET.yaml, --config FILE, and the command line. Everything lands in one run
directory; --resume goes on with a run that was stopped.
"""
MORE = """--help-all, or --model MODEL --help, lists all options that the model heeds: networks and losses
(--model.*), the prior (--prior.*), how the modes are found (--clusterer.*), data, optimizers and
evaluation.

"""
EXAMPLES = """examples:
  %(prog)s --dataset fashion_mnist
  %(prog)s --dataset folder --data.path photos --num_components 5
  %(prog)s --from photos-kinds --max_minutes 30          kinds that `cluster` found
  %(prog)s --resume --output saved_models/mnist-modegan-seed0"""


def command(arguments: list[str], prog: str) -> None:
    """Train a model on a dataset and write a run directory."""
    config, output, resume = parse(arguments, prog)
    run, card = runner.train(config, output, resume)
    if card is None and config["evaluation.extent"] != "none":
        print(f"This worker is done; the chief measures and writes {run.path}.")
        return
    measured = "report.html to look at, scores in scorecard.json, pictures in samples/,"
    if card is None:
        measured = f"nothing is measured yet (python evaluate.py {run.path});"
    else:
        print(f"\n{describe(card)}")
    print(f"\nEverything lies in {run.path}: {measured}")
    print("the trained model in model.keras, a SavedModel for TF Serving in serving/.")
    print(f"`tensorboard --logdir {run.logs}` shows the losses.")
    if "clusterer.descriptor" in config:  # a system whose modes are kinds of images
        print(f"`python -m tfgmmgan sample {run.path} --component 0 -n 100 --output drawn` draws new ones of a mode.")
    if (stopped := run.record("stopped")) is not None:
        print(
            f"Training stopped after {stopped} of {config['epochs']} epochs; it goes on with "
            f"`python -m tfgmmgan train --resume --output {run.path}`."
        )


def parse(arguments: list[str], prog: str) -> tuple[TrainConfig, str | None, bool]:
    """Return the config, the output directory if one was named, and whether to resume."""
    first = Parser(add_help=False)
    for option in ("--dataset", "--model", "--seed", "--config", "--output", "--from"):
        first.add_argument(option)
    for names in (("--resume",), ("--help-all",), ("-h", "--help")):
        first.add_argument(*names, action="store_true")
    early, _ = first.parse_known_args(arguments)
    asked = _read_config(Path(early.config), early.dataset, early.model) if early.config else {}
    kinds = vars(early)["from"] or asked.get("from")
    usual = "folder" if kinds else RunOptions.dataset
    dataset = early.dataset or str(asked.get("dataset", usual))
    model = early.model or str(asked.get("model", default_model(dataset)))
    options = heeded_options(model)
    if early.help_all or early.help:
        whole = early.help_all or early.model
        shown = options if whole else {name: option for name, option in options.items() if "." not in name}
        _parser(prog, shown, "" if whole else MORE).print_help()
        raise SystemExit(0)
    everything = {name: option for other in MODELS for name, option in heeded_options(other).items()}
    given = given_options(_parser(prog, everything).parse_args(arguments), everything)
    if early.resume:
        seed = early.seed or asked.get("seed", RunOptions.seed)
        run = RunDirectory.find(early.output, runner.default_run_name(dataset, model, seed))
        before = {**read_run_config(run.config), **asked}
        check_networks(str(run.path), before, given, found=run.last_checkpoint() is not None)
        return TrainConfig({**before, **given}), early.output, True
    check_networks(str(early.config), asked, given)
    base = {**dataset_defaults(dataset, model), "model": model, "dataset": dataset}
    settled = settled_by_kinds({**asked, **given}) if "from" in options else {}
    return TrainConfig({**base, **settled, **asked, **given}), early.output, False


def _read_config(file: Path, dataset: str | None, model: str | None) -> dict[str, Any]:
    """Return the options of a --config; its mistakes are told with its name."""
    content = read_yaml(file)
    try:
        is_run_s = content.pop("version", None) is not None
        asked = flatten(content, known_options())
        asked = found_files(asked, file.parent) if is_run_s else asked
        dataset = dataset or str(asked.get("dataset", RunOptions.dataset))
        TrainConfig({**asked, "model": model or asked.get("model", default_model(dataset))})
    except UserError as error:
        raise UserError(f"{file}: {error}") from error
    return asked


def _parser(prog: str, options: dict, more: str = "") -> Parser:
    shown = f"python {prog}" if prog.endswith(".py") else prog
    parser = Parser(
        prog=prog,
        usage="%(prog)s [options]",
        description=DESCRIPTION,
        epilog=more + EXAMPLES % {"prog": shown},
        formatter_class=Formatter,
    )
    parser.add_argument("--config", metavar="FILE", help="YAML file with any of the options below.")
    parser.add_argument(
        "--output",
        metavar="DIR",
        help="Run directory, new or empty (default: saved_models/DATASET-MODEL-seedSEED, or the next free -2, -3).",
    )
    parser.add_argument(
        "--resume", action="store_true", help="Go on with the run in --output, or the newest default one."
    )
    add_options(parser, options)
    return parser
