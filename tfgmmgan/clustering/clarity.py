"""How clear kinds are: whether the neighbours of an image are of its kind."""

import numpy as np

__all__ = ["CLEAR", "neighbour_shares", "runs_into"]

CLEAR = 0.8  # share of a kind's neighbours, from which on it is called clear
TOUCHES = 0.1  # share of a kind's neighbours in another, from which on it runs into that


def neighbour_shares(labels: np.ndarray, neighbours: np.ndarray, num_kinds: int) -> np.ndarray:
    """Return of which kinds the neighbours of a kind's images are, (K, K), rows summing to 1, or 0 for one without.

    Args:
        labels: (n,) kind of each image, ids below K.
        neighbours: (n, k) the nearest to each.
        num_kinds: K.
    """
    counts = np.zeros((num_kinds, num_kinds))
    np.add.at(counts, (np.repeat(labels, neighbours.shape[1]), labels[neighbours].ravel()), 1.0)
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)


def runs_into(shares: np.ndarray) -> list[list[int]]:
    """Return for each kind the others that it runs into, the nearest first; none for a clear one.

    A kind is clear where four of five neighbours of its images are of it; another one runs into those in which a tenth
    of its neighbours or more are, or into the one that has most.

    Args:
        shares: Those of `neighbour_shares`.
    """
    found = []
    for kind, row in enumerate(shares):
        others = [int(other) for other in np.argsort(-row, kind="stable") if other != kind and row[other] > 0]
        found.append([] if row[kind] >= CLEAR else [one for one in others if row[one] >= TOUCHES] or others[:1])
    return found
