"""The doors: what they print, and exit code 2 with one line for every mistake of the user's."""

import contextlib
import io
import json
import re
import runpy
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import requests
from PIL import Image

from tfgmmgan import cli
from tfgmmgan.cli import sample
from tfgmmgan.data.scaling import to_uint8
from tfgmmgan.models import MODELS
from tfgmmgan.training import loading
from tfgmmgan.training.options import heeded_options

ROOT = Path(__file__).parents[2]
SMALL = (
    *("--epochs", "1", "--model.width", "0.1", "--num_components", "3", "--latent_dim", "4"),
    *("--evaluation.samples", "100", "--evaluation.trade_off_samples", "40"),
)
MODEGAN = (*SMALL, "--clusterer.descriptor", "hog", "--clusterer.steps", "20", "--clusterer.width", "0.1")


UNMEASURED = ("--evaluation.extent", "none")


def run(capsys, monkeypatch, *arguments):
    """Run `python -m tfgmmgan ...` in this process; return exit code, stdout and stderr."""
    monkeypatch.setattr(sys, "argv", ["tfgmmgan", *map(str, arguments)])
    try:
        code = cli.main()
    except SystemExit as exit:
        code = exit.code
    captured = capsys.readouterr()
    return code, captured.out, captured.err


ARRAYS = ["train", "--dataset", "arrays", "--data.path"]


def spoil(folder):
    """Write one file or folder for each kind of bad data."""
    square = np.zeros((200, 8, 8, 1))
    bad = {
        "nan": np.where(np.arange(200)[:, None, None, None] == 3, np.nan, square),
        "range": square + 255.0 * (np.arange(200)[:, None, None, None] % 2),
        "dtype": square.astype(np.int64),
        "channels": np.zeros((200, 8, 8, 4), np.uint8),
        "size": np.zeros((200, 9, 8), np.uint8),
        "few": np.zeros((20, 8, 8), np.uint8),
        "fair": np.zeros((200, 8, 8), np.uint8),
    }
    for name, images in bad.items():
        np.savez(folder / f"{name}.npz", images=images)
    (folder / "broken.npz").write_bytes((folder / "few.npz").read_bytes()[:50])
    for name, count in (("one", 1), ("two", 2)):
        (folder / name).mkdir()
        for number in range(count):
            Image.new("RGB", (8, 8)).save(folder / name / f"{number}.png")


def run_script(name, *arguments):
    """Run a script of the repository in this process, whose judges are trained for a moment; return what it printed."""
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed), pytest.raises(SystemExit) as ended:
        patch.setattr(sys, "argv", [name, *map(str, arguments)])
        runpy.run_path(str(ROOT / name), run_name="__main__")
    assert ended.value.code == 0
    return printed.getvalue()


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    path = tmp_path_factory.mktemp("cli") / "run"
    return path, run_script("train.py", *MODEGAN, "--output", path)


def test_train_says_in_plain_words_what_it_found(trained):
    path, printed = trained
    for words in (
        "digits: 1438 training and 359 test examples of 8x8 pixels, grey.",
        f"Run directory: {path}",
        "generator_loss:",
        f"sample {path} --component 0 -n 100 --output drawn",
        "Modes in use:",
        "Share of the test examples in each mode:",
        "k-means on the pixels: ACC",
        f"Everything lies in {path}",
    ):
        assert words in printed


