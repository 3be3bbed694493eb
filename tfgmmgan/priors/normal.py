"""The standard normal prior of the vanilla GAN."""

import math

import keras
import tensorflow as tf

from tfgmmgan.priors.base import LatentPrior

__all__ = ["Normal"]


@keras.saving.register_keras_serializable(package="tfgmmgan")
class Normal(LatentPrior):
    """z ~ N(0, I): a mixture of one component.

    Example:

    >>> prior = Normal(latent_dim=100)
    >>> prior.sample(5, seed=[0, 1]).shape
    TensorShape([5, 100])

    Args:
        latent_dim: d, the length of z. Default 100.
    """

    def __init__(self, latent_dim: int = 100, **kwargs) -> None:
        super().__init__(1, latent_dim, **kwargs)
        self.built = True

    def place(self, eps: tf.Tensor, ids: tf.Tensor | None = None) -> tf.Tensor:
        """Return the noise itself."""
        return eps

    def log_prob_components(self, z: tf.Tensor) -> tf.Tensor:
        """Return log N(z; 0, I), (n, 1)."""
        log_z = 0.5 * self.latent_dim * math.log(2 * math.pi)
        return -0.5 * tf.reduce_sum(tf.cast(z, tf.float32) ** 2, axis=-1, keepdims=True) - log_z

    def distribution(self):  # noqa: ANN201 - tfp is imported when it is asked for
        """Return the `tfp.distributions.MultivariateNormalDiag`."""
        import tensorflow_probability as tfp

        return tfp.distributions.MultivariateNormalDiag(loc=tf.zeros(self.latent_dim))

    def get_config(self) -> dict:
        """Return the constructor's arguments."""
        config = super().get_config()
        config.pop("num_components")
        return config
