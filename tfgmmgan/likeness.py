"""Which images look alike: nearest neighbours by pixels."""

import numpy as np
import tensorflow as tf
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from tfgmmgan.data.scaling import to_float

__all__ = ["nearest_images"]

SIDE = 32  # pixels to which larger images are shrunk
DIRECTIONS = 50
BLOCK = 4096  # images that are scaled at once


def nearest_images(images: np.ndarray, count: int) -> np.ndarray:
    """Return the images nearest to each in Euclidean distance, along the pixels' 50 first principal components.

    Args:
        images: (n, H, W, C), uint8 or float in [-1, 1], n >= 2; compared at 32 x 32 where they are larger.
        count: How many neighbours; n - 1 where there are not as many.

    Returns:
        (n, count) integers, nearest first, never the image itself.
    """
    blocks = []
    for start in range(0, len(images), BLOCK):
        pixels = to_float(tf.constant(images[start : start + BLOCK]))
        if max(images.shape[1:3]) > SIDE:
            pixels = tf.image.resize(pixels, [min(SIDE, side) for side in images.shape[1:3]], "area")
        blocks.append(pixels.numpy().reshape(len(pixels), -1))
    rows = np.concatenate(blocks)
    rows = PCA(min(DIRECTIONS, *rows.shape), random_state=0).fit_transform(rows)
    count = min(count, len(rows) - 1)
    return NearestNeighbors(n_neighbors=count).fit(rows).kneighbors(return_distance=False)
