"""The curve over variance scales, with networks of which all is known."""

import numpy as np
import pytest

from tfgmmgan import GMGAN
from tfgmmgan.evaluation import compare_features, trade_off
from tfgmmgan.evaluation.metrics.features import Features
from tfgmmgan.evaluation.metrics.tfgan import classifier_score
from tfgmmgan.evaluation.networks.feature_network import FeatureNetwork
from tfgmmgan.evaluation.samplers import draw_in_batches


def pixels(examples):
    flat = examples.reshape(len(examples), -1)
    return flat, 20 * flat[:, :3]


def test_each_scale():
    model = GMGAN((8, 8, 1), num_components=3, latent_dim=4, width=0.1)
    judge = FeatureNetwork("classifier", pixels, "pixels")
    other = FeatureNetwork("inception", lambda x: (x.reshape(len(x), -1), 50 * x[:, 0, :5, 0]), "row")
    reference = np.random.default_rng(0).uniform(-0.1, 0.1, (30, 64)).astype(np.float32)
    real = {
        "classifier": Features(reference),
        "inception": Features(np.random.default_rng(1).normal(size=(60, 64)).astype(np.float32)),
    }
    options = {"num_generated": 43, "scales": (0.5, 1.5), "seed": 2}
    curve = trade_off(model, [judge, other], real, reference, 3.0, **options)
    assert curve["scales"] == [0.5, 1.5] and curve["num_generated"] == 40
    assert [distances["num"] for distances in curve["distances"].values()] == [30, 40]
    for row, scale in enumerate((0.5, 1.5)):
        images = np.concatenate(list(draw_in_batches(model, 40, 2, variance_scale=scale)))
        features, logits = pixels(images)
        nearest = np.linalg.norm(features[:, None] - reference[None], axis=2).min(1)
        q = 1 - np.exp(nearest) / (np.exp(nearest) + 3.0)
        assert curve["quality"][row] == pytest.approx(q.mean(), rel=1e-5)
        parts = [q[part::4].mean() for part in range(4)]
        assert curve["quality_error"][row] == pytest.approx(np.std(parts, ddof=1) / 2, rel=1e-3)
        shares = np.bincount(logits.argmax(1), minlength=3) / 40
        entropy = -sum(share * np.log(share) for share in shares if share)
        assert curve["inter"][row] == pytest.approx(entropy / np.log(3), abs=1e-6)
        assert curve["diversity"][row] == pytest.approx(np.sqrt(curve["intra"][row] * curve["inter"][row]))
        assert curve["combined"][row] == pytest.approx(np.sqrt(curve["quality"][row] * curve["diversity"][row]))
        assert curve["classifier_score"][row] == pytest.approx(classifier_score(logits))
        assert curve["inception_score"][row] == pytest.approx(classifier_score(50 * images[:, 0, :5, 0]))
        for network in (judge, other):
            values, n = real[network.name].values, curve["distances"][network.name]["num"]
            expected = compare_features(Features(values).spread(n), Features(network.run(images)[0]))
            for name in ("frechet_distance", "precision", "recall"):
                assert curve["distances"][network.name][name][row] == pytest.approx(expected[name]), name
    without_logits = FeatureNetwork("autoencoder", lambda x: (pixels(x)[0], None), "codes")
    without = trade_off(model, [without_logits], {"autoencoder": Features(reference)}, **options)
    assert set(without) == {"scales", "num_generated", "distances"}
    assert without["distances"]["autoencoder"] == curve["distances"]["classifier"]
