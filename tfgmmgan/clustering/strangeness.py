"""Which rows are far from all others, and which images are there twice: told by neighbours."""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from tfgmmgan.data.scaling import to_uint8

__all__ = ["distances_to", "duplicate_of", "outlier_scores"]

BLOCK = 4096  # rows at once
LEAST = 0.1  # share of the median distance that a neighbourhood has at least: among copies nothing else is strange
SAME = 0.03  # root mean square difference of two images that are the same, where black and white differ by 1


def distances_to(rows: np.ndarray, reference: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
    """Return how far rows are from their neighbours on average, (n, D), (m, D), (n, k) -> (n,)."""
    found = []
    for at in range(0, len(rows), BLOCK):
        near = reference[neighbours[at : at + BLOCK]]
        found.append(np.linalg.norm(rows[at : at + BLOCK, None] - near, axis=2).mean(axis=1))
    return np.concatenate(found) if found else np.zeros(0)


def outlier_scores(own: np.ndarray, reference: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
    """Return how much farther rows are from their neighbours than these are from theirs, a ratio: 1 is usual.

    (Simplified local outlier factor, Schubert, Zimek and Kriegel 2014.)

    Args:
        own: (n,) a row's mean distance to its neighbours.
        reference: (m,) that of the rows among which neighbours were sought.
        neighbours: (n, k) which of these are nearest.
    """
    least = max(LEAST * float(np.median(reference)), 1e-12)
    return own / np.maximum(reference[neighbours].mean(axis=1), least)


def duplicate_of(images: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
    """Return for each image the first that is nearly the same, -1 where there is none before it.

    Nearly the same are neighbours whose pixels differ by 3% of the range at most, root mean square, and whatever such
    pairs lead to: copies, stored again or at another size, rather than pictures of one thing.

    Args:
        images: (n, H, W, C), uint8 or float in [-1, 1].
        neighbours: (n, k) rows nearest to each.

    Returns:
        (n,) integers below n.
    """
    count = len(images)
    pairs = []
    for at in range(0, count, BLOCK):
        near = neighbours[at : at + BLOCK]
        own = _levels(images[at : at + BLOCK])
        for column in near.T:
            same = np.sqrt(((own - _levels(images[column])) ** 2).mean(axis=1)) <= SAME * 255
            pairs.append(np.stack([np.flatnonzero(same) + at, column[same]]))
    rows, columns = np.concatenate(pairs, axis=1)
    group = connected_components(coo_array((np.ones(len(rows)), (rows, columns)), (count, count)), directed=False)[1]
    first = np.full(group.max() + 1, count)
    np.minimum.at(first, group, np.arange(count))
    return np.where(first[group] == np.arange(count), -1, first[group])


def _levels(images: np.ndarray) -> np.ndarray:
    return to_uint8(images).reshape(len(images), -1).astype(np.float32)
