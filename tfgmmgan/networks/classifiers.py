"""Classifiers: on the discriminator's encoding, or with an encoding network of their own."""

import operator

import keras
import tensorflow as tf
from keras import layers

from tfgmmgan.networks.chain import LEAK, Network, build_chain, dtype_policy
from tfgmmgan.networks.normalization import BatchNormalization

__all__ = ["EncodingClassifier", "SharedClassifier"]


@keras.saving.register_keras_serializable(package="tfgmmgan")
class SharedClassifier(Network):
    """Features (n, F) -> K logits, float32: the linear layer of Table 1 ("if shared").

    Args:
        num_components: K.
        hidden_units: Units of a hidden layer before it, with batch norm and LeakyReLU; 0 for none, as published.
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
        build_chain((*self.hidden, self.head), input_shape)
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


@keras.saving.register_keras_serializable(package="tfgmmgan")
class EncodingClassifier(Network):
    """Examples (n, *data_shape) -> K logits, float32: an encoder like the discriminator's, then a `SharedClassifier`.

    `encoder` is any Keras model from a batch of examples to features (n, F); the rest are `SharedClassifier`'s.
    """

    def __init__(self, encoder: keras.Model, num_components: int, hidden_units: int = 0, **kwargs) -> None:
        super().__init__(**kwargs)
        self.encoder = encoder
        self.num_components = num_components
        self.hidden_units = hidden_units
        self.layer = SharedClassifier(num_components, hidden_units, dtype=self.dtype_policy, name="layer")

    @property
    def head(self) -> keras.layers.Layer:
        """The last layer."""
        return self.layer.head

    def build(self, input_shape: tuple) -> None:
        """Create the weights of both stages."""
        build_chain((self.encoder, self.layer), input_shape)
        self.built = True

    def call(self, examples: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Return logits, (n, K)."""
        return self.head(self.trunk(examples, training=training))

    def trunk(self, examples: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Return what the last layer works on."""
        return self.layer.trunk(self.encoder(examples, training=training), training=training)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Return (n, K)."""
        return (input_shape[0], self.num_components)
