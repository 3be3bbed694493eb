"""A classifier with an encoding network of its own."""

import keras
import tensorflow as tf

from tfgmmgan.networks.shared_classifier import SharedClassifier

__all__ = ["EncodingClassifier"]


@keras.saving.register_keras_serializable(package="tfgmmgan")
class EncodingClassifier(keras.Model):
    """Examples (n, *data_shape) -> K logits, float32: an encoder like the discriminator's, then a `SharedClassifier`.

    Args:
        encoder: Any Keras model from a batch of examples to features of shape (n, F).
        num_components: K.
        hidden_units: As in `SharedClassifier`. Default 0.
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
        if not self.encoder.built:
            self.encoder.build(input_shape)
        self.layer.build(self.encoder.compute_output_shape(input_shape))
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

    def get_config(self) -> dict:
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "encoder": keras.saving.serialize_keras_object(self.encoder),
            "num_components": self.num_components,
            "hidden_units": self.hidden_units,
        }

    @classmethod
    def from_config(cls, config: dict) -> "EncodingClassifier":
        """Make the classifier of a `get_config`."""
        return cls(**{**config, "encoder": keras.saving.deserialize_keras_object(config["encoder"])})
