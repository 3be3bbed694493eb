import numpy as np
import pytest

from tfgmmgan.evaluation import calibration


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
