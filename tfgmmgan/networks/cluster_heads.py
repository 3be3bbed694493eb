"""Several linear classifiers side by side."""

import keras
import tensorflow as tf

__all__ = ["ClusterHeads"]


class ClusterHeads(keras.layers.Layer):
    """H linear classifiers of K classes on the same features: (n, F) -> probabilities (n, H, K), float32.

    Args:
        num_heads: H.
        num_components: K.
        seed: Integer from which the weights are drawn. Default 0.
    """

    def __init__(self, num_heads: int, num_components: int, seed: int = 0, **kwargs) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.num_heads = num_heads
        self.num_components = num_components
        initial = keras.initializers.GlorotUniform(seed)
        self.logits = keras.layers.Dense(num_heads * num_components, kernel_initializer=initial, dtype="float32")

    def build(self, input_shape: tuple) -> None:
        """Create the weights."""
        self.logits.build(input_shape)
        self.built = True

    def call(self, features: tf.Tensor) -> tf.Tensor:
        """Return each head's probabilities."""
        return tf.nn.softmax(tf.reshape(self.logits(features), [-1, self.num_heads, self.num_components]))
