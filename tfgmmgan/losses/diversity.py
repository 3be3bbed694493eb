"""How much the examples of one mode differ, and what G is told where its fakes differ less."""

import math

import tensorflow as tf

__all__ = ["diversity_shortfall", "mean_distance"]

MOST = 16  # fakes of a component that are compared: memory grows with their square
NEAR = 1e-6  # added to squared distances, whose root has no gradient at 0


def diversity_shortfall(real: tf.Tensor, alpha: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """Return by how much the fakes of a component differ less than the real examples of its mode, on average over them.

    A component's term is max(0, E|x - x'| - E|y - y'|), x and x' being two real examples, weighted by alpha, y and y'
    two fakes of the component, and |.| the root of the mean squared difference. Where a mode is drawn as one image the
    second is 0, and G learns to let z matter; where fakes differ enough there is no gradient. It is the part of an
    energy distance that sees a collapse, with a bound (ours; the aim is that of mode seeking, Mao et al. 2019, which
    has no bound).

    Args:
        real: (B, *data_shape).
        alpha: (B, K) responsibilities of the real examples.
        fake: (S, K, *data_shape), S >= 2 of each component; 16 are looked at.

    Returns:
        A scalar, 0 or more. Modes with fewer than two examples in the batch count 0.
    """
    wanted, pairs = mean_distance(_flat(real)[None], tf.transpose(alpha)[:, :, None])
    by_component = tf.transpose(_flat(fake[:MOST], 2), [1, 0, 2])  # [K, S, P]
    found, _ = mean_distance(by_component, tf.ones_like(by_component[:, :, :1]))
    return tf.reduce_mean(tf.where(pairs >= 1.0, tf.nn.relu(wanted - found), 0.0))


def _flat(examples: tf.Tensor, leading: int = 1) -> tf.Tensor:
    return tf.reshape(examples, [*tf.unstack(tf.shape(examples)[:leading]), math.prod(examples.shape[leading:])])


def mean_distance(rows: tf.Tensor, weights: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return weighted means of the distance between two different rows, (k,), and the weight of all pairs, (k,).

    A distance is the root of the mean squared difference.

    Args:
        rows: (1 or k, n, P).
        weights: (k, n, 1).
    """
    rows = tf.cast(rows, tf.float32)
    squares = tf.reduce_sum(rows**2, axis=2, keepdims=True)
    squared = squares + tf.transpose(squares, [0, 2, 1]) - 2 * tf.matmul(rows, rows, transpose_b=True)
    distance = tf.sqrt(tf.maximum(squared / rows.shape[2], 0.0) + NEAR)
    both = weights * tf.transpose(weights, [0, 2, 1])
    both = tf.linalg.set_diag(both, tf.zeros(tf.shape(both)[:2]))
    pairs = tf.reduce_sum(both, axis=[1, 2])
    return tf.reduce_sum(both * distance, axis=[1, 2]) / tf.maximum(pairs, 1e-6), pairs
