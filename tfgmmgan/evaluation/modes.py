"""What the modes hold, without labels."""

import numpy as np

__all__ = ["mode_summary"]


def mode_summary(responsibilities: np.ndarray, in_use: float = 0.02) -> dict:
    """Return how responsibilities spread over the modes.

    Args:
        responsibilities: (n, K) p(k | x), rows summing to 1.
        in_use: Share of the examples, by their most probable mode, from which a mode counts as in use.

    Returns:
        `num_modes_in_use`; `weights`, (K,) the mean responsibilities; `shares`, (K,) by the most probable mode;
        `mean_confidence`, the mean of max_k p(k | x); `entropy`, of the weights, in nats.
    """
    n, k = responsibilities.shape
    weights = responsibilities.mean(axis=0, dtype=np.float64)
    shares = np.bincount(responsibilities.argmax(axis=1), minlength=k) / n
    positive = weights[weights > 0]
    return {
        "num_modes_in_use": int((shares >= in_use).sum()),
        "weights": weights.tolist(),
        "shares": shares.tolist(),
        "mean_confidence": float(responsibilities.max(axis=1).mean()),
        "entropy": float(-(positive * np.log(positive)).sum()),
    }
