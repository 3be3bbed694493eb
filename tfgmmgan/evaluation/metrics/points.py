"""How well generated points follow a toy's known mixture of Gaussians."""

import numpy as np
from scipy.special import logsumexp
from sklearn.metrics import pairwise_distances
from sklearn.metrics.pairwise import euclidean_distances

from tfgmmgan.data import KnownMixture

__all__ = ["mmd", "mmd_widths", "negative_log_likelihood", "point_scores"]

FAR = 4.0  # standard deviations from every centre (GAEL's toy)
SHARE_COVERED = 0.2  # of what a mode should hold
BLOCK = 1000  # rows of distances at a time


def negative_log_likelihood(points: np.ndarray, truth: KnownMixture) -> float:
    """Return the mean -log p(x) of points (n, p) under the mixture, in nats."""
    squares = euclidean_distances(points, truth.centres, squared=True)
    dims = points.shape[1]
    log_normal = -squares / (2 * truth.std**2) - dims / 2 * np.log(2 * np.pi * truth.std**2)
    return float(-np.mean(logsumexp(log_normal, axis=1) - np.log(len(truth.centres))))


def mmd(first: np.ndarray, second: np.ndarray, widths: tuple[float, ...]) -> float:
    """Return the squared maximum mean discrepancy of samples (n, p) and (m, p), >= 0: the mean over Gaussian kernels.

    Gretton et al. 2012, eq. 5 (the biased estimator; two samples of one distribution give its floor). `widths` are the
    kernels' standard deviations.
    """

    def mean_kernel(a: np.ndarray, b: np.ndarray) -> float:
        total = 0.0
        for start in range(0, len(a), BLOCK):
            squares = euclidean_distances(a[start : start + BLOCK], b, squared=True)
            total += sum(np.exp(-squares / (2 * width**2)).sum() for width in widths)
        return float(total / (len(widths) * len(a) * len(b)))

    return mean_kernel(first, first) + mean_kernel(second, second) - 2 * mean_kernel(first, second)


def mmd_widths(points: np.ndarray) -> tuple[float, ...]:
    """Return widths for `mmd`: an eighth, a quarter, a half and all of the median distance between (n, p) points."""
    between = pairwise_distances(points)
    median = float(np.median(between[between > 0]))
    return tuple(median / divisor for divisor in (8, 4, 2, 1))


def point_scores(points: np.ndarray, real: np.ndarray, truth: KnownMixture) -> dict:
    """Return how generated points, (n, p), compare with real ones, (m, p), not those trained on, and the mixture.

    Returns:
        `nll_gap`, the generated points' negative log-likelihood less the real ones'; `mmd` to the real points, with
        kernels of an eighth to one of the centres' median distance, and `mmd_floor`, between the halves of the real
        ones; by mode (nearest centre) `shares` and the smallest and largest eigenvalue of the covariance, of the
        generated points (`eigenvalues`, M pairs) and of the real ones (`real_eigenvalues`), both cut at the borders to
        the neighbours; `num_modes_covered`, with at least a fifth of their share; `share_far`, farther than 4 standard
        deviations from every centre.
    """
    widths = mmd_widths(truth.centres) if len(truth.centres) > 1 else (truth.std,)
    half = len(real) // 2
    distances = euclidean_distances(points, truth.centres)
    nearest = distances.argmin(axis=1)
    shares = np.bincount(nearest, minlength=len(truth.centres)) / len(points)
    return {
        "nll_gap": negative_log_likelihood(points, truth) - negative_log_likelihood(real, truth),
        "mmd": mmd(points, real, widths),
        "mmd_floor": mmd(real[:half], real[half:], widths),
        "shares": shares.tolist(),
        "eigenvalues": _eigenvalues(points, nearest, truth),
        "real_eigenvalues": _eigenvalues(real, euclidean_distances(real, truth.centres).argmin(axis=1), truth),
        "num_modes_covered": int((shares >= SHARE_COVERED / len(shares)).sum()),
        "share_far": float((distances.min(axis=1) > FAR * truth.std).mean()),
    }


def _eigenvalues(points: np.ndarray, nearest: np.ndarray, truth: KnownMixture) -> list[list[float]]:
    found = []
    for mode in range(len(truth.centres)):
        members = points[nearest == mode]
        values = np.linalg.eigvalsh(np.cov(members.T)) if len(members) > points.shape[1] else np.zeros(2)
        found.append([float(values.min()), float(values.max())])
    return found
