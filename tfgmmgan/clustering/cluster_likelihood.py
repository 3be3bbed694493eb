"""How likely images are where each cluster is a Gaussian that varies along a few directions."""

import numpy as np
from sklearn.decomposition import PCA

__all__ = ["log_likelihood"]

DIRECTIONS = 1  # along which a cluster's Gaussian has a variance of its own


def log_likelihood(rows: np.ndarray, clusters: np.ndarray, directions: int = DIRECTIONS) -> float:
    """Return the mean log likelihood of rows and their clusters, of Gaussians with few directions.

    Each cluster is a Gaussian whose variances are its own along its first principal directions and one and the same
    along all others (probabilistic PCA, Tipping & Bishop 1999), and as frequent as it is (the complete-data likelihood
    of a mixture). What counts is how compact clusters are once their main way of varying is taken off: heels may
    be of any height, and still a sandal is a sandal.

    Args:
        rows: (n, D) what is compared, in Euclidean distance.
        clusters: (n,) the cluster of each.
        directions: Principal directions of a cluster, fewer than D. Default 1.

    Returns:
        The mean over the rows, in nats; minus infinity if a cluster has at most one row more than directions, or varies
        along no other.
    """
    total = 0.0
    for cluster in np.unique(clusters):
        own = rows[clusters == cluster]
        if len(own) <= directions + 1:
            return -np.inf
        pca = PCA(directions, svd_solver="covariance_eigh").fit(own)
        if pca.noise_variance_ <= 1e-12:
            return -np.inf
        total += len(own) * (pca.score(own) + np.log(len(own) / len(rows)))
    return float(total / len(rows))
