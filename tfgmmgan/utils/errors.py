"""The one error that the command line turns into a single line and exit code 2, and the one warning."""

import difflib
import warnings
from collections.abc import Iterable

__all__ = ["Note", "UserError", "nearest", "note", "unknown_name"]


LEAST_LIKE = 0.65  # a name that is suggested


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

    def likeness(one: str) -> float:
        """How like it is, or its last part: `--wdith` is meant for `--model.width`."""
        pairs = (name, one), (name.lstrip("-"), one.rpartition(".")[2].lstrip("-"))
        if any(len(start) > 1 and whole.startswith(start) for start, whole in pairs):
            return 1.0
        return max(difflib.SequenceMatcher(None, *pair).ratio() for pair in pairs)

    best = max(valid, key=likeness, default="")
    return f" Did you mean '{best}'?" if best and likeness(best) > LEAST_LIKE else ""


def unknown_name(kind: str, name: str, valid: Iterable[str]) -> UserError:
    """Return the error for a name that is not among the valid ones."""
    valid = list(valid)
    return UserError(f"Unknown {kind} '{name}'.{nearest(name, valid)} Valid: {', '.join(valid)}.")
