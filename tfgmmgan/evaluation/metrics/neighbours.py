"""Nearest neighbours among features, by scikit-learn, and what is measured with them."""

import numpy as np
from sklearn.metrics import pairwise_distances_argmin_min, pairwise_distances_chunked
from sklearn.neighbors import NearestNeighbors

__all__ = ["coverage", "density", "kth_distances", "nearest_distances", "precision_recall", "share_covered"]

NEIGHBOURS = 3
COVERAGE_NEIGHBOURS = 5
BLOCK_MEGABYTES = 64


def nearest_distances(queries: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return the Euclidean distance from each of (n, p) queries to the nearest of (m, p) points, (n,)."""
    found = pairwise_distances_argmin_min(np.ascontiguousarray(queries), np.ascontiguousarray(points))
    return found[1]


def kth_distances(points: np.ndarray, k: int = NEIGHBOURS) -> np.ndarray:
    """Return the distance from each of (n, p) points to its k-th nearest other, (n,); to the farthest where n <= k."""
    k = min(k, len(points) - 1)
    return NearestNeighbors(n_neighbors=k, algorithm="brute").fit(points).kneighbors()[0][:, -1]


def share_covered(queries: np.ndarray, points: np.ndarray, radii: np.ndarray) -> float:
    """Return the share of (n, p) queries that lie within the ball of any of (m, p) points, of radii (m,)."""
    return float((balls_around(queries, points, radii) > 0).mean())


def balls_around(queries: np.ndarray, points: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Return in how many of the balls around (m, p) points, of radii (m,), each of (n, p) queries lies, (n,)."""
    blocks = pairwise_distances_chunked(
        queries, points, reduce_func=lambda block, _: (block <= radii).sum(axis=1), working_memory=BLOCK_MEGABYTES
    )
    return np.concatenate(list(blocks))


def precision_recall(real: np.ndarray, generated: np.ndarray, k: int = NEIGHBOURS) -> tuple[float, float]:
    """Return improved precision and recall, each in [0, 1], of (n, p) features and as many generated ones.

    Precision is the share of generated examples within the k-nearest-neighbour balls of the real ones, recall the share
    of real ones within those of the generated ones; k = 3 in the paper (Kynkäänniemi et al. 2019, eq. 1-2).
    """
    precision = share_covered(generated, real, kth_distances(real, k))
    return precision, share_covered(real, generated, kth_distances(generated, k))


def density(
    real: np.ndarray, generated: np.ndarray, k: int = COVERAGE_NEIGHBOURS, radii: np.ndarray | None = None
) -> float:
    """Return how densely generated examples, (m, p), lie among real ones, (n, p): 0 or more, about 1 for real ones.

    In how many of the real examples' balls, with the k-th nearest other on the edge, a generated example lies on
    average, over k. Where precision counts one ball, that of a real example apart from all others as well, this counts
    all. k = 5 in the paper (Naeem et al. 2020, section 3.2); `radii`, (n,), are `kth_distances(real, k)` if known.
    """
    radii = kth_distances(real, k) if radii is None else radii
    return float(balls_around(generated, real, radii).mean() / k)


def coverage(
    real: np.ndarray, generated: np.ndarray, k: int = COVERAGE_NEIGHBOURS, radii: np.ndarray | None = None
) -> float:
    """Return the share of (n, p) real examples with one of (m, p) generated ones nearer than their k-th nearest other.

    Recall has the balls around the generated examples: a few that lie apart from all others, and look like nothing,
    have balls that hold many real ones. Here the balls are around the real ones. k, `radii` and paper are `density`'s.
    """
    radii = kth_distances(real, k) if radii is None else radii
    return float((nearest_distances(real, generated) <= radii).mean())
