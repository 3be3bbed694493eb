"""What `fit` does beside Keras's own: finds the modes, keeps the last good state, lets both optimizers follow."""

from typing import Any

import keras
import numpy as np

from tfgmmgan.models.fit_inputs import examples_of
from tfgmmgan.utils.errors import UserError

__all__ = ["FindModes", "KeepGoodState", "KeepRatesTogether"]


class FindModes(keras.callbacks.Callback):
    """Does what the system does before its first step, unless a callback before this one has restored a later state.

    Args:
        x: What `fit` was given.
        verbose: As `fit` was.
    """

    def __init__(self, x: Any, verbose: int | str) -> None:
        super().__init__()
        self.x = x
        self.verbose = verbose

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Find the modes."""
        if self.model.examples_wanted:
            self.model.before_training(examples_of(self.x, self.model.examples_wanted), verbose=self.verbose)


class KeepGoodState(keras.callbacks.Callback):
    """Stops `fit` after an epoch that left a weight not finite, and gives the model its state of the epoch before."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[tuple[keras.Variable, np.ndarray]] = []

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Keep the state to begin with."""
        if not self.kept:
            self._keep()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Keep a state whose weights are all finite; for another, restore the last one and raise `UserError`."""
        wrong = next((v.path for v in self.model.variables if not np.isfinite(v.numpy()).all()), None)
        if wrong is None:
            self._keep()
            return
        for variable, value in self.kept:
            variable.assign(value)
        raise UserError(
            f"Training diverged: {wrong} is not finite after epoch {epoch + 1}. The model has its state of before that "
            "epoch. Try lower learning rates."
        )

    def _keep(self) -> None:
        state = [*self.model.variables, *self.model.optimizer.variables, *self.model.discriminator_optimizer.variables]
        self.kept = [(variable, variable.numpy()) for variable in {id(one): one for one in state}.values()]


class KeepRatesTogether(keras.callbacks.Callback):
    """Multiplies the discriminator's learning rate by what another callback multiplies the generator's by.

    Keras's `LearningRateScheduler` and `ReduceLROnPlateau` know of one optimizer, the generator's. Where a callback
    sets the discriminator's itself, or it follows a schedule, it is left alone.
    """

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Take notice of the rates."""
        self.rates = self._rates()

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """Follow what was changed since the last batch."""
        rates = self._rates()
        if rates and self.rates and rates[0] != self.rates[0] and rates[1] == self.rates[1] and self.rates[0]:
            self.model.discriminator_optimizer.learning_rate = rates[1] * rates[0] / self.rates[0]
            rates = self._rates()
        self.rates = rates

    def on_train_end(self, logs: dict | None = None) -> None:
        """Follow what was changed after the last batch."""
        self.on_train_batch_begin(0)

    def _rates(self) -> list[float] | None:
        """Return the generator's and the discriminator's learning rate; None where one follows a schedule."""
        rates = [owner.learning_rate for owner in (self.model.optimizer, self.model.discriminator_optimizer)]
        return (
            [float(rate.numpy()) for rate in rates] if all(isinstance(rate, keras.Variable) for rate in rates) else None
        )
