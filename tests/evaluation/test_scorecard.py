import json

import numpy as np

import tfgmmgan
from tfgmmgan.data import ImageData, Split
from tfgmmgan.evaluation import EvaluationOptions, describe, make_scorecard, summary, write_scorecard
from tfgmmgan.evaluation.scorecard import SCHEMA_VERSION
from tfgmmgan.evaluation.sections.clustering import Clustering


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
    assert card["run"] == {"name": "x"} and card["schema_version"] == SCHEMA_VERSION and card["versions"]["keras"]
    assert card["versions"]["tfgmmgan"] == tfgmmgan.__version__
    assert sum(card["mixture_weights"]) == np.float32(1)
    assert "ACC" in summary(card) and "k-means on pixels    " in describe(card)
    assert card["test"]["clustering"].keys() == card["train"]["clustering"].keys()
    for part in ("image_quality", "floor", "quality_diversity", "trade_off", "mode_health", "networks"):
        assert card[part], part
    assert card["floor"]["classifier"]["frechet_distance"] < 1e-3  # the splits are the same images
    assert card["floor"]["autoencoder"]["precision"] == card["floor"]["autoencoder"]["recall"] == 1
    assert "no Inception scores" in summary(card) and "autoencoder, N = 24" in describe(card)
    assert set(card["seconds"]) > {"modes", "image_quality", "total"}
    write_scorecard(card, tmp_path / "scorecard.json")
    assert json.loads((tmp_path / "scorecard.json").read_text()) == card


def test_without_labels_comes_what_needs_none(tiny_gmmgan, images):
    card = make_scorecard(tiny_gmmgan(), dataset(images, None), {})
    assert set(card["networks"]) == {"autoencoder"} and "quality_diversity" not in card
    assert "No labels" in summary(card)
    assert set(card["trade_off"]) == {"scales", "num_generated", "distances"}
    own = card["trade_off"]["distances"]["autoencoder"]
    assert own["num"] == 24 and len(own["recall"]) == len(card["trade_off"]["scales"])
    assert "clustering" not in card["test"] and len(card["test"]["modes"]["shares"]) == 3
    assert "no labels" in summary(card)
    assert Clustering().table(card) == ""


def test_methods_by_system(tiny_gmmgan, images):
    data = dataset(images, np.arange(24) % 4)
    mixture = tfgmmgan.GMGAN((8, 8, 1), num_components=3, latent_dim=4, width=0.1)
    cards = {model: make_scorecard(model, data, {})["test"] for model in (tiny_gmmgan(), mixture)}
    with_classifier, without = cards.values()
    assert list(with_classifier["clustering"]) == ["classifier", "algorithm_2", "kmeans", "autoencoder_kmeans"]
    assert (with_classifier["modes_by"], without["modes_by"]) == ("classifier", "algorithm_2")
    assert list(without["clustering"]) == ["algorithm_2", "kmeans", "autoencoder_kmeans"]
    plain = make_scorecard(tfgmmgan.GAN((8, 8, 1), 4, width=0.1), data, {})
    assert list(plain["test"]["clustering"]) == ["kmeans", "autoencoder_kmeans"] and "modes" not in plain["test"]
    assert plain["test"]["clustering"]["kmeans"]["num_clusters"] == 4
    assert "one component has no modes" in summary(plain)


def test_options(tiny_gmmgan, images):
    options = EvaluationOptions(samples=10, trade_off_samples=0, quality_constant=2.0)
    card = make_scorecard(tiny_gmmgan(), dataset(images, np.arange(24) % 4), {}, options)
    assert card["floor"]["classifier"]["num"] == 10 and card["image_quality"]["prior"]["classifier"]["num"] == 10
    assert card["image_quality"]["prior"]["classifier"]["num_scored"] == 10
    assert card["quality_diversity"]["constant"] == 2 and "trade_off" not in card


def test_the_same_seed_gives_the_same(tiny_gmmgan, images):
    model, data = tiny_gmmgan(), dataset(images, np.arange(24) % 4)
    first, second = (make_scorecard(model, data, {}) for _ in range(2))
    for part in ("test", "image_quality", "trade_off", "mode_health"):
        assert first[part] == second[part]
