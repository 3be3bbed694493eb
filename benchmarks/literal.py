"""Algorithm 1 of responsibility learning, read literally: generator and classifier are called once a component."""

from collections.abc import Callable

import keras
import tensorflow as tf

from tfgmmgan import GMMGAN

__all__ = ["make_literal"]


def make_literal(model: GMMGAN, batch_size: int) -> GMMGAN:
    """Return a paired model whose networks meet the fakes component by component, in a Python loop that unrolls.

    Real examples, a batch of just `batch_size`, still go through at once.
    """
    k = model.num_components

    def looped(network: keras.Layer, real: int | None = None) -> Callable:
        call = network.call

        def by_component(rows: tf.Tensor, *args, **kwargs) -> tf.Tensor:
            if rows.shape[0] == real:
                return call(rows, *args, **kwargs)
            parts = [call(rows[component::k], *args, **kwargs) for component in range(k)]  # rows are (S, K)
            stacked = tf.stack(parts, axis=1)
            return tf.reshape(stacked, [-1, *stacked.shape[2:]])

        return by_component

    model.generator.call = looped(model.generator)
    model.discriminator.encoder.call = looped(model.discriminator.encoder, batch_size)
    model.classifier.call = looped(model.classifier, batch_size)
    return model
