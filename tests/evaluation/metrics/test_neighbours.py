import numpy as np
import pytest

from tfgmmgan.evaluation.metrics.neighbours import coverage, density, kth_distances, nearest_distances, precision_recall


def test_neighbours_against_all_distances():
    rng = np.random.default_rng(0)
    real, fake = rng.standard_normal((40, 3)), rng.standard_normal((40, 3)) + 1

    def between(a, b):
        return np.sqrt(((a[:, None] - b[None]) ** 2).sum(-1))

    np.testing.assert_allclose(nearest_distances(fake, real), between(fake, real).min(1), rtol=1e-6)
    radii = np.sort(between(real, real), axis=1)[:, 3]
    np.testing.assert_allclose(kth_distances(real), radii, rtol=1e-6)
    fake_radii = np.sort(between(fake, fake), axis=1)[:, 3]
    expected = (
        (between(fake, real) <= radii).any(1).mean(),
        (between(real, fake) <= fake_radii).any(1).mean(),
    )
    assert precision_recall(real, fake) == pytest.approx(expected)
    assert precision_recall(real, real) == (1, 1)
    assert precision_recall(real, real + 100) == (0, 0)


def test_density_and_coverage_against_all_distances():
    rng = np.random.default_rng(1)
    real, fake = rng.standard_normal((60, 3)), 0.5 * rng.standard_normal((50, 3))
    apart = np.sqrt(((fake[:, None] - real[None]) ** 2).sum(-1))  # [m, n]
    own = np.sort(np.sqrt(((real[:, None] - real[None]) ** 2).sum(-1)), axis=1)
    for k in (2, 5):
        within = apart <= own[:, k]
        assert density(real, fake, k) == pytest.approx(within.sum() / (k * 50))
        assert coverage(real, fake, k) == pytest.approx(within.any(axis=0).mean())
        radii = kth_distances(real, k)
        assert density(real, fake, k, radii) == density(real, fake, k) != density(real, fake, k, 2 * radii)
        assert coverage(real, fake, k, radii) == coverage(real, fake, k) != coverage(real, fake, k, 2 * radii)
    assert density(real, fake) == density(real, fake, 5) and coverage(real, fake) == coverage(real, fake, 5)
    assert (density(real, real + 100), coverage(real, real + 100), coverage(real, real)) == (0, 0, 1)


def test_one_fake_that_is_apart_has_recall_and_no_coverage():
    rng = np.random.default_rng(2)
    real = rng.standard_normal((80, 2))
    fake = np.concatenate([np.zeros((40, 2)), 30 * rng.standard_normal((40, 2))])
    assert precision_recall(real, fake)[1] > 0.8 and coverage(real, fake) < 0.1
