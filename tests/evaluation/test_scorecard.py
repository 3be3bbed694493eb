import json

import numpy as np

from tfgmmgan.data import ImageData, Split
from tfgmmgan.evaluation import make_scorecard, score_table, summary, write_scorecard
from tfgmmgan.training.run_directory import RunDirectory


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
    assert sum(card["mixture_weights"]) == np.float32(1)
    assert "ACC" in summary(card) and "k-means on pixels     " in score_table(card)
    write_scorecard(card, RunDirectory(tmp_path))
    assert json.loads((tmp_path / "scorecard.json").read_text()) == card


def test_without_labels_comes_what_needs_none(tiny_gmmgan, images):
    card = make_scorecard(tiny_gmmgan(), dataset(images, None), {})
    assert "clustering" not in card["test"] and len(card["test"]["modes"]["shares"]) == 3
    assert "no labels" in summary(card)
    assert score_table(card) == ""
