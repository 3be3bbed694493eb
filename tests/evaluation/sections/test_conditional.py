"""Whether generated examples are of their classes, on quadrants that anyone can tell apart."""

import numpy as np
import pytest

from tfgmmgan import SupervisedGMGAN
from tfgmmgan.data import ImageData, Split
from tfgmmgan.evaluation import train_judge
from tfgmmgan.evaluation.sections import conditional
from tfgmmgan.evaluation.subject import Subject

LABELS = np.arange(24) % 4


@pytest.fixture
def data(images):
    split = Split(len(images), LABELS, images)
    return ImageData("quadrants", split, split, (8, 8, 1), ["a", "b", "c", "d"])


def test_agreement_counts_a_component_s_classes(images, data, monkeypatch):
    model = SupervisedGMGAN((8, 8, 1), 4, 5, latent_dim=4, width=0.1, component_to_class=[0, 1, 2, 3, 3])
    drawn = {0: 0, 1: 1, 2: 3, 3: 3, 4: 2}  # what class each component draws: 2 and 4 are wrong
    floats = images.astype(np.float32) / 127.5 - 1

    def generate(n, component, seed):
        return np.stack([floats[drawn[k]] for k in component])

    monkeypatch.setattr(model, "generate", generate)
    monkeypatch.setattr(conditional, "NUM_GENERATED", 100)
    subject = Subject(model, data)
    judge = subject.judge = train_judge(data, epochs=40, min_steps=40)
    section = conditional.Conditional()
    assert section.applies(subject)
    found = section.measure(subject)["conditional"]
    assert found["by_component"] == [1, 1, 0, 1, 0] and found["agreement"] == pytest.approx(0.6)
    assert found["judge_accuracy"] == judge.accuracy == 1 and found["num_generated"] == 100
