"""What the modes hold, without labels."""

import numpy as np

__all__ = ["SHARE_ALIVE", "mode_summary"]

SHARE_ALIVE = 0.2  # of 1 / K, what a mode must hold to count as in use


def mode_summary(responsibilities: np.ndarray) -> dict:
    """Return how responsibilities spread over the modes.

    Args:
        responsibilities: (n, K) p(k | x), rows summing to 1.

    Returns:
        `num_modes_in_use`, those with `min_share` of the examples, a fifth of 1 / K, or more; `weights`, (K,) the mean
        responsibilities; `shares`, (K,) by the most probable mode; `mean_confidence`, the mean of max_k p(k | x);
        `entropy`, of the weights, in nats.
    """
    n, k = responsibilities.shape
    weights = responsibilities.mean(axis=0, dtype=np.float64)
    shares = np.bincount(responsibilities.argmax(axis=1), minlength=k) / n
    positive = weights[weights > 0]
    return {
        "min_share": SHARE_ALIVE / k,
        "num_modes_in_use": int((shares >= SHARE_ALIVE / k).sum()),
        "weights": weights.tolist(),
        "shares": shares.tolist(),
        "mean_confidence": float(responsibilities.max(axis=1).mean()),
        "entropy": float(-(positive * np.log(positive)).sum()),
    }
