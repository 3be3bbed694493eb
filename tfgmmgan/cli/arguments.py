"""The command line's parsers: argparse over the options that classes declare, with errors of one line."""

import argparse
from collections.abc import Mapping
from typing import Any, NoReturn

from tfgmmgan.utils.arguments import Argument, described
from tfgmmgan.utils.errors import UserError, nearest

__all__ = ["Parser", "add_checkpoint", "add_options", "check_networks", "given_options"]

NETWORKS = {"clusterer.network": "null", "clusterer.descriptor": "auto"}  # options that may name one, and those without


class Parser(argparse.ArgumentParser):
    """argparse's parser, which raises `UserError` and names the nearest valid option."""

    def __init__(self, **kwargs) -> None:
        super().__init__(allow_abbrev=False, **kwargs)

    def parse_args(self, arguments: list[str]) -> argparse.Namespace:
        """Return what was given; raise `UserError` for what no option takes."""
        found, unknown = self.parse_known_args(arguments)
        if unknown:
            name = unknown[0].split("=")[0]
            valid = [option for action in self._actions for option in action.option_strings]
            if not name.startswith("-"):
                raise UserError(f"Unexpected argument '{name}'; options begin with --, as in --epochs 10.")
            raise UserError(f"Unknown option {name}.{nearest(name, valid)} --help lists them all.")
        return found

    def error(self, message: str) -> NoReturn:
        """Raise `UserError`."""
        message = message.removeprefix("argument ")
        raise UserError(f"{message[:1].upper()}{message[1:]}.")


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Keeps the line breaks of description and examples, and leaves room for long names."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=30, width=100)


def add_options(parser: argparse.ArgumentParser, options: Mapping[str, Argument]) -> None:
    """Add options that classes declare, those of a group under its title; a value is read as text."""
    groups: dict[str, Any] = {}
    for name, option in options.items():
        prefix = name.rpartition(".")[0]
        if prefix not in groups:
            groups[prefix] = parser.add_argument_group(f"--{prefix}.*") if prefix else parser
        default = "null" if option.default is None else str(option.default)
        said = option.help if f"Default {default}" in option.help else f"{option.help} Default {default}."
        groups[prefix].add_argument(
            f"--{name}",
            dest=name,
            default=argparse.SUPPRESS,
            metavar=_metavar(option),
            help=f"{said} ({described(option.hint)})".replace("%", "%%").replace("`", ""),
        )


def _metavar(option: Argument) -> str:
    return {int: "N", float: "X", bool: "true|false"}.get(type(option.default), "VALUE")


def given_options(parsed: argparse.Namespace, options: Mapping[str, Argument]) -> dict[str, str]:
    """Return those of some options that were given, as text."""
    return {name: value for name, value in vars(parsed).items() if name in options}


def check_networks(where: str, options: Mapping[str, Any], given: Mapping[str, str], found: bool = False) -> None:
    """Raise `UserError` where a file, and not the person, names a network: loading one is running a program.

    Args:
        where: The file or run.
        options: What it says, by name.
        given: The options of the command line.
        found: Whether the modes are found already, so that only evaluation has a network to load.
    """
    names = {"evaluation.inception": "none"} if found else {**NETWORKS, "evaluation.inception": "none"}
    for name, without in names.items():
        network = options.get(name)
        is_file = name == "evaluation.inception" or (network and ("/" in network or "." in network))
        if network not in (None, "none", "auto") and is_file and name not in given:
            raise UserError(
                f"{where} names the network {network}. A network is a program: if you trust it, give it again by "
                f"--{name} {network}, or leave it out by --{name} {without}."
            )


def add_checkpoint(parser: argparse.ArgumentParser) -> None:
    """Add `--checkpoint`, which several commands take."""
    parser.add_argument(
        "--checkpoint",
        choices=("last", "best"),
        default="last",
        help="the last epoch, or the best by the label-free criterion (default: %(default)s)",
    )
