import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import stats

from tfgmmgan import priors
from tfgmmgan.priors import GaussianMixture, Normal

K, D = 3, 4
SIZES = {
    "full": K * (D * (D + 1) // 2 + D),
    "factor": K * (D * D + D),
    "diag": 2 * K * D,
    "spherical": K * (D + 1),
}


def scrambled(covariance, **kwargs):
    """A mixture whose raw weights are no longer what they started as."""
    prior = GaussianMixture(K, D, covariance=covariance, mean_range=1.0, variance=0.5, **kwargs)
    rng = np.random.default_rng(1)
    prior.scale.assign(prior.scale + 0.4 * rng.standard_normal(prior.scale.shape))
    prior.probs.assign([0.2, 0.5, 0.3])
    return prior


def factors(prior):
    """A_k from the raw weights, by each parametrisation's definition."""
    raw = prior.scale.numpy().astype(np.float64)
    softplus = lambda x: np.log1p(np.exp(x))  # noqa: E731
    if prior.covariance == "full":
        matrices = np.zeros((K, D, D))
        rows, columns = np.tril_indices(D, -1)
        matrices[:, rows, columns] = raw[:, D:]
        matrices[:, np.arange(D), np.arange(D)] = softplus(raw[:, :D])
    elif prior.covariance == "factor":
        matrices = raw
    else:
        matrices = np.stack([np.diag(np.broadcast_to(softplus(r), D)) for r in raw])
    return matrices


def covariances(prior):
    """Sigma_k = A_k A_k^T."""
    return factors(prior) @ factors(prior).transpose(0, 2, 1)


@pytest.mark.parametrize("covariance", SIZES)
def test_number_of_parameters(covariance):
    prior = GaussianMixture(K, D, covariance=covariance)
    assert sum(int(np.prod(w.shape)) for w in prior.trainable_weights) == SIZES[covariance]
    assert not GaussianMixture(K, D, covariance=covariance, trainable=False).trainable_weights


@pytest.mark.parametrize("covariance", SIZES)
def test_starts_as_algorithm_1_says(covariance):
    prior = GaussianMixture(50, D, covariance=covariance, mean_range=0.3, variance=0.15, seed=4)
    np.testing.assert_allclose(prior.scale_tril(), np.broadcast_to(np.sqrt(0.15) * np.eye(D), (50, D, D)), atol=1e-6)
    means = prior.loc.numpy()
    assert np.abs(means).max() <= 0.3 and np.abs(means).max() > 0.25 and abs(means.mean()) < 0.05


@pytest.mark.parametrize("covariance", SIZES)
def test_densities_are_those_of_scipy_and_of_tfp(covariance):
    prior = scrambled(covariance)
    z = np.random.default_rng(2).standard_normal((7, D)).astype(np.float32)
    sigma = covariances(prior)
    expected = np.stack([stats.multivariate_normal(prior.loc.numpy()[k], sigma[k]).logpdf(z) for k in range(K)], axis=1)
    np.testing.assert_allclose(prior.log_prob_components(z), expected, rtol=2e-4, atol=2e-4)

    distribution = prior.distribution()
    weights = np.array([0.2, 0.5, 0.3])
    np.testing.assert_allclose(distribution.log_prob(z), np.log(np.exp(expected) @ weights), rtol=2e-4, atol=2e-4)
    joint = np.exp(expected) * weights
    np.testing.assert_allclose(prior.responsibilities(z), joint / joint.sum(1, keepdims=True), atol=2e-4)


@pytest.mark.parametrize("covariance", SIZES)
def test_scale_tril_is_the_cholesky_factor(covariance):
    prior = scrambled(covariance)
    np.testing.assert_allclose(prior.scale_tril(), np.linalg.cholesky(covariances(prior)), rtol=1e-3, atol=1e-5)


def test_scale_tril_of_a_matrix_whose_square_single_precision_can_t_factor():
    prior = GaussianMixture(1, 3, covariance="factor")
    prior.scale.assign([np.array([[1, 1, 0], [1, 1 + 1e-3, 0], [0, 0, 1]])])
    sigma = prior.scale.numpy()[0].astype(np.float64) @ prior.scale.numpy()[0].astype(np.float64).T
    np.testing.assert_allclose(prior.scale_tril()[0], np.linalg.cholesky(sigma), rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("covariance", SIZES)
def test_responsibilities_are_the_posterior_marginal_of_tfp_s_mixture(covariance):
    prior = scrambled(covariance)
    z = 2 * np.random.default_rng(2).standard_normal((7, D)).astype(np.float32)
    tril = np.linalg.cholesky(covariances(prior)).astype(np.float32)
    mixture = tfp.distributions.MixtureSameFamily(
        tfp.distributions.Categorical(probs=[0.2, 0.5, 0.3]),
        tfp.distributions.MultivariateNormalTriL(prior.loc.numpy(), scale_tril=tril),
    )
    np.testing.assert_allclose(prior.responsibilities(z), mixture.posterior_marginal(z).probs_parameter(), atol=2e-4)
    np.testing.assert_allclose(prior.distribution().mean(), mixture.mean(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(prior.distribution().covariance(), mixture.covariance(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("covariance", SIZES)
def test_noise_is_placed_as_by_tfp_s_bijector(covariance):
    prior, bijectors = scrambled(covariance), tfp.bijectors
    operator = tf.linalg.LinearOperatorFullMatrix(factors(prior).astype(np.float32))
    shift, scale = bijectors.Shift(prior.loc.numpy()), bijectors.ScaleMatvecLinearOperator(operator)
    eps = np.random.default_rng(3).standard_normal((6, K, D)).astype(np.float32)
    expected = bijectors.Chain([shift, scale]).forward(eps).numpy()
    np.testing.assert_allclose(prior.place(eps), expected, rtol=1e-4, atol=1e-5)
    ids = np.array([2, 0, 0, 1, 2, 1])
    np.testing.assert_allclose(prior.place(eps[:, 0], ids)[0], prior.place(eps[:, [0, 0, 0]])[0, 2], rtol=1e-5)
    by_id = prior.place(eps[np.arange(6), ids], ids)
    np.testing.assert_allclose(by_id, expected[np.arange(6), ids], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("covariance", SIZES)
def test_sampling_and_its_gradients_in_a_graph_that_is_its_first_use(covariance, jit):
    prior, ids = scrambled(covariance), np.array([2, 0, 1, 0])
    priors.covariance._order.cache_clear()

    @tf.function(jit_compile=jit)
    def draw():
        every = prior.noise(tf.broadcast_to(tf.range(K), [4, K]), [1, 1]), prior.sample_stratified(4, [1, 1])
        with tf.GradientTape() as tape:
            z = prior.sample_components(ids, [1, 2])
            total = tf.reduce_sum(z**3)
        gradients = [tf.convert_to_tensor(g) for g in tape.gradient(total, [prior.loc.value, prior.scale.value])]
        return every, (prior.noise(ids, [1, 2]), z), gradients, prior.responsibilities(z)

    every, (eps, z), gradients, responsibilities = draw()
    order = priors.covariance._order(D)  # what is kept is no tensor of that graph
    assert isinstance(order, np.ndarray) and sorted(order) == list(range(D * (D + 1) // 2))
    a, loc = factors(prior), prior.loc.numpy()
    np.testing.assert_allclose(every[1], np.einsum("kij,skj->ski", a, every[0]) + loc, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(z, np.einsum("nij,nj->ni", a[ids], eps) + loc[ids], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(responsibilities, prior.responsibilities(z), rtol=1e-3, atol=1e-4)
    slope = 3 * z.numpy() ** 2  # of the total to z
    for component in range(K):
        own = ids == component
        np.testing.assert_allclose(gradients[0][component], slope[own].sum(axis=0), rtol=1e-3, atol=1e-3)
        to_matrix = np.einsum("ni,nj->ij", slope[own], eps.numpy()[own])  # of the total to A_k
        expected = to_raw(covariance, to_matrix, prior.scale.numpy()[component])
        np.testing.assert_allclose(gradients[1][component], expected, rtol=1e-3, atol=1e-3)


def to_raw(covariance, to_matrix, raw):
    """The gradient to one component's raw weights from that to A_k, (D, D), by the chain rule."""
    if covariance == "factor":
        return to_matrix
    through_softplus = np.diag(to_matrix) if covariance != "spherical" else np.trace(to_matrix)[None]
    through_softplus = through_softplus / (1 + np.exp(-raw[: len(through_softplus)]))
    below = to_matrix[np.tril_indices(D, -1)] if covariance == "full" else []
    return np.concatenate([through_softplus, below])


@pytest.mark.parametrize("covariance", SIZES)
def test_samples_have_the_moments_of_their_component(covariance):
    prior = scrambled(covariance)
    stratified = prior.sample_stratified(20_000, [0, 1]).numpy()
    by_id = prior.sample_components(np.repeat(np.arange(K), 20_000), [0, 2]).numpy().reshape(K, -1, D)
    for k, sigma in enumerate(covariances(prior)):
        for draws in (stratified[:, k], by_id[k]):
            error = 5 * np.sqrt(np.diag(sigma) / 20_000)
            assert (np.abs(draws.mean(0) - prior.loc.numpy()[k]) < error).all()
            np.testing.assert_allclose(np.cov(draws.T), sigma, atol=0.05 * np.abs(sigma).max())


def test_variance_scale_multiplies_the_covariance():
    prior = scrambled("full")
    ids = np.zeros(3000, np.int32)
    plain = prior.sample_components(ids, [3, 3]).numpy() - prior.loc.numpy()[0]
    scaled = prior.sample_components(ids, [3, 3], variance_scale=0.25).numpy() - prior.loc.numpy()[0]
    np.testing.assert_allclose(scaled, 0.5 * plain, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(prior.sample_components([1], [3, 3], 0.0), prior.loc.numpy()[1:2], atol=1e-6)


def test_sample_follows_the_mixture_weights():
    ids = scrambled("diag").sample_ids(20_000, tf.constant([5, 6])).numpy()
    np.testing.assert_allclose(np.bincount(ids, minlength=K) / 20_000, [0.2, 0.5, 0.3], atol=0.02)


def test_interpolation_is_the_weighted_sum_under_one_noise():
    prior = scrambled("factor")
    eps = np.random.default_rng(3).standard_normal(D).astype(np.float32)
    weights = np.array([[1, 0, 0], [0.25, 0.25, 0.5]], np.float32)
    every = np.einsum("kij,j->ki", prior.scale.numpy(), eps) + prior.loc.numpy()
    np.testing.assert_allclose(prior.interpolate(weights, eps), weights @ every, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("covariance", SIZES)
def test_gradients_reach_means_and_scales(covariance):
    prior = scrambled(covariance)
    for use in (
        lambda: tf.reduce_sum(prior.sample_stratified(4, [1, 1]) ** 2),
        lambda: tf.reduce_sum(prior.sample_components([0, 1, 2], [1, 1]) ** 2),
        lambda: tf.reduce_sum(prior.log_prob_components(tf.ones([2, D]))),
    ):
        with tf.GradientTape() as tape:
            value = use()
        for gradient in tape.gradient(value, [w.value for w in prior.trainable_weights]):
            assert np.abs(tf.convert_to_tensor(gradient).numpy()).max() > 0


def test_weights_follow_responsibilities_only_where_asked():
    follows = GaussianMixture(2, D, mixture_weights="responsibilities", momentum=0.9)
    stays = GaussianMixture(2, D)
    for prior in (follows, stays):
        prior.update_weights(tf.constant([1.0, 0.0]))
    np.testing.assert_allclose(follows.mixture_probs(), [0.55, 0.45], atol=1e-6)
    np.testing.assert_allclose(stays.mixture_probs(), [0.5, 0.5])


def test_stays_float32_under_any_policy_and_survives_serialization():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        prior = GaussianMixture(K, D, covariance="diag", trainable=False, mean_range=0.7, seed=9)
        assert prior.sample(2, [0, 0]).dtype == tf.float32
    finally:
        keras.config.set_dtype_policy(before)
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(prior))
    assert copy.get_config() == prior.get_config()
    np.testing.assert_array_equal(copy.loc, prior.loc)
    assert not copy.trainable


def test_normal_is_a_mixture_of_one():
    prior = Normal(D)
    z = prior.sample(5, [0, 1])
    assert prior.sample_stratified(6, [0, 1]).shape == (6, 1, D)
    np.testing.assert_allclose(prior.responsibilities(z), np.ones((5, 1)))
    expected = stats.multivariate_normal(np.zeros(D), np.eye(D)).logpdf(z.numpy())
    np.testing.assert_allclose(prior.log_prob_components(z)[:, 0], expected, rtol=1e-5)
    np.testing.assert_allclose(prior.distribution().log_prob(z), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_components": 0}, "num_components must be at least 1; got 0"),
        ({"variance": 0}, "variance must be a number, above 0; got 0"),
        ({"mean_range": -1}, "mean_range must be a number, at least 0; got -1"),
        ({"momentum": 1.0}, "momentum must be a number, at least 0 and below 1; got 1.0"),
        ({"covariance": "dial"}, "one of full, factor, diag, spherical; got 'dial'. Did you mean 'diag'?"),
        ({"mixture_weights": "even"}, "mixture_weights must be one of uniform, responsibilities; got 'even'"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message.replace("?", r"\?").replace(".", r"\.")):
        GaussianMixture(**{"num_components": K, "latent_dim": D, **arguments})
