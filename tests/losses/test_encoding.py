import numpy as np
import pytest
import tensorflow as tf
from scipy.stats import multivariate_normal

from tfgmmgan.losses import gaussian_log_likelihood


def test_eq_2():
    rng = np.random.default_rng(0)
    z, mean, log_variance = (rng.normal(size=(5, 3)) for _ in range(3))
    rows = [multivariate_normal(mean[i], np.diag(np.exp(log_variance[i]))).logpdf(z[i]) for i in range(5)]
    found = gaussian_log_likelihood(tf.constant(z), tf.constant(mean), tf.constant(log_variance)).numpy()
    assert found == pytest.approx(np.mean(rows), rel=1e-12)
    identity = [multivariate_normal(mean[i]).logpdf(z[i]) for i in range(5)]
    assert gaussian_log_likelihood(tf.constant(z), tf.constant(mean)).numpy() == pytest.approx(np.mean(identity))
