"""Features of a sample."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tfgmmgan.evaluation.metrics.moments import Moments

__all__ = ["Features"]


@dataclass
class Features:
    """Features of a sample.

    Attributes:
        values: (n, p) float32.
        logits: (n, classes) float32, or None.
    """

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
