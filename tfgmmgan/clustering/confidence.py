"""How sure a classifier may be, without a label (ours): as sure as clusterings of parts of the images agree."""

import numpy as np
from scipy.optimize import brentq, linear_sum_assignment
from scipy.special import softmax

from tfgmmgan.clustering.link_clustering import LinkClustering

__all__ = ["agreement", "temperature"]

PARTS = 5  # clusterings of a half of the rows
LOOKED_AT = 4000  # rows that are clustered
MOST = 100.0  # temperature


def agreement(rows: np.ndarray, labels: np.ndarray, num_kinds: int, entropy_penalty: float, seed: int) -> float:
    """Return for which share of rows a clustering of half of them says the same as their labels, in (0, 1].

    Args:
        rows: (n, D) by which images are compared.
        labels: (n,) what they were taken for, ids below K.
        num_kinds: K.
        entropy_penalty: As in `LinkClustering`.
        seed: Decides the halves.
    """
    rng = np.random.default_rng([seed, 7])
    some = rng.permutation(len(rows))[:LOOKED_AT]
    rows, labels = rows[some], labels[some]
    found = []
    for number in range(PARTS):
        half = rng.permutation(len(rows))[: max(num_kinds, len(rows) // 2, 2)]
        clustering = LinkClustering(num_kinds, 1, entropy_penalty, seed + number).fit(rows[half])
        counts = np.zeros((num_kinds, num_kinds))
        np.add.at(counts, (labels, clustering.predict(rows)), 1)
        found.append(counts[linear_sum_assignment(-counts)].sum() / len(rows))
    return float(np.mean(found))


def temperature(logits: np.ndarray, confidence: float) -> float:
    """Return by what logits are divided for their highest probability to be this on average; 1 where it is lower.

    (Temperature scaling, Guo et al. 2017, whose labels are not at hand.)

    Args:
        logits: (n, K).
        confidence: In (0, 1].
    """

    def surplus(one: float) -> float:
        return float(softmax(logits / one, axis=1).max(axis=1).mean()) - confidence

    if surplus(1.0) <= 0:
        return 1.0
    return MOST if surplus(MOST) > 0 else float(brentq(surplus, 1.0, MOST, xtol=1e-4))
