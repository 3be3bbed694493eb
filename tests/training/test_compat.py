"""Run directories of version 0.1: stored runs of two epochs are evaluated, drawn from and resumed.

`expected.json` holds what 0.1 gave for their last checkpoints; the checkpoints' groups were packed more tightly.
"""

import json
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

from tfgmmgan.cli import run_command
from tfgmmgan.cli.evaluate import command as evaluate
from tfgmmgan.cli.sample import command as sample
from tfgmmgan.cli.train import _read_config
from tfgmmgan.cli.train import command as train
from tfgmmgan.models import GMGAN, GMMGAN, ModeGAN
from tfgmmgan.training import load_run, make_config
from tfgmmgan.training.compat import read_run_config
from tfgmmgan.training.csv_files import read_rows
from tfgmmgan.training.options import TrainConfig
from tfgmmgan.training.run_directory import RunDirectory
from tfgmmgan.training.yaml_files import read_yaml, write_yaml
from tfgmmgan.utils.errors import UserError

RUNS = Path(__file__).parent / "runs_of_0_1"
EXPECTED = json.loads((RUNS / "expected.json").read_text())
MODELS = {"modegan": ModeGAN, "gmgan": GMGAN, "gmmgan": GMMGAN}


@pytest.fixture(params=MODELS)
def old(request, tmp_path):
    """A copy of a stored run, by name."""
    shutil.copytree(RUNS / request.param, tmp_path / request.param)
    return request.param, tmp_path / request.param


def test_what_0_1_drew_and_said_is_what_is_drawn_and_said(old):
    name, path = old
    expected = EXPECTED[name]
    _, config, model, data = load_run(str(path))
    assert type(model) is MODELS[name] and (config["model"], config["latent_dim"]) == (name, 3)
    assert int(model.optimizer.iterations.numpy()) == expected["optimizer_steps"]
    close = {"rtol": 1e-4, "atol": 1e-6}
    np.testing.assert_allclose(model.generate(2, seed=5).ravel(), expected["generate"], **close)
    drawn = model.generate(3, component=[2, 0, 1], seed=7)[:, 3]
    np.testing.assert_allclose(drawn.ravel(), expected["of_components"], **close)
    if "responsibilities" in expected:
        said = model.responsibilities(data.test.examples[:6])
        np.testing.assert_allclose(said.ravel(), expected["responsibilities"], **close)


