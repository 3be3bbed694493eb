"""Reading configs: the parser that the command line and YAML files share, by jsonargparse."""

import glob
import json
import re
from collections.abc import Iterable
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any, NoReturn, get_args, get_type_hints

from jsonargparse import ArgumentParser, Namespace

from tfgmmgan.models import MODELS
from tfgmmgan.training.build import unused_options
from tfgmmgan.training.config import TrainConfig, flatten
from tfgmmgan.utils.errors import UserError, nearest

__all__ = [
    "ConfigParser",
    "changed_options",
    "config_from",
    "config_parser",
    "dataset_configs",
    "make_config",
    "read_config",
    "without_foreign_defaults",
]


class ConfigParser(ArgumentParser):
    """jsonargparse's parser, with errors of one line that name the nearest valid key. Exit code 2."""

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Raise `UserError`."""
        message = " ".join(re.sub(r"<class '(\w+)'>", r"\1", message).split())
        message = re.sub(r'Parser key "([\w.]+)":', r"--\1:", message)
        message = re.sub(r"Expected an? (?:typing\.)?Literal", "Expected one of ", message)
        message = message.replace("Expected a int", "Expected an int")
        valid = [action.dest for action in self._actions]
        if unknown := re.search(r"[Uu]nrecognized arguments: --([\w.\-]+)", message):
            message = f"Unknown option --{unknown[1]}.{nearest(unknown[1], valid)} --help lists them all."
        elif unknown := re.search(r"Group '([\w.]+)' does not accept option '([\w.]+)'", message):
            key = f"{unknown[1]}.{unknown[2]}"
            message = f"Unknown option '{key}'.{nearest(key, valid)} --help lists them all."
        elif unknown := re.search(r"(?:Key|Option) '([\w.]+)' is not (?:expected|accepted)", message):
            message = f"Unknown option '{unknown[1]}'.{nearest(unknown[1], valid)} --help lists them all."
        raise UserError(message) from None


def config_parser(files: Iterable[Path] = (), model: str | None = None, **kwargs: Any) -> ConfigParser:
    """Return a parser of `TrainConfig`'s options; defaults are a model's own, and above them those of YAML files."""
    parser = ConfigParser(allow_abbrev=False, default_config_files=[glob.escape(str(file)) for file in files], **kwargs)
    parser.add_class_arguments(TrainConfig, fail_untyped=True)
    if model is not None:
        parser.set_defaults(MODELS[model].option_defaults)
    return parser


def config_from(parser: ConfigParser, namespace: Namespace) -> TrainConfig:
    """Return the `TrainConfig` of what a parser found."""
    _check_values(TrainConfig, namespace)
    values = vars(parser.instantiate(namespace))
    return TrainConfig(**{name: values[name] for name in TrainConfig.__dataclass_fields__})


def _check_values(of: type, values: Any, prefix: str = "") -> None:
    """Raise `UserError` where a group of options is none, or an option has no value and needs one."""
    for name, kind in get_type_hints(of).items():
        value = getattr(values, name)
        if is_dataclass(kind):
            if not isinstance(value, Namespace):
                raise UserError(
                    f"{prefix}{name} must hold options by name; got {'nothing' if value is None else value}."
                )
            _check_values(kind, value, f"{prefix}{name}.")
        elif value is None and type(None) not in get_args(kind):
            raise UserError(f"--{prefix}{name} must have a value; leave it out for the default.")


def read_config(*files: Path, model: str | None = None) -> TrainConfig:
    """Return the config of YAML files, each overriding those before it, over a model's or the built-in defaults.

    Raises:
        UserError: If a file is missing, is not YAML, or has an unknown key or a value of the wrong kind.
    """
    for file in files:
        if not file.is_file():
            raise UserError(f"There is no config file {file}.")
    parser = config_parser(files, model)
    try:
        return config_from(parser, parser.parse_args([]))
    except UserError as error:
        raise UserError(f"{files[-1]}: {error}") from error


def dataset_configs(dataset: str, model: str) -> list[Path]:
    """Return the shipped YAML files with a dataset's defaults, for all models and for this one, those there are."""
    package = Path(__file__).parents[1]
    folder = package / "configs"  # in a wheel
    if not folder.is_dir():
        folder = package.parent / "configs"  # in the checkout
    return [file for file in (folder / f"{dataset}.yaml", folder / model / f"{dataset}.yaml") if file.is_file()]


def make_config(model: str = TrainConfig.model, dataset: str = TrainConfig.dataset, **options: Any) -> TrainConfig:
    """Return what the command line makes of these options: over the built-in, the model's and the dataset's defaults.

    Example:

    >>> config = make_config("gmgan", "digits", epochs=2, **{"networks.width": 0.5})

    Args:
        model: A name in `MODELS`.
        dataset: What `--dataset` takes.
        **options: Any other option by its dotted name.

    Raises:
        UserError: If an option is unknown or of the wrong kind.
    """
    parser = config_parser(dataset_configs(dataset, model), model)
    base = config_from(parser, parser.parse_args([f"--dataset={dataset}", f"--model={model}"]))
    values = {name: value if isinstance(value, str) else json.dumps(value) for name, value in options.items()}
    arguments = [f"--dataset={dataset}", f"--model={model}", *(f"--{name}={value}" for name, value in values.items())]
    return without_foreign_defaults(config_from(parser, parser.parse_args(arguments)), base)


def without_foreign_defaults(config: TrainConfig, base: TrainConfig) -> TrainConfig:
    """Undo what a dataset's defaults say to another model; what the user says to it stays, and is then an error."""
    values, ours, plain = flatten(config), flatten(base), flatten(TrainConfig())
    for option in unused_options(config.model):
        if values[option] == ours[option]:
            *groups, name = option.split(".")
            owner = config
            for group in groups:
                owner = getattr(owner, group)
            setattr(owner, name, plain[option])
    return config


def changed_options(config: TrainConfig, base: TrainConfig) -> dict[str, tuple[Any, Any]]:
    """Return (old, new) by dotted name where two configs differ."""
    old, new = flatten(base), flatten(config)
    return {option: (old[option], new[option]) for option in new if new[option] != old[option]}
