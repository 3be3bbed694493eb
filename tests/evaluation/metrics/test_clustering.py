import numpy as np
import pytest

from tfgmmgan.evaluation import accuracy, calibration, cluster_scores
from tfgmmgan.evaluation.metrics.clustering import purity

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


def draw(confidence, accuracy, n=20_000, k=5):
    """Labels, and responsibilities that give their class's mode so much, and are right so often."""
    rng = np.random.default_rng(0)
    labels, modes = rng.integers(0, k, n), (np.arange(k) + 2) % k
    said = np.where(rng.random(n) < accuracy, labels, (labels + rng.integers(1, k, n)) % k)
    responsibilities = np.full((n, k), (1 - confidence) / (k - 1))
    responsibilities[np.arange(n), modes[said]] = confidence
    return 10 * labels, responsibilities  # class ids need not be 0, 1, ...


@pytest.mark.parametrize(("confidence", "accuracy"), [(0.9, 0.9), (0.99, 0.6), (0.7, 0.95)])
def test_the_distance_of_confidence_and_accuracy(confidence, accuracy):
    found = calibration(*draw(confidence, accuracy))
    assert found["expected_calibration_error"] == pytest.approx(abs(confidence - accuracy), abs=0.01)
    assert found["confidence"] == pytest.approx([confidence])
    assert found["accuracy"] == pytest.approx([accuracy], abs=0.01)
    assert found["share"] == [1.0]


def test_bins_are_weighted_by_their_examples():
    (few, low), (many, high) = draw(0.62, 0.9, 1000), draw(0.95, 0.9, 9000)
    labels, responsibilities = np.concatenate([few, many]), np.concatenate([low, high])
    found = calibration(labels, responsibilities)
    assert found["share"] == [0.1, 0.9]
    assert found["expected_calibration_error"] == pytest.approx(0.1 * 0.28 + 0.9 * 0.05, abs=0.01)


def test_with_more_modes_than_classes_each_stands_for_its_most_frequent_class():
    labels, responsibilities = draw(1.0, 1.0)
    modes = responsibilities.argmax(axis=1) + 5 * (np.arange(len(labels)) % 2)  # each class has two
    split = np.eye(10)[modes]
    assert len(np.unique(split.argmax(axis=1))) == 10
    assert calibration(labels, split)["expected_calibration_error"] == 0.0
