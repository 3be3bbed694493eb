import numpy as np
import pytest
import tensorflow as tf
from sklearn.metrics import log_loss

from tfgmmgan.losses import ADVERSARIAL_LOSSES, class_log_loss, one_against_all

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(size=(6, 4))
CLASSES = np.array([0, 3, 1, 1, 2, 0])
D = 1 / (1 + np.exp(-LOGITS))


def test_l_real_l_fake_and_l_g_are_those_of_algorithm_1():
    loss, logits = ADVERSARIAL_LOSSES["non_saturating"], tf.constant(LOGITS)
    line_11 = line_12 = line_23 = 0.0
    for i, y in enumerate(CLASSES):
        others = [m for m in range(4) if m != y]
        line_11 += -np.log(D[i, y]) - sum(np.log(1 - D[i, m]) for m in others)
        line_12 += -sum(np.log(1 - D[i, m]) for m in range(4))
        line_23 += -np.log(D[i, y]) - sum(np.log(1 - D[i, m]) for m in others)
    assert one_against_all(loss, logits, CLASSES, generator=False).numpy() == pytest.approx(line_11 / 6, rel=1e-12)
    assert one_against_all(loss, logits, None, generator=False).numpy() == pytest.approx(line_12 / 6, rel=1e-12)
    assert one_against_all(loss, logits, CLASSES, generator=True).numpy() == pytest.approx(line_23 / 6, rel=1e-12)


def test_minimax_s_generator_wants_log_one_minus_d_low_and_the_others_log_d():
    found = one_against_all(ADVERSARIAL_LOSSES["minimax"], tf.constant(LOGITS), CLASSES, generator=True).numpy()
    expected = sum(
        np.log(1 - D[i, y]) + sum(np.log(D[i, m]) for m in range(4) if m != y) for i, y in enumerate(CLASSES)
    )
    assert found == pytest.approx(expected / 6, rel=1e-12)


def test_one_output_is_the_plain_loss():
    loss, logits = ADVERSARIAL_LOSSES["hinge"], tf.constant(LOGITS[:, :1])
    found = one_against_all(loss, logits, np.zeros(6, int), generator=False).numpy()
    assert found == pytest.approx(np.maximum(0, 1 - LOGITS[:, 0]).mean())


def test_class_log_loss():
    p = np.exp(LOGITS) / np.exp(LOGITS).sum(1, keepdims=True)
    assert class_log_loss(tf.constant(LOGITS), CLASSES).numpy() == pytest.approx(log_loss(CLASSES, p), rel=1e-9)
