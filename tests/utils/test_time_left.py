import keras
import numpy as np
import pytest

from tfgmmgan.utils import time_left
from tfgmmgan.utils.time_left import EpochLines, TimeLeft, verbosity


@pytest.mark.parametrize(("verbose", "first"), [(2, 0), (2, 2), (0, 0)])
def test_a_line_every_half_minute(verbose, first, monkeypatch, capsys):
    """Each step takes ten seconds; 3 epochs of 4 steps."""
    now = [0.0]
    monkeypatch.setattr(time_left.time, "monotonic", lambda: now[0])

    class Tick(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            now[0] += 10.0

    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    rows = np.zeros((4, 1), np.float32)
    options = {"batch_size": 1, "epochs": 3, "initial_epoch": first, "verbose": verbose, "shuffle": False}
    model.fit(rows, rows, **options, callbacks=[Tick(), TimeLeft("training")])
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("training: step")]
    steps = {3: 90, 6: 60, 9: 30, 12: 0} if first == 0 else {11: 10}
    expected = [f"training: step {step} of 12, {left} seconds left" for step, left in steps.items()]
    assert said == (expected if verbose == 2 else [])


def test_minutes_where_it_is_long(monkeypatch, capsys):
    now = iter([0.0, 30.0])
    monkeypatch.setattr(time_left.time, "monotonic", lambda: next(now))
    callback = TimeLeft("training")
    callback.set_params({"verbose": 2, "steps": 1000, "epochs": 2})
    callback.on_train_begin()
    callback.on_epoch_begin(0)
    callback.on_train_batch_end(9)
    assert capsys.readouterr().out == "training: step 10 of 2,000, 100 minutes left\n"


def test_it_says_when_the_time_is_over_first(monkeypatch, capsys):
    now = iter([0.0, 30.0])
    monkeypatch.setattr(time_left.time, "monotonic", lambda: next(now))
    callback = TimeLeft("training", verbose=2, end=75.0)
    callback.set_params({"verbose": 0, "steps": 1000, "epochs": 2})
    callback.on_train_begin()
    callback.on_epoch_begin(0)
    callback.on_train_batch_end(9)
    said = "stops in 45 seconds at about step 25, when the time is over"
    assert capsys.readouterr().out == f"training: step 10 of 2,000, {said}\n"


def test_short_epochs_have_a_line_every_ten_seconds_and_the_last(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr(time_left.time, "monotonic", lambda: now[0])
    callback = EpochLines(9)
    for epoch in range(9):
        now[0] += 4.0
        callback.on_epoch_end(epoch, {"generator_loss": epoch / 8, "discriminator_loss": np.float32(2)})
    said = capsys.readouterr().out.splitlines()
    assert [line.split(" - ")[0] for line in said] == [f"Epoch {epoch} of 9" for epoch in (3, 6, 9)]
    assert said[0] == "Epoch 3 of 9 - generator_loss: 0.2500 - discriminator_loss: 2.0000"


@pytest.mark.parametrize(("terminal", "expected"), [(True, 1), (False, 2), (None, 0)])
def test_verbosity(terminal, expected, monkeypatch):
    class Output:
        def isatty(self):
            return terminal

    monkeypatch.setattr("sys.stdout", None if terminal is None else Output())
    found = verbosity()
    monkeypatch.undo()
    assert found == expected
