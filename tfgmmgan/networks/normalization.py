"""Batch normalisation by TensorFlow's fused kernel, and over all replicas where there are several."""

import keras
import tensorflow as tf

from tfgmmgan.utils.replicas import num_replicas

__all__ = ["BatchNormalization"]


@keras.saving.register_keras_serializable(package="tfgmmgan")
class BatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization`, faster in training: one kernel for moments, normalisation and gradient.

    Keras writes batch norm out in float32, several passes over memory. Values, weights and running statistics are
    Keras's; under a 16-bit policy inputs and outputs have 16 bits and statistics 32, as Keras's have.

    Made inside the scope of a strategy with several replicas it is synchronised: moments are those of the whole batch.

    Args:
        **kwargs: As in Keras. Masks, renormalisation and an axis other than the last take Keras's way.
    """

    def __init__(self, **kwargs) -> None:
        kwargs.setdefault("synchronized", num_replicas() > 1)
        super().__init__(**kwargs)

    def call(self, inputs: tf.Tensor, training: bool | None = None, mask: tf.Tensor | None = None) -> tf.Tensor:
        """Normalise (n, ..., channels) by the batch's moments in training, by the running ones otherwise."""
        rank = len(inputs.shape)
        fused = training and self.trainable and not self.synchronized and not self.renorm and mask is None
        if (
            not fused
            or rank not in (2, 4)
            or self.axis not in (-1, rank - 1)
            or self.dtype_policy.variable_dtype != "float32"
        ):
            return super().call(inputs, training=training, mask=mask)
        x = tf.cast(inputs, self.compute_dtype)
        channels = x.shape[-1]
        rows = x if rank == 4 else x[:, None, None]
        normalized, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=rows,
            scale=tf.ones([channels]) if self.gamma is None else self.gamma,
            offset=tf.zeros([channels]) if self.beta is None else self.beta,
            mean=[],
            variance=[],
            epsilon=self.epsilon,
            is_training=True,
        )
        count = tf.cast(tf.size(x) // channels, tf.float32)
        variance *= (count - 1) / count  # the kernel's is the unbiased one, Keras keeps the biased
        for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + batch * (1.0 - self.momentum))
        return tf.reshape(normalized, tf.shape(x))
