"""Whole runs: what they leave, killing and resuming, stopping at a NaN."""

import csv
import json
import os
import shutil
import time
from unittest.mock import Mock

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tfgmmgan.data import load
from tfgmmgan.models import GAN, ModeGAN
from tfgmmgan.training import TrainConfig, load_run, train
from tfgmmgan.training.compat import read_run_config
from tfgmmgan.training.csv_files import best_epoch, read_rows
from tfgmmgan.training.measuring import evaluate
from tfgmmgan.training.run_directory import RunDirectory
from tfgmmgan.utils.errors import Note, UserError

SMALL = {"epochs": 2, "num_components": 3, "latent_dim": 4, "model.width": 0.1, "evaluation.every_epochs": 1}
QUICK = {
    "clusterer.descriptor": "pixels",
    "clusterer.steps": 4,
    "clusterer.self_training_rounds": 0,
    "clusterer.width": 0.1,
}
UNMEASURED = {"evaluation.extent": "none"}


def small(**options):
    return TrainConfig({**SMALL, **QUICK, **options})


def plain(model, **options):
    """A config of a model without a mixture."""
    return TrainConfig({"model": model, "latent_dim": 4, "model.width": 0.1, **options})


def rows_of(run):
    with open(run.history) as file:
        return list(csv.DictReader(file))


def content(path):
    """Every array in a weights file, by its place: weights, both optimizers' states, averages, step numbers."""
    found = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.update({name: item[()]} if isinstance(item, h5py.Dataset) else {}))
    return found


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "run"
    return train(small(), str(path))


def test_what_a_run_leaves(finished):
    run, card = finished
    rows = rows_of(run)
    assert [row["epoch"] for row in rows] == ["0", "1", "2"] and float(rows[2]["generator_loss"])
    assert float(rows[0]["seconds"]) > 0 and not rows[0]["generator_loss"]  # finding the modes
    kinds = ("samples", "scales", "pairs", "triple")
    names = {f"{stem}_{kind}.png" for stem in ("epoch_00001", "epoch_00002", "final") for kind in kinds}
    assert {path.name for path in run.samples.iterdir()} == names
    assert Image.open(run.samples / "final_samples.png").size[1] > 3 * 48
    names = sorted(path.name for path in run.checkpoints.iterdir())
    assert names == ["best.weights.h5", "epoch_00002.weights.h5"]
    events = EventAccumulator(str(run.logs / "train")).Reload()
    assert [event.step for event in events.Tensors("epoch_generator_loss")] == [0, 1]
    assert not any(tag.startswith("batch_") for tag in events.Tags()["tensors"])
    assert (run.serving / "1" / "saved_model.pb").is_file()
    assert json.loads(run.scorecard.read_text()) == card
    assert run.report.read_text().startswith("<!doctype html>")
    scores = read_rows(run.scores)
    assert [row["epoch"] for row in scores] == ["1", "2"]
    best = min(scores, key=lambda row: float(row["criterion"]))["epoch"]
    assert card["run"]["best_epoch"] == best_epoch(run.scores) == int(best)
    assert card["run"]["epochs"] == 2 and card["run"]["steps"] == 44
    assert card["run"]["config"]["model"]["width"] == 0.1
    assert set(card["test"]["clustering"]) == {
        "classifier",
        "algorithm_2",
        "kmeans",
        "autoencoder_kmeans",
    }
    loaded = keras.models.load_model(run.model)
    loaded.fit(load("digits").train.examples[:64], verbose=0)
    assert not list(run.path.rglob(".*"))


def test_the_best_epoch_can_be_had(finished):
    run, card = finished
    _, config, model, data = load_run(str(run.path), "best")
    best = evaluate(run, model, data, config, "best")
    assert best["run"]["epochs"] == card["run"]["best_epoch"] and best["run"]["checkpoint"] == "best"
    assert (run.path / "best_report.html").is_file() and json.loads((run.path / "best_scorecard.json").read_text())
    assert json.loads(run.scorecard.read_text()) == card
    for made in [*run.path.glob("best_*"), *run.samples.glob("best_*")]:
        made.unlink()


