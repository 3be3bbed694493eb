"""What tells a dataset from others, for what is computed once from it."""

import hashlib

from tfgmmgan.data import ImageData

__all__ = ["fingerprint"]


def fingerprint(data: ImageData) -> str:
    """Return what tells a dataset, at its size and selection, from others: a hash of its splits (`Split.digest`)."""
    parts = (data.name, data.shape, len(data.train), len(data.test), data.train.digest, data.test.digest)
    return hashlib.sha256(repr(parts).encode()).hexdigest()