def test_evaluate_and_sample(trained, capsys, monkeypatch, tmp_path):
    path, _ = trained
    (path / "scorecard.json").unlink()
    printed = run_script("evaluate.py", path)
    assert len(re.findall(r"The classifier C +0\.\d{4} +0\.\d{4} +0\.\d{4} +-?0\.\d{4}", printed)) == 1
    assert json.loads((path / "scorecard.json").read_text())["test"]["clustering"]["kmeans"]["acc"] > 0.1

    arguments = ("sample", path, "--num", 5, "--component", 1, "--seed", 3, "--output")
    assert run(capsys, monkeypatch, *arguments, tmp_path / "a.png")[0] == 0
    assert Image.open(tmp_path / "a.png").size == (2 + 3 * 50, 2 + 2 * 50)
    assert run(capsys, monkeypatch, *arguments, tmp_path / "a.npz")[0] == 0
    assert np.load(tmp_path / "a.npz")["examples"].shape == (5, 8, 8, 1)
    best = tmp_path / "best.npz"
    assert run(capsys, monkeypatch, *arguments, best, "--checkpoint", "best")[0] == 0  # of a single epoch
    np.testing.assert_array_equal(np.load(best)["examples"], np.load(tmp_path / "a.npz")["examples"])
    monkeypatch.setattr(sample, "BLOCK", 4)  # into a directory in blocks, the first as above
    monkeypatch.setattr(loading, "load", None)  # without the dataset
    assert run(capsys, monkeypatch, *arguments[:2], "-n", 10, *arguments[4:], tmp_path / "many")[0] == 0
    files = sorted((tmp_path / "many").iterdir())
    assert [file.name for file in files] == [f"{at:04}.png" for at in range(10)]
    drawn = np.stack([np.asarray(Image.open(file)) for file in files])[..., None]
    assert len(np.unique(drawn, axis=0)) == 10
    four = tmp_path / "four.npz"
    assert run(capsys, monkeypatch, *arguments[:2], "--num", 4, *arguments[4:], four)[0] == 0
    np.testing.assert_array_equal(drawn[:4], to_uint8(np.load(four)["examples"]))
    code, _, err = run(capsys, monkeypatch, *arguments, tmp_path / "many")
    assert code == 2 and "many is not an empty directory" in err
    (path / "checkpoints" / "best.weights.h5").rename(path / "gone")
    code, _, err = run(capsys, monkeypatch, *arguments, best, "--checkpoint", "best")
    assert code == 2 and "has no best checkpoint yet" in err
    (path / "gone").rename(path / "checkpoints" / "best.weights.h5")


def test_several_runs_as_one(trained, capsys, monkeypatch, tmp_path):
    path, _ = trained
    second = tmp_path / "second"
    assert run(capsys, monkeypatch, "train", *MODEGAN, *UNMEASURED, "--seed", 1, "--output", second)[0] == 0
    (second / "config.yaml").write_text((second / "config.yaml").read_text().replace("extent: none", "extent: full"))
    asked = ("--evaluation.samples", 50, "--evaluation.trade_off_samples", 0)
    code, out, _ = run(capsys, monkeypatch, "evaluate", path, second, *asked)
    assert code == 0 and "2 runs, seeds 0, 1" in out
    before = (second / "scorecard.json").stat().st_mtime_ns
    card = json.loads((path / "scorecard.json").read_text())
    assert card["floor"]["classifier"]["num"] == 50 and "trade_off" not in card
    code, out, _ = run(capsys, monkeypatch, "evaluate", path, second, "--reuse", "--output", tmp_path / "both")
    assert code == 0 and "2 runs, seeds 0, 1" in out
    assert (second / "scorecard.json").stat().st_mtime_ns == before
    (together,) = json.loads((tmp_path / "both" / "aggregate.json").read_text())
    score = together["scores"]["test.clustering.classifier.acc"]
    values = [json.loads((run / "scorecard.json").read_text()) for run in (path, second)]
    values = [card["test"]["clustering"]["classifier"]["acc"] for card in values]
    assert score["values"] == values and score["mean"] == pytest.approx(np.mean(values))
    assert score["std"] == pytest.approx(np.std(values, ddof=1))
    assert "2 runs, seeds 0, 1" in (tmp_path / "both" / "report.html").read_text()


def test_several_methods_side_by_side(trained, capsys, monkeypatch, tmp_path):
    path, _ = trained
    other = tmp_path / path.name  # of the same name, as reproduce's are
    shutil.copytree(path, other)
    card = json.loads((other / "scorecard.json").read_text())
    card["run"]["config"]["model"]["diversity"] = 0.25
    del card["run"]["config"]["model"]["diff_augment"]  # as of a version that did not have it
    (other / "scorecard.json").write_text(json.dumps(card))
    code, out, _ = run(capsys, monkeypatch, "evaluate", path, other, "--reuse", "--output", tmp_path / "both")
    names = [f"modegan, {path.name} ({number})" for number in (1, 2)]
    assert code == 0 and all(f"{name}: 1 run, seed 0" in out for name in names) and "different" not in out
    text = (tmp_path / "both" / "report.html").read_text()
    assert all(f'alt="Samples of {name}, by mode"' in text for name in names)
    assert "model.diversity" in text and "model.diff_augment" not in text
    for number in (1, 2):
        assert f'href="report-{number}.html"' in text and (tmp_path / "both" / f"report-{number}.html").is_file()


