import numpy as np
import pytest
import tensorflow as tf

from tfgmmgan.losses import ADVERSARIAL_LOSSES, gradient_penalty

LOGITS = np.array([-40.0, -2.0, 0.0, 0.5, 40.0])
D = 1 / (1 + np.exp(-LOGITS))
EXPECTED = {  # real, fake, generator; with limits where 1 - D is no longer a double
    "non_saturating": (np.log1p(np.exp(-LOGITS)), np.log1p(np.exp(LOGITS)), -np.log(D)),
    "minimax": (np.log1p(np.exp(-LOGITS)), np.log1p(np.exp(LOGITS)), -np.log1p(np.exp(LOGITS))),
    "hinge": (np.maximum(0, 1 - LOGITS), np.maximum(0, 1 + LOGITS), -LOGITS),
    "wasserstein": (-LOGITS, LOGITS, -LOGITS),
}


@pytest.mark.parametrize("name", ADVERSARIAL_LOSSES)
def test_terms(name):
    for term, expected in zip(ADVERSARIAL_LOSSES[name], EXPECTED[name], strict=True):
        np.testing.assert_allclose(term(tf.constant(LOGITS)), expected, rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("name", ADVERSARIAL_LOSSES)
def test_to_call_false_is_to_call_the_opposite_true(name):
    loss, logits = ADVERSARIAL_LOSSES[name], tf.constant(LOGITS)
    np.testing.assert_array_equal(loss.fake(logits), loss.real(-logits))


def test_gradient_penalty_of_critics_whose_gradient_is_known():
    rng = np.random.default_rng(0)
    real, fake = (tf.constant(rng.normal(size=(5, 3)), tf.float32) for _ in range(2))
    slope = tf.constant([[3.0], [0.0], [4.0]])
    linear = gradient_penalty(lambda x: tf.matmul(x, slope)[:, 0], real, fake, [0, 1])
    assert linear.numpy() == pytest.approx((5 - 1) ** 2, rel=1e-6)
    seen = []

    def quadratic(x):  # its gradient at x is x
        seen.append(x.numpy())
        return 0.5 * tf.reduce_sum(x**2, axis=1)

    found = gradient_penalty(quadratic, real, fake, [0, 1]).numpy()
    between = seen[0]
    assert found == pytest.approx(((np.linalg.norm(between, axis=1) - 1) ** 2).mean(), rel=1e-5)
    share = (between - fake.numpy()) / (real.numpy() - fake.numpy())  # one share of the way for each row
    np.testing.assert_allclose(share, np.broadcast_to(share[:, :1], share.shape), rtol=1e-3)
    assert len(np.unique(share[:, 0].round(4))) == 5 and (share > 0).all() and (share < 1).all()


def test_gradient_penalty_has_a_gradient_to_the_critic():
    slope = tf.Variable([[3.0], [4.0]])
    with tf.GradientTape() as tape:
        loss = gradient_penalty(lambda x: tf.matmul(x, slope)[:, 0], tf.ones((2, 2)), tf.zeros((2, 2)), [0, 1])
    np.testing.assert_allclose(tape.gradient(loss, slope), 2 * (5 - 1) * np.array([[0.6], [0.8]]), rtol=1e-5)


def test_probability_one_half_costs_log_2():
    loss = ADVERSARIAL_LOSSES["non_saturating"]
    zero = tf.zeros([1], tf.float64)
    assert loss.real(zero).numpy()[0] == pytest.approx(0.6931471805599453)
    assert loss.generator(zero).numpy()[0] == pytest.approx(0.6931471805599453)
