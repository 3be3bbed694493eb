"""What `fit` keeps for the case that training diverges."""

import keras
import numpy as np

from tfgmmgan.utils.errors import UserError

__all__ = ["KeepGoodState"]


class KeepGoodState(keras.callbacks.Callback):
    """Stops `fit` after an epoch that left a weight not finite, and gives the model its state of the epoch before."""

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Keep the state to begin with."""
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
