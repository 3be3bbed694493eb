"""Mean and covariance of features."""

from dataclasses import dataclass

import numpy as np

__all__ = ["Moments"]

BLOCK = 8192


@dataclass
class Moments:
    """Mean and unbiased covariance of a sample.

    Attributes:
        mean: (p,) float64.
        covariance: (p, p) float64.
        size: n.
    """

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
