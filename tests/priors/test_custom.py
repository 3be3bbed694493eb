"""Priors of a user's own, and what all priors take."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgmmgan import GAN, ClassCode, GaussianMixture, Normal, SubclassMixture
from tfgmmgan.priors import FittedMixture, LatentPrior


@keras.saving.register_keras_serializable("tests")
class Shifted(LatentPrior):
    """N(1, I) in all components, with the constructor that it inherits."""

    def place(self, eps, ids=None):
        return eps + 1.0

    def log_prob_components(self, z):
        return tf.repeat(-0.5 * tf.reduce_sum((z - 1.0) ** 2, axis=1, keepdims=True), self.num_components, axis=1)


def test_a_prior_without_a_constructor_of_its_own_is_saved_with_its_model(tmp_path):
    model = GAN((2,), prior=Shifted(2, 3), width=0.05)
    model.save(tmp_path / "a.keras")
    loaded = keras.models.load_model(tmp_path / "a.keras")
    assert (loaded.prior.num_components, loaded.prior.latent_dim) == (2, 3)
    np.testing.assert_array_equal(loaded.generate(4, seed=0), model.generate(4, seed=0))


@pytest.mark.parametrize(
    "prior",
    [Normal(4), ClassCode(2, 2), GaussianMixture(3, 4), SubclassMixture(3, 4, subclasses=2), FittedMixture(3, 4)],
    ids=lambda prior: type(prior).__name__,
)
@pytest.mark.parametrize("kind", [np.asarray, tf.constant])
def test_latents_in_double_precision(prior, kind):
    z = prior.sample(5, [0, 1]).numpy()
    np.testing.assert_allclose(prior.responsibilities(kind(z.astype(np.float64))), prior.responsibilities(z), atol=1e-6)
    weights = np.full((1, prior.num_components), 1 / prior.num_components)
    noise = prior.common_noise([0, 1]).numpy()
    np.testing.assert_allclose(
        prior.interpolate(kind(weights), kind(noise.astype(np.float64))), prior.interpolate(weights, noise), atol=1e-6
    )


def test_encodings_of_another_length():
    with pytest.raises(ValueError, match=r"shape \(n, 4\); got \(9, 3\)"):
        FittedMixture(3, 4).fit(np.zeros((9, 3)))
