import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats
from scipy.special import logsumexp

from tfgmmgan.priors import GaussianMixture, SubclassMixture
from tfgmmgan.priors.covariance import COVARIANCES

K, D, M = 3, 4, 2


def made(covariance="factor", **kwargs):
    """A mixture with scales, weights and subclasses that are no longer what they started as."""
    prior = SubclassMixture(
        K, D, subclasses=M, **{"spread": 1.5, "covariance": covariance, "mean_range": 1.0, "variance": 0.5} | kwargs
    )
    rng = np.random.default_rng(1)
    prior.scale.assign(prior.scale + 0.2 * rng.standard_normal(prior.scale.shape))
    prior.probs.assign([0.2, 0.5, 0.3])
    prior.set_subclass_probs(rng.random((K, K * M)) * (rng.random((K, K * M)) < 0.8))
    return prior


def factors(prior):
    """A_k as matrices, (K, D, D), whose columns are what the unit vectors are placed at, from the mean."""
    every = np.repeat(np.eye(D, dtype=np.float32)[:, None], K, axis=1)
    return (prior.place(every) - prior.loc).numpy().transpose(1, 2, 0)


def log_densities(prior, z):
    """log p(g | k) N(z; mu_k + A_k o_g, A_k A_k^T) by SciPy, (n, K, G)."""
    offsets, probs = prior.offsets.numpy(), prior.subclass_probs.numpy()
    with np.errstate(divide="ignore"):
        return np.stack(
            [
                [
                    np.log(p) + stats.multivariate_normal(prior.loc.numpy()[k] + a @ o, a @ a.T).logpdf(z)
                    for p, o in zip(probs[k], offsets, strict=True)
                ]
                for k, a in enumerate(factors(prior))
            ]
        ).transpose(2, 0, 1)


