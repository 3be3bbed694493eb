"""TF-GAN's functions against independent computations."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from tfgmmgan.evaluation.metrics.features import Moments
from tfgmmgan.evaluation.metrics.tfgan import classifier_metrics, classifier_score, frechet_distance, kernel_distance

RNG = np.random.default_rng(0)
FIRST = RNG.standard_normal((300, 6)) @ RNG.standard_normal((6, 6))
SECOND = 1.3 * RNG.standard_normal((200, 6)) + 0.4


def test_frechet_distance():
    first, second = np.cov(FIRST.T), np.cov(SECOND.T)
    expected = ((FIRST.mean(0) - SECOND.mean(0)) ** 2).sum() + np.trace(first + second - 2 * sqrtm(first @ second).real)
    assert frechet_distance(Moments.of(FIRST), Moments.of(SECOND)) == pytest.approx(expected, rel=1e-8)
    whole = classifier_metrics().frechet_classifier_distance_from_activations(FIRST, SECOND)
    assert float(whole) == pytest.approx(expected, rel=1e-8)
    assert frechet_distance(Moments.of(FIRST), Moments.of(FIRST)) == pytest.approx(0, abs=1e-8)


def test_identical_images_are_no_distance_apart():
    same = np.tile(FIRST[:1], (40, 1))
    assert frechet_distance(Moments.of(same), Moments.of(same)) == pytest.approx(0, abs=1e-12)
    assert kernel_distance(same, same)[0] == pytest.approx(0, abs=1e-9)


def test_kernel_distance():
    first, second = FIRST[:50], SECOND[:40]

    def kernel(a, b):
        return np.array([[(x @ y / 6 + 1) ** 3 for y in b] for x in a])

    rr, gg = kernel(first, first), kernel(second, second)
    expected = (
        (rr.sum() - np.trace(rr)) / (50 * 49) + (gg.sum() - np.trace(gg)) / (40 * 39) - 2 * kernel(first, second).mean()
    )
    distance, error = kernel_distance(first, second)
    assert distance == pytest.approx(expected, rel=1e-6) and np.isnan(error)


def test_kernel_distance_has_an_error_over_blocks():
    rows = RNG.standard_normal((3000, 3))
    distance, error = kernel_distance(rows[:1500], rows[1500:])
    assert 0 < error < 0.1 and abs(distance) < 4 * error


def test_classifier_score(monkeypatch):
    logits = RNG.standard_normal((200, 5)) * 2
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    expected = np.exp((p * np.log(p / p.mean(0))).sum(1).mean())
    assert classifier_score(logits) == pytest.approx(expected, rel=1e-4)
    whole = classifier_metrics().classifier_score_from_logits(np.float32(logits))
    monkeypatch.setattr("tfgmmgan.evaluation.metrics.tfgan.BLOCK", 12)
    assert classifier_score(logits) == pytest.approx(float(whole), rel=1e-5)
    assert classifier_score(np.eye(5).repeat(9, 0) * 100) == pytest.approx(5, rel=1e-4)
    assert classifier_score(np.tile(logits[:1], (20, 1))) == pytest.approx(1, rel=1e-5)
