"""A network that is a plain sequence of layers, as the papers' tables are."""

import inspect
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import keras
import tensorflow as tf

from tfgmmgan.utils.arguments import values_of

__all__ = ["LEAK", "Chain", "Network", "build_chain", "copy_of", "dtype_policy"]

LEAK = 0.2  # of every LeakyReLU; the papers do not say


@contextmanager
def dtype_policy(policy: keras.DTypePolicy) -> Iterator[None]:
    """Make `policy` the one of the layers created inside the block."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def build_chain(chain: Iterable[keras.layers.Layer], input_shape: tuple) -> tuple:
    """Create the weights of layers that follow each other, those that have none yet; return the last one's shape."""
    for layer in chain:
        if not layer.built:
            layer.build(input_shape)
        input_shape = layer.compute_output_shape(input_shape)
    return input_shape


def copy_of(network: keras.Model, inputs: tf.Tensor) -> keras.Model:
    """Return a network like another, built on a batch that it takes, with the same weights in variables of its own."""
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(network))
    copy(inputs, training=False)
    copy.set_weights(network.get_weights())
    return copy


class Network(keras.Model):
    """A Keras model whose config is what its constructor was given, networks among it too."""

    def get_config(self) -> dict:
        """Return the constructor's arguments."""
        own = {
            name: keras.saving.serialize_keras_object(value) if isinstance(value, keras.layers.Layer) else value
            for name, value in values_of(self).items()
        }
        return {**super().get_config(), **own}

    @classmethod
    def from_config(cls, config: dict) -> "Network":
        """Make the network of a `get_config`."""
        made = keras.saving.deserialize_keras_object
        return cls(**{k: made(v) if isinstance(v, dict) and "class_name" in v else v for k, v in config.items()})


class Chain(Network):
    """Runs `make_blocks()` one after the other; the networks of the tables only say which blocks.

    Args:
        data_shape: Shape of one example, (H, W, C) for images, (p,) for points.
        width: Multiplies the number of channels or units, of every network. Default 1.
    """

    has_batch_norm = False  # whether `batch_norm=False` is an argument
    has_spectral_norm = False  # whether a discriminator's head is to have it too

    def __init__(self, data_shape: tuple[int, ...], width: float = 1.0, **kwargs) -> None:
        super().__init__(**kwargs)
        if width <= 0:
            raise ValueError(f"width must be positive; got {width}.")
        self.data_shape = tuple(int(side) for side in data_shape)
        self.check_shape(self.data_shape)
        self.width = width
        with dtype_policy(self.dtype_policy):
            self.blocks = self.make_blocks()

    def check_shape(self, data_shape: tuple[int, ...]) -> None:
        """Raise `UserError` where this network can't have a shape."""

    def make_blocks(self) -> list[keras.layers.Layer]:
        """Return the layers in their order."""
        raise NotImplementedError

    def scaled(self, channels: int) -> int:
        """Return a layer's channels at this width, at least 1."""
        return max(1, round(channels * self.width))

    def build(self, input_shape: tuple) -> None:
        """Create every layer's weights."""
        build_chain(self.blocks, input_shape)
        self.built = True

    def call(self, inputs, training: bool = False):  # noqa: ANN001, ANN201
        """Run the layers; those that care about `training` get it."""
        for layer in self.blocks:
            inputs = layer(inputs)  # Keras hands `training` down to nested calls
        return inputs

    def trunk(self, inputs, training: bool = False):  # noqa: ANN001, ANN201
        """Run all layers but the last, `head`."""
        for layer in self.blocks[:-1]:
            told = "training" in inspect.signature(layer.call).parameters
            inputs = layer(inputs, **({"training": training} if told else {}))
        return inputs

    @property
    def head(self) -> keras.layers.Layer:
        """The last layer."""
        return self.blocks[-1]

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Return the last layer's output shape."""
        for layer in self.blocks:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape
