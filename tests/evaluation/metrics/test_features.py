import numpy as np
import pytest

from tfgmmgan.evaluation.metrics.features import Features, Moments

RNG = np.random.default_rng(0)
FIRST = RNG.standard_normal((300, 6)) @ RNG.standard_normal((6, 6))


def test_rows_from_all_over_a_sorted_split():
    """Examples that are stored class by class: the first of them are of a few classes only."""
    stored = Features(np.arange(10_000, dtype=np.float32)[:, None], np.arange(10_000)[:, None])
    assert stored.spread(10_000) is stored and stored.spread(10_001) is stored
    chosen = stored.spread(100)
    rows = chosen.logits[:, 0]
    np.testing.assert_array_equal(chosen.values[:, 0], rows)
    assert len(set(rows)) == 100 and (np.diff(rows) > 0).all()
    assert (np.bincount(rows // 1000, minlength=10) > 3).all()
    np.testing.assert_array_equal(rows, stored.spread(100).logits[:, 0])


def test_moments_in_blocks(monkeypatch):
    monkeypatch.setattr("tfgmmgan.evaluation.metrics.features.BLOCK", 7)
    moments = Moments.of(FIRST.astype(np.float32))
    np.testing.assert_allclose(moments.mean, FIRST.mean(0), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(moments.covariance, np.cov(FIRST.T), rtol=1e-5)
    with pytest.raises(ValueError, match="two rows"):
        Moments.of(FIRST[:1])
