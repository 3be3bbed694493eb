"""GAEL's encoder, its fitted prior and what they draw."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.stats import multivariate_normal
from sklearn.mixture import GaussianMixture as SklearnMixture

from tfgmmgan import GAEL, GaussianMixture
from tfgmmgan.models import ForwardPass


@pytest.fixture
def model(images):
    model = GAEL((8, 8, 1), num_components=3, latent_dim=4, width=0.1)
    model.compile()
    model.fit(images, batch_size=8, epochs=2, verbose=0)
    return model


@pytest.mark.parametrize("variance", ["diagonal", "identity"])
def test_eq_2_on_the_batch_s_fakes(images, variance):
    model = GAEL((8, 8, 1), 3, 4, width=0.1, encoding_variance=variance)
    forward = ForwardPass(model, tf.constant(images, tf.float32) / 127.5 - 1, None, tf.constant([0, 1]), 10)
    mean, log_variance = model.latent_head(forward.fake_features)
    assert (log_variance is None) == (variance == "identity")
    sigma = np.ones((10, 4)) if log_variance is None else np.exp(log_variance.numpy())
    z = forward.z.numpy().reshape(10, 4)
    rows = [multivariate_normal(mean.numpy()[i], np.diag(sigma[i])).logpdf(z[i]) for i in range(10)]
    mean = -np.mean(rows) / 4  # over z's dimensions, too
    assert model.encoding_loss(forward).numpy() == pytest.approx(mean, rel=1e-5)
    assert model.loss_terms()["encoding_loss"].weight == 10
    assert GAEL((2,), 3, 4, encoding=2.5).loss_terms()["encoding_loss"].weight == 2.5


def test_training_draws_from_the_normal_prior_even_after_the_fit(model, images):
    model.fit_prior([images])
    z = model.draw_latents(4000, tf.constant([0, 1])).z
    assert z.shape == (4000, 1, 4)
    np.testing.assert_allclose(np.cov(z[:, 0].numpy().T), np.eye(4), atol=0.1)
    assert np.abs(model.prior.loc.numpy()).max() > 1e-3


def test_the_prior_is_the_mixture_of_the_encodings(model, images):
    encodings = model.encode(images)
    assert encodings.shape == (24, 4)
    model.fit_prior([images[:10], images[10:]])
    found = SklearnMixture(3, random_state=0, reg_covar=1e-5).fit(encodings.astype(np.float64))
    np.testing.assert_allclose(model.prior.mixture_probs(), found.weights_, atol=1e-3)
    assert (model.responsibilities(images).argmax(1) == found.predict(encodings)).all()
    np.testing.assert_allclose(model.predict(images, verbose=0), model.responsibilities(images), atol=1e-4)


def test_reconstruction_is_the_generator_on_the_encoding(model, images):
    expected = model.decode(model.encode(images))
    np.testing.assert_allclose(model.reconstruct(images), expected, atol=1e-6)
    floats = images.astype(np.float32) / 127.5 - 1
    np.testing.assert_allclose(model.encode(floats), model.encode(images), atol=1e-5)


def test_four_samplers(model, images):
    """The normal prior, the same truncated, the fitted mixture, the encodings of real images."""
    model.fit_prior([images])
    normal = model.generate(5, prior=model.training_prior, seed=1)
    np.testing.assert_allclose(normal, model.decode(model.training_prior.sample(5, [1, 0])), atol=1e-6)
    narrow = model.training_prior.sample_components(np.zeros(500, int), [1, 0], truncation=0.5).numpy()
    assert np.abs(narrow).max() <= 0.5 and np.abs(narrow).max() > 0.45
    truncated = model.generate(5, prior=model.training_prior, truncation=0.5, seed=1)
    mixture = model.generate(5, seed=1)
    assert len({each.tobytes() for each in (normal, truncated, mixture, model.reconstruct(images[:5]))}) == 4
    with pytest.raises(ValueError, match="truncation must be positive"):
        model.generate(5, truncation=0.0)
    with pytest.raises(ValueError, match="has 7 dimensions; G takes 4"):
        model.generate(5, prior=GaussianMixture(2, 7))


def test_the_fit_is_saved(model, images, tmp_path):
    model.fit_prior([images])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.prior.is_fitted
    np.testing.assert_allclose(loaded.responsibilities(images), model.responsibilities(images), atol=1e-5)


def test_a_prior_that_can_t_be_fitted_is_refused():
    with pytest.raises(ValueError, match="needs a FittedMixture; got GaussianMixture"):
        GAEL((8, 8, 1), prior=GaussianMixture(3, 4))
    with pytest.raises(ValueError, match=r"Did you mean 'diagonal'\?"):
        GAEL((8, 8, 1), encoding_variance="diag")


def test_encoding_learns_what_made_an_example():
    """With a generator that stays as it is, Enc(G(z)) comes close to z."""
    model = GAEL((2,), 3, latent_dim=2, width=0.5)
    model.compile(keras.optimizers.Adam(0.0), keras.optimizers.Adam(2e-3))
    points = np.random.default_rng(0).normal(size=(640, 2)).astype(np.float32)
    model.fit(points, batch_size=64, epochs=40, verbose=0)
    z = model.training_prior.sample(200, [0, 1]).numpy()
    error = ((model.encode(model.decode(z)) - z) ** 2).mean()
    assert error < 0.3 * (z**2).mean(), error
