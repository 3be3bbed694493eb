"""The classifier that works on the discriminator's encoding."""

import operator

import keras
import tensorflow as tf
from keras import layers

from tfgmmgan.networks.chain import LEAK, dtype_policy
from tfgmmgan.networks.normalization import BatchNormalization

__all__ = ["SharedClassifier"]


@keras.saving.register_keras_serializable(package="tfgmmgan")
class SharedClassifier(keras.Model):
    """Features (n, F) -> K logits, float32: the linear layer of Table 1 ("if shared"), or one hidden layer before it.

    Args:
        num_components: K.
        hidden_units: Units of the hidden layer, with batch norm and LeakyReLU; 0 for none, as published. Default 0.
    """

    def __init__(self, num_components: int, hidden_units: int = 0, **kwargs) -> None:
        super().__init__(**kwargs)
        if hidden_units < 0:
            raise ValueError(f"hidden_units must be at least 0; got {hidden_units}.")
        self.num_components = operator.index(num_components)
        self.hidden_units = operator.index(hidden_units)
        self.hidden = []
        if hidden_units:
            with dtype_policy(self.dtype_policy):
                dense = layers.Dense(self.hidden_units, use_bias=False)
                self.hidden = [dense, BatchNormalization(), layers.LeakyReLU(LEAK)]
        self.head = layers.Dense(self.num_components, dtype="float32")

    def build(self, input_shape: tuple) -> None:
        """Create every layer's weights."""
        for layer in (*self.hidden, self.head):
            layer.build(input_shape)
            input_shape = layer.compute_output_shape(input_shape)
        self.built = True

    def call(self, features: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Return logits, (n, K)."""
        return self.head(self.trunk(features, training=training))

    def trunk(self, features: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Return what the last layer works on, (n, hidden_units), or the features where there is no hidden layer."""
        for layer in self.hidden:
            features = layer(features, training=training) if isinstance(layer, BatchNormalization) else layer(features)
        return features

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Return (n, K)."""
        return (input_shape[0], self.num_components)

    def get_config(self) -> dict:
        """Return the constructor's arguments."""
        return {**super().get_config(), "num_components": self.num_components, "hidden_units": self.hidden_units}
