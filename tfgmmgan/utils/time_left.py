"""How long a training still takes, for who reads a log; a terminal has Keras's own bar."""

import sys
import time

import keras

__all__ = ["TimeLeft", "verbosity"]

EVERY = 30.0  # seconds between two lines


def verbosity() -> int:
    """Return Keras's `verbose` for where the output goes: 1, a bar, in a terminal; 2, lines, in a log; 0 nowhere."""
    return 0 if sys.stdout is None else 1 if sys.stdout.isatty() else 2


class TimeLeft(keras.callbacks.Callback):
    """Prints every half minute how many steps are done and how long the others will take, where `verbose` is 2.

    Args:
        what: What is trained.
        steps: Of a whole epoch, where the first is gone on with. Default those of `fit`.
        epochs: Until when, where another `fit` goes on. Default that of this one.
    """

    def __init__(self, what: str, steps: int | None = None, epochs: int | None = None) -> None:
        super().__init__()
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
        if self.params["verbose"] != 2 or now - self.said < EVERY:
            return
        self.said = now
        done, whole = self.before + batch + 1, self.whole * (self.epochs or self.params["epochs"])
        left = (now - self.begun) * (whole - done) / (done - self.first)
        minutes = f"{left / 60:.0f} minutes" if left > 90 else f"{left:.0f} seconds"
        print(f"{self.what}: step {done:,} of {whole:,}, {minutes} left", flush=True)
