"""How well modes agree with classes. Labels are used here and nowhere else."""

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


def cluster_scores(labels: np.ndarray, clusters: np.ndarray) -> dict[str, float]:
    """Return ACC (Hungarian), purity, NMI and ARI.

    NMI is I / sqrt(H H), the geometric mean, as GM-GAN and GAEL report it (scikit-learn's default is arithmetic).
    """
    return {
        "acc": accuracy(labels, clusters),
        "purity": purity(labels, clusters),
        "nmi": float(metrics.normalized_mutual_info_score(labels, clusters, average_method="geometric")),
        "ari": float(metrics.adjusted_rand_score(labels, clusters)),
    }


def kmeans_clusters(train: Split, test: Split, num_clusters: int, limit: int = KMEANS_LIMIT) -> np.ndarray:
    """Return k-means' clusters of the test examples, the baseline on pixels.

    Args:
        train: What k-means is fitted to; `limit` examples from all over it, where it has more.
        test: What is assigned.
        num_clusters: K.
        limit: See `train`.

    Returns:
        (n,) cluster ids.
    """
    rows = _rows(train.draw(limit))
    model = KMeans(min(num_clusters, len(rows)), n_init=10, random_state=0).fit(rows)
    return np.concatenate([model.predict(_rows(batch)) for batch in test.batches(4096).as_numpy_iterator()])


def _rows(examples: np.ndarray) -> np.ndarray:
    scale = 255.0 if examples.dtype == np.uint8 else 1.0
    return examples.reshape(len(examples), -1).astype(np.float32) / scale
