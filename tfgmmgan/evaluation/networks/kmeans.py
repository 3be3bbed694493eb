"""The baseline k-means."""

from collections.abc import Callable, Sequence

import numpy as np
from sklearn.cluster import KMeans

from tfgmmgan.data import Split

__all__ = ["KMEANS_LIMIT", "kmeans_clusters"]

KMEANS_LIMIT = 20_000


def kmeans_clusters(
    train: Split,
    splits: Sequence[Split],
    num_clusters: int,
    rows: Callable[[np.ndarray], np.ndarray] | None = None,
) -> list[np.ndarray]:
    """Return k-means' clusters of each split, (n,) ids: a baseline, on pixels or on codes.

    It is fitted to 20,000 training examples from all over, or all. `rows` takes (n, *shape) examples to (n, p); pixels
    where None.
    """
    rows = rows or _pixels
    found = np.concatenate([rows(batch) for batch, _ in train.draw_batches(KMEANS_LIMIT)])
    model = KMeans(min(num_clusters, len(found)), n_init=10, random_state=0).fit(found)
    return [
        np.concatenate([model.predict(rows(batch)) for batch in split.batches(4096).as_numpy_iterator()])
        for split in splits
    ]


def _pixels(examples: np.ndarray) -> np.ndarray:
    scale = 255.0 if examples.dtype == np.uint8 else 1.0
    return examples.reshape(len(examples), -1).astype(np.float32) / scale
