import numpy as np
import pytest
import scipy.linalg

from tfgmmgan.evaluation import compare_features
from tfgmmgan.evaluation.metrics.features import Features


def test_comparing_takes_as_many_of_both():
    rng = np.random.default_rng(0)
    real = Features(rng.standard_normal((50, 3)).astype(np.float32))
    generated = Features(rng.standard_normal((80, 3)).astype(np.float32), rng.standard_normal((80, 4)))
    found = compare_features(Features(real.values, generated.logits[:50]), generated)
    assert found["num"] == 50 and found["num_scored"] == 80
    assert found["frechet_distance"] == compare_features(real, Features(generated.values[:50]))["frechet_distance"]
    assert "score" not in compare_features(real, Features(generated.values))
    every = compare_features(Features(real.values, generated.logits[:50]), generated, all_generated=True)
    moments = [(each.mean(axis=0), np.cov(each.T.astype(np.float64))) for each in (real.values, generated.values)]
    root = np.trace(scipy.linalg.sqrtm(moments[0][1] @ moments[1][1]).real)
    expected = ((moments[0][0] - moments[1][0]) ** 2).sum() + np.trace(moments[0][1] + moments[1][1]) - 2 * root
    assert every["frechet_distance"] == pytest.approx(expected, rel=1e-4)
    assert (found["num_generated"], every["num_generated"], every["num"]) == (50, 80, 50)
    others = ("precision", "recall", "coverage", "kernel_distance")
    assert [every[name] for name in others] == [found[name] for name in others]
    same = compare_features(real, real)
    assert same["frechet_distance"] == pytest.approx(0, abs=1e-6) and same["precision"] == same["recall"] == 1
    assert same["coverage"] == 1 and same["density"] > 1  # each lies in its own ball, too
    with pytest.raises(ValueError, match="at least 50"):
        compare_features(real, generated[slice(40)])


def test_no_more_than_so_many_are_compared_and_these_are_from_all_over(monkeypatch):
    monkeypatch.setattr("tfgmmgan.evaluation.metrics.image_quality.NUM_COVERED", 200)
    rng = np.random.default_rng(0)
    classes = np.repeat(np.arange(4), 250)
    values = (10 * np.eye(4)[classes] + rng.standard_normal((1000, 4))).astype(np.float32)
    mixed = rng.permutation(1000)
    real, generated = Features(values), Features((10 * np.eye(4)[classes[mixed]]).astype(np.float32) + 0.1)
    assert compare_features(real, generated)["precision"] == 1
