"""Names to things, for the command line, the configs and the tests alike."""

import importlib
from collections.abc import Iterator, Mapping
from typing import Any

from tfgmmgan.utils.errors import unknown_name

__all__ = ["Registry"]


class Registry(Mapping):
    """A mapping from a name to an object, whose look-up error names the valid and the nearest name.

    Values may be given as `"package.module:attribute"`; they are imported when they are first asked for, so
    that listing the names costs nothing.

    Example:

    >>> MODELS = Registry("model", {"gan": "tfgmmgan.models.gan:GAN"})
    >>> MODELS["gan"].__name__
    'GAN'

    Args:
        kind: What the names name, in the singular; used in error messages.
        entries: The mapping.
    """

    def __init__(self, kind: str, entries: Mapping[str, Any]) -> None:
        self.kind = kind
        self._entries = dict(entries)

    def add(self, name: str, entry: Any) -> None:
        """Add an entry, which the command line, the configs and the Python functions then find.

        Raises:
            ValueError: If the name is taken.
        """
        if name in self._entries:
            raise ValueError(f"There is already a {self.kind} '{name}'.")
        self._entries[name] = entry

    def __getitem__(self, name: str) -> Any:
        if name not in self._entries:
            raise unknown_name(self.kind, name, self._entries)
        entry = self._entries[name]
        if isinstance(entry, str):
            module, _, attribute = entry.partition(":")
            entry = self._entries[name] = getattr(importlib.import_module(module), attribute)
        return entry

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries
