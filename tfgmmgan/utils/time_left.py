"""How long a training still takes, for who reads a log; a terminal has Keras's own bar."""

import math
import sys
import time

import keras

__all__ = ["EpochLines", "TimeLeft", "verbosity"]

EVERY = 30.0  # seconds between two lines of how long it takes
EPOCHS_EVERY = 10.0  # seconds between two lines of losses: of short epochs most have none


def verbosity() -> int:
    """Return Keras's `verbose` for where the output goes: 1, a bar, in a terminal; 2, lines, in a log; 0 nowhere."""
    return 0 if sys.stdout is None else 1 if sys.stdout.isatty() else 2


class TimeLeft(keras.callbacks.Callback):
    """Prints every half minute how many steps are done and how long the others will take, where `verbose` is 2.

    Args:
        what: What is trained.
        steps: Of a whole epoch, where the first is gone on with. Default those of `fit`.
        epochs: Until when, where another `fit` goes on. Default that of this one.
        verbose: Default that of `fit`.
        end: When training is stopped, by `time.monotonic`. Default never.
    """

    def __init__(
        self,
        what: str,
        steps: int | None = None,
        epochs: int | None = None,
        verbose: int | None = None,
        end: float = math.inf,
    ) -> None:
        super().__init__()
        self.end = end
        self.verbose = verbose
        self.what = what
        self.steps = steps
        self.epochs = epochs

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Start the clock."""
        self.begun = self.said = time.monotonic()
        self.first = None

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Note how many steps were done before this epoch."""
        self.whole = self.steps or self.params["steps"]
        self.before = (epoch + 1) * self.whole - self.params["steps"]
        self.first = self.before if self.first is None else self.first

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Print a line, if it is time."""
        now = time.monotonic()
        verbose = self.params["verbose"] if self.verbose is None else self.verbose
        if verbose != 2 or now - self.said < EVERY:
            return
        self.said = now
        done, whole = self.before + batch + 1, self.whole * (self.epochs or self.params["epochs"])
        left = (now - self.begun) * (whole - done) / (done - self.first)
        stops = now + left > self.end
        left = max(0.0, self.end - now) if stops else left
        minutes = f"{left / 60:.0f} minutes" if left > 90 else f"{left:.0f} seconds"
        reached = done + int(left * (done - self.first) / (now - self.begun))
        said = f"stops in {minutes} at about step {reached:,}, when the time is over" if stops else f"{minutes} left"
        print(f"{self.what}: step {done:,} of {whole:,}, {said}", flush=True)


class EpochLines(keras.callbacks.Callback):
    """Prints the losses after an epoch, where the last such line is ten seconds old, and after the last epoch.

    For logs, in place of Keras's two lines for each of what may be a thousand epochs of a second.

    Args:
        epochs: Until when.
    """

    def __init__(self, epochs: int) -> None:
        super().__init__()
        self.epochs = epochs
        self.said = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Print a line, if it is time."""
        now = time.monotonic()
        if now - self.said >= EPOCHS_EVERY or epoch + 1 == self.epochs:
            self.said = now
            losses = "".join(f" - {name}: {float(value):.4f}" for name, value in (logs or {}).items())
            print(f"Epoch {epoch + 1:,} of {self.epochs:,}{losses}", flush=True)
