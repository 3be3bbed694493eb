import numpy as np
import pytest

from tfgmmgan.evaluation import aggregate, same_but_seed
from tfgmmgan.evaluation.terminal import aggregate_table, comparison_table


def card(seed, acc, curve, model="gmmgan"):
    return {
        "run": {
            "name": f"r{seed}",
            "epochs": 3,
            "minutes": 1.0,
            "config": {"model": model, "dataset": "d", "seed": seed},
        },
        "test": {"num_examples": 10, "clustering": {"kmeans": {"acc": acc, "confusion": [[1, 2]], "clusters": [0, 1]}}},
        "trade_off": {"quality": curve},
        "versions": {"x": "1"},
        "seconds": {"total": 5.0},
        "notes": [],
    }


def test_mean_and_standard_deviation():
    cards = [card(0, 0.5, [0.1, 0.2]), card(1, 0.7, [0.3, 0.2]), card(2, 0.9, [0.2, 0.5])]
    together = aggregate(cards)
    score = together["scores"]["test.clustering.kmeans.acc"]
    assert score["mean"] == pytest.approx(0.7) and score["std"] == pytest.approx(0.2)
    assert score["values"] == [0.5, 0.7, 0.9] and together["seeds"] == [0, 1, 2]
    np.testing.assert_allclose(together["scores"]["trade_off.quality"]["mean"], [0.2, 0.3])
    assert not any("confusion" in path or path.startswith(("seconds", "run")) for path in together["scores"])
    assert "test.clustering.kmeans.acc" in aggregate_table(together) and "seeds 0, 1, 2" in aggregate_table(together)
    assert aggregate(cards[:1])["scores"]["test.clustering.kmeans.acc"]["std"] is None


def test_what_is_not_in_all_is_left_out():
    second = card(1, 0.7, [0.3])
    together = aggregate([card(0, 0.5, [0.1, 0.2]), second])
    assert "trade_off.quality" not in together["scores"]


def test_groups_differ_in_more_than_the_seed():
    cards = [card(0, 1, [1]), card(0, 1, [1], model="gan"), card(1, 1, [1])]
    assert [[one["run"]["name"] for one in group] for group in same_but_seed(cards)] == [["r0", "r1"], ["r0"]]


def test_beside_the_published():
    cards = [card(0, 0.5, [1]), card(1, 0.7, [1])]
    table = comparison_table(
        "ACC 0.9 +- 0.1, FID 3 (X, Table 1)",
        {"ACC": (0.9, 0.1), "FID": (3.0, None)},
        {"ACC": "test.clustering.kmeans.acc", "FID": "image_quality.prior.inception.frechet_distance"},
        cards,
        aggregate(cards),
    )
    assert "0.9 +- 0.1        0.6000    0.1414   0.5000, 0.7000" in table
    assert "not measured" in table and "X, Table 1" in table and "3 epochs" in table and "10 test examples" in table
