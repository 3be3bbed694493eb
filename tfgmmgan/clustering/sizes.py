"""How many images are looked at, and for how many steps."""

import math

import numpy as np

from tfgmmgan.clustering.nearest import EXACT, has_faiss

__all__ = ["SELF_TRAINING", "assumed_sizes", "images_wanted", "some", "training_steps"]

MOST_IMAGES, MOST_BYTES = EXACT, 2**29  # that clusters are sought among: time is their square
WITH_FAISS = 2**32  # bytes of images, however many, where it is not
LEAST_IMAGES = 10_000  # of however large images
SELF_TRAINING = 4 / 3  # steps of a round of it, as a multiple of those on the clusters
STEPS, SHOWN = (300, 3000), 20  # of C on the clusters, least and most; how often each image is shown between


def training_steps(steps: int | None, count: int, batch_size: int) -> int:
    """Return the training steps of `ImageClusterer`'s `steps` for so many images."""
    return steps or min(STEPS[1], max(STEPS[0], math.ceil(SHOWN * count / batch_size)))


def images_wanted(data_shape: tuple[int, ...]) -> int:
    """Return among how many images of a shape clusters are sought at most."""
    size = math.prod(data_shape)
    if has_faiss():
        return max(LEAST_IMAGES, WITH_FAISS // size)
    return max(LEAST_IMAGES, min(MOST_IMAGES, MOST_BYTES // size))


def some(count: int, most: int, seed: int) -> np.ndarray:
    """Return which of so many images: all, or a random choice where they are more than the most."""
    return np.arange(count) if count <= most else np.random.default_rng(seed).permutation(count)[:most]


def assumed_sizes(entropy_penalty: float | None, option: str) -> list[str]:
    """Return a line that says which sizes of kinds were looked for; none where it is not known, or any were.

    Args:
        entropy_penalty: As in `LinkClustering`; None where no kinds were looked for.
        option: What the command line calls it.
    """
    if entropy_penalty != 0:
        return []
    return [
        "Kinds of like size were looked for: one that is ten times as rare as others may lie within another "
        f"({option} 0.8 looks for such)."
    ]
