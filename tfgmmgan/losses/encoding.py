"""The encoder's likelihood of GAEL (Feigin, Spitzer & Giryes)."""

import math

import tensorflow as tf

__all__ = ["gaussian_log_likelihood"]


def gaussian_log_likelihood(z: tf.Tensor, mean: tf.Tensor, log_variance: tf.Tensor | None = None) -> tf.Tensor:
    """Return E[log P(z | x)] with P(z | x) = N(Enc(x), Sigma(x)), summed over z's dimensions, in nats.

    Args:
        z: (n, d) the latent vectors that made the examples.
        mean: (n, d) Enc(x).
        log_variance: (n, d) the logarithm of Sigma(x)'s diagonal; Sigma(x) = I where None.

    Reference:
        Eq. 1 and 2.
    """
    squares = (z - mean) ** 2
    if log_variance is not None:
        squares = squares * tf.exp(-log_variance) + log_variance
    constant = z.shape[-1] * math.log(2 * math.pi)
    return -0.5 * (tf.reduce_mean(tf.reduce_sum(squares, axis=-1)) + constant)
