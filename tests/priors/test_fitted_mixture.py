import keras
import numpy as np
import pytest
from sklearn.mixture import GaussianMixture as SklearnMixture

from tfgmmgan.priors import FittedMixture, Normal

RNG = np.random.default_rng(0)
MEANS = np.array([[4.0, 0.0, 1.0], [-4.0, 1.0, 0.0]])
ENCODINGS = np.concatenate(
    [
        RNG.multivariate_normal(MEANS[0], [[1, 0.5, 0], [0.5, 1, 0], [0, 0, 0.2]], 3000),
        RNG.multivariate_normal(MEANS[1], np.diag([0.3, 0.2, 2.0]), 1000),
    ]
)


def test_before_the_fit_it_is_the_standard_normal():
    prior = FittedMixture(3, 4)
    z = Normal(4).sample(5, [0, 1])
    assert not prior.is_fitted and not prior.trainable_variables
    np.testing.assert_allclose(prior.log_prob_components(z)[:, :1], Normal(4).log_prob_components(z), rtol=1e-5)
    np.testing.assert_allclose(prior.sample(5, [0, 1]), z, rtol=1e-5)


@pytest.mark.parametrize("covariance", ["full", "diag", "spherical"])
def test_it_is_scikit_learn_s(covariance):
    prior = FittedMixture(2, 3, covariance, seed=1).fit(ENCODINGS)
    found = SklearnMixture(2, covariance_type=covariance, random_state=1, reg_covar=1e-5).fit(ENCODINGS)
    assert prior.is_fitted
    np.testing.assert_allclose(prior.mixture_probs(), found.weights_, rtol=1e-5)
    sigma = {
        "full": lambda c: c,
        "diag": lambda c: c[:, :, None] * np.eye(3),
        "spherical": lambda c: c[:, None, None] * np.eye(3),
    }[covariance](found.covariances_)
    tril = prior.scale_tril().numpy()
    np.testing.assert_allclose(tril @ tril.transpose(0, 2, 1), sigma, rtol=1e-4, atol=1e-5)
    responsibilities = prior.responsibilities(ENCODINGS[::50].astype(np.float32)).numpy()
    np.testing.assert_allclose(responsibilities, found.predict_proba(ENCODINGS[::50]), atol=1e-3)
    assert sorted(prior.mixture_probs().numpy().round(2)) == [0.25, 0.75]
    assert np.abs(np.sort(prior.loc.numpy(), axis=0) - np.sort(MEANS, axis=0)).max() < 0.15


def test_refusals():
    with pytest.raises(ValueError, match="5 encodings can't be fitted with 10 components"):
        FittedMixture(10, 3).fit(ENCODINGS[:5])
    with pytest.raises(ValueError, match="not all finite"):
        FittedMixture(2, 3).fit(np.full((5, 3), np.nan))
    with pytest.raises(ValueError, match="one of full, diag, spherical; got 'factor'"):
        FittedMixture(2, 3, covariance="factor")


def test_config_and_weights(tmp_path):
    prior = FittedMixture(2, 3, "diag", seed=4).fit(ENCODINGS)
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(prior))
    assert (copy.num_components, copy.latent_dim, copy.covariance, copy.seed) == (2, 3, "diag", 4)
    copy.set_weights(prior.get_weights())
    assert copy.is_fitted
    np.testing.assert_array_equal(copy.sample(3, [0, 1]), prior.sample(3, [0, 1]))
