"""The benchmarks of the systems run at tiny size."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from scipy import stats

from benchmarks import (
    ablation,
    bins,
    encoders,
    encoding_weight,
    generation,
    imbalanced,
    looks,
    pretraining,
    supervised_equilibrium,
    toy3x3,
    toy5x5,
    unequal_modes,
    variance_scales,
)
from tfgmmgan import GMMGAN, load_data, make_config, train
from tfgmmgan.data import ImageData, Split
from tfgmmgan.likeness import LOOKS


@pytest.mark.slow
def test_encoders(tmp_path):
    rows = encoders.main(["--rounds", "1", "--width", "0.05", "--json", str(tmp_path / "a.json")])
    assert len(rows) == 8 and all(row["ms_per_step"] > 0 and row["parameters"] > 0 for row in rows)
    assert json.loads((tmp_path / "a.json").read_text()) == rows


def test_supervised_equilibrium():
    """Even a coarse grid shows it: the modes of the equilibrium are tighter than the data, above all the middle one."""
    found = supervised_equilibrium.main(["--side", "41", "--steps", "300"])
    generated, data = found["generated"], found["data"]
    assert generated["middle"][0] < 0.7 * data["middle"][0] and generated["nll"] < data["nll"]
    assert 0.06 < data["smallest_eigenvalue"] < data["largest_eigenvalue"] < 0.1


@pytest.mark.slow
def test_encoding_weight(tmp_path):
    rows = encoding_weight.main(["--epochs", "1", "--width", "0.1", "--json", str(tmp_path / "a.json")])
    assert len(rows) == 7 and all(0 < row["acc"] < 1 and row["spread"] > 0 for row in rows)


@pytest.mark.slow
def test_toy3x3(tmp_path):
    found = toy3x3.main(["--seeds", "5", "--epochs", "2", "--every", "1", "--output", str(tmp_path)])
    assert {row["system"] for row in found["runs"]} == set(toy3x3.SYSTEMS)
    assert {path.name for path in tmp_path.iterdir()} == {"scores.json", "samples.png", "scales.png", "convergence.png"}


@pytest.mark.slow
def test_toy5x5(tmp_path):
    found = toy5x5.main(["--seeds", "5", "--epochs", "1", "--output", str(tmp_path)])
    assert len(found["runs"]) == 4 and found["real"]["share_far"] < 0.001
    assert {path.name for path in tmp_path.iterdir()} == {"scores.json", "samples.png", "latents.png"}


@pytest.mark.slow
def test_imbalanced(tmp_path):
    arguments = ["--dataset", "digits", "--seeds", "5", "--epochs", "1", "--width", "0.1", "--output", str(tmp_path)]
    found = imbalanced.main(arguments)
    assert [row["system"] for row in found["runs"]] == list(imbalanced.SYSTEMS)
    assert found["shares"][2] == pytest.approx(0.1 / 1.4, abs=0.02)
    mixture = found["runs"][-1]
    assert sum(mixture["mixture_weights"]) == pytest.approx(1, abs=1e-5) and 0 <= mixture["weights_distance"] <= 1
    assert len(list(tmp_path.glob("*.png"))) == 4


@pytest.mark.slow
def test_ablation(tmp_path):
    tiny = ["--dataset", "digits", "--minutes", "0.02", "--width", "0.1", "--pretraining_steps", "4"]
    tiny += ["--output", str(tmp_path)]
    names = list(ablation.SYSTEMS)
    found = ablation.main([*tiny, "--seeds", "5"])["runs"]
    assert [(row["seed"], row["system"]) for row in found] == [(5, name) for name in names]
    assert all(row["steps"] > 0 for row in found) and "classifier_acc" in found[0]
    pictures = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.png")}
    assert len(pictures) == len(names)
    both = ablation.main([*tiny, "--seeds", "6", "5", "--systems", *names[:2]])
    assert both["runs"][:-2] == found, "what was done is not done again"
    assert [(row["seed"], row["system"]) for row in both["runs"][-2:]] == [(6, name) for name in names[:2]]
    assert json.loads((tmp_path / "scores.json").read_text())["runs"] == both["runs"]
    assert {path: path.stat().st_mtime_ns for path in pictures} == pictures, "a picture is of its system's first run"
    recalls = [row["recall"] for row in both["runs"] if row["system"] == names[0]]
    spread = abs(recalls[0] - recalls[1]) / 2**0.5
    assert f"{sum(recalls) / 2:.3f} ± {spread:.3f}" in ablation.table(both).splitlines()[1]
    with pytest.raises(SystemExit, match="2"):
        ablation.main([*tiny, "--minutes", "1"])


def test_pretraining(tmp_path, capsys):
    tiny = ["networks.width=0.05", "pretraining.steps=4", "pretraining.refinement_rounds=1"]
    other = ["data.class_fractions={3: 0.5}", "num_components=12"]
    arguments = ["--dataset", "digits", "--seeds", "5", "6", "--held_out", "300", "--output", str(tmp_path)]
    found = pretraining.main([*arguments, "--options", *tiny, *other])
    assert json.loads((tmp_path / "scores.json").read_text()) == found
    assert [run["seed"] for run in found["runs"]] == [5, 6]
    for run in found["runs"]:
        assert [row["stage"] for row in run["stages"]] == ["agreement", "refinement"]
        seconds = [row["seconds"] for row in run["stages"]]
        assert seconds == sorted(seconds)
        assert all(0 < row["acc"] <= row["purity"] <= 1 for row in run["stages"])
    assert "calibration_error" in capsys.readouterr().out


@pytest.mark.slow
def test_generation(tmp_path, monkeypatch):
    pretrained = []
    monkeypatch.setattr(GMMGAN, "pretrain", lambda model, *args, **kwargs: pretrained.append(model))
    each = ["losses.diversity=0", "losses.diversity=9 optimizers.learning_rate=1e-3"]
    arguments = ["--dataset", "digits", "--seeds", "5", "--epochs", "1", "--output", str(tmp_path), "--each", *each]
    found = generation.main([*arguments, "--held_out", "400", "--options", "networks.width=0.1"])
    assert len(pretrained) == 1 and [row["options"] for row in found["runs"]] == each
    first, second = found["runs"]
    assert first["classifier_acc"] == pytest.approx(second["classifier_acc"], abs=0.01)  # the same C, other fakes
    assert first["frechet_distance"] != second["frechet_distance"]
    assert json.loads((tmp_path / "scores.json").read_text()) == found


def test_unequal_modes(tmp_path):
    tiny = ["--dataset", "digits", "--rare", "3", "--width", "0.05", "--pretraining_steps", "4", "--epochs", "1"]
    found = unequal_modes.main([*tiny, "--seeds", "5", "--output", str(tmp_path)])
    assert json.loads((tmp_path / "scores.json").read_text()) == found
    assert [row["system"] for row in found["runs"]] == list(unequal_modes.SYSTEMS)
    assert found["shares"][3] < 0.02 < min(np.delete(found["shares"], 3))
    labels = load_data("digits").test.labels
    for row in found["runs"]:
        share = np.bincount(labels) / len(labels)  # the test split is whole
        assert row["acc"] == pytest.approx(np.dot(row["recall"], share))
        assert sum(row["weights"]) == pytest.approx(1, abs=1e-5) and min(row["off_by"]) >= 1
        ratio = row["weights"][3] / found["shares"][3]
        assert row["off_by"][3] == pytest.approx(max(ratio, 1 / ratio))
        assert (tmp_path / f"{row['system']}.png").exists()
    with pytest.raises(SystemExit, match="2"):
        unequal_modes.main([*tiny[:-1], "0"])


@pytest.mark.slow
def test_variance_scales(tmp_path, monkeypatch, capsys):
    paths = []
    for model in ("gan", "gmgan"):
        config = make_config(model, "digits", **{"epochs": 1, "networks.width": 0.05, "evaluation.every_epochs": 0})
        paths.append(str(train(config, str(tmp_path / model))[0].path))
    arguments = [*paths, "--samples", "40", "--scales", "0.5", "1", "--output", str(tmp_path / "out")]
    found = variance_scales.main(arguments)
    assert json.loads((tmp_path / "out/variance_scales.json").read_text()) == found
    assert list(found["runs"]) == ["gan", "gmgan"] and found["runs"]["gan"]["scales"] == [0.5, 1.0]
    for run in found["runs"].values():
        assert set(run["distances"]) == set(found["floor"]) == {"classifier", "autoencoder"}
        assert all(own["num"] == 40 and len(own["recall"]) == 2 for own in run["distances"].values())
        assert all(("mode_recall" in own) == (run["model"] == "gmgan") for own in run["distances"].values())
    card = json.loads((tmp_path / "gmgan/scorecard.json").read_text())
    recalls = [mode["classifier"]["recall"] or 0.0 for mode in card["mode_health"]["modes"]]
    assert found["runs"]["gmgan"]["distances"]["classifier"]["mode_recall"][1] == pytest.approx(np.mean(recalls))
    assert "<svg" in (tmp_path / "out/variance_scales.svg").read_text()
    assert "gmgan; autoencoder, N = 40" in capsys.readouterr().out
    monkeypatch.setattr(variance_scales, "measure", None)
    assert variance_scales.main(arguments) == found, "what was measured is not measured again"
    added = variance_scales.main([*arguments, "--algorithm_2"])["runs"]
    assert added["gan"].pop("algorithm_2_acc") is None
    accuracies = added["gmgan"].pop("algorithm_2_acc")
    assert added == found["runs"] and len(accuracies) == 2
    assert accuracies[1] == pytest.approx(card["test"]["clustering"]["algorithm_2"]["acc"], abs=0.05)
    for wrong in (["--scales", "0.5"], [paths[0]], [*arguments[2:], "--samples", "50"]):
        with pytest.raises(SystemExit, match="2"):
            variance_scales.main([*paths, *wrong])


def test_with_more_modes_than_classes_each_is_of_its_most_frequent_class():
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    modes = np.array([0, 0, 1, 2, 2, 2, 1, 1])
    prior = SimpleNamespace(num_components=3, mixture_probs=lambda: tf.constant([0.3, 0.4, 0.3]))
    model = SimpleNamespace(prior=prior, responsibilities=lambda examples: np.eye(3)[modes])
    split = Split(8, labels, np.zeros((8, 4, 4, 1), np.uint8))
    row = unequal_modes.measure(model, ImageData("few", split, split, (4, 4, 1), ["a", "b"]), trained=True)
    assert row["acc"] == 6 / 8  # purity: mode 0 is of class a, the others of b
    assert row["recall"] == [2 / 4, 4 / 4]
    np.testing.assert_allclose(row["weights"], [0.3, 0.7], rtol=1e-6)
    np.testing.assert_allclose(row["off_by"], [0.5 / 0.3, 0.7 / 0.5], rtol=1e-6)


def test_what_is_held_out_is_the_end_of_the_training_split():
    data = load_data("digits")
    held = pretraining.hold_out(data, 300)
    np.testing.assert_array_equal(held.test.examples, data.train.examples[-300:])
    np.testing.assert_array_equal(held.test.labels, data.train.labels[-300:])
    np.testing.assert_array_equal(held.train.examples, data.train.examples[:-300])
    assert len(held.train.labels) == len(held.train) == len(data.train) - 300


def test_looks(tmp_path, capsys):
    arguments = ["--dataset", "digits", "--seeds", "5", "--fractions", "3=0.2", "--num_components", "12"]
    found = looks.main([*arguments, "--groupings", "2", "--held_out", "300", "--output", str(tmp_path)])
    assert json.loads((tmp_path / "scores.json").read_text()) == found
    assert [row["looks"] for row in found["runs"]] == list(LOOKS)
    assert all(0.8 < row["neighbours"] < 1 and 0.5 < row["acc"] <= row["purity"] for row in found["runs"])
    assert "LEAST" in capsys.readouterr().out
    with Image.open(tmp_path / "neighbours.png") as picture:
        rows = looks.PICTURED * len(LOOKS)
        assert picture.height == 22 + 2 + rows * (48 + 2) and picture.width > 6 * (48 + 2)


def test_images_are_shown_first_whose_neighbours_are_in_different_clusters(monkeypatch):
    monkeypatch.setattr(looks, "PICTURED", 3)
    clusters = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    own = np.repeat(np.arange(8)[:, None], 3, axis=1)  # each is its own neighbour
    other = own.copy()
    other[[2, 5]] = [[5, 6, 1], [0, 1, 6]]  # two of three in the other cluster
    other[7] = [0, 4, 5]  # one of three
    chosen = looks.disputed({"one": own, "other": other}, clusters)
    assert set(chosen[:2]) == {2, 5} and len(set(chosen)) == 3
    assert len(looks.disputed({"one": own}, clusters)) == 3


def test_the_least_recall_is_of_the_class_whose_images_are_least_in_modes_of_their_own():
    labels, clusters = np.array([0, 0, 0, 0, 1, 1, 1, 2]), np.array([0, 0, 1, 2, 2, 2, 1, 1])
    assert looks.least_recall(labels, clusters) == 0.0  # cluster 1 is the first class's by order, so 2 has none
    assert looks.least_recall(labels[:7], clusters[:7]) == pytest.approx(2 / 3)


@pytest.mark.slow
def test_bins(tmp_path, capsys):
    config = make_config("gan", "digits", **{"epochs": 1, "networks.width": 0.05, "evaluation.every_epochs": 0})
    run = train(config, str(tmp_path / "gan"))[0].path
    found = bins.main([str(run), "--groups", "5", "--samples", "300", "--output", str(tmp_path / "out")])
    assert json.loads((tmp_path / "out/scores.json").read_text())["scores"] == found["scores"]
    assert set(found["scores"]) == {"test images", "gan"} and (tmp_path / "out/seldom.png").is_file()
    assert found["scores"]["test images"]["divergence"] < found["scores"]["gan"]["divergence"] <= np.log(2)
    assert "DIVERGENCE" in capsys.readouterr().out


def test_how_histograms_differ():
    real = np.array([4000, 5000, 1000])
    assert bins.compare(real, real // 2) == {"different": 0, "divergence": pytest.approx(0, abs=1e-12), "seldom": 0}
    scores = bins.compare(real, np.array([450, 540, 10]))
    assert scores["seldom"] == 0.1
    pairs = zip(real, (450, 540, 10), strict=True)
    levels = [stats.chi2_contingency([[r, 10_000 - r], [d, 1000 - d]], correction=False).pvalue for r, d in pairs]
    assert scores["different"] == pytest.approx(np.mean(np.array(levels) < 0.05))
    p, q = real / 10_000, np.array([0.45, 0.54, 0.01])
    expected = (stats.entropy(p, (p + q) / 2) + stats.entropy(q, (p + q) / 2)) / 2
    assert scores["divergence"] == pytest.approx(expected)
