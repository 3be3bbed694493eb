"""The default command on digits, and what its defaults are for. Slow: .ci/run runs it (`pytest -m slow`)."""

import numpy as np
import pytest
from tfgmmgan.models.pretraining import AGREEMENT_STEPS
from tfgmmgan.models.recipe import EQUATIONS_3_AND_4, RECIPE
from tfgmmgan.training.config_file import make_config

from tfgmmgan.data import load
from tfgmmgan.evaluation import EvaluationOptions
from tfgmmgan.models import pretraining
from tfgmmgan.training import TrainConfig, load_run, train
from tfgmmgan.training.build import MODEL_ARGUMENTS

PRETRAINING_STEPS = RECIPE["pretraining_steps"]  # as users have them: tests/conftest.py makes them few


@pytest.fixture(autouse=True)
def whole_pretraining(monkeypatch):
    monkeypatch.setitem(RECIPE, "pretraining_steps", PRETRAINING_STEPS)
    monkeypatch.setattr(pretraining, "AGREEMENT_STEPS", AGREEMENT_STEPS)


def config_of(**options):
    config = make_config("gmmgan", "digits", **options)
    config.evaluation = EvaluationOptions(every_epochs=0, trade_off_samples=0)
    return config


@pytest.mark.slow
def test_on_digits_nothing_collapses(tmp_path):
    """Seed 1; 0 is what the README's first command trains, all three are in docs/results."""
    run, card = train(config_of(seed=1), str(tmp_path / "run"))
    print(card["test"])
    _, _, model, data = load_run(str(run.path))
    everything = model.responsibilities(np.concatenate([data.train.examples, data.test.examples]))
    shares = np.bincount(everything.argmax(axis=1), minlength=10) / len(everything)
    assert shares.min() >= 0.02
    assert everything.max(axis=1).mean() >= 0.6
    assert card["test"]["modes"]["mean_confidence"] >= 0.6
    assert card["test"]["clustering"]["classifier"]["acc"] >= 0.6


def modes_in_use(config, tmp_path):
    config.epochs = 30
    _, card = train(config, str(tmp_path / "run"))
    return card["train"]["modes"]


# Equations 3 and 4 with what keeps all components in use and a trained prior, as options.
RESPONSIBILITY_LEARNING = {
    **{MODEL_ARGUMENTS[name]: value for name, value in EQUATIONS_3_AND_4.items()},
    "prior.trainable": True,
    "prior.variance": 0.15,
    "prior.subclasses": 0,
    "prior.spread": 1.0,
    "networks.discriminator_units": 0,
    "optimizers.learning_rate": 2e-4,
    "optimizers.discriminator_learning_rate": 2e-4,
    "optimizers.schedule": "constant",
}
LITERAL = RESPONSIBILITY_LEARNING | {
    "losses.classifier_adversarial": True,
    "losses.marginal_entropy": 0.0,
    "losses.posterior_consistency": 0.0,
}


@pytest.mark.slow
@pytest.mark.parametrize("adversarial", ["minimax", "non_saturating"])
def test_the_literal_losses_collapse(adversarial, tmp_path):
    modes = modes_in_use(config_of(**LITERAL | {"losses.adversarial": adversarial}), tmp_path)
    assert modes["num_modes_in_use"] <= 2
    assert max(modes["shares"]) >= 0.9


@pytest.mark.slow
def test_the_remedy_prevents_it(tmp_path):
    """The literal losses, the classifier's adversarial gradient included, with just the two remedies added."""
    names = ("losses.marginal_entropy", "losses.posterior_consistency")
    remedies = {name: RESPONSIBILITY_LEARNING[name] for name in names}
    modes = modes_in_use(config_of(**LITERAL | remedies | {"losses.adversarial": "minimax"}), tmp_path)
    assert modes["num_modes_in_use"] >= 8


def test_the_data_of_this_page_is_what_the_default_command_uses():
    assert TrainConfig().dataset == load("digits").name == "digits"
