"""Checkpoints within an epoch: of long epochs a kill loses a minute."""

import time
from typing import Any

import keras

from tfgmmgan.models import LatentGAN
from tfgmmgan.training.run_directory import RunDirectory
from tfgmmgan.training.weights import checksum, load_weights, write_weights

__all__ = ["WithinEpoch", "forget_within_epoch", "restore_within_epoch"]

RECORD = "within_epoch"


class WithinEpoch(keras.callbacks.Callback):
    """Writes the state every minute of an epoch; comes after `Checkpoint`, which makes it needless.

    Args:
        run: Where to.
        before: What `restore_within_epoch` returned, where an epoch is gone on with.
        min_seconds: Between two writings.
    """

    def __init__(self, run: RunDirectory, before: dict[str, Any] | None = None, min_seconds: float = 60.0) -> None:
        super().__init__()
        self.run = run
        self.before = before
        self.min_seconds = min_seconds

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Start the clock; of an epoch that is gone on with, take up the means."""
        self.epoch, self.first, self.seconds = epoch, 0, 0.0
        if self.before is not None:
            self.first, self.seconds = self.before["step"], self.before["seconds"]
            for metric, values in zip(self.model.metrics, self.before["means"], strict=True):
                for variable, value in zip(metric.variables, values, strict=True):
                    variable.assign(value)
            self.before = None
        self.begun = self.written = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Write the state, if it is time, and the epoch is not over."""
        now = time.monotonic()
        if now - self.written < self.min_seconds or batch + 1 >= self.params["steps"]:
            return
        write_weights(self.model, self.run, self.run.within_epoch)
        means = [[float(variable.numpy()) for variable in metric.variables] for metric in self.model.metrics]
        told = {"epoch": self.epoch, "step": self.first + batch + 1, "means": means}
        told |= {"seconds": self.seconds + now - self.begun, "checksum": checksum(self.run.within_epoch)}
        self.run.write_record(RECORD, told)
        self.written = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Remove what is needless now."""
        forget_within_epoch(self.run)


def restore_within_epoch(
    model: LatentGAN, run: RunDirectory, epochs: int, last_epoch: int, steps: int
) -> dict[str, Any] | None:
    """Load what was written within an epoch, if that is later than the last checkpoint.

    Args:
        model: The compiled model.
        run: The run.
        epochs: After how many the last checkpoint was written.
        last_epoch: The last epoch that is wanted, counted from 1.
        steps: Of an epoch.

    Returns:
        `epoch`, from 0, and `step`, how many of it are done, with `means` and `seconds` until there; None where nothing
        was written that fits.
    """
    told = run.record(RECORD)
    try:
        is_later = epochs <= told["epoch"] < last_epoch and 0 < told["step"] < steps and float(told["seconds"]) >= 0
        fits = is_later and len(told["means"]) == len(model.metrics)
        if not fits or checksum(run.within_epoch) != told["checksum"]:
            return None
    except (TypeError, KeyError, ValueError, OSError):  # nothing there, or damaged: the last checkpoint is there
        return None
    load_weights(model, run, run.within_epoch)
    return told


def forget_within_epoch(run: RunDirectory) -> None:
    """Remove what was written within an epoch, where something was."""
    if run.within_epoch.is_file():
        run.within_epoch.unlink()
        run.write_record(RECORD, None)
