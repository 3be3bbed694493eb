"""Nearest neighbours among features, by scikit-learn, and what is measured with them."""

import numpy as np
from sklearn.metrics import pairwise_distances_argmin_min, pairwise_distances_chunked
from sklearn.neighbors import NearestNeighbors

__all__ = ["kth_distances", "nearest_distances", "precision_recall", "share_covered"]

NEIGHBOURS = 3
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
    blocks = pairwise_distances_chunked(
        queries, points, reduce_func=lambda block, _: (block <= radii).any(axis=1), working_memory=BLOCK_MEGABYTES
    )
    return float(np.concatenate(list(blocks)).mean())


def precision_recall(real: np.ndarray, generated: np.ndarray, k: int = NEIGHBOURS) -> tuple[float, float]:
    """Return improved precision and recall, each in [0, 1].

    Precision is the share of generated examples within the k-nearest-neighbour balls of the real ones, recall the share
    of real ones within those of the generated ones.

    Args:
        real: (n, p) features.
        generated: (n, p) features, as many.
        k: Neighbours; 3 in the paper.

    Reference:
        Kynkäänniemi et al. 2019, eq. 1-2.
    """
    precision = share_covered(generated, real, kth_distances(real, k))
    return precision, share_covered(real, generated, kth_distances(generated, k))