def test_help_is_worth_reading(capsys, monkeypatch):
    code, out, _ = run(capsys, monkeypatch, "train", "--help")
    assert code == 0
    for words in (
        "--dataset VALUE",
        "or any image dataset of TensorFlow",
        "--help-all, or --model MODEL --help",
        "examples:",
        "Number of Gaussians",
    ):
        assert words in " ".join(out.split())
    assert len(out.splitlines()) <= 60  # two screens
    for command in ("evaluate", "sample", "reproduce"):
        assert run(capsys, monkeypatch, command, "--help")[0] == 0
    code, out, _ = run(capsys, monkeypatch, "--help")
    assert code == 0 and "evaluate" in out


@pytest.mark.parametrize("model", MODELS)
def test_a_model_s_help_lists_what_it_heeds(model, capsys, monkeypatch):
    code, out, _ = run(capsys, monkeypatch, "train", "--model", model, "--help")
    assert code == 0
    listed = set(re.findall(r"^  --([\w.]+)", out, flags=re.MULTILINE))
    assert listed == {*heeded_options(model), "config", "output", "resume"}
    assert run(capsys, monkeypatch, "train", "--model", model, "--help-all")[1] == out
    option = "model.width"
    assert " ".join(heeded_options(model)[option].help.split()) in " ".join(out.split())


