"""What is computed once from images and kept for other runs."""

import hashlib
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tfgmmgan.utils.files import replacing

__all__ = ["cache_folder", "cached"]


def cache_folder() -> Path:
    """Return where it lies: `$TFGMMGAN_CACHE`, or `tfgmmgan` in the user's cache folder."""
    own = os.environ.get("TFGMMGAN_CACHE")
    return Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tfgmmgan"


def cached(kind: str, key: dict, make: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Return arrays by name, from the cache or else made now and kept there.

    A file that can't be read is made again; a folder that can't be written to is gone without. The file's name begins
    with `kind` and ends with the hash of `key`: all that the arrays depend on, for JSON.
    """
    text = json.dumps(key, sort_keys=True)
    path = cache_folder() / f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:20]}.npz"
    try:
        with np.load(path) as file:
            return {name: file[name] for name in file.files if name != "key"}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        arrays = make()
    try:
        with replacing(path) as temporary:
            np.savez(temporary, key=np.array(text), **arrays)
    except OSError:
        pass
    return arrays
