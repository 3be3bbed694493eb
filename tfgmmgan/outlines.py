"""Of what shape is what images show: directions of edges, and what brings objects to one size or makes them stand."""

import numpy as np
import tensorflow as tf

from tfgmmgan.data.augmentation import sampled

__all__ = ["edge_histograms", "framed", "upright"]

ORIENTATIONS, CELL = 8, 4  # bins of half a turn, pixels of a cell's side
FAINT = 0.1  # brightness, of 1, up to which a pixel is background
MOST_LEAN = 1.0  # columns for a row, that an object is sheared by at most


def edge_histograms(grey: tf.Tensor) -> tf.Tensor:
    """Return the roots of the shares of edge directions by cell, (n, H, W, 1) in [0, 1] -> (n, cells 8)."""
    padded = tf.pad(grey, [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC")
    across = padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]
    down = padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]
    turn = tf.math.floormod(tf.atan2(down, across) / np.pi, 1.0) * ORIENTATIONS
    apart = tf.abs(turn - tf.range(ORIENTATIONS, dtype=tf.float32))  # from each bin's middle
    share = tf.nn.relu(1 - tf.minimum(apart, ORIENTATIONS - apart))  # of the two nearest bins
    strength = tf.sqrt(across**2 + down**2)
    cells = tf.nn.avg_pool2d(strength * share, CELL, CELL, "SAME")
    cells = tf.reshape(cells, [tf.shape(grey)[0], -1])
    return tf.sqrt(cells / (tf.reduce_sum(cells, axis=1, keepdims=True) + 1e-8))


def framed(grey: tf.Tensor) -> tf.Tensor:
    """Return what is in images stretched to fill them, (n, H, W, 1) in [0, 1] -> the same shape.

    Rows and columns with at most one pixel above a tenth of full brightness are left out at the margins; along an axis
    that has too few others an image stays as it is.
    """
    height, width = grey.shape[1:3]
    lit = tf.cast(grey[..., 0] > FAINT, tf.int32)
    row, column = _stretched(tf.reduce_sum(lit, axis=2), height), _stretched(tf.reduce_sum(lit, axis=1), width)
    x, y = (tf.broadcast_to(at, [tf.shape(grey)[0], height, width]) for at in (column[:, None, :], row[:, :, None]))
    return (sampled(2 * grey - 1, x, y) + 1) / 2


def upright(grey: tf.Tensor) -> tf.Tensor:
    """Return images sheared, row by row, so that what is bright in them does not lean: (n, H, W, 1) in [0, 1] -> same.

    By brightness the columns' covariance with the rows is 0 then (deslanting, as for handwriting). What leans by more
    than 45 degrees is sheared by these; an image with nothing in it stays as it is.
    """
    height, width = grey.shape[1:3]
    bright = grey[..., 0] / (tf.reduce_sum(grey[..., 0], axis=[1, 2], keepdims=True) + 1e-6)
    column = tf.range(width, dtype=tf.float32)[None, None]
    row = tf.range(height, dtype=tf.float32)[None, :, None]

    def mean(value: tf.Tensor) -> tf.Tensor:
        return tf.reduce_sum(bright * value, axis=[1, 2], keepdims=True)

    across, down = column - mean(column), row - mean(row)
    lean = tf.clip_by_value(mean(across * down) / (mean(down**2) + 1e-6), -MOST_LEAN, MOST_LEAN)
    x = column + lean * down
    return (sampled(2 * grey - 1, x, tf.broadcast_to(row, tf.shape(x))) + 1) / 2


def _stretched(lit: tf.Tensor, side: int) -> tf.Tensor:
    """Return where along one axis to read for what is lit to fill it, from lit pixels by place, (n, side) -> same."""
    busy = tf.cast(lit > 1, tf.int32)
    first, last = tf.argmax(busy, 1, tf.int32), side - 1 - tf.argmax(busy[:, ::-1], 1, tf.int32)
    first, last = (
        tf.cast(tf.where(last > first, edge, whole), tf.float32) for edge, whole in ((first, 0), (last, side - 1))
    )
    return first[:, None] + (last - first)[:, None] * tf.linspace(0.0, 1.0, side)
