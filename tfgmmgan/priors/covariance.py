"""The four ways to parametrise the covariances Sigma_k = A_k A_k^T of a mixture, each by a tfp bijector.

A `Covariance` turns raw weights, any numbers, into tfp's Gaussians of all K components. Positive scales pass through a
softplus.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tfgmmgan.utils.registry import Registry

__all__ = ["COVARIANCES", "Covariance"]


class Covariance(NamedTuple):
    """One way to parametrise covariances.

    Attributes:
        scale: From d to A_k = I, as `bijector` gives it.
        bijector: From d to the tfp bijector from raw weights (K, *raw_shape) to scales (K, ...).
        gaussians: From means (K, d) and scales to the tfp distribution of K Gaussians.
    """

    scale: Callable[[int], np.ndarray]
    bijector: Callable[[int], Any]
    gaussians: Callable[[tf.Tensor, tf.Tensor], Any]

    def raw(self, scale: np.ndarray, dim: int) -> np.ndarray:
        """Return the raw weights of scales, (K, ...) -> (K, *raw_shape)."""
        return np.asarray(self.bijector(dim).inverse(tf.constant(scale, tf.float32)), np.float32)


def _tfp():  # noqa: ANN202 - imported when the first mixture is drawn from: half a second
    import tensorflow_probability as tfp

    return tfp


def _lower_triangular(dim: int) -> Any:
    """Return the bijector from d (d + 1) / 2 numbers, the diagonal's first, to `scale_tril` (softplus on it)."""
    bijectors = _tfp().bijectors
    fill = bijectors.TransformDiagonal(bijectors.Softplus()), bijectors.FillTriangular()
    return bijectors.Chain([*fill, bijectors.Permute(_order(dim))])


@cache
def _order(dim: int) -> np.ndarray:
    """Return which raw number each of those is that tfp's `FillTriangular` takes."""
    raw = np.zeros((dim, dim), np.int32)  # the number of the raw weight at each place of the triangle
    raw[np.diag_indices(dim)] = np.arange(dim)
    raw[np.tril_indices(dim, -1)] = np.arange(dim, dim * (dim + 1) // 2)
    with tf.init_scope():
        own = _tfp().bijectors.FillTriangular().forward(np.arange(dim * (dim + 1) // 2, dtype=np.float32)).numpy()
    order = np.zeros(dim * (dim + 1) // 2, np.int32)
    order[own[np.tril_indices(dim)].astype(int)] = raw[np.tril_indices(dim)]
    return order


def _diagonal(loc: tf.Tensor, scale: tf.Tensor) -> Any:
    return _tfp().distributions.MultivariateNormalDiag(loc, tf.broadcast_to(scale, tf.shape(loc)))


class _AnyMatrix(tf.linalg.LinearOperatorFullMatrix):
    """A full matrix whose determinant is found by QR: TensorFlow's own way is not known to XLA."""

    def _log_abs_determinant(self) -> tf.Tensor:
        return tf.reduce_sum(tf.math.log(tf.abs(tf.linalg.diag_part(tf.linalg.qr(self.matrix).r))), axis=-1)


def _any_matrix(loc: tf.Tensor, scale: tf.Tensor) -> Any:
    return _tfp().distributions.MultivariateNormalLinearOperator(loc, _AnyMatrix(scale, is_non_singular=True))


COVARIANCES = Registry(
    "covariance",
    {
        # A_k lower triangular with a positive diagonal (`scale_tril`): d(d+1)/2 numbers a component
        "full": Covariance(
            lambda dim: np.eye(dim),
            _lower_triangular,
            lambda loc, scale: _tfp().distributions.MultivariateNormalTriL(loc, scale_tril=scale),
        ),
        # A_k any square matrix, as in responsibility learning (section 2.2): d^2 numbers
        "factor": Covariance(lambda dim: np.eye(dim), lambda dim: _tfp().bijectors.Identity(), _any_matrix),
        # A_k = diag(a_k) with a_k > 0: d numbers
        "diag": Covariance(lambda dim: np.ones(dim), lambda dim: _tfp().bijectors.Softplus(), _diagonal),
        # A_k = a_k I with a_k > 0: one number
        "spherical": Covariance(lambda dim: np.ones(1), lambda dim: _tfp().bijectors.Softplus(), _diagonal),
    },
)