def test_the_optimizers_states_are_read_too(old):
    _, path = old
    model = load_run(str(path))[2]
    moments = [variable.numpy() for variable in model.optimizer.variables[2:]]
    with h5py.File(path / "checkpoints" / "epoch_00002.weights.h5") as file:
        stored = [file[f"optimizer/vars/{number + 2}"][()] for number in range(len(moments))]
    assert sum(np.abs(moment).max() > 0 for moment in moments) > 0.9 * len(moments)
    for ours, theirs in zip(moments, stored, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_commands(old, tmp_path):
    name, path = old
    quick = ["--evaluation.samples", "50", "--evaluation.trade_off_samples", "0"]
    assert run_command(evaluate, [str(path), *quick], "evaluate.py") == 0
    card = json.loads((path / "scorecard.json").read_text())
    assert (card["run"]["epochs"], card["run"]["config"]["model"]["name"]) == (2, name)
    assert run_command(sample, [str(path), "--num", "4", "--output", str(tmp_path / "a.npz")], "sample") == 0
    assert np.load(tmp_path / "a.npz")["examples"].shape == (4, 8, 8, 1)
    assert run_command(train, ["--resume", "--output", str(path), "--epochs", "3"], "train.py") == 0
    assert [row["epoch"] for row in read_rows(path / "history.csv")][-3:] == ["1", "2", "3"]
    run, config, model, _ = load_run(str(path))
    assert read_yaml(run.config)["version"] and config["epochs"] == 3
    steps = EXPECTED[name]["optimizer_steps"]
    assert int(model.optimizer.iterations.numpy()) == steps + steps // 2
    assert run.checkpoint(3).is_file() and not run.checkpoint(2).is_file()
    assert (model.generate(2, seed=5).ravel() != np.float32(EXPECTED[name]["generate"])).any()


def test_options_have_today_s_names():
    config = read_run_config(RUNS / "modegan" / "config.yaml")
    said = {
        "model": "modegan",
        "dataset": "digits",
        "num_components": 3,
        "latent_dim": 3,
        "epochs": 2,
        "jit": False,
        "data.classes": ["0", "1", "2"],
        "model.width": 0.03,
        "prior.subclasses": 2,
        "clusterer.descriptor": "deskewed_hog",
        "clusterer.width": 0.03,
        "clusterer.steps": 30,
        "clusterer.self_training_rounds": 0,
        "optimizers.learning_rate": 0.01,
        "optimizers.discriminator_learning_rate": 0.01,
        "optimizers.schedule": "cosine",
        "evaluation.every_epochs": 0,
        "evaluation.samples": 50,
        "evaluation.trade_off_samples": 0,
    }
    assert config.heeded() == TrainConfig(said).heeded()
    gmgan = read_run_config(RUNS / "gmgan" / "config.yaml")
    assert (gmgan["model.generator_batch_size"], gmgan["prior.trainable"], gmgan["prior.variance"]) == (
        128,
        False,
        0.15,
    )
    gmmgan = read_run_config(RUNS / "gmmgan" / "config.yaml")
    assert (gmmgan["model.encoder"], gmmgan["prior.trainable"], gmmgan["prior.variance"]) == ("shared", True, 0.15)


def changed(path, name, **groups):
    """Write a stored run with other options, `group={option: text}`, and return its config."""
    shutil.copytree(RUNS / name, path / "run")
    content = read_yaml(path / "run" / "config.yaml")
    for group, options in groups.items():
        content[group] = content[group] | options if isinstance(options, dict) else options
    write_yaml(content, path / "run" / "config.yaml")
    return path / "run" / "config.yaml"


@pytest.mark.parametrize(
    ("model", "group", "options", "name", "value"),
    [
        ("gmgan", "losses", {"adversarial": "wasserstein_gp"}, "model.adversarial_loss", "wasserstein"),
        ("gmgan", "losses", {"adversarial": "wasserstein_gp"}, "model.gradient_penalty", 10.0),
        ("gmgan", "losses", {"adversarial": "wasserstein"}, "model.weight_clip", 0.01),
        ("gmgan", "optimizers", {"update_order": "simultaneous"}, "model.generator_batch_size", 0),
        ("gmgan", "optimizers", {"generator_batch_size": "32"}, "model.generator_batch_size", 32),
        ("gmgan", "prior", {"sampling": "stratified"}, "model.sampling", "stratified"),
        ("modegan", "pretraining", {"looks": "outlines", "groupings": "8"}, "clusterer.n_init", 8),
        ("modegan", "pretraining", {"looks": "outlines_and_patches"}, "clusterer.descriptor", "hog_and_patches"),
        ("modegan", "pretraining", {"groups_by": "votes"}, "model", "modegan"),  # C is what it is
        ("modegan", "augmentation", {"flip": "true"}, "clusterer.augmentation.flip", True),
        ("modegan", "prior", {"weights": "uniform"}, "prior.mixture_weights", "uniform"),
        ("gmmgan", "prior", {"trainable": "null"}, "prior.trainable", False),  # as it was for images
        ("gmmgan", "prior", {"variance": "null"}, "prior.variance", 0.005),
        ("gmmgan", "losses", {"estimator": "paired"}, "model.estimator", "paired"),
    ],
)
def test_options_that_changed(model, group, options, name, value, tmp_path):
    assert read_run_config(changed(tmp_path, model, **{group: options}))[name] == value


def test_gael_s_encoding_was_a_sum_over_the_dimensions(tmp_path):
    encoding = {"encoding": "2.0", "encoding_variance": "identity"}
    config = read_run_config(changed(tmp_path, "gmgan", model="gael", losses=encoding, prior={"covariance": "diag"}))
    assert (config["model"], config["model.encoding"], config["prior.covariance"]) == ("gael", 6.0, "diag")
    assert config["model.encoding_variance"] == "identity"


def test_on_points_a_gmmgan_was_eq_3_and_4(tmp_path):
    unsaid = {"pretraining": {"steps": "null"}, "prior": {"trainable": "null", "variance": "null"}}
    losses = dict.fromkeys(("mutual_information", "marginal_entropy", "diversity", "discriminator"), "null")
    config = read_run_config(changed(tmp_path, "gmmgan", dataset="toy3x3", losses=losses, **unsaid))
    defaults = TrainConfig({"model": "gmmgan"})
    assert config["model"] == "gmmgan"
    for name in ("model.mutual_information", "model.marginal_entropy", "prior.trainable", "prior.variance"):
        assert config[name] == defaults[name]


@pytest.mark.parametrize(
    ("model", "group", "options", "message"),
    [
        ("modegan", "optimizers", {"generator_average": "0.999"}, "--optimizers.generator_average 0.999"),
        ("modegan", "losses", {"augment_generated": "true"}, "--losses.augment_generated true"),
        ("modegan", "losses", {"augmentation_consistency": "1.0"}, "--losses.augmentation_consistency 1.0"),
        ("modegan", "losses", {"diversity_within": "subclasses"}, "--losses.diversity_within subclasses"),
        ("modegan", "losses", {"discriminator": "one"}, "--losses.discriminator one"),
        ("modegan", "losses", {"marginal_entropy": "2.0"}, "--losses.marginal_entropy 2.0"),
        ("modegan", "networks", {"classifier_units": "0"}, "--networks.classifier_units 0"),
        ("gmmgan", "networks", {"classifier_units": "512"}, "--networks.classifier_units 512"),
        ("gmmgan", "losses", {"discriminator": "null"}, "--losses.discriminator per_mode"),
        ("gmmgan", "losses", {"diversity": "0.5"}, "--losses.diversity 0.5"),
    ],
)
def test_a_run_of_what_is_gone_says_what_to_do(model, group, options, message, tmp_path, capsys):
    file = changed(tmp_path, model, **{group: options})
    for command, arguments in ((sample, [str(file.parent)]), (train, ["--resume", "--output", str(file.parent)])):
        assert run_command(command, arguments, "it") == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert message in line and "Use tfgmmgan 0.1 for it, or train anew." in line and str(file) in line


def test_an_old_run_without_a_checkpoint(tmp_path):
    shutil.copytree(RUNS / "modegan", tmp_path / "run")
    RunDirectory(tmp_path / "run").checkpoint(2).unlink()
    with pytest.raises(UserError, match=r"without a checkpoint, which this version can't go on with\. Train anew"):
        read_run_config(tmp_path / "run" / "config.yaml")


@pytest.mark.parametrize("first", [False, True])
def test_a_config_that_was_cut_short(first, tmp_path):
    file = tmp_path / "config.yaml"
    if first:
        file = changed(tmp_path, "gmgan")
    else:
        write_yaml({"version": "0.2.0", **make_config("modegan", "digits").heeded()}, file)
    whole = read_run_config(file)
    text = file.read_text()
    for end in range(len(text.rstrip("\n"))):
        file.write_text(text[:end])
        try:
            assert read_run_config(file) == whole, text[:end]  # a null that is cut
        except UserError as error:
            assert str(file) in str(error) and "\n" not in str(error)


def test_a_checkpoint_of_another_model(tmp_path):
    shutil.copytree(RUNS / "gmgan", tmp_path / "run")
    shutil.copy(RUNS / "gmmgan" / "checkpoints" / "epoch_00002.weights.h5", tmp_path / "run" / "checkpoints")
    config = read_yaml(tmp_path / "run" / "config.yaml")
    write_yaml(config | {"latent_dim": "5"}, tmp_path / "run" / "config.yaml")
    with pytest.raises(UserError, match=r"epoch_00002\.weights\.h5 is of a model for other data"):
        load_run(str(tmp_path / "run"))


def test_a_run_says_where_its_data_is_as_seen_from_itself(tmp_path, monkeypatch):
    run, photos = tmp_path / "runs" / "one", tmp_path / "photos"
    run.mkdir(parents=True)
    written = make_config("modegan", "folder", **{"data.path": str(photos)}).heeded(run)
    assert written["data"]["path"] == "../../photos"
    write_yaml({"version": "0.2.0", **written}, run / "config.yaml")
    monkeypatch.chdir(run)
    for file in (run / "config.yaml", Path("config.yaml"), Path("../one/config.yaml")):
        assert read_run_config(file)["data.path"] == str(photos)
        assert _read_config(file, None, None)["data.path"] == str(photos)  # train --config
    write_yaml({"version": "0.2.0", **written, "data": {**written["data"], "path": "/there"}}, run / "config.yaml")
    assert read_run_config(run / "config.yaml")["data.path"] == "/there"  # as runs of before have it
    for nothing in ("~", "", "null"):
        write_yaml({"version": "0.2.0", **written, "from": nothing}, run / "config.yaml")
        assert read_run_config(run / "config.yaml")["from"] is None
    write_yaml({"version": "0.2.0", **written, "data": {**written["data"], "path": ["a", "b"]}}, run / "config.yaml")
    with pytest.raises(UserError, match=r"data\.path"):
        read_run_config(run / "config.yaml")
    write_yaml({"dataset": "folder", "data": {"path": "photos"}}, tmp_path / "mine.yaml")
    assert _read_config(tmp_path / "mine.yaml", None, None)["data.path"] == "photos"  # of whoever calls
