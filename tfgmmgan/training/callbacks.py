"""What happens beside training: checkpoints, history, figures, and the stop at a NaN."""

import csv
import math
import time
from pathlib import Path

import keras
import numpy as np

from tfgmmgan.data import ImageData
from tfgmmgan.errors import UserError
from tfgmmgan.files import replacing
from tfgmmgan.plotting import write_figures
from tfgmmgan.training.run_directory import RunDirectory

__all__ = ["Checkpoint", "Figures", "HistoryFile", "StopAtNaN", "minutes_trained"]


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
                    f"{name} became {float(value)} in step {int(self.model.optimizer.iterations.numpy())}",
                    self.run,
                )


class Checkpoint(keras.callbacks.Callback):
    """Writes weights, optimizer states and averages at the ends of epochs, and keeps the last two.

    Args:
        run: Where to.
        last_epoch: The epoch, counted from 1, after which the state is written in any case.
        min_seconds: Epochs may be shorter than it takes to write the state: the others are skipped that end within
            this time of the last that was written.
    """

    def __init__(self, run: RunDirectory, last_epoch: int, min_seconds: float = 10.0) -> None:
        super().__init__()
        self.run = run
        self.last_epoch = last_epoch
        self.min_seconds = min_seconds
        self.written = -math.inf

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Write the state after this epoch, unless it is no longer finite."""
        if epoch + 1 < self.last_epoch and time.monotonic() - self.written < self.min_seconds:
            return
        for weight in self.model.weights:  # the last step may have spoilt them
            if not np.isfinite(keras.ops.convert_to_numpy(weight)).all():
                raise _diverged(f"{weight.path} is not finite after epoch {epoch + 1}", self.run)
        with replacing(self.run.checkpoint(epoch + 1)) as temporary:
            self.model.save_weights(temporary)
        for old in sorted(self.run.checkpoints.glob("epoch_*.weights.h5"))[:-2]:
            old.unlink()
        self.written = time.monotonic()


def _diverged(what: str, run: RunDirectory) -> UserError:
    last = run.last_checkpoint()
    kept = f"The last good state is {last[1]}" if last else "There is no checkpoint yet"
    return UserError(
        f"Training diverged: {what}. {kept}. "
        "Try a lower --optimizers.learning_rate and --optimizers.discriminator_learning_rate."
    )


class HistoryFile(keras.callbacks.Callback):
    """Writes each epoch's mean losses, and the seconds it took, to `history.csv`, whole after every epoch.

    Args:
        path: The file. Rows of epochs before `first_epoch` are kept, later ones (of a run that died) dropped.
        first_epoch: The epoch training starts at, from 0.
    """

    def __init__(self, path: Path, first_epoch: int) -> None:
        super().__init__()
        self.path = path
        self.rows: list[dict] = []
        if first_epoch and path.is_file():
            with open(path, newline="") as file:
                self.rows = [row for row in csv.DictReader(file) if int(row["epoch"]) <= first_epoch]

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Start the clock."""
        self.last = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Add this epoch's row; its seconds include what the callbacks of the epoch before took."""
        before, self.last = self.last, time.perf_counter()
        losses = {name: float(value) for name, value in (logs or {}).items()}
        self.rows.append({"epoch": epoch + 1, **losses, "seconds": round(self.last - before, 3)})
        with replacing(self.path) as temporary, open(temporary, "w", newline="") as file:
            writer = csv.DictWriter(file, list(self.rows[-1]))
            writer.writeheader()
            writer.writerows(self.rows)


def minutes_trained(path: Path) -> float:
    """Return the minutes that the epochs of a `history.csv` took, those before a resume included."""
    with open(path, newline="") as file:
        return round(sum(float(row["seconds"]) for row in csv.DictReader(file)) / 60, 2)


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
            write_figures(self.model, self.data, self.run.samples, f"epoch_{epoch + 1:05d}", self.run.logs, epoch + 1)
