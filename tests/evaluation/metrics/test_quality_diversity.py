import numpy as np
import pytest
import tensorflow as tf

from tfgmmgan.evaluation.metrics.features import Features
from tfgmmgan.evaluation.metrics.quality_diversity import (
    inter_class_diversity,
    intra_class_diversity,
    ms_ssim,
    ms_ssim_settings,
    quality,
    quality_constant,
    quality_diversity,
)


def test_quality_is_a_sigmoid_that_stays_finite():
    distances = np.linspace(0, 700, 1001)
    constant = 37.5
    expected = 1 / (1 + np.exp(distances - np.log(constant)))
    np.testing.assert_allclose(quality(distances, constant), expected, rtol=0, atol=1e-12)
    small = np.linspace(0, 20, 21)
    literal = 1 - np.exp(small) / (np.exp(small) + constant)  # eq. 6 as it is written
    np.testing.assert_allclose(quality(small, constant), literal, rtol=0, atol=1e-12)
    far = quality(np.geomspace(1, 1e6, 200), constant)
    assert np.isfinite(far).all() and (np.diff(far) <= 0).all() and far[-1] == 0
    with pytest.raises(ValueError, match="must be positive"):
        quality(small, 0)


def test_our_constant_gives_the_median_one_half():
    distances = np.array([1.0, 5.0, 7.0])
    np.testing.assert_allclose(quality(distances, quality_constant(distances))[1], 0.5)
    assert np.isfinite(quality_constant(distances * 1e6))


def test_inter_class_diversity():
    assert inter_class_diversity(np.array([0, 1, 2, 3]), 4) == pytest.approx(1)
    assert inter_class_diversity(np.zeros(9, int), 4) == 0
    half = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25)) / np.log(3)
    assert inter_class_diversity(np.array([1, 1, 1, 2]), 3) == pytest.approx(half)


@pytest.mark.parametrize(
    ("side", "window", "scales"),
    [(8, 7, 1), (28, 11, 2), (32, 11, 2), (64, 11, 3), (96, 11, 4), (176, 11, 5), (2, 1, 2)],
)
def test_ms_ssim_fits_the_size(side, window, scales):
    assert ms_ssim_settings(side, side) == {"window": window, "scales": scales}
    images = np.random.default_rng(0).uniform(-1, 1, (3, side, side, 1)).astype(np.float32)
    if side > 2:
        np.testing.assert_allclose(ms_ssim(images, images), 1, atol=1e-5)


def test_ms_ssim_of_five_scales_is_tensorflow_s_own():
    rng = np.random.default_rng(0)
    first = rng.uniform(0, 1, (2, 176, 176, 3)).astype(np.float32)
    second = np.clip(first + 0.1 * rng.standard_normal(first.shape), 0, 1).astype(np.float32)
    expected = tf.image.ssim_multiscale(first, second, 1.0).numpy()  # its usual weights sum to 1.0001
    np.testing.assert_allclose(ms_ssim(2 * first - 1, 2 * second - 1), expected, atol=1e-3)


def test_intra_class_diversity():
    rng = np.random.default_rng(0)
    images = rng.uniform(-1, 1, (50, 28, 28, 1)).astype(np.float32)
    assert intra_class_diversity(images) > 0.8
    assert intra_class_diversity(images[:1].repeat(50, 0)) == pytest.approx(0, abs=1e-5)
    two = np.concatenate([images[:1].repeat(25, 0), images[1:2].repeat(25, 0)])  # half of the pairs differ
    whole = 1 - ms_ssim(images[:1], images[1:2])[0]
    assert intra_class_diversity(two) == pytest.approx(whole * 25 / 49, abs=0.05)
    assert intra_class_diversity(images, seed=3) == intra_class_diversity(images, seed=3)


def test_scores_of_a_sample():
    rng = np.random.default_rng(0)
    reference = rng.standard_normal((40, 5)).astype(np.float32)
    images = rng.uniform(-1, 1, (30, 8, 8, 1)).astype(np.float32)
    logits = rng.standard_normal((30, 3)).astype(np.float32)
    values = rng.standard_normal((30, 5)).astype(np.float32)
    found = quality_diversity(Features(values, logits), images, reference, 2.0)
    distances = np.array([np.linalg.norm(reference - row, axis=1).min() for row in values])
    assert found["quality"] == pytest.approx(np.mean(1 - np.exp(distances) / (np.exp(distances) + 2)), rel=1e-5)
    assert found["diversity"] == pytest.approx(np.sqrt(found["intra"] * found["inter"]))
    assert found["combined"] == pytest.approx(np.sqrt(found["quality"] * found["diversity"]))
