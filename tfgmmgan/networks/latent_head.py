"""GAEL's encoder head: from the discriminator's features to a latent vector."""

import keras
import tensorflow as tf
from keras import layers

from tfgmmgan.networks.chain import LEAK, Network, build_chain, dtype_policy

__all__ = ["LatentHead"]


@keras.saving.register_keras_serializable(package="tfgmmgan")
class LatentHead(Network):
    """Two hidden layers and a linear one on the discriminator's features: (n, F) -> Enc(x) (n, d), log Sigma(x) (n, d).

    GAEL's head is "the last few layers" of the discriminator, sizes unpublished; these are ours.

    Args:
        latent_dim: d.
        learned_variance: Whether there is a second output, the logarithm of Sigma(x)'s diagonal, within [-10, 10].
        width: Multiplies the 256 hidden units. Default 1.
    """

    def __init__(self, latent_dim: int, learned_variance: bool = True, width: float = 1.0, **kwargs) -> None:
        super().__init__(**kwargs)
        self.latent_dim = latent_dim
        self.learned_variance = learned_variance
        self.width = width
        with dtype_policy(self.dtype_policy):
            self.hidden = [layers.Dense(max(1, round(256 * width))) for _ in range(2)]
            self.activation = layers.LeakyReLU(LEAK)
        self.out = layers.Dense(latent_dim * (2 if learned_variance else 1), dtype="float32", name="out")

    def build(self, input_shape: tuple) -> None:
        """Create every layer's weights."""
        build_chain((*self.hidden, self.out), input_shape)
        self.built = True

    def call(self, features: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor | None]:
        """Return Enc(x) and the logarithm of Sigma(x)'s diagonal, or None for Sigma(x) = I."""
        for layer in self.hidden:
            features = self.activation(layer(features))
        out = self.out(features)
        if not self.learned_variance:
            return out, None
        mean, raw = tf.split(out, 2, axis=-1)
        return mean, 10.0 * tf.tanh(raw / 10.0)
