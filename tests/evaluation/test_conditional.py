"""The judge of generated classes, on quadrants that anyone can tell apart."""

import numpy as np
import pytest

from tfgmmgan import SupervisedGMGAN
from tfgmmgan.data import ImageData, Split
from tfgmmgan.evaluation import class_agreement, train_judge

LABELS = np.arange(24) % 4


@pytest.fixture
def data(images):
    split = Split(len(images), LABELS, images)
    return ImageData("quadrants", split, split, (8, 8, 1), ["a", "b", "c", "d"])


def test_the_judge_knows_the_classes(images, data):
    judge = train_judge(data, epochs=40, min_steps=40)
    np.testing.assert_array_equal(judge(images), LABELS)
    np.testing.assert_array_equal(judge(images.astype(np.float32) / 127.5 - 1), LABELS)


def test_agreement_counts_a_component_s_classes(images, data, monkeypatch):
    model = SupervisedGMGAN((8, 8, 1), 4, 5, latent_dim=4, width=0.1, component_to_class=[0, 1, 2, 3, 3])
    drawn = {0: 0, 1: 1, 2: 3, 3: 3, 4: 2}  # what class each component draws: 2 and 4 are wrong
    floats = images.astype(np.float32) / 127.5 - 1

    def generate(n, component, seed):
        return np.stack([floats[drawn[k]] for k in component])

    monkeypatch.setattr(model, "generate", generate)
    judge = train_judge(data, epochs=40, min_steps=40)
    found = class_agreement(model, judge, num_generated=100)
    assert found["by_component"] == [1, 1, 0, 1, 0] and found["agreement"] == pytest.approx(0.6)
    assert found["judge_accuracy"] == judge.accuracy == 1 and found["num_generated"] == 100
