import json
from pathlib import Path

import numpy as np
import pytest

from tfgmmgan.cli.train import parse
from tfgmmgan.data.augmentation import Augmentation
from tfgmmgan.models import MODELS
from tfgmmgan.training import options
from tfgmmgan.training.build import build_model
from tfgmmgan.training.compat import read_run_config
from tfgmmgan.training.options import RunOptions, TrainConfig, heeded_options, known_options, make_config
from tfgmmgan.training.yaml_files import flatten, nested, read_yaml, write_yaml
from tfgmmgan.utils.arguments import check, converted
from tfgmmgan.utils.errors import UserError

CONFIGS = Path(__file__).parents[2] / "configs"


def test_later_files_override_earlier_ones(tmp_path, monkeypatch):
    tmp_path = tmp_path / "a [1]*"  # names, not patterns
    tmp_path.mkdir()
    (tmp_path / "a.yaml").write_text("epochs: 3\nprior:\n  variance: 0.5\n  trainable: false\n")
    (tmp_path / "b.yaml").write_text("prior:\n  variance: 0.25\n")
    monkeypatch.setattr(options, "dataset_configs", lambda dataset, model: [tmp_path / "a.yaml", tmp_path / "b.yaml"])
    config = make_config("gmmgan", "digits")
    assert (config["epochs"], config["prior.variance"], config["prior.trainable"]) == (3, 0.25, False)
    assert config["batch_size"] == RunOptions.batch_size


def test_a_dataset_s_files_are_for_all_models_and_for_one():
    assert options.dataset_configs("mnist", "modegan") == [CONFIGS / "mnist.yaml", CONFIGS / "modegan" / "mnist.yaml"]
    assert options.dataset_configs("mnist", "gan") == [CONFIGS / "mnist.yaml"]
    assert options.dataset_configs("folder", "modegan") == []
    assert [options.default_model(name) for name in ("digits", "folder", "toy3x3")] == ["modegan", "modegan", "gmmgan"]
    assert TrainConfig({})["model"] == make_config()["model"] == "modegan"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epohcs: 3", "Unknown option 'epohcs'. Did you mean 'epochs'?"),
        (
            "model:\n  name: gmmgan\n  estimater: paired",
            "Unknown option 'model.estimater'. Did you mean 'model.estimator'?",
        ),
        (
            "model:\n  name: gmmgan\n  estimator: pair",
            "--model.estimator must be one of stratified, paired; got 'pair'",
        ),
        ("model:\n  estimator: paired", "The model 'modegan' has no use for --model.estimator"),
        ("model: gmgan2", "Unknown model 'gmgan2'. Did you mean 'gmgan'?"),
        ("epochs: many", "got 'many'"),
        ("epochs: 0", "--epochs must be a whole number, at least 1 or auto; got '0'"),
        ("epochs: 01", "--epochs must be a whole number, at least 1 or auto; got '01'"),
        ("prior:\n  variance: -1", "--prior.variance must be a number, above 0; got '-1'"),
        ("seed: -1", "--seed must be a whole number, at least 0; got '-1'"),
        ("seed: 4294967296", "--seed must be below 2**32"),
        ("epochs: 5\nseed:", "--seed must be a whole number, at least 0; got ''"),
        ("epochs: 5\nmodel:", "Unknown model ''"),
        ("model:\n  width:", "--model.width must be a number, above 0; got ''"),
        ("epochs: 5\ndata:", "data must hold options by name; got nothing"),
        ("data: 5", "data must hold options by name; got 5"),
        ("evaluation:\n  samples: 1", "--evaluation.samples must be a whole number, at least 2 or null; got '1'"),
        ("evaluation:\n  trade_off_samples: 7", "--evaluation.trade_off_samples must be 0, or at least 8"),
        ("optimizers:\n  beta_1: 1", "--optimizers.beta_1 must be a number, at least 0 and below 1"),
        ("clusterer:\n  entropy_penalty: 1", "--clusterer.entropy_penalty must be a number, at least 0 and below 1"),
        ("model: {name: gmmgan, marginal_entropy: .inf}", "--model.marginal_entropy must be a number, at least 0"),
        ("data:\n  image_size: 30", "multiple of 4"),
        ("jit: 1", "--jit must be true or false or auto; got '1'"),
    ],
)
def test_bad_files_name_the_file_and_the_nearest_key(tmp_path, text, message):
    file = tmp_path / "bad.yaml"
    file.write_text(text)
    with pytest.raises(UserError) as raised:
        parse(["--config", str(file)], "train.py")
    assert str(file) in str(raised.value) and message in str(raised.value)


