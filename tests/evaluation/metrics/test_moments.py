import numpy as np
import pytest

from tfgmmgan.evaluation.metrics.moments import Moments

RNG = np.random.default_rng(0)
FIRST = RNG.standard_normal((300, 6)) @ RNG.standard_normal((6, 6))


def test_moments_in_blocks(monkeypatch):
    monkeypatch.setattr("tfgmmgan.evaluation.metrics.moments.BLOCK", 7)
    moments = Moments.of(FIRST.astype(np.float32))
    np.testing.assert_allclose(moments.mean, FIRST.mean(0), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(moments.covariance, np.cov(FIRST.T), rtol=1e-5)
    with pytest.raises(ValueError, match="two rows"):
        Moments.of(FIRST[:1])
