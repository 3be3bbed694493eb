"""Layers whose kernel is divided by its largest singular value: spectral normalisation (Miyato et al. 2018)."""

import keras
import tensorflow as tf
from keras import layers, ops

__all__ = ["SpectralConv2D", "SpectralDense"]


class _Spectral:
    """Adds `u`, the vector that the power iteration carries on, and `normalized_kernel` to a layer with a kernel.

    The layer computes with W / sigma(W) and the optimizer trains W, as in the original. Keras' own
    `SpectralNormalization` assigns W / sigma(W) to the kernel in every training call instead: a projection whose
    gradient leaves sigma out. Under mixed_bfloat16 that also rounds the float32 kernel to bfloat16 each time, so
    small updates are lost; hence these layers.
    """

    save_own_variables = layers.Layer.save_own_variables  # Conv2D's and Dense's know the kernel and the bias only
    load_own_variables = layers.Layer.load_own_variables

    def build(self, input_shape: tuple) -> None:
        """Create the layer's weights and `u`, float32 under any policy."""
        super().build(input_shape)
        self.u = self.add_weight(
            name="u",
            shape=(1, self.kernel.shape[-1]),
            initializer="random_normal",
            dtype="float32",
            trainable=False,
            autocast=False,
        )

    def normalized_kernel(self, training: bool) -> tf.Tensor:
        """Return W / sigma(W) after one step of power iteration (its Algorithm 1), which only training remembers."""
        kernel = ops.cast(self.kernel, "float32")
        matrix = ops.reshape(kernel, (-1, kernel.shape[-1]))  # [rows, channels]
        fixed = ops.stop_gradient(matrix)
        v = ops.normalize(ops.matmul(self.u, ops.transpose(fixed)))  # [1, rows]
        u = ops.normalize(ops.matmul(v, fixed))  # [1, channels]
        if training:
            self.u.assign(u)
        sigma = ops.sum(ops.matmul(v, matrix) * u)
        return ops.cast(kernel / ops.maximum(sigma, 1e-12), self.compute_dtype)


@keras.saving.register_keras_serializable(package="tfgmmgan")
class SpectralConv2D(_Spectral, layers.Conv2D):
    """A spectrally normalised `Conv2D` with bias and without activation; the arguments are Keras'."""

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Return the convolution of (n, H, W, C)."""
        return self.convolution_op(inputs, self.normalized_kernel(training)) + ops.cast(self.bias, self.compute_dtype)


@keras.saving.register_keras_serializable(package="tfgmmgan")
class SpectralDense(_Spectral, layers.Dense):
    """A spectrally normalised `Dense` with bias and without activation; the arguments are Keras'."""

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Return the product of (n, F) with the kernel."""
        return ops.matmul(inputs, self.normalized_kernel(training)) + ops.cast(self.bias, self.compute_dtype)
