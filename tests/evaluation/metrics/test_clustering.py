import numpy as np
import pytest

from tfgmmgan.evaluation import accuracy, cluster_scores, purity

LABELS = np.array([0, 0, 0, 1, 1, 1, 2, 2])


@pytest.mark.parametrize(
    ("clusters", "acc", "pure"),
    [
        ([5, 5, 5, 3, 3, 3, 9, 9], 1.0, 1.0),  # names do not matter
        ([0, 0, 0, 0, 0, 0, 1, 1], 5 / 8, 5 / 8),  # fewer clusters than classes
        ([0, 0, 4, 1, 1, 1, 2, 3], 6 / 8, 1.0),  # more: purity is not accuracy
        ([7] * 8, 3 / 8, 3 / 8),  # one
        (list(range(8)), 3 / 8, 1.0),  # one each
    ],
)
def test_accuracy_and_purity(clusters, acc, pure):
    assert accuracy(LABELS, np.array(clusters)) == pytest.approx(acc)
    assert purity(LABELS, np.array(clusters)) == pytest.approx(pure)


def test_accuracy_is_the_best_of_all_assignments():
    from itertools import permutations

    rng = np.random.default_rng(0)
    labels, clusters = rng.integers(4, size=60), rng.integers(4, size=60)
    best = max(np.mean(np.array(p)[clusters] == labels) for p in permutations(range(4)))
    assert accuracy(labels, clusters) == pytest.approx(best)


def test_nmi_is_geometric():
    clusters = np.array([0, 0, 0, 0, 0, 0, 1, 1])
    p = np.array([3, 3, 2]) / 8
    entropy = -(p * np.log(p)).sum()
    q = np.array([6, 2]) / 8
    cluster_entropy = -(q * np.log(q)).sum()  # clusters are a function of classes: I = H(clusters)
    assert cluster_scores(LABELS, clusters)["nmi"] == pytest.approx(
        cluster_entropy / np.sqrt(entropy * cluster_entropy)
    )
