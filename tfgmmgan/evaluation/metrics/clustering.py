"""How well modes agree with classes. Labels are used here and nowhere else."""

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn import metrics
from sklearn.metrics.cluster import contingency_matrix

__all__ = ["accuracy", "cluster_scores", "purity"]


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
