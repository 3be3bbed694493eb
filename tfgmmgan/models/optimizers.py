"""The two optimizers of a GAN, by their options."""

from dataclasses import dataclass
from typing import Any, Literal

import keras

from tfgmmgan.networks.fused_adam import FusedAdam
from tfgmmgan.utils.arguments import Positive, Share, check_arguments
from tfgmmgan.utils.errors import UserError

__all__ = ["OptimizerOptions", "check_optimizers"]


@dataclass
class OptimizerOptions:
    """Adam for both sides.

    Args:
        learning_rate: Of generator, prior and, where the GAN trains one, classifier. Default 2e-4, as in the papers.
        discriminator_learning_rate: Of discriminator and encoder. Default 2e-4.
        schedule: "constant" learning rates, or "cosine": they fall to 0 over the run's epochs. A run that is resumed
            with more epochs goes on with the rates of the longer run. Default "constant".
        beta_1: Adam's decay of the first moment. Default 0.5 (ours; not published).
        beta_2: Adam's decay of the second moment. Default 0.999.
    """

    learning_rate: Positive = 2e-4
    discriminator_learning_rate: Positive = 2e-4
    schedule: Literal["constant", "cosine"] = "constant"
    beta_1: Share = 0.5
    beta_2: Share = 0.999

    def __post_init__(self) -> None:
        check_arguments(self)

    def make(self, steps: int | None = None, critic_steps: int = 1) -> dict[str, keras.optimizers.Optimizer]:
        """Return the optimizers by the names of `compile`'s arguments.

        Args:
            steps: Updates of the generator in the whole run, over which a schedule falls.
            critic_steps: Updates of the discriminator for one of the generator.
        """

        def adam(rate: float, updates: int) -> keras.optimizers.Optimizer:
            if self.schedule == "cosine":
                if steps is None:
                    raise UserError("schedule='cosine' needs the number of steps: make(steps).")
                rate = keras.optimizers.schedules.CosineDecay(rate, steps * updates)
            return FusedAdam(rate, self.beta_1, self.beta_2)

        return {
            "optimizer": adam(self.learning_rate, 1),
            "discriminator_optimizer": adam(self.discriminator_learning_rate, critic_steps),
        }


def check_optimizers(optimizer: Any, discriminator_optimizer: Any) -> None:
    """Raise `UserError` for optimizers that Keras would take, and that do not work for two networks."""
    if isinstance(optimizer, keras.Optimizer) and optimizer is discriminator_optimizer:
        raise UserError("compile() needs two optimizers, as each keeps a state of its own weights; got one twice.")
    if getattr(optimizer, "use_ema", False) or getattr(discriminator_optimizer, "use_ema", False):
        raise UserError(
            "compile() takes no optimizer with use_ema: Keras would write the averages of one optimizer's weights over "
            "those of both networks. Leave it out."
        )
