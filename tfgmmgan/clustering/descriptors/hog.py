"""HOG: histograms of edge directions, and what brings objects to one size or makes them stand upright."""

import numpy as np
import tensorflow as tf

from tfgmmgan.clustering.descriptors.base import Descriptor, grey
from tfgmmgan.data.augmentation import sampled

__all__ = ["HOG", "deskewed", "edge_histograms", "framed", "views"]

ORIENTATIONS, CELL = 8, 4  # bins of half a turn, pixels of a cell's side
FAINT = 0.1  # brightness, of 1, up to which a pixel is background
MOST_LEAN = 1.0  # columns for a row, that an object is sheared by at most
LEAST_SIDE = 24  # pixels to which smaller images are enlarged: of 8 x 8 pixels four cells would say little


class HOG(Descriptor):
    """Histograms of edge directions, of images and of what is in them stretched to fill them.

    Directions of edges in each cell of 4 x 4 pixels say what an image shows and little of how bright it is (HOG, Dalal
    & Triggs 2005; here the whole image is normalised at once, by the root of each bin's share). The second part is of
    the object stretched to fill the image, both ways: a boot and a sandal are as high then, and differ by their edges
    (ours). Each part is (n, ceil(H / 4) ceil(W / 4) 8), of things on black. Images with a side below 24 pixels are
    enlarged to it first; 24 was chosen on scikit-learn's digits with their labels in view.

    Args:
        deskew: Whether what is in an image is set upright first: for handwriting, whose slant is the hand's. Default
            False.
    """

    def __init__(self, deskew: bool = False) -> None:
        self.deskew = deskew

    def parts(self, images: tf.Tensor) -> list[tf.Tensor]:
        """Return the histograms of both views."""
        brightness = enlarged(grey(images))
        return [edge_histograms(view) for view in views(deskewed(brightness) if self.deskew else brightness)]


def views(brightness: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return images and what is in them stretched to fill them, (n, H, W, 1) in [0, 1] each."""
    return brightness, framed(brightness)


def enlarged(brightness: tf.Tensor) -> tf.Tensor:
    """Return images whose sides are 24 pixels at least, bilinear, (n, H, W, 1) -> (n, H', W', 1)."""
    sides = brightness.shape[1:3]
    if min(sides) >= LEAST_SIDE:
        return brightness
    return tf.image.resize(brightness, [max(LEAST_SIDE, side) for side in sides], "bilinear")


def edge_histograms(brightness: tf.Tensor) -> tf.Tensor:
    """Return the roots of the shares of edge directions by cell, (n, H, W, 1) in [0, 1] -> (n, cells 8)."""
    padded = tf.pad(brightness, [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC")
    across = padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]
    down = padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]
    turn = tf.math.floormod(tf.atan2(down, across) / np.pi, 1.0) * ORIENTATIONS
    apart = tf.abs(turn - tf.range(ORIENTATIONS, dtype=tf.float32))  # from each bin's middle
    share = tf.nn.relu(1 - tf.minimum(apart, ORIENTATIONS - apart))  # of the two nearest bins
    strength = tf.sqrt(across**2 + down**2)
    cells = tf.nn.avg_pool2d(strength * share, CELL, CELL, "SAME")
    cells = tf.reshape(cells, [tf.shape(brightness)[0], -1])
    return tf.sqrt(cells / (tf.reduce_sum(cells, axis=1, keepdims=True) + 1e-8))


def framed(brightness: tf.Tensor) -> tf.Tensor:
    """Return what is in images stretched to fill them, (n, H, W, 1) in [0, 1] -> the same shape.

    Rows and columns with at most one pixel above a tenth of full brightness are left out at the margins; along an axis
    that has too few others an image stays as it is.
    """
    height, width = brightness.shape[1:3]
    lit = tf.cast(brightness[..., 0] > FAINT, tf.int32)
    row, column = _stretched(tf.reduce_sum(lit, axis=2), height), _stretched(tf.reduce_sum(lit, axis=1), width)
    x, y = (
        tf.broadcast_to(at, [tf.shape(brightness)[0], height, width]) for at in (column[:, None, :], row[:, :, None])
    )
    return (sampled(2 * brightness - 1, x, y) + 1) / 2


def deskewed(brightness: tf.Tensor) -> tf.Tensor:
    """Return images sheared, row by row, so that what is bright in them does not lean: (n, H, W, 1) in [0, 1] -> same.

    By brightness the columns' covariance with the rows is 0 then (deslanting, as for handwriting). What leans by more
    than 45 degrees is sheared by these; an image with nothing in it stays as it is.
    """
    height, width = brightness.shape[1:3]
    bright = brightness[..., 0] / (tf.reduce_sum(brightness[..., 0], axis=[1, 2], keepdims=True) + 1e-6)
    column = tf.range(width, dtype=tf.float32)[None, None]
    row = tf.range(height, dtype=tf.float32)[None, :, None]

    def mean(value: tf.Tensor) -> tf.Tensor:
        return tf.reduce_sum(bright * value, axis=[1, 2], keepdims=True)

    across, down = column - mean(column), row - mean(row)
    lean = tf.clip_by_value(mean(across * down) / (mean(down**2) + 1e-6), -MOST_LEAN, MOST_LEAN)
    x = column + lean * down
    return (sampled(2 * brightness - 1, x, tf.broadcast_to(row, tf.shape(x))) + 1) / 2


def _stretched(lit: tf.Tensor, side: int) -> tf.Tensor:
    """Return where along one axis to read for what is lit to fill it, from lit pixels by place, (n, side) -> same."""
    busy = tf.cast(lit > 1, tf.int32)
    first, last = tf.argmax(busy, 1, tf.int32), side - 1 - tf.argmax(busy[:, ::-1], 1, tf.int32)
    first, last = (
        tf.cast(tf.where(last > first, edge, whole), tf.float32) for edge, whole in ((first, 0), (last, side - 1))
    )
    return first[:, None] + (last - first)[:, None] * tf.linspace(0.0, 1.0, side)
