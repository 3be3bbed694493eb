"""What a system says of each of its losses."""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf
from keras.optimizers.schedules import LearningRateSchedule

from tfgmmgan.models.forward import ForwardPass
from tfgmmgan.utils.arguments import NotNegative
from tfgmmgan.utils.errors import UserError, unknown_name

__all__ = ["LossTerm", "Weight", "check_term", "is_in_use", "weight_at"]

Weight = NotNegative | LearningRateSchedule


class LossTerm(NamedTuple):
    """One entry of `LatentGAN.loss_terms()`.

    Attributes:
        function: From a `ForwardPass` to a scalar to be minimised.
        trains: The groups of weights that get its gradient, names from `LatentGAN.groups`.
        weight: A number, or a `keras.optimizers.schedules.LearningRateSchedule` of the training step. A loss
            whose weight is the number 0 is not computed.
    """

    function: Callable[[ForwardPass], tf.Tensor]
    trains: tuple[str, ...]
    weight: Weight = 1.0


def check_term(name: str, term: LossTerm, groups: tuple[str, ...]) -> None:
    """Raise `UserError` if a loss trains nothing, or weights that a model with these groups lacks."""
    if isinstance(term.trains, str) or not term.trains:
        raise UserError(f"Loss '{name}': trains must be a tuple of names, like ('{term.trains or groups[0]}',).")
    for group in term.trains:
        if group not in groups:
            raise unknown_name(f"group of weights that the loss '{name}' trains", group, groups)


def is_in_use(term: LossTerm) -> bool:
    """Return whether a loss is computed: its weight is not the number 0."""
    return callable(term.weight) or term.weight != 0


def weight_at(weight: Weight, step: tf.Tensor) -> tf.Tensor:
    """Return a loss's weight at a training step, a float32 scalar."""
    return tf.cast(weight(step) if callable(weight) else weight, tf.float32)
