import numpy as np
import pytest
import tensorflow as tf

from tfgmmgan import ACGAN, ClassCode
from tfgmmgan.models import ForwardPass

LABELS = np.arange(24) % 3


def test_losses_are_l_s_and_l_c(images):
    model = ACGAN((8, 8, 1), 3, noise_dim=5, width=0.1)
    real = tf.constant(images, tf.float32) / 127.5 - 1
    forward = ForwardPass(model, real, tf.constant(LABELS), tf.constant([0, 1]), 4)
    p = np.exp(tf.nn.log_softmax(forward.real_class_logits).numpy())
    assert model.real_class_loss(forward).numpy() == pytest.approx(-np.log(p[np.arange(24), LABELS]).mean(), rel=1e-5)
    log_p = forward.fake_log_classes.numpy()  # [S, K, N]
    made = np.mean([-log_p[s, k, k] for s in range(4) for k in range(3)])
    assert model.fake_class_loss(forward).numpy() == pytest.approx(made, rel=1e-5)
    d = 1 / (1 + np.exp(-forward.real_scores.numpy().astype(np.float64)))
    d_hat = 1 / (1 + np.exp(-forward.fake_scores.numpy().astype(np.float64)))
    expected = -np.log(d).mean() - np.log(1 - d_hat).mean()
    assert model.discriminator_loss(forward).numpy() == pytest.approx(expected, rel=1e-5)
    np.testing.assert_array_equal(forward.z[0, :, 5:], np.eye(3))


def test_it_learns_the_classes(images):
    """Quadrant row % 4 is bright, so that row % 4 is a class that can be seen."""
    model = ACGAN((8, 8, 1), 4, noise_dim=5, width=0.25)
    model.compile()
    labels = np.arange(24) % 4
    model.fit(images, labels, batch_size=8, epochs=40, verbose=0)
    assert (model.responsibilities(images).argmax(axis=1) == labels).all()


def test_a_prior_of_other_classes_is_refused():
    with pytest.raises(ValueError, match="a component for each of the 4 classes; this one has 3"):
        ACGAN((8, 8, 1), 4, prior=ClassCode(3, 5))
