"""Of what images are made: learned patches, and how much of each is where."""

import numpy as np
import tensorflow as tf
from sklearn.cluster import MiniBatchKMeans

from tfgmmgan.clustering.descriptors.base import Descriptor, grey
from tfgmmgan.clustering.descriptors.hog import views

__all__ = ["LearnedPatches", "Patches"]

SIDE = 6  # pixels of a patch's side
PATCHES = 256  # that are learned
SEEN = 40_000  # patches that they are learned from
FLAT = 0.02  # standard deviation up to which nothing is learned from a patch
GRID = 4  # places along a side of the image
CONTRAST, SPREAD = 0.01, 0.1  # what is added to a patch's variance and to the variances that are evened


class Patches(Descriptor):
    """How much of each of 256 learned patches is where in an image, and in what is in it stretched to fill it.

    For textures: knit, denim and leather differ. See `LearnedPatches`.

    Attributes:
        learned_: A `LearnedPatches` for each of the two views.
    """

    def learn(self, images: tf.Tensor) -> None:
        """Learn the patches of both views."""
        self.learned_ = [LearnedPatches(view.numpy()) for view in views(grey(images))]

    def parts(self, images: tf.Tensor) -> list[tf.Tensor]:
        """Return the shares of patches in both views, (n, places 256) each."""
        return [patches(view) for patches, view in zip(self.learned_, views(grey(images)), strict=True)]


class LearnedPatches:
    """How much of each of 256 learned patches is in each of 4 x 4 places of an image, or fewer of a small one.

    Patches of 6 x 6 pixels, brought to one brightness and contrast and whitened, are clustered by K-means; of the
    centres an image has, at a pixel, those that are nearer than the mean (Coates, Lee & Ng 2011, "triangle"). The root
    of the mean over a place is ours: what there is little of counts too.

    Args:
        grey: (n, H, W, 1) in [0, 1], to learn from.
    """

    def __init__(self, grey: np.ndarray) -> None:
        rng = np.random.default_rng(0)
        self.side = min(SIDE, *grey.shape[1:3])
        patches = _patches(tf.constant(grey), self.side).numpy().reshape(-1, self.side**2)
        patches = patches[rng.permutation(len(patches))[:SEEN]]
        if (patches.std(axis=1) > FLAT).any():
            patches = patches[patches.std(axis=1) > FLAT]
        patches = _evened(tf.constant(patches)).numpy()
        self.mean = patches.mean(axis=0)
        variances, directions = np.linalg.eigh(np.atleast_2d(np.cov(patches.T)))
        self.whitening = (directions / np.sqrt(variances + SPREAD) @ directions.T).astype(np.float32)
        kmeans = MiniBatchKMeans(min(PATCHES, len(patches)), n_init=2, batch_size=2048, random_state=0)
        self.centres = kmeans.fit((patches - self.mean) @ self.whitening).cluster_centers_.astype(np.float32)

    def __call__(self, grey: tf.Tensor) -> tf.Tensor:
        """Return the roots of how much of each patch there is, (n, H, W, 1) in [0, 1] -> (n, places 256)."""
        return _shares(grey, tf.constant(self.mean), tf.constant(self.whitening), tf.constant(self.centres), self.side)


@tf.function(jit_compile=True)  # one for all objects, so that it is compiled once for a shape
def _shares(grey: tf.Tensor, mean: tf.Tensor, whitening: tf.Tensor, centres: tf.Tensor, side: int) -> tf.Tensor:
    """Return it of (n, H, W, 1) by patches' mean, (P,), whitening, (P, P), and centres, (M, P); P = side side."""
    rows = tf.matmul(_evened(_patches(grey, side)) - mean, whitening)
    squares = tf.reduce_sum(rows**2, axis=3, keepdims=True) + tf.reduce_sum(centres**2, axis=1)
    distance = tf.sqrt(tf.nn.relu(squares - 2 * tf.matmul(rows, centres, transpose_b=True)))
    near = tf.nn.relu(tf.reduce_mean(distance, axis=3, keepdims=True) - distance)
    cell = [-(-size // GRID) for size in near.shape[1:3]]
    places = tf.nn.avg_pool2d(near, cell, cell, "SAME")
    return tf.sqrt(tf.reshape(places, [tf.shape(grey)[0], -1]))


def _patches(grey: tf.Tensor, side: int) -> tf.Tensor:
    """Return the patches of images, (n, H, W, 1) -> (n, rows of them, columns, side side)."""
    return tf.image.extract_patches(grey, [1, side, side, 1], [1, 1, 1, 1], [1, 1, 1, 1], "VALID")


def _evened(patches: tf.Tensor) -> tf.Tensor:
    """Return patches with mean 0 and variance 1, of faint ones less, (..., P) -> (..., P)."""
    mean, variance = tf.nn.moments(patches, axes=[-1], keepdims=True)
    return (patches - mean) / tf.sqrt(variance + CONTRAST)