def test_evaluating_again_gives_the_same(finished):
    run, card = finished
    again = evaluate(*(load_run(str(run.path))[i] for i in (0, 2, 3, 1)))
    for part in ("train", "test", "mixture_weights"):
        assert again[part] == card[part]


def test_a_taken_directory_is_refused_before_anything_happens(finished):
    run, _ = finished
    before = sorted((path, path.stat().st_mtime_ns) for path in run.path.rglob("*"))
    with pytest.raises(UserError, match="is not empty"):
        train(small(), str(run.path))
    assert sorted((path, path.stat().st_mtime_ns) for path in run.path.rglob("*")) == before


def test_a_longer_resume_goes_on_and_exports_the_next_version(finished, tmp_path):
    run, _ = finished
    copy = tmp_path / "run"
    shutil.copytree(run.path, copy)
    config = small(epochs=3, **{"evaluation.extent": "quick"})
    resumed, card = train(config, str(copy), resume=True)
    assert card["run"]["epochs"] == 3
    assert [row["epoch"] for row in rows_of(resumed)] == ["0", "1", "2", "3"]
    assert {path.name for path in resumed.serving.iterdir()} == {"1", "2"}
    assert json.loads(resumed.scorecard.read_text())["run"]["minutes"] > 0
    train(config, str(copy), resume=True)  # nothing is left to do, and nothing is done again
    assert {path.name for path in resumed.serving.iterdir()} == {"1", "2"}


def test_a_run_is_not_resumed_to_fewer_epochs(finished):
    run, _ = finished
    config = small(epochs=1)
    with pytest.raises(UserError, match=r"already trained for 2 epochs; --epochs 1 is less"):
        train(config, str(run.path), resume=True)
    assert "epochs: 2" in run.config.read_text()


