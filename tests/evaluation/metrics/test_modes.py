import numpy as np
import pytest

from tfgmmgan.evaluation.metrics.modes import duplicate_pairs, mode_summary


def test_mode_summary():
    summary = mode_summary(np.array([[0.9, 0.1, 0.0], [0.7, 0.3, 0.0], [0.2, 0.8, 0.0], [1.0, 0.0, 0.0]]))
    assert summary["num_modes_in_use"] == 2
    np.testing.assert_allclose(summary["weights"], [0.7, 0.3, 0.0])
    np.testing.assert_allclose(summary["shares"], [0.75, 0.25, 0.0])
    assert summary["mean_confidence"] == pytest.approx(0.85)
    assert summary["entropy"] == pytest.approx(-(0.7 * np.log(0.7) + 0.3 * np.log(0.3)))


def test_duplicates():
    confusion = np.array([[50, 48, 2], [45, 53, 2], [0, 1, 99]])
    assert duplicate_pairs(confusion) == [(0, 1)]
    assert duplicate_pairs(np.diag([9, 9, 0])) == []
