"""AC-GAN's latent vector: normal noise, and a class as a one-hot code."""

import math

import keras
import tensorflow as tf

from tfgmmgan.priors.base import LatentPrior

__all__ = ["ClassCode"]


@keras.saving.register_keras_serializable(package="tfgmmgan")
class ClassCode(LatentPrior):
    """z = [eps, one-hot(c)] with eps ~ N(0, I) and c uniform: one component for each class.

    Example:

    >>> prior = ClassCode(num_classes=10, noise_dim=100)
    >>> prior.sample(5, seed=[0, 1]).shape, prior.num_components
    (TensorShape([5, 110]), 10)

    Args:
        num_classes: N.
        noise_dim: Length of eps. Default 100.

    Reference:
        Odena et al. 2017, section 3.
    """

    def __init__(self, num_classes: int, noise_dim: int = 100, **kwargs) -> None:
        super().__init__(num_classes, noise_dim + num_classes, **kwargs)
        self.noise_dim = noise_dim
        self.built = True

    def place(self, eps: tf.Tensor, ids: tf.Tensor | None = None) -> tf.Tensor:
        """Put the code in place of the last N numbers of the noise; see `LatentPrior.place`."""
        if ids is None:
            ids = tf.broadcast_to(tf.range(self.num_components), tf.shape(eps)[:-1])
        return tf.concat([eps[..., : self.noise_dim], tf.one_hot(ids, self.num_components)], axis=-1)

    def log_prob_components(self, z: tf.Tensor) -> tf.Tensor:
        """Return log N(eps; 0, I) where the code is component k's, else minus infinity: (n, d) -> (n, K)."""
        z = tf.cast(z, tf.float32)
        eps, code = z[..., : self.noise_dim], z[..., self.noise_dim :]
        log_density = -0.5 * tf.reduce_sum(eps**2, axis=-1) - 0.5 * self.noise_dim * math.log(2 * math.pi)
        same = tf.equal(tf.range(self.num_components), tf.argmax(code, axis=-1, output_type=tf.int32)[..., None])
        return tf.where(same, log_density[..., None], -math.inf)

    def get_config(self) -> dict:
        """Return the constructor's arguments."""
        config = super().get_config()
        del config["num_components"], config["latent_dim"]
        return {**config, "num_classes": self.num_components, "noise_dim": self.noise_dim}
