"""What a config leaves open, and the data settles."""

import pytest

from tfgmmgan.training import TrainConfig, make_config
from tfgmmgan.training.build import with_batch, with_length
from tfgmmgan.training.options import dataset_configs


@pytest.mark.parametrize(
    ("options", "examples", "epochs", "every"),
    [
        ({}, 900, 429, 107),  # 14 steps an epoch
        ({}, 60_000, 7, 1),
        ({}, 10**7, 1, 1),
        ({}, 10, 6000, 1500),  # fewer than a batch
        ({"epochs": 20}, 900, 20, 5),
        ({"evaluation.every_epochs": 0}, 900, 429, 0),
        ({"early_stopping": 3}, 900, 429, 26),  # so that four times three measurements may be in vain
        ({"model": "gan", "model.critic_steps": 5, "model.update_order": "alternating"}, 3200, 600, 150),
    ],
)
def test_a_run_is_six_thousand_steps_long_and_measured_four_times(options, examples, epochs, every):
    found = with_length(TrainConfig(options), examples)
    assert (found["epochs"], found["evaluation.every_epochs"]) == (epochs, every)
    assert with_length(found, examples) == found


def test_a_batch_that_was_made_smaller_stays():
    before = TrainConfig({"batch_size": 32, "epochs": 3})
    assert TrainConfig({"epochs": 3}).settled_by(before)["batch_size"] == 32
    assert TrainConfig({"batch_size": 100}).settled_by(before)["batch_size"] == 100


def test_what_a_run_settled_stays():
    before = TrainConfig({"epochs": 40, "num_components": 7, "evaluation.every_epochs": 10})
    open_ones = TrainConfig({"num_components": "auto"})
    settled = open_ones.settled_by(before)
    assert [settled[name] for name in ("epochs", "num_components", "evaluation.every_epochs")] == [40, 7, 10]
    told = TrainConfig({"epochs": 50, "num_components": 3, "evaluation.every_epochs": 0})
    assert told.settled_by(before) == told
    assert "num_components" not in TrainConfig({"model": "gan"}).settled_by(TrainConfig({"model": "gan", "epochs": 2}))


def test_every_dataset_of_ours_says_how_long():
    for dataset in ("digits", "mnist", "fashion_mnist", "cifar10", "celeb_a", "toy3x3"):
        assert dataset_configs(dataset, "gan") and isinstance(make_config("gan", dataset)["epochs"], int)


@pytest.mark.parametrize(
    ("examples", "critic_steps", "batch_size"), [(40, 1, 32), (63, 2, 16), (64, 1, 64), (1, 1, 64)]
)
def test_a_batch_is_smaller_where_there_are_few_examples(examples, critic_steps, batch_size, recwarn):
    found = with_batch(make_config("gan", **{"model.critic_steps": critic_steps}), examples)
    assert found["batch_size"] == batch_size
    said = [f"There are {examples} examples to train on; a batch is of {batch_size}, not 64."] * (batch_size < 64)
    assert [str(note.message) for note in recwarn] == said


def test_a_batch_that_somebody_chose_stays():
    assert with_batch(make_config("gan", batch_size=100), 40)["batch_size"] == 100
