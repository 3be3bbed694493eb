"""How well modes agree with classes, and how sure they are. Labels are used here and nowhere else."""

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn import metrics
from sklearn.metrics.cluster import contingency_matrix

__all__ = ["accuracy", "calibration", "cluster_scores", "purity"]

BINS = 15


def accuracy(labels: np.ndarray, clusters: np.ndarray) -> float:
    """Return ACC in [0, 1]: the share right under the best one-to-one assignment of clusters to classes, (n,) ids both.

    Clusters beyond the number of classes stay unassigned, and their examples count as wrong.
    """
    table = contingency_matrix(labels, clusters)
    return float(table[linear_sum_assignment(table, maximize=True)].sum() / table.sum())


def purity(labels: np.ndarray, clusters: np.ndarray) -> float:
    """Return the share of examples that are of their cluster's most frequent class, of (n,) class and cluster ids.

    Not an accuracy: many small clusters are pure by themselves, and one cluster for each example is perfect.
    """
    table = contingency_matrix(labels, clusters)
    return float(table.max(axis=0).sum() / table.sum())


def cluster_scores(labels: np.ndarray, clusters: np.ndarray) -> dict:
    """Return ACC (Hungarian), purity, NMI, ARI and the confusion matrix, of (n,) class and cluster ids.

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


def calibration(labels: np.ndarray, responsibilities: np.ndarray, bins: int = BINS) -> dict:
    """Return the expected calibration error of max_k p(k | x), and the reliability diagram behind it.

    Whether responsibilities, (n, K), mean what they say: of the images given to a mode with 0.9, nine of ten should be
    right. A mode stands for the class, of (n,) labels, that it is assigned to one to one, as in ACC; where there are
    more modes than classes, each for the class that most of its examples have, as in purity (Guo et al. 2017, eq. 3).

    Returns:
        `expected_calibration_error`, the mean distance of confidence and accuracy over `bins` of equal width, weighted
        by their examples, in [0, 1]; `confidence`, `accuracy` and `share` of each bin that has examples.
    """
    clusters, confidence = responsibilities.argmax(axis=1), responsibilities.max(axis=1)
    classes, found = np.unique(labels), np.unique(clusters)
    table = contingency_matrix(labels, clusters)
    class_of = np.full(responsibilities.shape[1], -1)
    if len(found) > len(classes):
        class_of[found] = table.argmax(axis=0)
    else:
        rows, columns = linear_sum_assignment(table, maximize=True)
        class_of[found[columns]] = rows
    right = np.searchsorted(classes, labels) == class_of[clusters]
    _, place, counts = np.unique(
        np.minimum((confidence * bins).astype(int), bins - 1), return_inverse=True, return_counts=True
    )
    sure, often = np.bincount(place, confidence) / counts, np.bincount(place, right) / counts
    share = counts / len(labels)
    return {
        "expected_calibration_error": float(share @ np.abs(sure - often)),
        "confidence": sure.tolist(),
        "accuracy": often.tolist(),
        "share": share.tolist(),
    }
