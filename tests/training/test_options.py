from pathlib import Path

import numpy as np
import pytest

from tfgmmgan.data.augmentation import Augmentation
from tfgmmgan.models import MODELS
from tfgmmgan.training.build import MODEL_ARGUMENTS, PRIOR_ARGUMENTS, build_model, unused_options
from tfgmmgan.training.config import OptimizerOptions, TrainConfig, flatten
from tfgmmgan.training.config_file import read_config
from tfgmmgan.training.run_directory import RunDirectory
from tfgmmgan.training.runner import write_config
from tfgmmgan.utils.errors import UserError

CONFIGS = Path(__file__).parents[2] / "configs"


def test_later_files_override_earlier_ones(tmp_path):
    tmp_path = tmp_path / "a [1]*"  # names, not patterns
    tmp_path.mkdir()
    (tmp_path / "a.yaml").write_text("epochs: 3\nprior:\n  variance: 0.5\n  trainable: false\n")
    (tmp_path / "b.yaml").write_text("prior:\n  variance: 0.25\n")
    config = read_config(tmp_path / "a.yaml", tmp_path / "b.yaml")
    assert (config.epochs, config.prior.variance, config.prior.trainable) == (3, 0.25, False)
    assert config.batch_size == TrainConfig().batch_size


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epohcs: 3", "Unknown option 'epohcs'. Did you mean 'epochs'?"),
        (
            "losses:\n  estimater: paired",
            "Unknown option 'losses.estimater'. Did you mean 'losses.estimator'?",
        ),
        ("losses:\n  estimator: pair", "Expected one of ['stratified', 'paired']. Got value: pair"),
        ("epochs: many", "Got value: many"),
        ("epochs: 0", "--epochs must be at least 1; got 0"),
        ("prior:\n  variance: -1", "--prior.variance must be a positive number; got -1"),
        ("seed: -1", "--seed must be at least 0 and below 2**32"),
        ("seed: 4294967296", "--seed must be at least 0 and below 2**32"),
        ("epochs: 5\nseed:", "--seed must have a value"),
        ("epochs: 5\nmodel:", "--model must have a value"),
        ("networks:\n  width:", "--networks.width must have a value"),
        ("epochs: 5\ndata:", "data must hold options by name; got nothing"),
        ("data: 5", "data must hold options by name; got 5"),
        ("evaluation:\n  samples: 1", "--evaluation.samples must be at least 2"),
        ("evaluation:\n  trade_off_samples: 7", "--evaluation.trade_off_samples must be 0, or at least 8"),
        ("optimizers:\n  beta_1: 1", "--optimizers.beta_1 must be at least 0 and below 1"),
        ("losses:\n  marginal_entropy: .inf", "must be 0 or more"),
        ("data:\n  image_size: 30", "multiple of 4"),
    ],
)
def test_bad_files_name_the_file_and_the_nearest_key(tmp_path, text, message):
    file = tmp_path / "bad.yaml"
    file.write_text(text)
    with pytest.raises(UserError) as raised:
        read_config(file)
    assert str(file) in str(raised.value) and message in str(raised.value)


@pytest.mark.parametrize("name", MODELS)
def test_config_yaml_is_complete_and_read_back_as_it_was(tmp_path, name):
    config = TrainConfig(model=name, epochs=7, seed=3)
    config.losses.adversarial = "hinge"
    run = RunDirectory(tmp_path)
    write_config(config, run)
    assert read_config(run.config) == config
    for option in set(flatten(config)) - set(unused_options(name)):
        assert option.rsplit(".", maxsplit=1)[-1] in run.config.read_text()


