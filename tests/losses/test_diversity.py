"""How much less fakes differ than the images of their mode."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.spatial.distance import pdist, squareform

from tfgmmgan.losses import diversity_shortfall


@pytest.fixture
def batch():
    rng = np.random.default_rng(0)
    real = rng.uniform(-1, 1, (20, 3, 3, 1)).astype("f4")
    return real, rng.dirichlet(np.ones(3), 20).astype("f4"), rng.uniform(-1, 1, (5, 3, 3, 3, 1)).astype("f4")


def within(rows):
    return pdist(rows.reshape(len(rows), -1)) / 3  # the root of the mean over 9 values


def shortfall(real, alpha, fake):
    distances, missing = squareform(within(real)), []
    for k in range(3):
        both = np.outer(alpha[:, k], alpha[:, k])
        np.fill_diagonal(both, 0)
        missing.append(max(0.0, (both * distances).sum() / both.sum() - within(fake[:, k]).mean()))
    return np.mean(missing)


@pytest.mark.parametrize("spread", [0.0, 0.3, 1.0])
def test_it_is_the_gap_between_mean_distances(batch, spread):
    real, alpha, fake = batch
    fake = fake * np.array([spread, 1.0, 1.2], "f4")[None, :, None, None, None]
    assert float(diversity_shortfall(real, alpha, fake)) == pytest.approx(shortfall(real, alpha, fake), abs=1e-3)


def test_fakes_that_differ_enough_have_no_gradient_and_others_are_driven_apart(batch):
    real, alpha, fake = batch
    fake = tf.Variable(fake * np.array([0.1, 9.0, 9.0], "f4")[None, :, None, None, None])
    with tf.GradientTape() as tape:
        loss = diversity_shortfall(real, alpha, fake.value())
    gradient = tf.convert_to_tensor(tape.gradient(loss, fake)).numpy()
    assert (gradient[:, 1:] == 0).all() and (gradient[:, 0] != 0).all()
    moved = fake - gradient
    assert within(moved.numpy()[:, 0]).mean() > within(fake.numpy()[:, 0]).mean()


def test_a_mode_with_one_image_in_the_batch_says_nothing(batch):
    real, _, fake = batch
    alpha = np.zeros((20, 3), "f4")
    alpha[0, 0] = alpha[1:, 1] = 1
    expected = max(0.0, within(real[1:]).mean()) / 3
    assert float(diversity_shortfall(real, alpha, 0 * fake)) == pytest.approx(expected, abs=1e-3)


def test_sixteen_fakes_of_each_are_looked_at(batch):
    real, alpha, _ = batch
    fake = np.random.default_rng(1).uniform(-0.2, 0.2, (20, 3, 3, 3, 1)).astype("f4")
    assert float(diversity_shortfall(real, alpha, fake)) == pytest.approx(
        float(diversity_shortfall(real, alpha, fake[:16])), abs=0
    )
