"""The likelihood of images where each cluster is a Gaussian of few directions."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from tfgmmgan.clustering.cluster_likelihood import log_likelihood


def test_it_is_that_of_gaussians_with_one_variance_along_all_but_a_few_directions():
    rng = np.random.default_rng(0)
    clusters = rng.choice(3, 300, p=[0.5, 0.3, 0.2]) * 2  # numbers need not be consecutive
    rows = rng.normal(size=(300, 6)) @ rng.normal(size=(6, 6)) + 3 * rng.normal(size=(5, 6))[clusters]
    expected = 0.0
    for cluster in (0, 2, 4):
        own = rows[clusters == cluster]
        variances, directions = np.linalg.eigh(np.cov(own.T))
        variances[:4] = variances[:4].mean()
        covariance = directions @ np.diag(variances) @ directions.T
        density = multivariate_normal(own.mean(axis=0), covariance).logpdf(own)
        expected += (density + np.log(len(own) / 300)).sum() / 300
    assert log_likelihood(rows, clusters, directions=2) == pytest.approx(expected)


def test_clusters_that_vary_along_few_directions_are_likelier_than_more_compact_ones():
    """Two long and narrow kinds side by side: halved across their length they are more compact, and less likely."""
    rng = np.random.default_rng(1)
    kinds = rng.integers(0, 2, 400)
    rows = rng.normal(size=(400, 8)) * [10, *7 * [0.1]]
    rows[:, 1] += 4 * kinds
    halves = (rows[:, 0] > 0).astype(int)

    def squares(clusters):
        return sum(((rows[clusters == half] - rows[clusters == half].mean(axis=0)) ** 2).sum() for half in (0, 1))

    assert squares(halves) < squares(kinds)
    assert log_likelihood(rows, kinds, directions=1) > log_likelihood(rows, halves, directions=1) + 1


def test_clusters_that_are_too_small_or_flat_are_never_taken():
    rows = np.random.default_rng(2).normal(size=(40, 8))
    assert log_likelihood(rows, np.arange(40) // 8, directions=5) > -np.inf
    assert log_likelihood(rows, (np.arange(40) < 6).astype(int), directions=5) == -np.inf
    assert log_likelihood(rows * [1, 0, 0, 0, 0, 0, 0, 0], np.zeros(40, int)) == -np.inf
