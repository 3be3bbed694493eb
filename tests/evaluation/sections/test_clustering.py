"""What the scorecard says of GAEL before and after its prior is fitted."""

import numpy as np

from tfgmmgan import GAEL
from tfgmmgan.data import ImageData, Split
from tfgmmgan.evaluation import describe, make_scorecard

LABELS = np.arange(24) % 4


def test_clusterings(images):
    split = Split(len(images), LABELS, images)
    data = ImageData("quadrants", split, split, (8, 8, 1), ["a", "b", "c", "d"])
    model = GAEL((8, 8, 1), num_components=3, latent_dim=4, width=0.1)
    before = make_scorecard(model, data, {})
    assert "modes" not in before["test"] and set(before["test"]["clustering"]) == {
        "label_mixture",
        "kmeans",
        "autoencoder_kmeans",
    }
    assert "fitted when training has ended" in describe(before)
    assert set(before["image_quality"]) == {"normal", "normal_truncated", "encodings"}

    model.fit_prior([images])
    card = make_scorecard(model, data, {})
    assert set(card["test"]["clustering"]) == {
        "mixture",
        "algorithm_2",
        "label_mixture",
        "kmeans",
        "autoencoder_kmeans",
    }
    assert set(card["image_quality"]) == {"fitted_mixture", "normal", "normal_truncated", "encodings"}
    assert card["test"]["modes_by"] == "mixture" and len(card["mixture_weights"]) == 3
    assert not card["labels_in_training"] and "which training never saw" in describe(card)
    assert "The same, K = classes" in describe(card)
    shares = np.bincount(model.responsibilities(images).argmax(1), minlength=3) / 24
    np.testing.assert_allclose(card["test"]["modes"]["shares"], shares)

    as_many = GAEL((8, 8, 1), num_components=4, latent_dim=4, width=0.1)
    as_many.fit_prior([images])
    assert "label_mixture" not in make_scorecard(as_many, data, {})["test"]["clustering"]