@pytest.mark.parametrize("name", MODELS)
def test_config_yaml_is_complete_and_read_back_as_it_was(tmp_path, name):
    config = TrainConfig({"model": name, "epochs": 7, "seed": 3, "model.adversarial_loss": "hinge"})
    write_yaml({"version": "0.2.0", **config.heeded()}, tmp_path / "config.yaml")
    again = read_run_config(tmp_path / "config.yaml")
    assert dict(again) == dict(config) and again["epochs"] == 7 and again["model.adversarial_loss"] == "hinge"
    assert set(again) == set(heeded_options(name))
    for option in heeded_options(name):
        assert option.rsplit(".", maxsplit=1)[-1] in (tmp_path / "config.yaml").read_text()


def test_nested_and_flat_are_the_same():
    flat = {"dataset": "digits", "model": "gan", "model.width": "0.5", "data.class_fractions": {"3": "0.5"}}
    content = {"dataset": "digits", "model": {"name": "gan", "width": "0.5"}, "data": {"class_fractions": {"3": "0.5"}}}
    assert nested(flat) == content and flatten(content, known_options()) == flat
    assert flatten({"model": "gan"}, known_options()) == {"model": "gan"}


def test_what_yaml_reads_as_numbers_stays_the_text_it_is(tmp_path):
    (tmp_path / "a.yaml").write_text("data: {classes: [01, yes, 1.0], path: 12}\nprecision: auto\n")
    content = read_yaml(tmp_path / "a.yaml")
    assert content == {"data": {"classes": ["01", "yes", "1.0"], "path": "12"}, "precision": "auto"}
    config, _, _ = parse(["--config", str(tmp_path / "a.yaml")], "train.py")
    assert config["data.classes"] == ["01", "yes", "1.0"] and config["data.path"] == "12"


@pytest.mark.parametrize("name", MODELS)
def test_every_option_says_what_it_is_and_has_a_default_that_it_takes(name):
    for option, argument in heeded_options(name).items():
        assert argument.help, option
        check(option, argument.default, argument.hint)
        assert converted(option, "null" if argument.default is None else str(argument.default), argument.hint) == (
            argument.default
        )


def test_options_reach_the_model():
    said = {
        "model": "gmmgan",
        "num_components": 4,
        "latent_dim": 6,
        "seed": 5,
        "precision": "bfloat16",
        "prior.covariance": "diag",
        "prior.mixture_weights": "uniform",
        "prior.trainable": False,
        "model.width": 0.1,
        "model.encoder": "separate",
        "model.estimator": "paired",
        "model.mutual_information": 0.5,
        "model.update_order": "alternating",
        "optimizers.learning_rate": 1e-3,
        "optimizers.discriminator_learning_rate": 2e-3,
    }
    model = build_model(TrainConfig(said), (8, 8, 1))
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

    changed = TrainConfig(said).replaced(**{"model.estimator": "stratified", "model.generator_batch_size": 9})
    assert build_model(changed, (8, 8, 1)).generator_batch_size == 9


def test_options_reach_modegan_and_its_clusterer():
    said = {
        "num_components": 4,
        "seed": 5,
        "batch_size": 32,
        "precision": "bfloat16",
        "model.width": 0.1,
        "model.discriminator_units": 7,
        "model.diversity": 0.3,
        "prior.subclasses": 2,
        "prior.spread": 0.5,
        "clusterer.descriptor": "network",
        "clusterer.network": "MobileNetV2",
        "clusterer.network_size": 96,
        "clusterer.network_range": "0 to 255",
        "clusterer.n_init": 3,
        "clusterer.width": 0.2,
        "clusterer.entropy_penalty": 0.2,
        "clusterer.steps": 11,
        "clusterer.self_training_rounds": 1,
        "clusterer.augmentation.shift": 0.2,
        "clusterer.augmentation.flip": True,
    }
    model = build_model(TrainConfig(said), (8, 8, 1))
    assert (model.discriminator.num_outputs, model.discriminator.hidden_units, model.diversity) == (4, 7, 0.3)
    assert (model.prior.subclasses, model.prior.spread, model.prior.seed) == (2, 0.5, 5)
    clusterer = model.clusterer
    assert clusterer.get_params(deep=False) == {
        "n_clusters": 4,
        "network": "MobileNetV2",
        "network_size": 96,
        "network_range": "0 to 255",
        "descriptor": "network",
        "n_init": 3,
        "entropy_penalty": 0.2,
        "steps": 11,
        "self_training_rounds": 1,
        "batch_size": 32,
        "augmentation": Augmentation(shift=0.2, flip=True),
        "architecture": "auto",
        "width": 0.2,
        "dtype": "mixed_bfloat16",
        "random_state": 5,
        "verbose": 0,
    }
    with pytest.raises(UserError, match=r"Did you mean 'deskewed_hog'\?"):
        build_model(TrainConfig({"clusterer.descriptor": "deskewd_hog"}), (8, 8, 1))


