"""Convex weights of modes, for interpolations."""

import numpy as np

__all__ = ["pair_weights", "triple_weights"]


def pair_weights(num_components: int, first: int, second: int, steps: int = 10) -> np.ndarray:
    """Return convex weights from one mode to another, (steps, K)."""
    weights = np.zeros((steps, num_components), np.float32)
    along = np.linspace(0, 1, steps)
    weights[:, first] += 1 - along
    weights[:, second] += along
    return weights


def triple_weights(num_components: int, modes: tuple[int, int, int], steps: int = 10) -> np.ndarray:
    """Return convex weights over a square, (steps, steps, K), as in Fig. 3 of responsibility learning.

    The top row goes from the first mode to the second, the left column from the first to the third, the bottom row
    from the third to the second; every row and column is a straight line, and the diagonal mixes all three.
    """
    weights = np.zeros((steps, steps, num_components), np.float32)
    down, right = np.meshgrid(np.linspace(0, 1, steps), np.linspace(0, 1, steps), indexing="ij")
    weights[..., modes[0]] += (1 - right) * (1 - down)
    weights[..., modes[1]] += right
    weights[..., modes[2]] += (1 - right) * down
    return weights
