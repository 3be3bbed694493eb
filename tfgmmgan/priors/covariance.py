"""The four ways to parametrise the covariances Sigma_k = A_k A_k^T of a mixture.

Each is a class of static functions on the raw weights of all K components: how many numbers, how they start,
what noise becomes under A_k, and how a distance is whitened. Positive scales pass through a softplus.
"""

import numpy as np
import tensorflow as tf

from tfgmmgan.utils.registry import Registry

__all__ = ["COVARIANCES", "Diagonal", "Factor", "Full", "Spherical"]


def _inverse_softplus(x: np.ndarray | float) -> np.ndarray:
    return np.asarray(x + np.log(-np.expm1(-np.asarray(x))), np.float32)


class Spherical:
    """A_k = a_k I with a_k > 0: one number a component."""

    @staticmethod
    def raw_shape(dim: int) -> tuple[int, ...]:
        """Return the shape of one component's raw weights."""
        return (1,)

    @staticmethod
    def raw_initial(std: float, dim: int) -> np.ndarray:
        """Return one component's raw weights for A_k = std I."""
        return np.array([_inverse_softplus(std)], np.float32)

    @staticmethod
    def raw_of_scale(scale: np.ndarray) -> np.ndarray:
        """Return raw weights from standard deviations, (K, *raw_shape)."""
        return _inverse_softplus(scale)

    @staticmethod
    def scale_tril(raw: tf.Tensor, dim: int) -> tf.Tensor:
        """Return lower-triangular L_k with L_k L_k^T = Sigma_k, (K, d, d)."""
        return tf.linalg.diag(tf.broadcast_to(tf.nn.softplus(raw), [raw.shape[0], dim]))

    @staticmethod
    def multiply(raw: tf.Tensor, eps: tf.Tensor) -> tf.Tensor:
        """Return A_k eps for every row: raw (K, *raw_shape) and eps (K, n, d) -> (K, n, d)."""
        return tf.nn.softplus(raw)[:, None] * eps

    @staticmethod
    def whiten(raw: tf.Tensor, delta: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return (L_k^-1 delta, log|det L_k|): delta (K, n, d) -> (K, n, d) and (K,)."""
        scale = tf.broadcast_to(tf.nn.softplus(raw), [raw.shape[0], delta.shape[-1]])  # [K, d]
        return delta / scale[:, None, :], tf.reduce_sum(tf.math.log(scale), axis=-1)


class Diagonal(Spherical):
    """A_k = diag(a_k) with a_k > 0: d numbers a component."""

    @staticmethod
    def raw_shape(dim: int) -> tuple[int, ...]:
        """Return the shape of one component's raw weights."""
        return (dim,)

    @staticmethod
    def raw_initial(std: float, dim: int) -> np.ndarray:
        """Return one component's raw weights for A_k = std I."""
        return np.full((dim,), _inverse_softplus(std), np.float32)


class Full:
    """A_k lower triangular with a positive diagonal (`scale_tril`): d(d+1)/2 numbers a component."""

    @staticmethod
    def raw_shape(dim: int) -> tuple[int, ...]:
        """Return the shape of one component's raw weights."""
        return (dim * (dim + 1) // 2,)

    @staticmethod
    def raw_initial(std: float, dim: int) -> np.ndarray:
        """Return one component's raw weights for A_k = std I."""
        off_diagonal = np.zeros((dim * (dim - 1) // 2,), np.float32)
        return np.concatenate([Diagonal.raw_initial(std, dim), off_diagonal])

    @staticmethod
    def raw_of_scale(scale: np.ndarray) -> np.ndarray:
        """Return raw weights from `scale_tril` (K, d, d) with a positive diagonal: the inverse of that method."""
        dim = scale.shape[-1]
        diagonal = scale[:, np.arange(dim), np.arange(dim)]
        below = scale[:, *np.tril_indices(dim, -1)]
        return np.concatenate([_inverse_softplus(diagonal), below], axis=1).astype(np.float32)

    @staticmethod
    def scale_tril(raw: tf.Tensor, dim: int) -> tf.Tensor:
        """Return L_k = A_k, (K, d, d): the first d raw numbers are the diagonal, the others lie below it."""
        rows, columns = np.tril_indices(dim, -1)
        source = np.zeros((dim, dim), np.int32)
        source[rows, columns] = dim + np.arange(len(rows))
        square = tf.reshape(tf.gather(raw, source.ravel(), axis=-1), [-1, dim, dim])  # [K, d, d]
        return tf.linalg.set_diag(tf.linalg.band_part(square, -1, 0), tf.nn.softplus(raw[:, :dim]))

    @staticmethod
    def multiply(raw: tf.Tensor, eps: tf.Tensor) -> tf.Tensor:
        """Return A_k eps for every row: raw (K, *raw_shape) and eps (K, n, d) -> (K, n, d)."""
        return tf.matmul(eps, Full.scale_tril(raw, eps.shape[-1]), transpose_b=True)

    @classmethod
    def whiten(cls, raw: tf.Tensor, delta: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return (L_k^-1 delta, log|det L_k|): delta (K, n, d) -> (K, n, d) and (K,)."""
        tril = cls.scale_tril(raw, delta.shape[-1])
        white = tf.linalg.triangular_solve(tril, tf.linalg.matrix_transpose(delta))  # [K, d, n]: K solves, not nK
        log_det = tf.reduce_sum(tf.math.log(tf.linalg.diag_part(tril)), axis=-1)
        return tf.linalg.matrix_transpose(white), log_det


class Factor(Full):
    """A_k any square matrix, as in responsibility learning (section 2.2): d^2 numbers a component."""

    @staticmethod
    def raw_shape(dim: int) -> tuple[int, ...]:
        """Return the shape of one component's raw weights."""
        return (dim, dim)

    @staticmethod
    def raw_initial(std: float, dim: int) -> np.ndarray:
        """Return one component's raw weights for A_k = std I."""
        return std * np.eye(dim, dtype=np.float32)

    @staticmethod
    def scale_tril(raw: tf.Tensor, dim: int) -> tf.Tensor:
        """Return L_k with L_k L_k^T = A_k A_k^T by QR of A_k^T, which keeps the condition number of A_k."""
        r = tf.linalg.qr(tf.linalg.matrix_transpose(raw)).r
        sign = tf.where(tf.linalg.diag_part(r) < 0, -1.0, 1.0)
        return tf.linalg.matrix_transpose(r * sign[..., None])

    @staticmethod
    def multiply(raw: tf.Tensor, eps: tf.Tensor) -> tf.Tensor:
        """Return A_k eps for every row: raw (K, *raw_shape) and eps (K, n, d) -> (K, n, d)."""
        return tf.matmul(eps, raw, transpose_b=True)


COVARIANCES = Registry("covariance", {"full": Full, "factor": Factor, "diag": Diagonal, "spherical": Spherical})
