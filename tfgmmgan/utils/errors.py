"""The one error that the command line turns into a single line and exit code 2, and the one warning."""

import difflib
import warnings
from collections.abc import Iterable

__all__ = ["Note", "UserError", "nearest", "note", "unknown_name"]


class UserError(ValueError):
    """Something the user can put right: says what was expected, what came, and what to do.

    A `ValueError`, so that Python users catch what they would expect to catch.
    """


class Note(UserWarning):
    """Something the user should know and need not put right; the command line prints it as a line."""


def note(message: str) -> None:
    """Tell the user something, once."""
    warnings.warn(message, Note, stacklevel=3)


def nearest(name: str, valid: Iterable[str]) -> str:
    """Return `" Did you mean 'x'?"` for the valid name closest to `name`, or an empty string."""
    matches = difflib.get_close_matches(name, list(valid), n=1, cutoff=0.5)
    return f" Did you mean '{matches[0]}'?" if matches else ""


def unknown_name(kind: str, name: str, valid: Iterable[str]) -> UserError:
    """Return the error for a name that is not among the valid ones."""
    valid = list(valid)
    return UserError(f"Unknown {kind} '{name}'.{nearest(name, valid)} Valid: {', '.join(valid)}.")