def test_with_one_subclass_in_the_middle_it_is_a_gaussian_mixture():
    plain, same = GaussianMixture(K, D, seed=3), SubclassMixture(K, D, subclasses=1, seed=3)
    same.offsets.assign(tf.zeros_like(same.offsets))
    for draw in (
        lambda prior: prior.sample(9, [0, 1]),
        lambda prior: prior.sample_stratified(5, [0, 1]),
        lambda prior: prior.interpolate(np.eye(K), prior.common_noise([0, 1])),
        lambda prior: prior.log_prob_components(tf.ones([2, D])),
        lambda prior: prior.distribution().log_prob(np.ones((2, D), np.float32)),
    ):
        np.testing.assert_allclose(draw(same), draw(plain), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_densities_are_those_of_scipy_and_of_tfp(covariance):
    prior = made(covariance)
    z = np.random.default_rng(2).standard_normal((7, D)).astype(np.float32)
    every = log_densities(prior, z)
    expected = logsumexp(every, axis=2)
    np.testing.assert_allclose(prior.log_prob_components(z), expected, rtol=5e-4, atol=5e-4)
    weighted = expected + np.log([0.2, 0.5, 0.3])
    np.testing.assert_allclose(prior.distribution().log_prob(z), logsumexp(weighted, axis=1), rtol=5e-4, atol=5e-4)
    np.testing.assert_allclose(
        prior.responsibilities(z), np.exp(weighted - logsumexp(weighted, axis=1, keepdims=True)), atol=5e-4
    )
    ids = np.array([0, 1, 2, 0, 1, 2, 0])
    np.testing.assert_array_equal(prior.subclasses_of(z, ids), every[np.arange(7), ids].argmax(axis=1))


def test_each_component_draws_its_subclasses_as_often_as_it_was_told():
    prior = made(spread=20.0)  # far apart
    n = 4000
    for z in (
        prior.sample_components(np.repeat(np.arange(K), n), [0, 2]).numpy().reshape(K, n, D),
        prior.sample_stratified(n, [0, 1]).numpy().transpose(1, 0, 2),
    ):
        for k in range(K):
            found = prior.subclasses_of(z[k], np.full(n, k)).numpy()
            shares = np.bincount(found, minlength=K * M) / n
            np.testing.assert_allclose(shares, prior.subclass_probs.numpy()[k], atol=0.03)
            assert not shares[prior.subclass_probs.numpy()[k] == 0].any()
            common = shares.argmax()
            of_it = z[k][found == common]
            a = factors(prior)[k]
            np.testing.assert_allclose(
                of_it.mean(0), prior.loc.numpy()[k] + a @ prior.offsets.numpy()[common], atol=0.15
            )
            np.testing.assert_allclose(np.cov(of_it.T), a @ a.T, atol=0.12)


def test_to_begin_with_each_component_has_its_own():
    prior = SubclassMixture(K, D, subclasses=M)
    expected = [[0.5, 0.5, 0, 0, 0, 0], [0, 0, 0.5, 0.5, 0, 0], [0, 0, 0, 0, 0.5, 0.5]]
    np.testing.assert_allclose(prior.subclass_probs, expected)
    assert abs(SubclassMixture(40, 50, subclasses=5, spread=2.0).offsets.numpy().std() - 2) < 0.1


def test_variance_scale_moves_the_whole_component_to_its_mean():
    prior, ids = made(), np.zeros(50, np.int32)
    plain = prior.sample_components(ids, [3, 3]).numpy() - prior.loc.numpy()[0]
    scaled = prior.sample_components(ids, [3, 3], variance_scale=0.25).numpy() - prior.loc.numpy()[0]
    np.testing.assert_allclose(scaled, 0.5 * plain, rtol=1e-4, atol=1e-5)


def test_interpolation_goes_between_one_subclass_of_each():
    prior = made(spread=20.0)
    ends = prior.interpolate(np.eye(K), prior.common_noise([0, 5])).numpy()
    noise = np.stack(
        [np.linalg.solve(a, end - mean) for a, end, mean in zip(factors(prior), ends, prior.loc.numpy(), strict=True)]
    )
    eps = noise - prior.offsets.numpy()[prior.subclasses_of(ends, np.arange(K)).numpy()]
    np.testing.assert_allclose(eps, np.repeat(eps[:1], K, axis=0), atol=1e-3)
    middle = prior.interpolate(np.full((2, K), 1 / 3), prior.common_noise([0, 5]))
    np.testing.assert_allclose(middle, np.repeat(ends.mean(0, keepdims=True), 2, axis=0), rtol=1e-4, atol=1e-4)


def test_offsets_are_not_trained_and_survive_serialization():
    prior = made()
    assert {w.name for w in prior.trainable_weights} == {"loc", "scale"}
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(prior))
    again.set_weights(prior.get_weights())
    np.testing.assert_array_equal(again.sample(6, [1, 2]), prior.sample(6, [1, 2]))
    assert (again.subclasses, again.spread) == (M, 1.5)


def test_truncation_is_of_the_noise_about_an_offset():
    prior = SubclassMixture(1, 3, subclasses=1, spread=50.0, mean_range=0.0, variance=1.0, covariance="spherical")
    z = prior.sample_components(np.zeros(500, np.int32), [0, 1], truncation=0.5).numpy() - prior.offsets.numpy()
    assert np.abs(z).max() <= 0.5 + 1e-3 and np.abs(z).max() > 0.4


@pytest.mark.parametrize("options", [{"subclasses": 0}, {"subclasses": 2, "spread": 0.0}])
def test_what_it_does_not_take(options):
    with pytest.raises(ValueError, match="must be"):
        SubclassMixture(K, D, **options)


@pytest.mark.parametrize(
    ("probs", "message"),
    [
        (np.ones((K, K)), "shape"),
        (np.full((K, K * M), -1.0), "not negative"),
        (np.zeros((K, K * M)), "must have a subclass"),
        (np.full((K, K * M), np.nan), "finite"),
    ],
)
def test_probabilities_it_does_not_take(probs, message):
    with pytest.raises(ValueError, match=message):
        made().set_subclass_probs(probs)
