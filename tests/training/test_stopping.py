"""Runs that stop before their last epoch: by time, or as they get no better."""

import json
import shutil

import pytest

from tfgmmgan.cli import evaluate as evaluate_cli
from tfgmmgan.cli import run_command
from tfgmmgan.cli import train as train_cli
from tfgmmgan.training import TrainConfig, callbacks, runner, train
from tfgmmgan.training.build import with_length
from tfgmmgan.training.csv_files import read_rows
from tfgmmgan.training.run_directory import RunDirectory
from tfgmmgan.utils.errors import UserError

TINY = {
    "model": "gan",
    "latent_dim": 4,
    "epochs": 4,
    "batch_size": 256,
    "model.width": 0.05,
    "evaluation.every_epochs": 1,
    "evaluation.samples": 50,
    "evaluation.trade_off_samples": 0,
}


def test_a_run_ends_in_time_with_everything_written(tmp_path, capsys, request):
    run, card = train(TrainConfig({**TINY, "max_minutes": 1e-6}), str(tmp_path / "run"))
    assert "Training stops after 1 of 4 epochs: the time is over." in capsys.readouterr().out
    assert card["run"]["epochs"] == 1 and [row["epoch"] for row in read_rows(run.scores)] == ["1"]
    assert run.model.is_file() and (run.serving / "1").is_dir() and run.report.is_file()
    assert [epoch for epoch, _ in run.epoch_checkpoints()] == [1]
    # whoever goes on with it has the run that was never stopped
    request.getfixturevalue("unexported")
    train(TrainConfig(TINY), str(run.path), resume=True)
    whole, expected = train(TrainConfig(TINY), str(tmp_path / "whole"))
    assert json.loads(run.scorecard.read_text())["test"] == expected["test"]
    losses = [[{**row, "seconds": 0} for row in read_rows(one.history)] for one in (run, whole)]
    assert losses[0] == losses[1] and len(losses[0]) == 4


def test_a_stopped_run_that_is_killed_while_it_is_measured_ends_where_it_stopped(tmp_path, monkeypatch):
    config = TrainConfig({**TINY, "max_minutes": 1e-6})
    with monkeypatch.context() as patch:
        patch.setattr(runner, "evaluate", lambda *args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            train(config, str(tmp_path / "run"))
    shutil.rmtree(tmp_path / "run" / "serving")
    run, card = train(config, str(tmp_path / "run"), resume=True)
    assert card["run"]["epochs"] == 1 and run.report.is_file() and (run.serving / "1").is_dir()
    _, card = train(config, str(tmp_path / "run"), resume=True)  # of a finished one more is wanted
    assert card["run"]["epochs"] == 2


@pytest.mark.parametrize(
    ("patience", "distances", "epochs"),
    [(1, [3, 2, 2.5, 1], 3), (2, [3, 2, 2.5, 1], 4), (1, [3, float("nan"), 2, 1], 2), (2, [3, float("nan"), 2, 1], 4)],
)
def test_training_stops_when_it_gets_no_better(patience, distances, epochs, tmp_path, monkeypatch, capsys, unexported):
    found = iter(distances)
    monkeypatch.setattr(callbacks, "epoch_scores", lambda subject: {"criterion": next(found)})
    run, card = train(
        TrainConfig({**TINY, "early_stopping": patience, "evaluation.extent": "quick"}), str(tmp_path / "run")
    )
    assert card["run"]["epochs"] == epochs == len(read_rows(run.scores))
    said = f"Training stops after {epochs} of 4 epochs: {patience} measurements found no lower distance."
    assert (said in capsys.readouterr().out) == (epochs < 4)
    assert [epoch for epoch, _ in run.epoch_checkpoints()][-1] == epochs


@pytest.mark.parametrize("option", ["max_minutes", "early_stopping"])
def test_several_workers_end_together(option):
    with pytest.raises(UserError, match=rf"--{option} is not for --strategy multi_worker"):
        TrainConfig({"strategy": "multi_worker", option: 1})


def test_a_run_may_be_measured_quickly_or_later(tmp_path, capsys):
    """Quickly: by what `full` measures, but for what takes longest. Later: by evaluate.py."""
    options = {"model": "modegan", "num_components": 3, "model.width": 0.05, "clusterer.width": 0.05, "latent_dim": 4}
    options |= {"clusterer.steps": 4, "clusterer.self_training_rounds": 0, "clusterer.descriptor": "pixels"}
    options |= {"epochs": 1, "batch_size": 256, "evaluation.trade_off_samples": 16}
    arguments = [f"--{name}={value}" for name, value in options.items()]
    arguments += ["--evaluation.extent=none", f"--output={tmp_path / 'run'}"]
    assert run_command(train_cli.command, arguments, "x") == 0
    run = RunDirectory(tmp_path / "run")
    assert "nothing is measured yet (python evaluate.py" in capsys.readouterr().out
    assert run.model.is_file() and (run.serving / "1").is_dir() and not run.scores.exists() and not run.report.exists()
    cards = {}
    for extent in ("quick", "full"):
        assert run_command(evaluate_cli.command, [str(run.path), f"--evaluation.extent={extent}"], "x") == 0
        cards[extent] = json.loads(run.scorecard.read_text())
        assert ("by Algorithm 2" in run.report.read_text()) == (extent == "full")
    quick, full = cards["quick"], cards["full"]
    assert set(full) - set(quick) == {"trade_off"}
    assert set(full["test"]["clustering"]) - set(quick["test"]["clustering"]) == {"algorithm_2"}
    assert quick["test"]["clustering"]["classifier"] == full["test"]["clustering"]["classifier"]
    assert quick["image_quality"] == full["image_quality"]  # of 359 test images
    for mode, other in zip(quick["mode_health"]["modes"], full["mode_health"]["modes"], strict=True):
        assert mode["recovered_by_algorithm_2"] is None and mode["recovered"] == other["recovered"]
    assert run_command(evaluate_cli.command, [str(run.path)], "x") == 0  # as the run says: none, so all of it
    assert set(json.loads(run.scorecard.read_text())) == set(full)


def test_how_far_a_run_is_measured_where_nobody_says():
    extents = [
        with_length(TrainConfig({**TINY, **more}), 100)["evaluation.extent"] for more in ({}, {"max_minutes": 3})
    ]
    assert extents == ["full", "quick"]
    for name, value in (("evaluation.extent", "none"), ("evaluation.every_epochs", 0)):
        with pytest.raises(UserError, match=rf"--early_stopping goes by what is measured; leave out --{name} {value}"):
            TrainConfig({"early_stopping": 2, name: value})


def test_the_time_of_an_epoch_has_what_is_written_after_it(monkeypatch):
    """Steps of 10 seconds, then 50 to measure; of 300 seconds four fifths are for epochs."""
    now = [0.0]
    monkeypatch.setattr(callbacks.time, "monotonic", lambda: now[0])
    told = []
    monkeypatch.setattr(callbacks, "_stop", lambda callback, epochs, why: told.append(epochs))
    stop = callbacks.StopInTime(None, 5, last_epoch=100, seconds=0.0)
    for epoch in range(5):
        stop.on_epoch_begin(epoch)
        now[0] += 10
        stop.on_epoch_end(epoch)
        if told:
            break
        now[0] += 50
    assert told == [4] and now[0] == 190  # a fifth epoch would end at 250
