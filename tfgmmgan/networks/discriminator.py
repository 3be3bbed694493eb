"""The discriminator: an encoding network with a linear head on top."""

import operator

import keras
from keras import layers

from tfgmmgan.networks.chain import LEAK, Network, build_chain, dtype_policy
from tfgmmgan.networks.spectral import SpectralDense

__all__ = ["Discriminator"]


@keras.saving.register_keras_serializable(package="tfgmmgan")
class Discriminator(Network):
    """Encoding network and linear head of Table 3: images -> logits (n, num_outputs), float32.

    The two stages stand apart because a classifier may share the first: `encoder(images)` gives the features,
    `scores(features)` the logits, and calling the model does both.

    Example:

    >>> from tfgmmgan.networks import DCGANEncoder
    >>> discriminator = Discriminator(DCGANEncoder((28, 28, 1)))

    Args:
        encoder: Any Keras model from a batch of examples to features of shape (n, F).
        num_outputs: Width of the head; 1 is the papers' real-or-fake logit. Default 1.
        spectral_norm: Whether the head is spectrally normalised, as BigGAN's is. Default False.
        hidden_units: Units of a hidden layer with LeakyReLU between encoding and head, 0 for none, as published. With
            several outputs each then judges by more than a linear function of the encoding (ours). Default 0.
    """

    def __init__(
        self,
        encoder: keras.Model,
        num_outputs: int = 1,
        spectral_norm: bool = False,
        hidden_units: int = 0,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        if num_outputs < 1:
            raise ValueError(f"num_outputs must be at least 1; got {num_outputs}.")
        if hidden_units < 0:
            raise ValueError(f"hidden_units must be at least 0; got {hidden_units}.")
        self.encoder = encoder
        self.num_outputs = operator.index(num_outputs)
        self.spectral_norm = spectral_norm
        self.hidden_units = operator.index(hidden_units)
        dense = SpectralDense if spectral_norm else layers.Dense
        with dtype_policy(self.dtype_policy):
            self.hidden = dense(self.hidden_units, name="hidden") if hidden_units else None
            self.activation = layers.LeakyReLU(LEAK)
        self.head = dense(self.num_outputs, dtype="float32", name="head")

    @property
    def own_variables(self) -> list[keras.Variable]:
        """The trainable weights that are not the encoder's."""
        return [weight for layer in (self.hidden, self.head) if layer for weight in layer.trainable_variables]

    def build(self, input_shape: tuple) -> None:
        """Create the weights of both stages."""
        build_chain([layer for layer in (self.encoder, self.hidden, self.head) if layer], input_shape)
        self.built = True

    def call(self, inputs, training: bool = False):  # noqa: ANN001, ANN201
        """Return logits, (n, num_outputs)."""
        return self.scores(self.encoder(inputs, training=training), training=training)

    def scores(self, features, training: bool = False):  # noqa: ANN001, ANN201
        """Return the logits of features, (n, F) -> (n, num_outputs)."""
        return self.outputs(self.trunk(features, training=training), training=training)

    def trunk(self, features, training: bool = False):  # noqa: ANN001, ANN201
        """Return what the head works on: features themselves, or the hidden layer's (n, hidden_units)."""
        return self.activation(self.hidden(features, **self._told(training))) if self.hidden else features

    def outputs(self, trunk, training: bool = False):  # noqa: ANN001, ANN201
        """Return the head's logits, of what `trunk` returns."""
        return self.head(trunk, **self._told(training))

    def _told(self, training: bool) -> dict[str, bool]:
        return {"training": training} if self.spectral_norm else {}
