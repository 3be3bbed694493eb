import numpy as np
import pytest
from scipy.stats import multivariate_normal

from tfgmmgan.data import KnownMixture, load
from tfgmmgan.evaluation import negative_log_likelihood, point_scores
from tfgmmgan.evaluation.metrics.points import mmd

TRUTH = KnownMixture(np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 3.0]]), 0.5)
RNG = np.random.default_rng(0)


def draw(n, centres=TRUTH.centres, std=0.5):
    return centres[np.arange(n) % len(centres)] + std * RNG.normal(size=(n, 2))


def test_negative_log_likelihood():
    points = draw(7)
    density = sum(multivariate_normal(centre, 0.25).pdf(points) / 3 for centre in TRUTH.centres)
    assert negative_log_likelihood(points, TRUTH) == pytest.approx(-np.log(density).mean(), rel=1e-12)
    assert np.isfinite(negative_log_likelihood(points + 1e3, TRUTH))


def test_mmd_by_plain_loops():
    first, second = RNG.normal(size=(4, 2)), RNG.normal(size=(5, 2))

    def mean_kernel(a, b):
        return np.mean([[np.exp(-((x - y) ** 2).sum() / (2 * 0.7**2)) for y in b] for x in a])

    expected = mean_kernel(first, first) + mean_kernel(second, second) - 2 * mean_kernel(first, second)
    assert mmd(first, second, (0.7,)) == pytest.approx(expected, rel=1e-9)
    assert mmd(first, first, (0.7, 2.0)) == pytest.approx(0, abs=1e-12)


def test_the_discrepancy_of_blocks_is_that_of_all(monkeypatch):
    first, second = draw(50), draw(70) + 0.2
    whole = mmd(first, second, (0.7, 2.0))
    monkeypatch.setattr("tfgmmgan.evaluation.metrics.points.BLOCK", 16)
    assert mmd(first, second, (0.7, 2.0)) == pytest.approx(whole, rel=1e-9)


def test_points_from_the_mixture_itself():
    scores = point_scores(draw(4000), draw(4000), TRUTH)
    assert scores["nll_gap"] == pytest.approx(0, abs=0.05)
    assert scores["mmd"] < 2 * scores["mmd_floor"]
    np.testing.assert_allclose(scores["shares"], 1 / 3, atol=0.02)
    np.testing.assert_allclose(scores["eigenvalues"], 0.25, rtol=0.15)
    assert scores["num_modes_covered"] == 3
    assert scores["share_far"] < 0.002  # exp(-8) of a Gaussian in two dimensions


def test_a_lost_mode_and_stray_points():
    points = np.concatenate([draw(900, TRUTH.centres[:2]), np.full((100, 2), 50.0)])
    scores = point_scores(points, draw(1000), TRUTH)
    assert scores["share_far"] == pytest.approx(0.1, abs=0.002) and scores["nll_gap"] > 100
    assert point_scores(draw(1000, TRUTH.centres[:2]), draw(1000), TRUTH)["num_modes_covered"] == 2
    assert scores["mmd"] > 5 * scores["mmd_floor"]


@pytest.mark.parametrize("name", ["toy3x3", "toy5x5"])
def test_the_toys_are_what_they_say(name):
    data = load(name)
    scores = point_scores(data.train.examples[:3000], data.test.examples[:3000], data.truth)
    assert abs(scores["nll_gap"]) < 0.05 and scores["num_modes_covered"] == len(data.truth.centres)
