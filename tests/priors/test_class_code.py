import keras
import numpy as np
import pytest

from tfgmmgan.priors import ClassCode


def test_noise_and_code():
    prior = ClassCode(3, noise_dim=4)
    z = prior.sample_components(np.array([2, 0]), [0, 1]).numpy()
    np.testing.assert_array_equal(z[:, 4:], [[0, 0, 1], [1, 0, 0]])
    assert (prior.num_components, prior.latent_dim) == (3, 7)
    every = prior.sample_stratified(5000, [0, 2]).numpy()
    np.testing.assert_array_equal(every[..., 4:], np.broadcast_to(np.eye(3), (5000, 3, 3)))
    assert every[..., :4].mean() == pytest.approx(0, abs=0.02) and every[..., :4].std() == pytest.approx(1, abs=0.02)


def test_the_code_says_the_component():
    prior = ClassCode(3, noise_dim=4)
    z = prior.sample_components(np.array([2, 0, 1]), [0, 1])
    np.testing.assert_array_equal(prior.responsibilities(z), np.eye(3)[[2, 0, 1]])


def test_between_classes():
    mixed = ClassCode(3, noise_dim=4).interpolate([[0.5, 0.25, 0.25]], np.ones(7, np.float32)).numpy()
    np.testing.assert_allclose(mixed, [[1, 1, 1, 1, 0.5, 0.25, 0.25]])


def test_config():
    prior = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(ClassCode(3, 4)))
    assert (prior.num_components, prior.noise_dim) == (3, 4)
