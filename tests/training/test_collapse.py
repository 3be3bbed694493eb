"""The default command on digits, and what its defaults are for. Slow: .ci/run runs it (`pytest -m slow`)."""

import dataclasses

import numpy as np
import pytest

from tfgmmgan.data import load
from tfgmmgan.evaluation import EvaluationOptions
from tfgmmgan.training import TrainConfig, load_run, train
from tfgmmgan.training.config_file import dataset_config, read_config


def default(**losses):
    config = read_config(dataset_config("digits"))
    config.losses = dataclasses.replace(config.losses, **losses)
    config.evaluation = EvaluationOptions(every_epochs=0, trade_off_samples=0)
    return config


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_on_digits_nothing_collapses(seed, tmp_path):
    config = default()
    config.seed = seed
    run, card = train(config, str(tmp_path / "run"))
    print(card["test"])
    _, _, model, data = load_run(str(run.path))
    everything = model.responsibilities(np.concatenate([data.train.examples, data.test.examples]))
    shares = np.bincount(everything.argmax(axis=1), minlength=10) / len(everything)
    assert shares.min() >= 0.02
    assert everything.max(axis=1).mean() >= 0.6
    assert card["test"]["modes"]["mean_confidence"] >= 0.6
    assert card["test"]["clustering"]["classifier"]["acc"] >= 0.5


def modes_in_use(config, tmp_path):
    config.epochs = 30
    _, card = train(config, str(tmp_path / "run"))
    return card["train"]["modes"]


LITERAL = {"classifier_adversarial": True, "marginal_entropy": 0.0, "posterior_consistency": 0.0}


@pytest.mark.slow
@pytest.mark.parametrize("adversarial", ["minimax", "non_saturating"])
def test_the_literal_losses_collapse(adversarial, tmp_path):
    modes = modes_in_use(default(**LITERAL, adversarial=adversarial), tmp_path)
    assert modes["num_modes_in_use"] <= 2
    assert max(modes["shares"]) >= 0.9


@pytest.mark.slow
def test_the_default_s_remedy_is_what_prevents_it(tmp_path):
    """The literal losses, the classifier's adversarial gradient included, with just the two remedies added."""
    defaults = TrainConfig().losses
    remedies = {name: getattr(defaults, name) for name in ("marginal_entropy", "posterior_consistency")}
    modes = modes_in_use(default(**{**LITERAL, **remedies}, adversarial="minimax"), tmp_path)
    assert modes["num_modes_in_use"] >= 8


def test_the_data_of_this_page_is_what_the_default_command_uses():
    assert TrainConfig().dataset == load("digits").name == "digits"