def test_a_damaged_checkpoint_says_what_to_do(finished, tmp_path, unexported):
    run, _ = finished
    copy = RunDirectory(tmp_path / "run")
    shutil.copytree(run.path, copy.path)
    last = copy.checkpoint(2)
    last.write_bytes(last.read_bytes()[:1000])
    with pytest.raises(UserError, match=r"epoch_00002.weights.h5 is damaged .*Put back a copy; there is no other"):
        train(small(), str(copy.path), resume=True)
    shutil.copy(last, copy.checkpoint(1))
    with pytest.raises(UserError, match=r"epoch_00002.weights.h5 is damaged .*move it away"):
        train(small(), str(copy.path), resume=True)
    copy.checkpoint(1).unlink()
    whole = bytearray(run.checkpoint(2).read_bytes())
    whole[len(whole) // 2] ^= 1  # one bit, which HDF5 does not notice
    last.write_bytes(whole)
    with pytest.raises(UserError, match=r"epoch_00002.weights.h5 is damaged"):
        train(small(), str(copy.path), resume=True)
    last.unlink()
    train(small(**UNMEASURED), str(copy.path), resume=True)
    np.testing.assert_equal(content(copy.checkpoint(2)), content(run.checkpoint(2)))


def test_what_is_missing_after_a_resume_is_made_and_times_of_files_decide_nothing(finished, tmp_path):
    whole, card = finished
    copy = RunDirectory(tmp_path / "run")
    shutil.copytree(whole.path, copy.path)
    shutil.rmtree(copy.serving)
    for path in (copy.model, copy.scorecard, copy.report):
        path.unlink()
    left = copy.serving / f".1~{'0' * 16}" / "saved_model.pb"  # of a process that was killed before it had its name
    left.parent.mkdir(parents=True)
    left.touch()
    train(small(), str(copy.path), resume=True)
    assert {path.name for path in copy.serving.iterdir()} == {"1"} and json.loads(copy.scorecard.read_text())
    np.testing.assert_equal(keras.models.load_model(copy.model).get_weights(), content_of_model(whole))
    ahead = time.time() + 3600  # by a clock that was wrong
    for path in copy.path.rglob("*"):
        os.utime(path, (ahead, ahead))
    train(small(epochs=3, **UNMEASURED), str(copy.path), resume=True)
    assert {path.name for path in copy.serving.iterdir()} == {"1", "2"}
    assert int(keras.models.load_model(copy.model).optimizer.iterations) == card["run"]["steps"] * 3 // 2


def content_of_model(run):
    return keras.models.load_model(run.model).get_weights()


def test_a_checkpoint_of_another_model_is_not_called_damaged(finished, tmp_path):
    run, _ = finished
    copy = RunDirectory(tmp_path / "run")
    shutil.copytree(run.path, copy.path)
    other = GAN((8, 8, 1), latent_dim=4, width=0.1)
    other.compile()
    copy.records.unlink()
    other.save_weights(copy.checkpoint(2))
    with pytest.raises(UserError, match=r"is not of this model .*Put back the one that belongs here"):
        train(small(), str(copy.path), resume=True)


def test_changed_data_is_refused_or_taken_and_named(tmp_path, unexported):
    rng = np.random.default_rng(0)

    def config(count, epochs, **options):
        np.savez(tmp_path / "a.npz", images=rng.normal(size=(count, 2)).astype("f4"))
        return plain(
            "gan", dataset="arrays", epochs=epochs, batch_size=50, **{"data.path": tmp_path / "a.npz"}, **options
        )

    _, card = train(config(400, 4), str(tmp_path / "run"))
    (tmp_path / "run" / "modes").mkdir()  # what another kind of run may have got to
    (first,) = card["run"]["data"]["trained_on"]
    assert (first["train"], first["from_epoch"], card["run"]["epochs"]) == (360, 0, 4)
    assert card["run"]["data"]["measured_on"]["digest"] == first["digest"]
    with pytest.raises(UserError, match=r"1800 training and 200 test .* it was 360 and 40 .*--data.changed_ok true"):
        train(config(2000, 6), str(tmp_path / "run"), resume=True)
    run, card = train(config(2000, 6, **{"data.changed_ok": True}), str(tmp_path / "run"), resume=True)
    assert not run.modes.exists()
    old, new = card["run"]["data"]["trained_on"]
    assert old == first and (new["train"], new["from_epoch"]) == (1800, 4)
    assert card["run"]["epochs"] == 6 and card["run"]["steps"] == 4 * 7 + 2 * 36
    with pytest.raises(UserError, match="changed_ok"):  # it was said for that once
        train(config(500, 7), str(tmp_path / "run"), resume=True)
    with pytest.warns(Note, match="not what .* was trained on; the scorecard names both"):
        evaluated = evaluate(*(load_run(str(run.path))[i] for i in (0, 2, 3, 1)))
    assert evaluated["run"]["data"]["measured_on"]["train"] == 450 and len(evaluated["run"]["data"]["trained_on"]) == 2


def test_one_process_writes_to_a_run(finished):
    run, _ = finished
    other = RunDirectory(run.path).lock()
    with pytest.raises(UserError, match="Another process is writing to"):
        train(small(), str(run.path), resume=True)
    other.release()


def test_a_model_that_is_told_the_classes_learns_the_labelled_part(tmp_path, images, unexported):
    labels = np.where(np.arange(24) < 16, np.arange(24) % 2, -1)
    np.savez(tmp_path / "a.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    options = {"dataset": "arrays", "data.path": tmp_path / "a.npz", "evaluation.extent": "quick"}
    config = plain("acgan", epochs=1, batch_size=8, **options)
    with pytest.warns(Note, match="16 of the 24 training examples"):
        _, card = train(config, str(tmp_path / "run"))
    assert card["run"]["steps"] == 2 and card["run"]["data"]["trained_on"][0]["train"] == 16
    config = small(epochs=1, batch_size=8, **options)
    _, card = train(config, str(tmp_path / "modes"))
    assert card["run"]["data"]["trained_on"][0]["train"] == 24
    assert np.sum(card["test"]["clustering"]["classifier"]["confusion"]) == 16


@pytest.mark.parametrize("name", ["history.csv", "scores.csv"])
def test_damaged_tables_are_named(finished, tmp_path, name):
    run, _ = finished
    shutil.copytree(run.path, tmp_path / "run")
    for content in (b"\xff\xfe\x00", b"epoch\nfive\n", b"epoch,seconds,criterion\n1,2,3,4,5\n", b"a,b\n1,2\n"):
        (tmp_path / "run" / name).write_bytes(content)
        with pytest.raises(UserError, match=f"{name} is damaged .*Put back a copy, or move it away"):
            train(small(epochs=3), str(tmp_path / "run"), resume=True)


def test_a_run_that_stops_in_its_first_epoch_need_not_find_the_modes_again(finished, tmp_path, monkeypatch, unexported):
    whole, _ = finished
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(ModeGAN, "generator_loss", Mock(side_effect=KeyboardInterrupt))
        train(small(), str(tmp_path / "run"))
    run = RunDirectory(tmp_path / "run")
    assert run.last_checkpoint()[0] == 0
    before = rows_of(run)
    assert [row["epoch"] for row in before] == ["0"]
    with pytest.raises(UserError, match="no checkpoint yet; wait for its first epoch"):
        load_run(str(run.path))
    monkeypatch.setattr(ModeGAN, "find_modes", Mock(side_effect=AssertionError("finds them again")))
    train(small(**UNMEASURED), str(run.path), resume=True)
    np.testing.assert_equal(content(run.checkpoint(2)), content(whole.checkpoint(2)))
    assert rows_of(run)[0]["seconds"] == before[0]["seconds"]


def test_divergence_stops_and_keeps_the_last_good_state(tmp_path, monkeypatch):
    def spoilt(self, forward):
        step = tf.cast(self.optimizer.iterations, tf.float32)
        return tf.reduce_mean(forward.fake_scores) / tf.where(step < 25, 1.0, 0.0)

    monkeypatch.setattr(GAN, "generator_loss", spoilt)
    config = plain("gan", epochs=3)
    with pytest.raises(UserError, match=r"generator_loss became -?(inf|nan) in step 26\. .*epoch_00001"):
        train(config, str(tmp_path / "run"))
    run = RunDirectory(tmp_path / "run")
    assert run.last_checkpoint()[0] == 1
    assert all(np.isfinite(values).all() for values in content(run.checkpoint(1)).values())


def test_toys_and_gan(tmp_path, unexported):
    config = TrainConfig({**SMALL, "model": "gmmgan", "dataset": "toy3x3", "epochs": 1})
    run, card = train(config, str(tmp_path / "toy"))
    assert {path.name for path in run.samples.glob("final*")} == {
        "final_samples.png",
        "final_scales.png",
        "final_pairs.png",
    }
    assert "classifier" in card["test"]["clustering"]
    run, card = train(plain("gan", epochs=1), str(tmp_path / "gan"))
    assert {path.name for path in run.samples.glob("final*")} == {"final_samples.png", "final_scales.png"}
    assert "modes" not in card["test"] and "num_components" not in run.config.read_text()


def test_kinds_are_counted(tmp_path, capsys, unexported):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 60, (120, 8, 8, 1), dtype=np.uint8)
    for row, image in enumerate(images):
        image[4 * (row % 4 // 2) :, 4 * (row % 2) :] += 120
    np.savez(tmp_path / "images.npz", x_train=images)
    options = {"dataset": "arrays", "data.path": str(tmp_path / "images.npz"), "evaluation.extent": "quick"}
    config = small(num_components="auto", epochs=1, **options)
    run, card = train(config, str(tmp_path / "run"))
    assert "4 kinds, by what one more tells about neighbours." in capsys.readouterr().out
    assert card["run"]["config"]["num_components"] == 4 and read_run_config(run.config)["num_components"] == 4
    train(read_run_config(run.config).replaced(epochs=2, **UNMEASURED), str(run.path), resume=True)
    with pytest.raises(UserError, match="num_components must be a whole number, at least 1; got 'auto'"):
        plain("gmgan", num_components="auto")


def test_points_have_no_modegan(tmp_path):
    with pytest.raises(UserError, match=r"ModeGAN is for images .*GMMGAN takes points, too"):
        train(small(dataset="toy3x3"), str(tmp_path / "toy"))
    assert not (tmp_path / "toy").exists()
