"""What all figures have in common: the noise, the modes they show, the scales of the covariances."""

import numpy as np

from tfgmmgan.models import LatentGAN

__all__ = ["SCALES", "SEED", "modes_shown"]

SEED = 0  # the same noise in every figure, so that epochs and runs can be compared
SCALES = (0.1, 0.4, 0.7, 1.0, 1.5, 2.0)  # those of GM-GAN's Fig. 6
MAX_ROWS = 20


def modes_shown(model: LatentGAN) -> np.ndarray:
    """Return the modes that figures show: all, or the heaviest where there are many; in the order of their number."""
    weights = model.prior.mixture_probs().numpy()
    return np.sort(np.argsort(-weights, kind="stable")[:MAX_ROWS])
