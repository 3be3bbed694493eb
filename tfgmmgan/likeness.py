"""Which images look alike: what of an image is compared, by name in `LOOKS`, and the nearest neighbours by it."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from tfgmmgan.augmentation import sampled
from tfgmmgan.data.scaling import to_float

__all__ = ["LOOKS", "Looks", "nearest_images", "nearest_rows"]

SIDE = 32  # pixels to which larger images are shrunk
DIRECTIONS = 50  # principal components of each part
BLOCK = 4096  # images that are looked at at once
ORIENTATIONS, CELL = 8, 4  # bins of half a turn, pixels of a cell's side
FAINT = 0.1  # brightness, of 1, up to which a pixel is background


def pixels(images: tf.Tensor) -> list[tf.Tensor]:
    """Return the pixels themselves, (n, H, W, C) -> [(n, H W C)]."""
    return [tf.reshape(images, [tf.shape(images)[0], -1])]


def outlines(images: tf.Tensor) -> list[tf.Tensor]:
    """Return histograms of edge directions, of an image and of what is in it brought to one size (ours).

    Directions of edges in each cell of 4 x 4 pixels say what an image shows and little of how bright it is (HOG, Dalal
    & Triggs 2005; here the whole image is normalised at once, by the root of each bin's share). The second part is of
    the object stretched to fill the image, both ways: a boot and a sandal are as high then, and differ by their edges.

    Args:
        images: (n, H, W, C) in [-1, 1], on black.

    Returns:
        Two parts, each (n, ceil(H / 4) ceil(W / 4) 8).
    """
    grey = tf.reduce_mean((images + 1) / 2, axis=3, keepdims=True)
    return [edge_histograms(grey), edge_histograms(framed(grey))]


LOOKS: dict[str, Callable[[tf.Tensor], list[tf.Tensor]]] = {"pixels": pixels, "outlines": outlines}


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

    Rows and columns with at most one pixel above a tenth of full brightness are left out at the margins; an image that
    has too few others stays as it is.
    """
    height, width = grey.shape[1:3]
    lit = tf.cast(grey[..., 0] > FAINT, tf.int32)
    row, column = _stretched(tf.reduce_sum(lit, axis=2), height), _stretched(tf.reduce_sum(lit, axis=1), width)
    x, y = (tf.broadcast_to(at, [tf.shape(grey)[0], height, width]) for at in (column[:, None, :], row[:, :, None]))
    return (sampled(2 * grey - 1, x, y) + 1) / 2


def _stretched(lit: tf.Tensor, side: int) -> tf.Tensor:
    """Return where along one axis to read for what is lit to fill it, from lit pixels by place, (n, side) -> same."""
    busy = tf.cast(lit > 1, tf.int32)
    first, last = tf.argmax(busy, 1, tf.int32), side - 1 - tf.argmax(busy[:, ::-1], 1, tf.int32)
    first, last = (
        tf.cast(tf.where(last > first, edge, whole), tf.float32) for edge, whole in ((first, 0), (last, side - 1))
    )
    return first[:, None] + (last - first)[:, None] * tf.linspace(0.0, 1.0, side)


class Looks:
    """What images are compared by: parts, each along its 50 first principal components in the images it is made from.

    Args:
        images: (n, H, W, C), uint8 or float in [-1, 1], n >= 2.
        by: A name in `LOOKS`. Several parts count the same: the mean square of each is 1. Default `"pixels"`.

    Attributes:
        rows: (n, D) what the images are compared by, in Euclidean distance.
    """

    def __init__(self, images: np.ndarray, by: str = "pixels") -> None:
        self.parts_of = LOOKS[by]
        blocks = [self._parts(to_float(tf.constant(images[at : at + BLOCK]))) for at in range(0, len(images), BLOCK)]
        self.projections: list[tuple[np.ndarray, np.ndarray]] = []  # means (F,), directions (F, D)
        rows = []
        for part in zip(*blocks, strict=True):
            part = np.concatenate(part)
            pca = PCA(min(DIRECTIONS, *part.shape), random_state=0)
            found = pca.fit_transform(part)
            several = len(blocks[0]) > 1
            weight = 1 / max(np.sqrt((found**2).sum(axis=1).mean()), 1e-12) if several else 1.0
            self.projections.append((pca.mean_, (weight * pca.components_.T).astype(np.float32)))
            rows.append(weight * found)
        self.rows = np.concatenate(rows, axis=1)

    def __call__(self, images: tf.Tensor) -> tf.Tensor:
        """Return what other images are compared by, (n, H, W, C) float32 in [-1, 1] -> (n, D)."""
        parts = zip(self._parts(images), self.projections, strict=True)
        return tf.concat([tf.matmul(part - mean, directions) for part, (mean, directions) in parts], axis=1)

    def _parts(self, images: tf.Tensor) -> list[tf.Tensor]:
        if max(images.shape[1:3]) > SIDE:
            images = tf.image.resize(images, [min(SIDE, side) for side in images.shape[1:3]], "area")
        return self.parts_of(images)


def nearest_images(images: np.ndarray, count: int, by: str = "pixels") -> np.ndarray:
    """Return the images that look most like each.

    Args:
        images: (n, H, W, C), uint8 or float in [-1, 1], n >= 2; compared at 32 x 32 where they are larger.
        count: How many neighbours; n - 1 where there are not as many.
        by: See `Looks`.

    Returns:
        (n, count) integers, nearest first, never the image itself.
    """
    return nearest_rows(Looks(images, by).rows, count)


def nearest_rows(rows: np.ndarray, count: int) -> np.ndarray:
    """Return the rows nearest to each in Euclidean distance, (n, D) -> (n, count); fewer where there are too few."""
    count = min(count, len(rows) - 1)
    return NearestNeighbors(n_neighbors=count).fit(rows).kneighbors(return_distance=False)
