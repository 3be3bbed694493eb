"""What happens beside training: checkpoints, history, figures, scores, and the stop at a NaN."""

import math
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tfgmmgan.data import ImageData
from tfgmmgan.evaluation.epoch_scores import CRITERION, epoch_scores, is_better
from tfgmmgan.evaluation.subject import Subject
from tfgmmgan.kinds import names_of
from tfgmmgan.plotting import write_figures
from tfgmmgan.training.csv_files import read_rows, write_rows
from tfgmmgan.training.run_directory import RunDirectory
from tfgmmgan.training.weights import write_weights
from tfgmmgan.utils.errors import UserError

__all__ = [
    "BeforeTraining",
    "Checkpoint",
    "EpochLogs",
    "Figures",
    "HistoryFile",
    "Scores",
    "StopAtNaN",
    "StopInTime",
]

KEPT = 0.2  # share of a run's minutes for what comes after training


class StopAtNaN(keras.callbacks.Callback):
    """Stops training at the first loss that is not a finite number, and says where.

    Args:
        run: Where the last good state lies.
    """

    def __init__(self, run: RunDirectory) -> None:
        super().__init__()
        self.run = run

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Check the running means: one bad step makes them bad for good."""
        for name, value in (logs or {}).items():
            if not math.isfinite(float(value)):
                raise _diverged(
                    f"{name} became {float(value)} in step {int(self.model.optimizer.iterations.numpy()) or batch + 1}",
                    self.run,
                )


class BeforeTraining(keras.callbacks.Callback):
    """A callback that is also told when the modes are found, before the first epoch."""

    def on_modes_found(self, model: keras.Model, seconds: float) -> None:
        """Take notice of a model that knows its modes, and how long it took."""


class StopInTime(keras.callbacks.Callback):
    """Stops training where the time is over; comes before the callbacks that write.

    Args:
        run: The run.
        max_minutes: From now on; a fifth of them is kept for what comes after training. None for any number.
        last_epoch: The last, counted from 1.
        seconds: What was spent on the first epoch before.
    """

    def __init__(self, run: RunDirectory, max_minutes: float | None, last_epoch: int, seconds: float = 0.0) -> None:
        super().__init__()
        self.run = run
        self.seconds, self.longest, self.began = seconds, 0.0, None
        self.last_epoch = last_epoch
        self.end = math.inf if max_minutes is None else time.monotonic() + 60 * max_minutes * (1 - KEPT)

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Note when the epoch began, and how long the one before took, with what is written after its steps."""
        now = time.monotonic()
        if self.began is not None:
            self.longest = max(self.longest, now - self.began)
        self.began, self.seconds = now - self.seconds, 0.0

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Stop where another epoch, as long as the longest, would end too late."""
        now = time.monotonic()
        if epoch + 1 < self.last_epoch and now + max(self.longest, now - self.began) > self.end:
            _stop(self, epoch + 1, "the time is over")


def _stop(callback: "StopInTime | Scores", epochs: int, why: str) -> None:
    """Let training stop after this epoch, and keep in mind that it is to be finished."""
    print(f"Training stops after {epochs} of {callback.last_epoch} epochs: {why}.", flush=True)
    callback.run.write_record("stopped", epochs)
    callback.model.stop_training = True


class Checkpoint(BeforeTraining):
    """Writes weights, optimizer states and averages at the ends of epochs, and keeps the last.

    Args:
        run: Where to.
        last_epoch: The epoch, counted from 1, after which the state is written in any case.
        keep: How many are kept.
        min_seconds: Epochs may be shorter than it takes to write the state: the others are skipped that end within
            this time of the last that was written.
    """

    def __init__(self, run: RunDirectory, last_epoch: int, keep: int, min_seconds: float = 10.0) -> None:
        super().__init__()
        self.run = run
        self.last_epoch = last_epoch
        self.min_seconds = min_seconds
        self.keep = keep
        self.written = -math.inf

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Write the state after this epoch, unless it is no longer finite."""
        last = epoch + 1 >= self.last_epoch or self.model.stop_training
        if not last and time.monotonic() - self.written < self.min_seconds:
            return
        self.write(self.model, epoch + 1)
        self.written = time.monotonic()

    def on_modes_found(self, model: keras.Model, seconds: float) -> None:
        """Write the state before the first epoch."""
        self.write(model, 0)

    def write(self, model: keras.Model, epochs: int) -> None:
        """Write a model's state after so many epochs, unless it is no longer finite."""
        _check_weights(model, epochs, self.run)
        write_weights(model, self.run, self.run.checkpoint(epochs))
        for _, old in self.run.epoch_checkpoints()[: -self.keep]:
            old.unlink()


def _check_weights(model: keras.Model, epoch: int, run: RunDirectory) -> None:
    """Raise `UserError` where a weight is not finite: the epoch's last step may have spoilt it."""
    for weight in model.weights:
        if not np.isfinite(keras.ops.convert_to_numpy(weight)).all():
            raise _diverged(f"{weight.path} is not finite after epoch {epoch}", run)


