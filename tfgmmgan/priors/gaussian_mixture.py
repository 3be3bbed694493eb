"""The Gaussian mixture prior of GM-GAN and of responsibility learning."""

import math
from typing import Literal

import keras
import numpy as np
import tensorflow as tf

from tfgmmgan.priors.base import LatentPrior
from tfgmmgan.priors.covariance import COVARIANCES
from tfgmmgan.utils.arguments import Count, NotNegative, Positive, Share, WholeNumber, check_arguments, values_of

__all__ = ["GaussianMixture"]


@keras.saving.register_keras_serializable(package="tfgmmgan")
class GaussianMixture(LatentPrior):
    """z ~ sum_k w_k N(mu_k, Sigma_k), with mu_k ~ U[-c, c]^d and Sigma_k = variance * I to begin with.

    Example:

    >>> prior = GaussianMixture(num_components=10, latent_dim=100, covariance="full")
    >>> z = prior.sample_stratified(7, seed=[0, 1])                    # (7, 10, 100)
    >>> prior.responsibilities(prior.sample(5, seed=[0, 2])).shape     # p(k | z)
    TensorShape([5, 10])
    >>> type(prior.distribution()).__name__
    'MixtureSameFamily'

    Args:
        num_components: K >= 1. Default 10.
        latent_dim: d >= 1. Default 100 (GM-GAN, section 4).
        covariance: How Sigma_k is parametrised. `"full"`: a lower-triangular `scale_tril` with a positive
            diagonal, K(d(d+1)/2 + d) parameters with the means. `"factor"`: the unconstrained A_k of
            responsibility learning, K(d^2 + d). `"diag"`: 2Kd. `"spherical"`: K(d + 1).
        trainable: Whether means and covariances are trained ("dynamic" in GM-GAN) or stay as drawn ("static").
        mean_range: c >= 0. Default 0.1 (GM-GAN, section 4).
        variance: sigma > 0, a variance: GM-GAN's 0.15 is a standard deviation of 0.387. Default 0.15.
        mixture_weights: `"uniform"`, w_k = 1/K (GM-GAN); or `"responsibilities"`, an exponential moving average of
            the mean of C(x) over real batches (ours; responsibility learning says only that the weights
            are not assumed to be uniform).
        momentum: Decay of that average per training step, in [0, 1). Default 0.99.
        seed: Integer from which the means are drawn. Default 0.

    Raises:
        ValueError: If an argument is out of its range.

    Reference:
        Ben-Yosef & Weinshall 2018, Algorithm 1, lines 1-3; Huang et al. 2020, eq. 1 and section 2.4.
    """

    def __init__(
        self,
        num_components: Count = 10,
        latent_dim: Count = 100,
        covariance: Literal["full", "factor", "diag", "spherical"] = "full",
        trainable: bool = True,
        mean_range: NotNegative = 0.1,
        variance: Positive = 0.15,
        mixture_weights: Literal["uniform", "responsibilities"] = "uniform",
        momentum: Share = 0.99,
        seed: WholeNumber = 0,
        **kwargs,
    ) -> None:
        super().__init__(num_components, latent_dim, trainable=trainable, **kwargs)
        self.covariance = covariance
        self.mean_range = mean_range
        self.variance = variance
        self.mixture_weights = mixture_weights
        self.momentum = momentum
        self.seed = seed
        check_arguments(self)
        self._covariance = COVARIANCES[covariance]
        self.build()

    def build(self, input_shape: tuple | None = None) -> None:
        """Create `loc` (K, d), the raw `scale` (K, ...), and `probs` (K,)."""
        k, d = self.num_components, self.latent_dim
        means = np.random.default_rng(self.seed).uniform(-self.mean_range, self.mean_range, (k, d))
        with tf.init_scope():
            one = self._covariance.raw(math.sqrt(self.variance) * self._covariance.scale(d)[None], d)
        scale = np.repeat(one, k, axis=0)
        self.loc = self.add_weight(shape=(k, d), initializer=lambda s, dtype: keras.ops.cast(means, dtype), name="loc")
        self.scale = self.add_weight(
            shape=scale.shape, initializer=lambda s, dtype: keras.ops.cast(scale, dtype), name="scale"
        )
        self.probs = self.add_weight(
            shape=(k,), initializer=keras.initializers.Constant(1.0 / k), trainable=False, name="probs"
        )
        self.built = True

    def components(self, ids: tf.Tensor | None = None):  # noqa: ANN201 - tfp is imported when it is asked for
        """Return tfp's Gaussians N(mu_k, Sigma_k), all K, or those of `ids` (n,), of the weights as they are."""
        loc, raw = tf.convert_to_tensor(self.loc), tf.convert_to_tensor(self.scale)
        if ids is not None:
            loc, raw = tf.gather(loc, ids), tf.gather(raw, ids)
        return self._covariance.gaussians(loc, self._covariance.bijector(self.latent_dim).forward(raw))

    def distribution(self):  # noqa: ANN201
        """Return the `tfp.distributions.MixtureSameFamily`, made of the weights as they are now.

        It is made anew at each call: one that was kept would give no gradient to the weights.
        """
        import tensorflow_probability as tfp

        mixture = tfp.distributions.Categorical(probs=self.mixture_probs())
        return tfp.distributions.MixtureSameFamily(mixture, self.components())

    def place(self, eps: tf.Tensor, ids: tf.Tensor | None = None) -> tf.Tensor:
        """Return A_k eps + mu_k, by the components' own bijectors; see `LatentPrior.place`.

        `MixtureSameFamily.sample` draws of all K components for each z and has no named component; noise is drawn here
        and placed by tfp.
        """
        return self.components(ids).bijector.forward(eps)

    def log_prob_components(self, z: tf.Tensor) -> tf.Tensor:
        """Return log N(z; mu_k, Sigma_k), (n, d) -> (n, K)."""
        return self.components().log_prob(tf.cast(z, tf.float32)[:, None])

    def responsibilities(self, z: tf.Tensor) -> tf.Tensor:
        """Return p(k | z), the `posterior_marginal` of `distribution()`, (n, d) -> (n, K)."""
        return self.distribution().posterior_marginal(tf.cast(z, tf.float32)).probs_parameter()

    def scale_tril(self) -> tf.Tensor:
        """Return the lower-triangular L_k with L_k L_k^T = Sigma_k, (K, d, d)."""
        if self.covariance == "full":
            return self._covariance.bijector(self.latent_dim).forward(tf.convert_to_tensor(self.scale))
        r = tf.linalg.qr(tf.linalg.matrix_transpose(self.components().scale.to_dense())).r  # A_k A_k^T = r^T r
        return tf.linalg.matrix_transpose(tf.sign(tf.linalg.diag_part(r))[..., None] * r)

    def mixture_probs(self) -> tf.Tensor:
        """Return the mixture weights, (K,)."""
        return tf.convert_to_tensor(self.probs)

    def update_weights(self, mean_responsibilities: tf.Tensor) -> None:
        """Move the weights towards a batch's mean responsibilities, (K,), where they follow them."""
        if self.mixture_weights == "responsibilities":
            self.probs.assign(self.momentum * self.probs + (1 - self.momentum) * mean_responsibilities)

    def get_config(self) -> dict:
        """Return the constructor's arguments."""
        return {**super().get_config(), **values_of(self)}
