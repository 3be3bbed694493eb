"""The default command on digits, and what GMMGAN's defaults are for. Slow: .ci/run runs it (`pytest -m slow`)."""

import numpy as np
import pytest

from tfgmmgan.clustering import classifier_training
from tfgmmgan.data import load
from tfgmmgan.training import TrainConfig, load_run, make_config, train

SETTLING = classifier_training.SETTLING  # as users have it: tests/conftest.py makes it few


@pytest.fixture(autouse=True)
def settled(monkeypatch, unexported):
    monkeypatch.setattr(classifier_training, "SETTLING", SETTLING)


def config_of(model, **options):
    return make_config(model, "digits", **options, **{"evaluation.every_epochs": 0, "evaluation.extent": "quick"})


@pytest.mark.slow
def test_on_digits_nothing_collapses(tmp_path):
    """Seed 1; 0 is what the README's first command trains, all three are in docs/results. C does not change with G."""
    run, card = train(config_of("modegan", seed=1, epochs=20), str(tmp_path / "run"))
    print(card["test"])
    _, _, model, data = load_run(str(run.path))
    everything = model.responsibilities(np.concatenate([data.train.examples, data.test.examples]))
    shares = np.bincount(everything.argmax(axis=1), minlength=10) / len(everything)
    assert shares.min() >= 0.02
    assert everything.max(axis=1).mean() >= 0.6
    assert card["test"]["modes"]["mean_confidence"] >= 0.6
    assert card["test"]["clustering"]["classifier"]["acc"] >= 0.6


def modes_in_use(tmp_path, **options):
    config = config_of("gmmgan", epochs=30, **{"optimizers.schedule": "constant"}, **options)
    _, card = train(config, str(tmp_path / "run"))
    return card["train"]["modes"]


LITERAL = {
    "model.classifier_adversarial": True,
    "model.marginal_entropy": 0.0,
    "model.posterior_consistency": 0.0,
}


@pytest.mark.slow
@pytest.mark.parametrize("adversarial", ["minimax", "non_saturating"])
def test_the_literal_losses_collapse(adversarial, tmp_path):
    modes = modes_in_use(tmp_path, **LITERAL | {"model.adversarial_loss": adversarial})
    assert modes["num_modes_in_use"] <= 2
    assert max(modes["shares"]) >= 0.9


@pytest.mark.slow
def test_the_remedy_prevents_it(tmp_path):
    """The literal losses, the classifier's adversarial gradient included, with just the two remedies added."""
    modes = modes_in_use(tmp_path, **{"model.classifier_adversarial": True, "model.adversarial_loss": "minimax"})
    assert modes["num_modes_in_use"] >= 8


def test_the_data_of_this_page_is_what_the_default_command_uses():
    assert TrainConfig({})["dataset"] == load("digits").name == "digits"
