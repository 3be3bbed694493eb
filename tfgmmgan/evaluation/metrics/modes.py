"""What the modes hold, and which are the same, without labels."""

from itertools import combinations

import numpy as np
from scipy.stats import entropy

__all__ = ["SHARE_ALIVE", "duplicate_pairs", "in_use", "mode_summary"]

SHARE_ALIVE = 0.2  # of 1 / K, what a mode must hold to count as in use
SAME = 0.6  # accuracy at which two modes count as one; 0.5 is chance


def in_use(shares: np.ndarray) -> np.ndarray:
    """Return which modes hold enough to count as in use, (K,) booleans, by the (K,) shares of the examples."""
    return np.asarray(shares) >= SHARE_ALIVE / len(shares)


def mode_summary(responsibilities: np.ndarray) -> dict:
    """Return how responsibilities, (n, K) p(k | x), spread over the modes.

    Returns:
        `num_modes_in_use`, those with `min_share` of the examples, a fifth of 1 / K, or more; `weights`, (K,) the mean
        responsibilities; `shares`, (K,) by the most probable mode; `mean_confidence`, the mean of max_k p(k | x);
        `entropy`, of the weights, in nats.
    """
    n, k = responsibilities.shape
    weights = responsibilities.mean(axis=0, dtype=np.float64)
    shares = np.bincount(responsibilities.argmax(axis=1), minlength=k) / n
    return {
        "min_share": SHARE_ALIVE / k,
        "num_modes_in_use": int(in_use(shares).sum()),
        "weights": weights.tolist(),
        "shares": shares.tolist(),
        "mean_confidence": float(responsibilities.max(axis=1).mean()),
        "entropy": float(entropy(weights)),
    }


def duplicate_pairs(confusion: np.ndarray) -> list[tuple[int, int]]:
    """Return the pairs of modes that a classifier tells apart in at most 60 of 100 cases, chance being 50.

    A classifier two-sample test (Lopez-Paz & Oquab 2017) for each pair, by (K, K) counts of generated examples that it
    was not trained on: row k was drawn from component k, column j assigned to j. Cases of a third mode are left out.
    """
    pairs = []
    for pair in combinations(range(len(confusion)), 2):
        block = confusion[np.ix_(pair, pair)]
        if block.sum() and np.trace(block) / block.sum() <= SAME:
            pairs.append(pair)
    return pairs
