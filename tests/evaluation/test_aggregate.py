import numpy as np
import pytest

from tfgmmgan.evaluation import aggregate, same_but_seed


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
    assert aggregate(cards[:1])["scores"]["test.clustering.kmeans.acc"]["std"] is None


def test_what_is_not_in_all_is_left_out():
    second = card(1, 0.7, [0.3])
    together = aggregate([card(0, 0.5, [0.1, 0.2]), second])
    assert "trade_off.quality" not in together["scores"]


def test_groups_differ_in_more_than_the_seed():
    cards = [card(0, 1, [1]), card(0, 1, [1], model="gan"), card(1, 1, [1])]
    assert [[one["run"]["name"] for one in group] for group in same_but_seed(cards)] == [["r0", "r1"], ["r0"]]
