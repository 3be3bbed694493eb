"""How well modes agree with classes. Labels are used here and nowhere else."""

from collections.abc import Callable, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn import metrics
from sklearn.cluster import KMeans
from sklearn.metrics.cluster import contingency_matrix

from tfgmmgan.data import Split

__all__ = ["accuracy", "cluster_scores", "kmeans_clusters", "purity"]

KMEANS_LIMIT = 20_000


def accuracy(labels: np.ndarray, clusters: np.ndarray) -> float:
    """Return ACC: the share of examples right under the best one-to-one assignment of clusters to classes.

    Clusters beyond the number of classes stay unassigned, and their examples count as wrong.

    Args:
        labels: (n,) class ids.
        clusters: (n,) cluster ids; their numbers and numbering do not matter.

    Returns:
        A share in [0, 1].
    """
    table = contingency_matrix(labels, clusters)
    return float(table[linear_sum_assignment(table, maximize=True)].sum() / table.sum())


def purity(labels: np.ndarray, clusters: np.ndarray) -> float:
    """Return the share of examples that are of their cluster's most frequent class.

    Not an accuracy: many small clusters are pure by themselves, and one cluster for each example is perfect.
    """
    table = contingency_matrix(labels, clusters)
    return float(table.max(axis=0).sum() / table.sum())


def cluster_scores(labels: np.ndarray, clusters: np.ndarray) -> dict:
    """Return ACC (Hungarian), purity, NMI, ARI and the confusion matrix.

    Args:
        labels: (n,) class ids.
        clusters: (n,) cluster ids.

    Returns:
        `acc`, `purity`; `nmi`, I / sqrt(H H), the geometric mean, as GM-GAN and GAEL report it; `nmi_arithmetic`,
        scikit-learn's default; `ari`; `confusion`, counts of the classes that are found (rows) by the clusters that
        have examples (columns), in the order of the best assignment to classes, and their ids, `classes` and
        `clusters`.
    """
    table = contingency_matrix(labels, clusters)
    rows, columns = linear_sum_assignment(table, maximize=True)
    order = [*columns[np.argsort(rows)], *np.setdiff1d(np.arange(table.shape[1]), columns)]
    return {
        "acc": accuracy(labels, clusters),
        "purity": purity(labels, clusters),
        "nmi": float(metrics.normalized_mutual_info_score(labels, clusters, average_method="geometric")),
        "nmi_arithmetic": float(metrics.normalized_mutual_info_score(labels, clusters)),
        "ari": float(metrics.adjusted_rand_score(labels, clusters)),
        "confusion": table[:, order].tolist(),
        "classes": np.unique(labels).tolist(),
        "clusters": np.unique(clusters)[order].tolist(),
    }


def kmeans_clusters(
    train: Split,
    splits: Sequence[Split],
    num_clusters: int,
    rows: Callable[[np.ndarray], np.ndarray] | None = None,
    limit: int = KMEANS_LIMIT,
) -> list[np.ndarray]:
    """Return k-means' clusters of splits: a baseline, on pixels or on codes.

    Args:
        train: What k-means is fitted to; `limit` examples from all over it, where it has more.
        splits: What is assigned.
        num_clusters: K.
        rows: From (n, *shape) examples to (n, p) rows; pixels where None.
        limit: See `train`. Default 20,000.

    Returns:
        For each split (n,) cluster ids.
    """
    rows = rows or _pixels
    found = np.concatenate([rows(batch) for batch, _ in train.draw_batches(limit)])
    model = KMeans(min(num_clusters, len(found)), n_init=10, random_state=0).fit(found)
    return [
        np.concatenate([model.predict(rows(batch)) for batch in split.batches(4096).as_numpy_iterator()])
        for split in splits
    ]


def _pixels(examples: np.ndarray) -> np.ndarray:
    scale = 255.0 if examples.dtype == np.uint8 else 1.0
    return examples.reshape(len(examples), -1).astype(np.float32) / scale
