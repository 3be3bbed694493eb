"""The judge, on quadrants that anyone can tell apart."""

import numpy as np
import pytest

from tfgmmgan.data import ImageData, Split
from tfgmmgan.evaluation import train_judge

LABELS = np.arange(24) % 4


@pytest.fixture
def data(images):
    split = Split(len(images), LABELS, images)
    return ImageData("quadrants", split, split, (8, 8, 1), ["a", "b", "c", "d"])


def test_the_judge_knows_the_classes(images, data):
    judge = train_judge(data, epochs=40, min_steps=40)
    np.testing.assert_array_equal(judge(images), LABELS)
    np.testing.assert_array_equal(judge(images.astype(np.float32) / 127.5 - 1), LABELS)


def test_the_judge_is_cached(images, data):
    first = train_judge(data, epochs=3, min_steps=3)
    again = train_judge(data, epochs=3, min_steps=3)
    floats = images.astype(np.float32) / 127.5 - 1
    for one, other in zip(first.run(floats), again.run(floats), strict=True):
        np.testing.assert_array_equal(one, other)
    assert first.run(floats)[0].shape == (24, 128) and 0 <= first.accuracy <= 1
    assert first.about["test_accuracy"] == pytest.approx(first.accuracy, abs=1e-4)