def test_every_option_of_the_config_has_a_use():
    """Each is the runner's, or an argument of some model or prior."""
    runner = {"dataset", "model", "epochs", "batch_size", "precision", "jit", "steps_per_execution", "strategy"}
    groups = ("data.", "evaluation.", "augmentation.")
    names = ("learning_rate", "discriminator_learning_rate", "schedule", "beta_1", "beta_2")
    adam = {f"optimizers.{name}" for name in names}
    for option in flatten(TrainConfig()):
        if option not in runner | adam and not option.startswith(groups):
            assert option in {*MODEL_ARGUMENTS.values(), *PRIOR_ARGUMENTS.values()}
            assert any(option not in unused_options(model) for model in MODELS), option


def test_options_reach_the_model():
    config = TrainConfig(model="gmmgan", num_components=4, latent_dim=6, seed=5, precision="bfloat16")
    config.prior.covariance, config.prior.weights, config.prior.trainable = "diag", "uniform", False
    config.networks.width, config.networks.encoder, config.networks.discriminator_units = 0.1, "separate", 7
    config.losses.estimator, config.losses.mutual_information = "paired", 0.5
    config.optimizers.learning_rate, config.optimizers.discriminator_learning_rate = 1e-3, 2e-3
    config.losses.augmentation_consistency, config.losses.discriminator = 0.3, "per_mode"
    config.augmentation = Augmentation(shift=0.2, flip=True)
    config.optimizers.update_order = "alternating"
    model = build_model(config, (8, 8, 1))
    assert (model.augmentation_consistency, model.augmentation) == (0.3, Augmentation(shift=0.2, flip=True))
    assert (model.discriminator.num_outputs, model.discriminator.hidden_units) == (4, 7)
    prior = model.prior
    assert (prior.num_components, prior.latent_dim, prior.covariance, prior.seed) == (4, 6, "diag", 5)
    assert (prior.mixture_weights, prior.trainable) == ("uniform", False)
    assert (model.width, model.encoder, model.estimator, model.mutual_information) == (
        0.1,
        "separate",
        "paired",
        0.5,
    )
    assert (model.update_order, model.seed) == ("alternating", 5)
    assert model.generator.blocks[0].compute_dtype == "bfloat16"
    rates = [float(o.learning_rate) for o in (model.optimizer, model.discriminator_optimizer)]
    assert rates == pytest.approx([1e-3, 2e-3])

    config.losses.estimator, config.optimizers.generator_batch_size = "stratified", 9
    assert build_model(config, (8, 8, 1)).generator_batch_size == 9


def test_cosine_rates_fall_to_0_over_the_run():
    config = TrainConfig(model="wgan_gp", epochs=3, batch_size=4)
    config.optimizers = OptimizerOptions(1e-3, 2e-3, "cosine", update_order="alternating", critic_steps=2)
    config.networks.width = 0.1
    model = build_model(config, (8, 8, 1), num_examples=83)  # 10 steps an epoch
    for optimizer, rate, updates in ((model.optimizer, 1e-3, 30), (model.discriminator_optimizer, 2e-3, 60)):
        for done in (0, updates // 3, updates):
            optimizer.iterations.assign(done)
            expected = rate * (1 + np.cos(np.pi * done / updates)) / 2
            assert float(optimizer.learning_rate) == pytest.approx(expected, abs=1e-9)


def test_options_a_model_cannot_heed_are_refused():
    config = TrainConfig(model="gan", num_components=4)
    with pytest.raises(UserError, match="'gan' has no use for --num_components"):
        build_model(config, (8, 8, 1))
    assert "losses.adversarial" not in unused_options("gan") and "latent_dim" not in unused_options("gan")
    for model in ("gan", "wgan_gp", "acgan", "gael"):  # their priors are not trained
        assert {"prior.trainable", "prior.variance", "prior.weights"} <= set(unused_options(model))
    assert {"augmentation.shift", "augmentation.flip"} <= set(unused_options("gan"))
    assert "num_components" in unused_options("acgan") and "latent_dim" not in unused_options("acgan")
    others = {"prior.sampling", "prior.component_to_class", "prior.class_to_component"}
    others |= {"losses.negatives", "losses.class_log_likelihood", "losses.encoding", "losses.encoding_variance"}
    assert set(unused_options("gmmgan")) == others
