"""Which images look alike: what of an image is compared, by name in `LOOKS`, and the nearest neighbours by it."""

from collections.abc import Callable, Iterator

import numpy as np
import tensorflow as tf
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from tfgmmgan.data.scaling import to_float
from tfgmmgan.outlines import edge_histograms, framed, upright
from tfgmmgan.patches import Patches

__all__ = ["LOOKS", "Looks", "nearest_rows"]

SIDE = 32  # pixels to which larger images are shrunk
DIRECTIONS = 50  # principal components of each part
BLOCK = 512  # images that are looked at at once
LEARNED_FROM = 2000  # images whose patches are learned from
FITTED = 2**28  # bytes of a part in which its principal components are sought

Parts = Callable[[tf.Tensor], list[tf.Tensor]]  # (n, H, W, C) float32 in [-1, 1] -> what is compared, each (n, F)


def pixels(images: tf.Tensor) -> Parts:
    """Return what images are compared by pixel by pixel: the pixels, (n, H W C)."""
    return lambda images: [tf.reshape(images, [tf.shape(images)[0], -1])]


def outlines(images: tf.Tensor) -> Parts:
    """Return what compares histograms of edge directions, of images and of what is in them brought to one size (ours).

    Directions of edges in each cell of 4 x 4 pixels say what an image shows and little of how bright it is (HOG, Dalal
    & Triggs 2005; here the whole image is normalised at once, by the root of each bin's share). The second part is of
    the object stretched to fill the image, both ways: a boot and a sandal are as high then, and differ by their edges.
    Each part is (n, ceil(H / 4) ceil(W / 4) 8), of images on black.
    """
    return lambda images: [edge_histograms(view) for view in _views(_grey(images))]


def upright_outlines(images: tf.Tensor) -> Parts:
    """Return what compares `outlines` of what was set upright: for handwriting, whose slant is the hand's (ours)."""
    return lambda images: [edge_histograms(view) for view in _views(upright(_grey(images)))]


def outlines_and_patches(images: tf.Tensor) -> Parts:
    """Return what compares `outlines` and learned `Patches`, these too of images and of what is in them (ours)."""
    learned = [Patches(view.numpy()) for view in _views(_grey(images))]

    def parts(images: tf.Tensor) -> list[tf.Tensor]:
        views = _views(_grey(images))
        return [*map(edge_histograms, views), *(of(view) for of, view in zip(learned, views, strict=True))]

    return parts


# What makes the parts; it is given images to learn from.
LOOKS: dict[str, Callable[[tf.Tensor], Parts]] = {
    made.__name__: made for made in (pixels, outlines, upright_outlines, outlines_and_patches)
}


def _grey(images: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean((images + 1) / 2, axis=3, keepdims=True)


def _views(grey: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    return grey, framed(grey)


class Looks:
    """What images are compared by: parts, each along its first principal components, 50 at most.

    They are those of the images it is made from, of a random choice where a part of all exceeds 256 MiB.

    Args:
        images: (n, H, W, C), uint8 or float in [-1, 1], n >= 2.
        by: A name in `LOOKS`. Several parts count the same: the mean square of each is 1. Default `"pixels"`.

    Attributes:
        rows: (n, D) what the images are compared by, in Euclidean distance.
    """

    def __init__(self, images: np.ndarray, by: str = "pixels") -> None:
        order = np.random.default_rng(0).permutation(len(images))
        self.parts_of = LOOKS[by](_small(images[np.sort(order[:LEARNED_FROM])]))
        width = max(part.shape[1] for part in self.parts_of(_small(images[:1])))
        fitted = images[np.sort(order[: max(2, FITTED // (4 * width))])]
        blocks = [self.parts_of(_small(block)) for block in _blocks(fitted)]
        self.projections: list[tuple[np.ndarray, np.ndarray]] = []  # means (F,), directions (F, D)
        for part in zip(*blocks, strict=True):
            part = np.concatenate(part)
            pca = PCA(min(DIRECTIONS, *part.shape), random_state=0).fit(part)
            several = len(blocks[0]) > 1
            weight = 1 / max(np.sqrt(pca.explained_variance_.sum()), 1e-12) if several else 1.0
            self.projections.append((pca.mean_, (weight * pca.components_.T).astype(np.float32)))
        self.rows = np.concatenate([self(block) for block in _blocks(images)])

    def __call__(self, images: np.ndarray | tf.Tensor) -> tf.Tensor:
        """Return what other images are compared by, (n, H, W, C) uint8 or float in [-1, 1] -> (n, D)."""
        parts = zip(self.parts_of(_small(images)), self.projections, strict=True)
        return tf.concat([tf.matmul(part - mean, directions) for part, (mean, directions) in parts], axis=1)


def _blocks(images: np.ndarray) -> Iterator[np.ndarray]:
    return (images[at : at + BLOCK] for at in range(0, len(images), BLOCK))


def _small(images: np.ndarray | tf.Tensor) -> tf.Tensor:
    """Return images of any kind as float32 in [-1, 1], their sides shrunk to 32 where they are longer."""
    images = to_float(tf.convert_to_tensor(images))
    if max(images.shape[1:3]) > SIDE:
        images = tf.image.resize(images, [min(SIDE, side) for side in images.shape[1:3]], "area")
    return images


def nearest_rows(rows: np.ndarray, count: int) -> np.ndarray:
    """Return the rows nearest to each in Euclidean distance.

    Args:
        rows: (n, D) what images are compared by, n >= 2: `Looks.rows`.
        count: How many neighbours; n - 1 where there are not as many.

    Returns:
        (n, count) integers, nearest first, never the row itself.
    """
    count = min(count, len(rows) - 1)
    return NearestNeighbors(n_neighbors=count).fit(rows).kneighbors(return_distance=False)
