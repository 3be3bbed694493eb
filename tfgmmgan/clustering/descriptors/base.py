"""Descriptors: what images are compared by."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import PCA
from sklearn.utils.validation import check_is_fitted

from tfgmmgan.data.scaling import to_float

__all__ = ["Descriptor", "FunctionDescriptor", "JoinedDescriptors", "grey"]

MOST_SIDE = 32  # pixels to which larger images are shrunk
DIRECTIONS = 50  # principal components of each part
BLOCK = 512  # images that are described at once
LEARNED_FROM = 2000  # images that a descriptor learns from
FITTED = 2**28  # bytes of a part in which its principal components are sought


class Descriptor(TransformerMixin, BaseEstimator):
    """Turns images into rows whose Euclidean distance says how alike they are; a scikit-learn transformer.

    A subclass writes `parts`, and `learn` where it learns from images. Each part is taken along its first principal
    components, 50 at most, and several parts count the same: the mean square of each is 1. Images whose sides are
    longer than 32 pixels are shrunk first.

    Example:

    >>> rows = HOG(deskew=True).fit_transform(images)                  # (n, D) float32
    """

    def learn(self, images: tf.Tensor) -> None:
        """Learn from some images, float32 (m, H, W, C) in [-1, 1]; most descriptors have nothing to learn."""

    def parts(self, images: tf.Tensor) -> list[tf.Tensor]:
        """Return what is compared, float32 (n, H, W, C) in [-1, 1] -> rows (n, F) each."""
        raise NotImplementedError

    def fit(self, images: np.ndarray, y: None = None) -> "Descriptor":
        """Find each part's principal components, of a random choice of images where a part of all exceeds 256 MiB.

        Args:
            images: (n, H, W, C), uint8 or float in [-1, 1], n >= 2.
            y: Not used.
        """
        order = np.random.default_rng(0).permutation(len(images))
        self.learn(sized(images[np.sort(order[:LEARNED_FROM])]))
        width = max(part.shape[1] for part in self.parts(sized(images[:1])))
        fitted = images[np.sort(order[: max(2, FITTED // (4 * width))])]
        described = [self.parts(sized(block)) for block in blocks(fitted)]
        self.projections_: list[tuple[np.ndarray, np.ndarray]] = []  # means (F,), directions (F, D)
        for part in zip(*described, strict=True):
            part = np.concatenate(part)
            pca = PCA(min(DIRECTIONS, *part.shape), random_state=0).fit(part)
            several = len(described[0]) > 1
            weight = 1 / max(np.sqrt(pca.explained_variance_.sum()), 1e-12) if several else 1.0
            self.projections_.append((pca.mean_, (weight * pca.components_.T).astype(np.float32)))
        return self

    def transform(self, images: np.ndarray) -> np.ndarray:
        """Return the rows of images, (n, H, W, C) uint8 or float in [-1, 1] -> (n, D) float32."""
        check_is_fitted(self, "projections_")
        return np.concatenate([self._rows(block) for block in blocks(images)])

    def _rows(self, images: np.ndarray) -> np.ndarray:
        """Project in float64: in float32 the last digits of a row would depend on its place among the others."""
        parts = zip(self.parts(sized(images)), self.projections_, strict=True)
        found = [(np.asarray(part, np.float64) - mean) @ directions for part, (mean, directions) in parts]
        return np.concatenate(found, axis=1).astype(np.float32)


class JoinedDescriptors(Descriptor):
    """Several descriptors' parts side by side, each part counting the same.

    Args:
        descriptors: Of `Descriptor`'s kind.
    """

    def __init__(self, descriptors: Sequence[Descriptor]) -> None:
        self.descriptors = descriptors

    def learn(self, images: tf.Tensor) -> None:
        """Let each learn."""
        for descriptor in self.descriptors:
            descriptor.learn(images)

    def parts(self, images: tf.Tensor) -> list[tf.Tensor]:
        """Return the parts of all."""
        return [part for descriptor in self.descriptors for part in descriptor.parts(images)]


class FunctionDescriptor(TransformerMixin, BaseEstimator):
    """Any function from images to rows, such as a network's features.

    Args:
        function: From images (n, H, W, C), as they are given, to rows (n, D).
    """

    def __init__(self, function: Callable[[np.ndarray], Any]) -> None:
        self.function = function

    def fit(self, images: np.ndarray, y: None = None) -> "FunctionDescriptor":
        """Do nothing; return self."""
        return self

    def transform(self, images: np.ndarray) -> np.ndarray:
        """Return the function's rows, (n, D)."""
        return np.concatenate([np.asarray(self.function(block)) for block in blocks(images)])

    def __sklearn_is_fitted__(self) -> bool:
        return True


def grey(images: tf.Tensor) -> tf.Tensor:
    """Return brightness, (n, H, W, C) in [-1, 1] -> (n, H, W, 1) in [0, 1]."""
    return tf.reduce_mean((images + 1) / 2, axis=3, keepdims=True)


def blocks(images: np.ndarray) -> Iterator[np.ndarray]:
    """Yield images a few hundred at a time."""
    return (images[at : at + BLOCK] for at in range(0, len(images), BLOCK))


def sized(images: np.ndarray | tf.Tensor) -> tf.Tensor:
    """Return images of any kind as float32 in [-1, 1], their sides shrunk to 32 where they are longer."""
    images = to_float(tf.convert_to_tensor(images))
    if max(images.shape[1:3]) > MOST_SIDE:
        images = tf.image.resize(images, [min(MOST_SIDE, side) for side in images.shape[1:3]], "area")
    return images
