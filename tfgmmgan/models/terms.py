"""A named loss of a model: how it is computed, which weights it trains, and how much it counts."""

from collections.abc import Callable
from typing import NamedTuple

import keras
import tensorflow as tf
from keras.optimizers.schedules import LearningRateSchedule

from tfgmmgan.models.forward import ForwardPass
from tfgmmgan.utils.errors import UserError, unknown_name

__all__ = ["STAGES", "LossTerm", "Weight", "check_term", "is_in_use", "serialized", "weight_at"]

# All but the last two: `tfgmmgan.models.pretraining`; "subclasses": `tfgmmgan.models.subclasses`.
STAGES = ("heads", "agreement", "refinement", "subclasses", "adversarial")

Weight = float | LearningRateSchedule


class LossTerm(NamedTuple):
    """One entry of `LatentGAN.loss_terms()`.

    Attributes:
        function: From a `ForwardPass` to a scalar to be minimised.
        trains: The groups of weights that get its gradient, names from `LatentGAN.groups`.
        weight: A number, or a `keras.optimizers.schedules.LearningRateSchedule` of the training step. A loss
            whose weight is the number 0 is not computed.
        stages: In which of `STAGES` it trains. Default: with the GAN.
    """

    function: Callable[[ForwardPass], tf.Tensor]
    trains: tuple[str, ...]
    weight: Weight = 1.0
    stages: tuple[str, ...] = ("adversarial",)


def check_term(name: str, term: LossTerm, groups: tuple[str, ...]) -> None:
    """Raise `UserError` if a loss trains nothing, or weights or in a stage that a model with these groups lacks."""
    for argument, given in (("trains", term.trains), ("stages", term.stages)):
        if isinstance(given, str) or not given:
            raise UserError(f"Loss '{name}': {argument} must be a tuple of names, like ('{given or groups[0]}',).")
    for stage in term.stages:
        if stage not in STAGES:
            raise unknown_name(f"stage of the loss '{name}'", stage, STAGES)
    for group in term.trains:
        if term.stages == ("adversarial",) and group not in groups:
            raise unknown_name(f"group of weights that the loss '{name}' trains", group, groups)


def is_in_use(term: LossTerm) -> bool:
    """Return whether a loss is computed: its weight is not the number 0."""
    return callable(term.weight) or term.weight != 0


def weight_at(weight: Weight, step: tf.Tensor) -> tf.Tensor:
    """Return a loss's weight at a training step, a float32 scalar."""
    return tf.cast(weight(step) if callable(weight) else weight, tf.float32)


def serialized(weight: Weight) -> float | dict:
    """Return a loss's weight as a model's `get_config` has it."""
    return keras.saving.serialize_keras_object(weight) if callable(weight) else weight