def test_help_all_is_the_default_model_s(capsys, monkeypatch):
    _, out, _ = run(capsys, monkeypatch, "train", "--help-all")
    assert "--clusterer.descriptor" in out and "--model.estimator" not in out
    _, out, _ = run(capsys, monkeypatch, "train", "--dataset", "toy3x3", "--help-all")  # points
    assert "--clusterer.descriptor" not in out and "--model.estimator" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tran"], "Unknown command 'tran'. Did you mean 'train'?"),
        (["train", "--epohcs", "3"], "Unknown option --epohcs. Did you mean '--epochs'?"),
        (["train", "--epoch", "3"], "Unknown option --epoch. Did you mean '--epochs'?"),
        (["train", "--config", "broken.yaml"], "broken.yaml is not YAML in line 1"),
        (["sample", "taken", "--components", "3"], "Unknown option --components. Did you mean '--component'?"),
        (["sample", "taken", "--output", "nowhere/a.png"], "There is no directory nowhere"),
        (["evaluate"], "required"),
        (["train", "--model", "gmmgan", "--model.estimater", "paired"], "Did you mean '--model.estimator'?"),
        (
            ["train", "--model", "gmmgan", "--model.estimator", "pair"],
            "--model.estimator must be one of stratified, paired; got 'pair'",
        ),
        (["train", "--epochs", "many"], "--epochs must be a whole number, at least 1 or auto; got 'many'"),
        (["train", "--epochs", "0"], "--epochs must be a whole number, at least 1 or auto; got '0'"),
        (["train", "--num_components", "0"], "--num_components must be a whole number, at least 1 or auto; got '0'"),
        (["train", "--model.width", "nan"], "--model.width must be a number, above 0; got 'nan'"),
        (
            ["train", "--model", "gmgan2"],
            "Unknown model 'gmgan2'. Did you mean 'gmgan'? Valid: modegan, gmmgan, gmgan, supervised_gmgan",
        ),
        (["train", "--dataset", "fashonmnist"], "Did you mean 'fashion_mnist'?"),
        (
            ["train", "--model", "gan", "--prior.covariance", "diag"],
            "'gan' has no use for --prior.covariance",
        ),
        (["train", "--batch_size", "2000"], "between 1 and the 1438 training examples of digits; got 2000"),
        (["train", "--data.image_size", "16"], "'digits' has no use for --data.image_size"),
        (["train", "--dataset", "folder", "--data.path", "nowhere"], "nowhere. Give a folder of images to --data.path"),
        (["train", "--output"], "--output: expected one argument"),
        (["train", "--config", "nowhere.yaml"], "There is no config file nowhere.yaml"),
        (["train", "--config", "list.yaml"], "must hold options"),
        (["train", "--config", "empty.yaml"], "empty.yaml is empty; expected options, as in 'epochs: 10'"),
        (["train", "--config", "taken"], "The config file taken can't be read"),
        (["train", "--config", "tag.yaml"], "tag.yaml has the tag 'tag:yaml.org,2002:python/name:os.system' in line 1"),
        (["train", "--config", "alias.yaml"], "alias.yaml has an anchor or an alias in line 1"),
        (["train", "--config", "other.yaml"], "other.yaml: The model 'modegan' has no use for --model.estimator"),
        (["train", "--config", "typo.yaml"], "typo.yaml: Unknown option 'epoch'. Did you mean 'epochs'?"),
        (["train", "--resume"], "There is no run saved_models/digits-modegan-seed0 to resume"),
        (["train", "--output", "taken"], "taken is not empty. Choose another --output"),
        (["train", "--output", "taken", "--resume"], "taken is not a run"),
        (["train", "--model.generator_batch_size", "8"], "needs update_order='alternating'"),
        ([*ARRAYS, "nan.npz"], "images: 64 values are NaN or infinite"),
        ([*ARRAYS, "range.npz"], "float images must lie in [-1, 1]; these reach from 0 to 255"),
        ([*ARRAYS, "dtype.npz"], "expected uint8, or floats in [-1, 1]; got int64"),
        ([*ARRAYS, "channels.npz"], "expected 1 or 3 channels in the last axis; got 4"),
        ([*ARRAYS, "size.npz"], "need a height and width divisible by 4; got 9x8"),
        ([*ARRAYS, "few.npz", "--batch_size", "32"], "between 1 and the 18 training examples"),
        ([*ARRAYS, "broken.npz"], "broken.npz can't be read as an .npz file"),
        (["train", "--dataset", "folder", "--data.path", "taken"], "taken holds no images"),
        (["train", "--dataset", "folder", "--data.path", "one"], "one: at least 2 examples are needed"),
        (["train", "--dataset", "folder", "--data.path", "two"], "folder has 1 examples to train on; expected 2"),
        (["train", "--evaluation.inception", "taken"], "taken is not a SavedModel: it has no saved_model.pb"),
        (
            ["train", "--evaluation.samples", "0"],
            "whole number, at least 2 or null; got '0'",
        ),
        (
            ["train", "--evaluation.quality_constant", "0"],
            "a number, above 0 or null; got '0'",
        ),
        (["evaluate", "taken", "--output", "both"], "--output is for several runs"),
        (["evaluate", "taken", "--checkpoint", "first"], "invalid choice: 'first'"),
        (["train", "--model.critic_steps", "5"], "critic_steps (5) needs update_order='alternating'"),
        (["train", "--model", "wgan_gp", "--batch_size", "600"], "--batch_size 600 times --model.critic_steps 5"),
        (
            [*ARRAYS, "fair.npz", "--model", "acgan"],
            "learns from labels of two classes or more, and this dataset has none",
        ),
        ([*ARRAYS, "fair.npz", "--data.classes", "[0, 1]"], "has no labels: --data.classes and --data.class_fractions"),
        (["train", "--data.classes", "[0, eleven]"], "There is no class 'eleven'"),
        (["train", "--data.class_fractions", "{0: 1.5}"], "above 0 and at most 1} or null; got '{0: 1.5}'"),
        (["train", "--data.train_split", "extra"], "'digits' has no use for --data.train_split"),
        (
            ["train", "--model", "supervised_gmgan", "--model.component_to_class", "[0, 1]"],
            "component_to_class must be 10 integers",
        ),
        (
            ["train", "--model", "gael", "--prior.covariance", "factor"],
            "one of full, diag, spherical; got 'factor'",
        ),
        (["train", "--model", "gael", "--prior.variance", "2.0"], "'gael' has no use for --prior.variance"),
        (
            ["train", "--model", "gan", "--clusterer.augmentation.flip", "true"],
            "'gan' has no use for --clusterer.augmentation.flip",
        ),
        (["train", "--model.estimator", "paired"], "'modegan' has no use for --model.estimator; leave it out"),
        (["train", "--prior.spread", "2"], "--prior.spread is for subclasses, and there are none"),
        (["train", "--clusterer.descriptor", "hogg"], "Unknown descriptor 'hogg'. Did you mean 'hog'?"),
        (
            ["train", "--clusterer.augmentation.shift", "-1"],
            "--clusterer.augmentation.shift must be a number, at least 0; got '-1'",
        ),
        (["train", "--strategy", "mirrored", "--jit", "true"], "--strategy mirrored takes neither --jit nor"),
        (["train", "--strategy", "multi_worker"], "reads the environment variable TF_CONFIG"),
        (["train", "--model.architecture", "resnet"], "Resize, for example with --data.image_size 32"),
        (["evaluate", "nowhere"], "nowhere is not a run"),
        (["sample", "nowhere", "--output", "a.jpg"], "must end in .png or .npz, or be a directory"),
    ],
)
def test_mistakes(arguments, message, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    spoil(tmp_path)
    (tmp_path / "list.yaml").write_text("- 1")
    (tmp_path / "broken.yaml").write_text("epochs: [")
    (tmp_path / "typo.yaml").write_text("epoch: 1")
    (tmp_path / "empty.yaml").write_text("# nothing\n")
    (tmp_path / "tag.yaml").write_text("epochs: !!python/name:os.system 3")
    (tmp_path / "alias.yaml").write_text("data: &a\n  classes: [*a]\n")
    (tmp_path / "other.yaml").write_text("model: {estimator: paired}")
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine.txt").write_text("precious")
    before = sorted(tmp_path.rglob("*"))
    code, _, err = run(capsys, monkeypatch, *arguments)
    assert code == 2
    assert message in err
    assert err.count("\n") == 1, err
    assert sorted(tmp_path.rglob("*")) == before


def test_sampling_with_truncation_and_from_the_normal_prior(capsys, monkeypatch, tmp_path):
    path = tmp_path / "gael"
    assert run(capsys, monkeypatch, "train", "--model", "gael", *SMALL, *UNMEASURED, "--output", path)[0] == 0
    drawn = {}
    for name, more in {"own": (), "normal": ("--normal",), "truncated": ("--normal", "--truncation", 0.1)}.items():
        arguments = ("sample", path, "--num", 4, "--output", tmp_path / f"{name}.npz", *more)
        assert run(capsys, monkeypatch, *arguments)[0] == 0
        drawn[name] = np.load(tmp_path / f"{name}.npz")["examples"]
    assert drawn["truncated"].std(axis=0).mean() < drawn["normal"].std(axis=0).mean()
    assert (drawn["own"] != drawn["normal"]).any()


def test_the_normal_prior_is_gael_s(trained, capsys, monkeypatch, tmp_path):
    code, _, err = run(capsys, monkeypatch, "sample", trained[0], "--normal", "--output", tmp_path / "a.npz")
    assert code == 2 and "--normal is for gael" in err and err.count("\n") == 1


def test_a_damaged_checkpoint(trained, capsys, monkeypatch, tmp_path):
    path, _ = trained
    shutil.copytree(path, tmp_path / "run")
    checkpoint = tmp_path / "run" / "checkpoints" / "epoch_00001.weights.h5"
    checkpoint.write_bytes(checkpoint.read_bytes()[:-500])
    for arguments in (["evaluate", tmp_path / "run"], ["train", "--resume", "--output", tmp_path / "run"]):
        code, _, err = run(capsys, monkeypatch, *arguments)
        assert code == 2 and err.count("\n") == 1
        assert "epoch_00001.weights.h5 is damaged" in err and "Put back a copy" in err


def test_neither_data_nor_network_is_one_line(capsys, monkeypatch, tmp_path):
    """Nothing is left on disk."""

    def unreachable(*args, **kwargs):
        raise requests.ConnectionError

    monkeypatch.setattr(requests, "head", unreachable)
    monkeypatch.chdir(tmp_path)
    code, _, err = run(capsys, monkeypatch, "train", "--dataset", "mnist", "--data.path", tmp_path / "data")
    assert code == 2 and err.count("\n") == 1 and "there is no network" in err
    assert list(tmp_path.iterdir()) == []


def test_on_resume_only_some_options_may_change(trained, capsys, monkeypatch):
    path, _ = trained
    code, _, err = run(capsys, monkeypatch, "train", "--resume", "--output", path, "--seed", 4)
    assert code == 2 and "--seed was 0, not 4" in err


def test_command_line_beats_config_beats_dataset_defaults(tmp_path):
    from tfgmmgan.cli.train import parse

    (tmp_path / "mine.yaml").write_text("batch_size: 16\nepochs: 9\ndataset: toy3x3\n")
    config, _, _ = parse(["--epochs", "3", "--config", str(tmp_path / "mine.yaml")], "train.py")
    assert (config["epochs"], config["batch_size"], config["dataset"]) == (3, 16, "toy3x3")
    assert config["num_components"] == 9  # configs/toy3x3.yaml