def _diverged(what: str, run: RunDirectory) -> UserError:
    last = run.last_checkpoint()
    kept = f"The last good state is {last[1]}" if last else "There is no checkpoint yet"
    return UserError(
        f"Training diverged: {what}. {kept}. "
        "Try a lower --optimizers.learning_rate and --optimizers.discriminator_learning_rate."
    )


class HistoryFile(BeforeTraining):
    """Writes each epoch's mean losses, and the seconds it took, to `history.csv`, whole after every epoch.

    Args:
        path: The file. Rows up to `first_epoch` (0: the modes were found) are kept, later ones dropped.
        first_epoch: The epoch training starts at, from 0.
        seconds: What was spent on that epoch before.
    """

    def __init__(self, path: Path, first_epoch: int, seconds: float = 0.0) -> None:
        super().__init__()
        self.path = path
        self.before = seconds
        self.rows = read_rows(path, first_epoch)

    def on_modes_found(self, model: keras.Model, seconds: float) -> None:
        """Write what finding the modes took, as epoch 0."""
        self.rows = [{"epoch": 0, "seconds": round(seconds, 3)}]
        write_rows(self.path, self.rows)

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Start the clock."""
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Add this epoch's row; its seconds are those of its steps, without figures, scores and checkpoints."""
        seconds, self.before = self.before + time.perf_counter() - self.started, 0.0
        losses = {name: float(value) for name, value in (logs or {}).items()}
        self.rows.append({"epoch": epoch + 1, **losses, "seconds": round(seconds, 3)})
        write_rows(self.path, self.rows)


class EpochLogs(keras.callbacks.TensorBoard):
    """Writes each epoch's losses for TensorBoard.

    Keras's own makes summaries of every step too, which its default `update_freq="epoch"` then throws away: 1.6 ms.

    Args:
        path: The log directory.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), write_graph=False)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Do nothing."""


class Figures(keras.callbacks.Callback):
    """Writes sample and interpolation figures every so many epochs, to `samples/` and to TensorBoard.

    Args:
        run: Where to.
        data: The dataset, for a toy's real points.
        every_epochs: 0 for never.
    """

    def __init__(self, run: RunDirectory, data: ImageData, every_epochs: int) -> None:
        super().__init__()
        self.run = run
        self.data = data
        self.every_epochs = every_epochs

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Write this epoch's figures, if it is their turn."""
        if self.every_epochs and (epoch + 1) % self.every_epochs == 0:
            stem, names = f"epoch_{epoch + 1:05d}", names_of(self.run.path)
            write_figures(self.model, self.data, self.run.samples, stem, self.run.logs, epoch + 1, names)


class Scores(keras.callbacks.Callback):
    """Measures the model every so many epochs and after the last, and keeps the weights of the best of these epochs.

    The scores go to `scores.csv` and to TensorBoard. The best is by `epoch_scores`' criterion, which knows no label.

    Args:
        run: Where to.
        subject: The model and the dataset.
        every_epochs: 0 for only after the last.
        first_epoch: The epoch training starts at, from 0; rows of later ones are dropped.
        last_epoch: The last, counted from 1.
        early_stopping: Training stops when so many measurements in a row are no better than the best. None for never.
    """

    def __init__(
        self,
        run: RunDirectory,
        subject: Subject,
        every_epochs: int,
        first_epoch: int,
        last_epoch: int,
        early_stopping: int | None = None,
    ) -> None:
        super().__init__()
        self.run = run
        self.subject = subject
        self.every_epochs = every_epochs
        self.last_epoch = last_epoch
        self.early_stopping = early_stopping
        self.rows = read_rows(run.scores, first_epoch)
        self.has_measured = False

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Measure, if it is this epoch's turn."""
        epoch += 1
        last = epoch >= self.last_epoch or self.model.stop_training
        if not last and not (self.every_epochs and epoch % self.every_epochs == 0):
            return
        _check_weights(self.model, epoch, self.run)
        if not self.has_measured and self.subject.data.is_image:
            print("Measuring; what depends on the dataset alone is made once and kept for other runs ...", flush=True)
        self.has_measured = True
        best = min((float(row[CRITERION]) for row in self.rows), default=None)
        scores = epoch_scores(self.subject)
        if is_better(scores[CRITERION], best):
            write_weights(self.model, self.run, self.run.best_checkpoint)
        self.rows.append({"epoch": epoch, **scores})
        write_rows(self.run.scores, self.rows)
        distances = [float(row[CRITERION]) for row in self.rows]
        since_best = len(distances) - 1 - int(np.nanargmin([*distances, math.inf]))
        if not last and self.early_stopping is not None and since_best >= self.early_stopping:
            _stop(self, epoch, f"{since_best} measurements found no lower distance")
        with tf.summary.create_file_writer(str(self.run.logs / "scores")).as_default():
            for name, value in scores.items():
                tf.summary.scalar(name, value, step=epoch)
