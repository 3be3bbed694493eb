"""Copies of networks."""

import keras
import tensorflow as tf

__all__ = ["copy_of"]


def copy_of(network: keras.Model, inputs: tf.Tensor) -> keras.Model:
    """Return a network like another, built on a batch that it takes, with the same weights in variables of its own."""
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(network))
    copy(inputs, training=False)
    copy.set_weights(network.get_weights())
    return copy
