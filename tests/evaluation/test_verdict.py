"""The one word before the numbers."""

import pytest

from tfgmmgan.evaluation import summary
from tfgmmgan.evaluation.verdict import verdict


def card(coverage, recall, precision=1.0, epochs=20):
    own = {"coverage": coverage, "recall": recall, "precision": precision}
    floor = {"coverage": 0.9, "recall": 0.8, "precision": 0.85}
    return {
        "image_quality": {"prior": {"autoencoder": own}},
        "floor": {"autoencoder": floor},
        "run": {"epochs": epochs},
    }


def test_noise_is_called_noise_whatever_its_precision():
    assert verdict(card(0.02, 0.0)) == [
        "The generated images are not yet like real ones: 2% of the real test images have a generated one near them, "
        "90% a real one. Train longer: the same command with --resume --epochs 60."
    ]
    assert "Train longer" not in verdict(card(0.02, 0.0, epochs=None))[0]
    stopped = card(0.02, 0.0)
    stopped["run"]["config"] = {"epochs": 100}
    assert verdict(stopped)[0].endswith("Train longer: the same command with --resume.")
    stopped["run"]["checkpoint"] = "best"  # an epoch before the last
    assert "Train longer" not in verdict(stopped)[0]


@pytest.mark.parametrize(
    ("coverage", "recall", "told"),
    [
        (0.85, 0.75, "nearly as varied as real ones"),
        (0.85, 0.5, "but not of all of it"),  # recall 0.63 of real ones'
        (0.5, 0.75, "but not of all of it"),
        (0.85, 0.39, "not yet like real ones"),
        (0.44, 0.8, "not yet like real ones"),
    ],
)
def test_the_worse_of_two_scores_counts(coverage, recall, told):
    assert told in verdict(card(coverage, recall))[0]


def test_images_that_are_unlike_all_real_ones_are_counted():
    assert verdict(card(0.9, 0.8, precision=0.7)) == [
        "The generated images are as varied as real ones, but 30% of them are unlike any real one, of real ones 15%."
    ]
    assert "nearly as varied" in verdict(card(0.9, 0.8, precision=0.75))[0]


def test_nothing_is_said_of_what_was_not_measured():
    assert verdict({}) == [] and verdict({"image_quality": None, "floor": None}) == []
    assert verdict({"image_quality": {"prior": {"classifier": {}}}, "floor": {"classifier": {}}}) == []


def test_it_stands_first(tiny_gmmgan, images):
    from tests.evaluation.test_scorecard import dataset
    from tfgmmgan.evaluation import make_scorecard

    told = summary(make_scorecard(tiny_gmmgan(), dataset(images, None), {"epochs": 1}))
    assert told.startswith("The generated images are ")
