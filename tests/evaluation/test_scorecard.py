import json

import numpy as np

import tfgmmgan
from tfgmmgan.data import ImageData, Split
from tfgmmgan.evaluation import make_scorecard, score_table, summary, write_scorecard


def dataset(images, labels):
    split = Split(len(images), labels, images)
    return ImageData("quadrants", split, split, (8, 8, 1), ["a", "b", "c", "d"] if labels is not None else [])


def test_with_labels(tiny_gmmgan, images, tmp_path):
    model = tiny_gmmgan(num_components=4)
    labels = np.arange(24) % 4
    card = make_scorecard(model, dataset(images, labels), {"name": "x"})
    responsibilities = model.responsibilities(images)
    np.testing.assert_allclose(card["test"]["modes"]["weights"], responsibilities.mean(0), rtol=1e-5)
    assert card["test"]["clustering"]["kmeans"]["acc"] == 1  # four bright quadrants
    assert card["run"] == {"name": "x"} and card["schema_version"] == 1 and card["versions"]["keras"]
    assert card["versions"]["tfgmmgan"] == tfgmmgan.__version__
    assert sum(card["mixture_weights"]) == np.float32(1)
    assert "ACC" in summary(card) and "k-means on pixels    " in score_table(card)
    write_scorecard(card, tmp_path / "scorecard.json")
    assert json.loads((tmp_path / "scorecard.json").read_text()) == card


def test_without_labels_comes_what_needs_none(tiny_gmmgan, images):
    card = make_scorecard(tiny_gmmgan(), dataset(images, None), {})
    assert "clustering" not in card["test"] and len(card["test"]["modes"]["shares"]) == 3
    assert "no labels" in summary(card)
    assert score_table(card) == ""


def test_methods_by_system(tiny_gmmgan, images):
    data = dataset(images, np.arange(24) % 4)
    mixture = tfgmmgan.GMGAN((8, 8, 1), num_components=3, latent_dim=4, width=0.1)
    cards = {model: make_scorecard(model, data, {})["test"] for model in (tiny_gmmgan(), mixture)}
    with_classifier, without = cards.values()
    assert list(with_classifier["clustering"]) == ["classifier", "algorithm_2", "kmeans"]
    assert (with_classifier["modes_by"], without["modes_by"]) == ("classifier", "algorithm_2")
    assert list(without["clustering"]) == ["algorithm_2", "kmeans"]
    plain = make_scorecard(tfgmmgan.GAN((8, 8, 1), 4, width=0.1), data, {})
    assert list(plain["test"]["clustering"]) == ["kmeans"] and "modes" not in plain["test"]
    assert plain["test"]["clustering"]["kmeans"]["num_clusters"] == 4
    assert "one component has no modes" in summary(plain)
