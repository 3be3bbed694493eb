"""`train.py`: train a model on a dataset."""

import argparse
import json
from pathlib import Path

import yaml

from tfgmmgan.evaluation import describe
from tfgmmgan.models import MODELS
from tfgmmgan.training import config_file, runner
from tfgmmgan.training.config import TrainConfig
from tfgmmgan.training.run_directory import RunDirectory
from tfgmmgan.utils.errors import UserError, unknown_name

__all__ = ["command", "parse"]

DESCRIPTION = """Train a GAN with a mixture prior on images, and say which modes it found.

Without arguments it learns scikit-learn's digits in under three minutes. Options come, each overriding those before
it, from built-in defaults, the model's own, configs/DATASET.yaml, configs/MODEL/DATASET.yaml, --config FILE, and the
command line. Everything lands in one run directory; --resume goes on with a run that was stopped."""

EXAMPLES = """examples:
  %(prog)s --dataset fashion_mnist
  %(prog)s --dataset folder --data.path photos --data.image_size 32 --num_components 5
  %(prog)s --dataset mnist --model gan --epochs 3 --output /tmp/vanilla
  %(prog)s --resume --output saved_models/mnist-gmmgan-seed0"""


def command(arguments: list[str], prog: str) -> None:
    """Train a model on a dataset and write a run directory."""
    config, output, resume = parse(arguments, prog)
    run, card = runner.train(config, output, resume)
    if card is None:
        print(f"This worker is done; the chief measures and writes {run.path}.")
        return
    print(f"\n{describe(card)}")
    print(f"\nEverything lies in {run.path}: report.html to look at, scores in scorecard.json, pictures in samples/,")
    print("the trained model in model.keras, a SavedModel for TF Serving in serving/.")
    print(f"`tensorboard --logdir {run.logs}` shows the losses.")


def parse(arguments: list[str], prog: str) -> tuple[TrainConfig, str | None, bool]:
    """Return the config, the output directory if one was named, and whether to resume."""
    first = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    for option in ("--dataset", "--model", "--seed", "--config", "--output"):
        first.add_argument(option)
    first.add_argument("--resume", action="store_true")
    try:
        early, _ = first.parse_known_args(arguments)
    except argparse.ArgumentError as error:
        raise UserError(f"{error}.") from error

    asked = _read_yaml(early.config) if early.config else {}
    dataset = str(early.dataset or asked.get("dataset") or TrainConfig.dataset)
    model = str(early.model or asked.get("model") or TrainConfig.model)
    if model not in MODELS:
        raise unknown_name("model", model, MODELS)
    base_files = config_file.dataset_configs(dataset, model)
    if early.resume:
        seed = early.seed or asked.get("seed") or TrainConfig.seed
        base_files = [RunDirectory.find(early.output, runner.default_run_name(dataset, model, seed)).config]
    base = config_file.read_config(*base_files, model=model)
    files = base_files + ([Path(early.config)] if early.config else [])
    if early.config:
        config_file.read_config(*files)  # names the file in an error

    parser = config_file.config_parser(
        files,
        model,
        prog=prog,
        description=DESCRIPTION,
        epilog=EXAMPLES % {"prog": f"python {prog}" if prog.endswith(".py") else prog},
        formatter_class=_formatter(),
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
    config = config_file.config_from(parser, parser.parse_args(arguments))
    return config_file.without_foreign_defaults(config, base), early.output, early.resume


def _read_yaml(file: str) -> dict:
    try:
        content = yaml.safe_load(Path(file).read_text())
    except OSError as error:
        raise UserError(f"The config file {file} can't be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}: {error.problem}" if mark else ""
        raise UserError(f"{file} is not YAML{where}. Write options as in 'epochs: 10'.") from error
    try:
        json.dumps(content, default=str)
    except ValueError as error:
        raise UserError(f"{file} has an alias to what holds it; write that out.") from error
    if not isinstance(content, dict):
        raise UserError(f"{file} must hold options, as in 'epochs: 10'; it holds {type(content).__name__}.")
    return content


def _formatter() -> type:
    from jsonargparse import DefaultHelpFormatter

    class Formatter(DefaultHelpFormatter, argparse.RawDescriptionHelpFormatter):
        """Keeps the line breaks of description and examples."""

    return Formatter
