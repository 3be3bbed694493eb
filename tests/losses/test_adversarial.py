import numpy as np
import pytest
import tensorflow as tf

from tfgmmgan.losses import ADVERSARIAL_LOSSES

LOGITS = np.array([-40.0, -2.0, 0.0, 0.5, 40.0])
D = 1 / (1 + np.exp(-LOGITS))
EXPECTED = {  # real, fake, generator; with limits where 1 - D is no longer a double
    "non_saturating": (np.log1p(np.exp(-LOGITS)), np.log1p(np.exp(LOGITS)), -np.log(D)),
    "minimax": (np.log1p(np.exp(-LOGITS)), np.log1p(np.exp(LOGITS)), -np.log1p(np.exp(LOGITS))),
    "hinge": (np.maximum(0, 1 - LOGITS), np.maximum(0, 1 + LOGITS), -LOGITS),
}


@pytest.mark.parametrize("name", ADVERSARIAL_LOSSES)
def test_terms(name):
    for term, expected in zip(ADVERSARIAL_LOSSES[name], EXPECTED[name], strict=True):
        np.testing.assert_allclose(term(tf.constant(LOGITS)), expected, rtol=1e-10, atol=1e-15)


def test_probability_one_half_costs_log_2():
    loss = ADVERSARIAL_LOSSES["non_saturating"]
    zero = tf.zeros([1], tf.float64)
    assert loss.real(zero).numpy()[0] == pytest.approx(0.6931471805599453)
    assert loss.generator(zero).numpy()[0] == pytest.approx(0.6931471805599453)