def test_cosine_rates_fall_to_0_over_the_run():
    said = {"learning_rate": 1e-3, "discriminator_learning_rate": 2e-3, "schedule": "cosine"}
    said = {f"optimizers.{name}": value for name, value in said.items()}
    said |= {"model.update_order": "alternating", "model.critic_steps": 2, "model.width": 0.1}
    config = TrainConfig({"model": "wgan_gp", "epochs": 3, "batch_size": 4, **said})
    model = build_model(config, (8, 8, 1), num_examples=83)  # 10 steps an epoch
    for optimizer, rate, updates in ((model.optimizer, 1e-3, 30), (model.discriminator_optimizer, 2e-3, 60)):
        for done in (0, updates // 3, updates):
            optimizer.iterations.assign(done)
            expected = rate * (1 + np.cos(np.pi * done / updates)) / 2
            assert float(optimizer.learning_rate) == pytest.approx(expected, abs=1e-9)


def unused(model):
    return known_options() - set(heeded_options(model))


def test_options_a_model_cannot_heed_are_refused():
    with pytest.raises(UserError, match="'gan' has no use for --num_components"):
        TrainConfig({"model": "gan", "num_components": 4})
    assert "model.adversarial_loss" not in unused("gan") and "latent_dim" not in unused("gan")
    for model in ("gan", "wgan_gp", "acgan", "gael"):  # their priors are not trained
        assert {"prior.trainable", "prior.variance", "prior.mixture_weights"} <= unused(model)
    assert {"clusterer.augmentation.shift", "clusterer.augmentation.flip", "clusterer.descriptor"} <= unused("gan")
    assert "num_components" in unused("acgan") and "latent_dim" not in unused("acgan")
    others = {"model.sampling", "model.component_to_class", "model.class_to_component"}
    others |= {"model.negatives", "model.class_log_likelihood", "model.encoding", "model.encoding_variance"}
    ours = {"model.discriminator_units", "model.diversity", "model.subclass_consistency"}
    ours |= {"from", "prior.subclasses", "prior.spread"} | {
        name for name in known_options() if name.startswith("clusterer.")
    }
    assert unused("gmmgan") == others | ours
    papers = {f"model.{name}" for name in ("encoder", "estimator", "mutual_information", "mutual_information_updates")}
    papers |= {f"model.{name}" for name in ("classifier_adversarial", "marginal_entropy", "posterior_consistency")}
    assert unused("modegan") == others | papers | {"model.responsibility_consistency", "model.posterior_comparison"}


def test_options_for_subclasses_need_some():
    for name in ("prior.spread", "model.subclass_consistency"):
        with pytest.raises(UserError, match=rf"--{name} is for subclasses, and there are none"):
            TrainConfig({name: 0.7})
        assert TrainConfig({name: 0.7, "prior.subclasses": 2})[name] == 0.7


@pytest.mark.parametrize("penalty", [None, 0.8])
def test_a_run_from_an_answer_has_what_its_kinds_were_found_with(penalty, tmp_path):
    said = {"paths": [str(tmp_path)], "shape": [12, 12, 3], "crop": "none"}
    said |= {"classifier": {"architecture": "auto", "width": 0.5}, "kinds": [{"cluster": 0}, {"cluster": 1}]}
    (tmp_path / "summary.json").write_text(json.dumps(said | ({} if penalty is None else {"entropy_penalty": penalty})))
    config = make_config(**{"from": str(tmp_path)})
    assert config["clusterer.entropy_penalty"] == (penalty or 0) and config["clusterer.width"] == 0.5
    assert config["num_components"] == 2 and config["data.crop"] == "none" and config["data.image_size"] == 12
    if penalty:
        with pytest.raises(UserError, match=r"--from .* has --clusterer\.entropy_penalty 0\.8"):
            make_config(**{"from": str(tmp_path), "clusterer.entropy_penalty": 0.2})
