"""What figures have in common: noise, modes, scales of the covariances, and the weights of interpolations."""

import numpy as np

from tfgmmgan.models import LatentGAN

__all__ = ["SCALES", "SEED", "modes_shown", "pair_weights", "triple_weights"]

SEED = 0  # the same noise in every figure, so that epochs and runs can be compared
SCALES = (0.1, 0.4, 0.7, 1.0, 1.5, 2.0)  # those of GM-GAN's Fig. 6
MAX_ROWS = 20


def modes_shown(model: LatentGAN) -> np.ndarray:
    """Return the modes that figures show: all, or the heaviest where there are many; in the order of their number."""
    weights = model.prior.mixture_probs().numpy()
    return np.sort(np.argsort(-weights, kind="stable")[:MAX_ROWS])


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
