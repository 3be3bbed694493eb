"""What a paper's config says of its published row."""

import re
from dataclasses import dataclass
from pathlib import Path

from tfgmmgan.utils.errors import UserError

__all__ = ["PublishedRow", "published_row"]

NUMBER = r"(Inception Score|IS|FID|ACC|NMI|ARI) (\d[\d.]*)(?: \+- (\d[\d.]*))?"


@dataclass
class PublishedRow:
    """A published row.

    Attributes:
        text: The line as it stands in the file, with its source and protocol.
        values: By name of the score the published number and its error, or None.
        paths: By name of the score the dotted path in our scorecard that it is compared with.
    """

    text: str
    values: dict[str, tuple[float, float | None]]
    paths: dict[str, str]


def published_row(file: Path) -> PublishedRow:
    """Return what the comments `# Published: ...` and `# Compared with: ...` of a config say.

    Raises:
        UserError: If the file can't be read or has no such comment.
    """
    try:
        lines = file.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"The config file {file} can't be read: {getattr(error, 'strerror', error)}.") from error
    published = next((line for line in lines if line.startswith("# Published: ")), None)
    if published is None:
        raise UserError(f"{file} has no line '# Published: ...'; reproduce is for the files of configs/papers.")
    text = published.removeprefix("# Published: ")
    values = {
        name: (float(value.rstrip(".")), float(error) if error else None)
        for name, value, error in re.findall(NUMBER, text.split("(")[0])
    }
    compared = next((line for line in lines if line.startswith("# Compared with: ")), "")
    paths = dict(re.findall(r"([\w ]+?) = ([\w.]+)", compared.removeprefix("# Compared with: ").replace(", ", ",")))
    return PublishedRow(text, values, {name.strip(","): path for name, path in paths.items()})
