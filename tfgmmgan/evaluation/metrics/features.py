"""Features of a sample, and their moments."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

__all__ = ["Features", "Moments"]

BLOCK = 8192


@dataclass
class Moments:
    """Mean (p,) and unbiased covariance (p, p), float64, of a sample of n."""

    mean: np.ndarray
    covariance: np.ndarray
    size: int

    @classmethod
    def of(cls, features: np.ndarray) -> "Moments":
        """Return the moments of (n, p) features, n >= 2, in float64 block by block."""
        if len(features) < 2:
            raise ValueError(f"A covariance needs two rows or more; got {len(features)}.")
        mean = features.mean(axis=0, dtype=np.float64)
        covariance = np.zeros((features.shape[1],) * 2)
        for start in range(0, len(features), BLOCK):
            centred = features[start : start + BLOCK] - mean
            covariance += centred.T @ centred
        return cls(mean, covariance / (len(features) - 1), len(features))


@dataclass
class Features:
    """Features of a sample, (n, p) float32, and its logits, (n, classes) float32, if there are any."""

    values: np.ndarray
    logits: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: slice | np.ndarray) -> "Features":
        return Features(self.values[rows], None if self.logits is None else self.logits[rows])

    def spread(self, count: int) -> "Features":
        """Return so many rows from all over these, always the same; itself where there are no more.

        Stored examples are often sorted by class: the first ones are of a few classes only.
        """
        if count >= len(self):
            return self
        return self[np.sort(np.random.default_rng(0).permutation(len(self))[:count])]

    @cached_property
    def moments(self) -> Moments:
        """Mean and covariance, computed once."""
        return Moments.of(self.values)
