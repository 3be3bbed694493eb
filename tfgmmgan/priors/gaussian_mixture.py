"""The Gaussian mixture prior of GM-GAN and of responsibility learning."""

import math

import keras
import numpy as np
import tensorflow as tf

from tfgmmgan.priors.base import LatentPrior
from tfgmmgan.priors.covariance import COVARIANCES
from tfgmmgan.utils.errors import unknown_name

__all__ = ["GaussianMixture"]

WEIGHTS = ("uniform", "responsibilities")


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
        num_components: int = 10,
        latent_dim: int = 100,
        covariance: str = "full",
        trainable: bool = True,
        mean_range: float = 0.1,
        variance: float = 0.15,
        mixture_weights: str = "uniform",
        momentum: float = 0.99,
        seed: int = 0,
        **kwargs,
    ) -> None:
        super().__init__(num_components, latent_dim, trainable=trainable, **kwargs)
        if mean_range < 0:
            raise ValueError(f"mean_range must be at least 0; got {mean_range}.")
        if variance <= 0:
            raise ValueError(f"variance must be positive (it is a variance, not a standard deviation); got {variance}.")
        if not 0 <= momentum < 1:
            raise ValueError(f"momentum must be in [0, 1); got {momentum}.")
        if mixture_weights not in WEIGHTS:
            raise unknown_name("mixture weights", mixture_weights, WEIGHTS)
        self.covariance = covariance
        self.mean_range = mean_range
        self.variance = variance
        self.mixture_weights = mixture_weights
        self.momentum = momentum
        self.seed = seed
        self._family = COVARIANCES[covariance]
        self.build()

    def build(self, input_shape: tuple | None = None) -> None:
        """Create `loc` (K, d), the raw `scale` (K, ...), and `probs` (K,)."""
        k, d = self.num_components, self.latent_dim
        means = np.random.default_rng(self.seed).uniform(-self.mean_range, self.mean_range, (k, d))
        scale = np.repeat(self._family.raw_initial(math.sqrt(self.variance), d)[None], k, axis=0)
        self.loc = self.add_weight(shape=(k, d), initializer=lambda s, dtype: keras.ops.cast(means, dtype), name="loc")
        self.scale = self.add_weight(
            shape=scale.shape, initializer=lambda s, dtype: keras.ops.cast(scale, dtype), name="scale"
        )
        self.probs = self.add_weight(
            shape=(k,), initializer=keras.initializers.Constant(1.0 / k), trainable=False, name="probs"
        )
        self.built = True

    def place(self, eps: tf.Tensor, ids: tf.Tensor | None = None) -> tf.Tensor:
        """Return A_k eps + mu_k; see `LatentPrior.place`."""
        loc, raw = tf.convert_to_tensor(self.loc), tf.convert_to_tensor(self.scale)
        if ids is not None:
            return self._family.multiply(tf.gather(raw, ids), eps[:, None])[:, 0] + tf.gather(loc, ids)
        moved = self._family.multiply(raw, tf.transpose(eps, [1, 0, 2]))  # [K, S, d]
        return tf.transpose(moved, [1, 0, 2]) + loc

    def log_prob_components(self, z: tf.Tensor) -> tf.Tensor:
        """Return log N(z; mu_k, Sigma_k), (n, d) -> (n, K)."""
        delta = tf.cast(z, tf.float32)[None] - tf.convert_to_tensor(self.loc)[:, None]  # [K, n, d]
        white, log_det = self._family.whiten(tf.convert_to_tensor(self.scale), delta)
        log_z = 0.5 * self.latent_dim * math.log(2 * math.pi)
        return tf.transpose(-0.5 * tf.reduce_sum(white**2, axis=-1)) - log_det - log_z

    def scale_tril(self) -> tf.Tensor:
        """Return the lower-triangular L_k with L_k L_k^T = Sigma_k, (K, d, d)."""
        return self._family.scale_tril(tf.convert_to_tensor(self.scale), self.latent_dim)

    def mixture_probs(self) -> tf.Tensor:
        """Return the mixture weights, (K,)."""
        return tf.convert_to_tensor(self.probs)

    def update_weights(self, mean_responsibilities: tf.Tensor) -> None:
        """Move the weights towards a batch's mean responsibilities, (K,), where they follow them."""
        if self.mixture_weights == "responsibilities":
            self.probs.assign(self.momentum * self.probs + (1 - self.momentum) * mean_responsibilities)

    def distribution(self):  # noqa: ANN201 - tfp is imported when it is asked for
        """Return the `tfp.distributions.MixtureSameFamily`, made of the weights as they are now.

        It is made anew at each call: one that was kept would give no gradient to the weights.
        """
        import tensorflow_probability as tfp

        return tfp.distributions.MixtureSameFamily(
            mixture_distribution=tfp.distributions.Categorical(probs=self.mixture_probs()),
            components_distribution=tfp.distributions.MultivariateNormalTriL(
                loc=tf.convert_to_tensor(self.loc), scale_tril=self.scale_tril()
            ),
        )

    def get_config(self) -> dict:
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "covariance": self.covariance,
            "mean_range": self.mean_range,
            "variance": self.variance,
            "mixture_weights": self.mixture_weights,
            "momentum": self.momentum,
            "seed": self.seed,
        }
