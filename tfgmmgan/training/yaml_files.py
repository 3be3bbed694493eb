"""YAML files of options: data and nothing else. No tag, no alias, no import; every scalar is read as the text it is."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import yaml

from tfgmmgan.utils.errors import UserError

__all__ = ["flatten", "is_whole", "nested", "read_yaml", "write_yaml"]

MOST_BYTES = 1_000_000
MOST_DEPTH = 20
END = "# end\n"  # what a file that was cut short lacks


def read_yaml(file: Path) -> dict[str, Any]:
    """Return what a YAML file holds: a mapping of texts, lists and mappings; `01`, `yes` and `no` are texts.

    Raises:
        UserError: If it can't be read, is not YAML, has a tag, an anchor or an alias, or holds no mapping.
    """
    try:
        if file.stat().st_size > MOST_BYTES:
            raise UserError(f"{file} is larger than {MOST_BYTES} bytes; a config has options, as in 'epochs: 10'.")
        text = file.read_text(encoding="utf-8")
        _check_events(file, text)
        content = yaml.load(text, yaml.BaseLoader)
    except FileNotFoundError as error:
        raise UserError(f"There is no config file {file}.") from error
    except OSError as error:
        raise UserError(f"The config file {file} can't be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        if isinstance(error, UserError):
            raise
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}: {error.problem}" if mark else ""
        raise UserError(f"{file} is not YAML{where}. Write options as in 'epochs: 10'.") from error
    if content is None or content == "":
        raise UserError(f"{file} is empty; expected options, as in 'epochs: 10'.")
    if not isinstance(content, dict):
        raise UserError(f"{file} must hold options, as in 'epochs: 10'; it holds a {type(content).__name__}.")
    return content


def _check_events(file: Path, text: str) -> None:
    """Raise `UserError` for what is more than data, before anything is made of it."""
    depth = 0
    for event in yaml.parse(text, yaml.BaseLoader):
        tag = getattr(event, "tag", None)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise UserError(f"{file} has an anchor or an alias in line {event.start_mark.line + 1}; write it out.")
        if tag not in (None, "!"):
            raise UserError(f"{file} has the tag {tag!r} in line {event.start_mark.line + 1}; options are plain data.")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MOST_DEPTH:
            raise UserError(f"{file} is nested more than {MOST_DEPTH} deep in line {event.start_mark.line + 1}.")


def write_yaml(content: Mapping[str, Any], file: Path) -> None:
    """Write options, nested by group, so that `read_yaml` and `flatten` give them back."""
    file.write_text(yaml.safe_dump(dict(content), sort_keys=False) + END, encoding="utf-8")


def is_whole(file: Path) -> bool:
    """Return whether a file ends as `write_yaml` ended it, and was not cut short."""
    return file.read_text(encoding="utf-8").endswith(END)


def flatten(content: Mapping[str, Any], known: Collection[str], prefix: str = "") -> dict[str, Any]:
    """Return a file's options by dotted name; `model: {name: gan}` and `model: gan` are the same.

    Args:
        content: Of `read_yaml`.
        known: The options there are; a mapping under such a name is its value.
        prefix: Of the names.

    Raises:
        UserError: If something that is no option holds no options.
    """
    groups = {name[:at] for name in known for at, letter in enumerate(name) if letter == "."}
    flat: dict[str, Any] = {}
    for key, value in content.items():
        name = f"{prefix}{key}"
        if name == "model.name":
            flat["model"] = value
        elif isinstance(value, Mapping) and (name in groups or name not in known):
            flat |= flatten(value, known, f"{name}.")
        elif name in groups and name not in known:
            raise UserError(f"{name} must hold options by name; got {value or 'nothing'}.")
        else:
            flat[name] = value
    return flat


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Return options nested by group; the model's name is its group's `name`."""
    found: dict[str, Any] = {}
    for name, value in flat.items():
        *groups, last = ("model.name" if name == "model" else name).split(".")
        owner = found
        for group in groups:
            owner = owner.setdefault(group, {})
        owner[last] = value
    return found
