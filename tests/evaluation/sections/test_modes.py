"""What is said of the modes."""

from types import SimpleNamespace

from tfgmmgan.evaluation.sections.modes import Modes


def card(train, test):
    splits = {"train": (train, 180), "test": (test, 20)}
    parts = {
        name: {
            "num_examples": number,
            "modes": {"shares": shares, "weights": [0.25] * 4, "min_share": 0.05, "mean_confidence": 0.9},
            "modes_by": "classifier",
        }
        for name, (shares, number) in splits.items()
    }
    return {**parts, "mixture_weights": [0.25] * 4, "run": {}}


def test_a_rare_mode_without_a_test_example_is_in_use():
    """180 * 0.06 of 200 are a share of 0.054, above a fifth of a quarter; 180 * 0.05 are not."""
    for rare, in_use in ((0.06, 4), (0.05, 3)):
        found = card([0.4, 0.3, 0.3 - rare, rare], [0.5, 0.3, 0.2, 0.0])
        line = f"Modes in use: {in_use} of 4 (each with at least 5.0% of all 200 examples)."
        assert Modes().summary(found)[0] == line
        assert Modes().tiles(SimpleNamespace(card=found)) == [(f"{in_use} of 4", "modes in use")]
