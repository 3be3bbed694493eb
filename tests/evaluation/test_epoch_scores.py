import numpy as np
import pytest

from tfgmmgan import GAEL, GAN
from tfgmmgan.data import DataOptions, ImageData, Split, load
from tfgmmgan.evaluation.epoch_scores import CRITERION, epoch_scores, is_better
from tfgmmgan.evaluation.metrics.points import mmd, mmd_widths, negative_log_likelihood
from tfgmmgan.evaluation.subject import Subject


def dataset(images, labels):
    split = Split(len(images), labels, images)
    return ImageData("quadrants", split, split, (8, 8, 1), ["a", "b", "c", "d"] if labels is not None else [])


def test_the_criterion_knows_no_label(tiny_gmmgan, images):
    model = tiny_gmmgan()
    with_labels = epoch_scores(Subject(model, dataset(images, np.arange(24) % 4)))
    without = epoch_scores(Subject(model, dataset(images, None)))
    assert with_labels[CRITERION] == with_labels["prior/autoencoder/frechet_distance"]
    assert "prior/classifier/score" in with_labels and not any("classifier" in name for name in without)
    labels = epoch_scores(Subject(model, dataset(images, np.zeros(24, int) + np.arange(24) // 12)))
    assert labels[CRITERION] == pytest.approx(with_labels[CRITERION], rel=0.5)  # another autoencoder at most
    assert epoch_scores(Subject(model, dataset(images, None))) == without


def test_gael_has_its_four_samplers_before_the_fit(images):
    model = GAEL((8, 8, 1), num_components=3, latent_dim=4, width=0.1)
    scores = epoch_scores(Subject(model, dataset(images, None)))
    samplers = {name.split("/")[0] for name in scores if "/" in name}
    assert samplers == {"fitted_mixture", "normal", "normal_truncated", "encodings"}
    assert scores[CRITERION] == scores["fitted_mixture/autoencoder/frechet_distance"]
    assert not model.prior.is_fitted


def test_toys(monkeypatch):
    data = load("toy3x3", DataOptions())
    model = GAN((2,), 4, width=0.1)
    subject = Subject(model, data)
    scores = epoch_scores(subject, num=200)
    real = data.train.draw(100)  # the tests compare 100 examples
    drawn = np.concatenate(list(_draw(model, 100)))
    assert scores["prior/nll"] == pytest.approx(negative_log_likelihood(drawn, data.truth), rel=1e-5)
    assert scores[CRITERION] == pytest.approx(mmd(drawn, real, mmd_widths(real)), rel=1e-5)


def _draw(model, n):
    from tfgmmgan.evaluation.samplers import draw_in_batches

    return draw_in_batches(model, n, 0)


def test_better_is_lower_and_finite():
    assert is_better(1.0, None) and is_better(1.0, 2.0)
    assert not is_better(2.0, 2.0) and not is_better(float("nan"), None) and not is_better(float("inf"), 3.0)
