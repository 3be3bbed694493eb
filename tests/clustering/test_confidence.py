"""How sure a classifier may be."""

import numpy as np
import pytest

from tfgmmgan.clustering.confidence import agreement, temperature


def test_divided_by_the_temperature_logits_are_as_sure_as_they_should_be():
    logits = np.random.default_rng(0).normal(size=(500, 5)) * 8
    found = temperature(logits, 0.6)
    divided = np.exp(logits / found)
    assert (divided / divided.sum(axis=1, keepdims=True)).max(axis=1).mean() == pytest.approx(0.6, abs=1e-4)
    assert found > 1


def test_it_never_makes_them_surer_and_has_an_end():
    logits = np.random.default_rng(0).normal(size=(500, 5)) * 0.1
    assert temperature(logits, 0.9) == 1.0
    assert temperature(logits * 1000, 0.0) == 100.0


def test_clear_clusters_agree_and_noise_does_not():
    rng = np.random.default_rng(1)
    labels = rng.integers(3, size=600)
    rows = rng.normal(size=(600, 4)) + 15 * rng.normal(size=(3, 4))[labels]
    assert agreement(rows, labels, 3, 0.0, 0) == 1.0
    assert agreement(rows, rng.permutation(labels), 3, 0.0, 0) == pytest.approx(1 / 3, abs=0.06)
    third = rng.random(600) < 0.3
    half = np.where(third, (labels + 1) % 3, labels)  # three of ten said wrongly
    assert agreement(rows, half, 3, 0.0, 0) == pytest.approx(1 - third.mean())


def test_probabilities_are_softened_and_the_classifier_is_not(images, tiny_clusterer, monkeypatch):
    monkeypatch.setattr("tfgmmgan.clustering.image_clusterer.agreement", lambda *_: 0.4)
    clusterer = tiny_clusterer(steps=60).fit(images)
    assert clusterer.temperature_ > 1
    found = clusterer.predict_proba(images)
    assert found.max(axis=1).mean() == pytest.approx(0.4, abs=1e-3)
    logits = clusterer.classifier_.predict(images / 127.5 - 1, verbose=0)
    expected = np.exp(logits / clusterer.temperature_)
    np.testing.assert_allclose(found, expected / expected.sum(axis=1, keepdims=True), rtol=1e-4)
    np.testing.assert_array_equal(found.argmax(axis=1), clusterer.labels_)
