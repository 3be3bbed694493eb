"""Whether responsibilities mean what they say: of the images given to a mode with 0.9, nine of ten should be right."""

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.metrics.cluster import contingency_matrix

__all__ = ["calibration"]

BINS = 15


def calibration(labels: np.ndarray, responsibilities: np.ndarray, bins: int = BINS) -> dict:
    """Return the expected calibration error of max_k p(k | x), and the reliability diagram behind it.

    A mode stands for the class that it is assigned to one to one, as in ACC; where there are more modes than classes,
    each for the class that most of its examples have, as in purity. Labels enter here and nowhere else.

    Args:
        labels: (n,) class ids.
        responsibilities: (n, K) p(k | x), rows summing to 1.
        bins: Of equal width over [0, 1]. Default 15.

    Returns:
        `expected_calibration_error`, the mean distance of confidence and accuracy over the bins, weighted by their
        examples, in [0, 1]; `confidence`, `accuracy` and `share` of each bin that has examples.

    Reference:
        Guo et al. 2017, eq. 3.
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
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    counts = np.bincount(place, minlength=bins)
    used = counts > 0
    means = {
        name: np.bincount(place, values, bins)[used] / counts[used]
        for name, values in (("confidence", confidence), ("accuracy", right))
    }
    share = counts[used] / len(labels)
    error = float(share @ np.abs(means["confidence"] - means["accuracy"]))
    return {
        "expected_calibration_error": error,
        **{name: values.tolist() for name, values in means.items()},
        "share": share.tolist(),
    }
