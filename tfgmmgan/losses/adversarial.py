"""Adversarial losses on logits, element by element, so that any prior may weigh them as it likes."""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from tfgmmgan.registry import Registry

__all__ = ["ADVERSARIAL_LOSSES", "AdversarialLoss"]


class AdversarialLoss(NamedTuple):
    """What D minimises on real and on generated examples, and what G minimises on generated ones.

    Each maps logits of any shape to losses of the same shape.
    """

    real: Callable[[tf.Tensor], tf.Tensor]
    fake: Callable[[tf.Tensor], tf.Tensor]
    generator: Callable[[tf.Tensor], tf.Tensor]


def negative_log_sigmoid(logits: tf.Tensor) -> tf.Tensor:
    """Return -log D(x), with D(x) = sigmoid(logits)."""
    return tf.nn.softplus(-logits)


def negative_log_one_minus_sigmoid(logits: tf.Tensor) -> tf.Tensor:
    """Return -log(1 - D(x)), with D(x) = sigmoid(logits)."""
    return tf.nn.softplus(logits)


ADVERSARIAL_LOSSES = Registry(
    "adversarial loss",
    {
        # Goodfellow et al. 2014, section 3; GM-GAN's Algorithm 1, line 25
        "non_saturating": AdversarialLoss(
            real=negative_log_sigmoid,
            fake=negative_log_one_minus_sigmoid,
            generator=negative_log_sigmoid,
        ),
        # Goodfellow et al. 2014, eq. 1; responsibility learning, eq. 2 and 3 as they are written
        "minimax": AdversarialLoss(
            real=negative_log_sigmoid,
            fake=negative_log_one_minus_sigmoid,
            generator=lambda logits: -negative_log_one_minus_sigmoid(logits),
        ),
        # Lim & Ye 2017, Geometric GAN
        "hinge": AdversarialLoss(
            real=lambda logits: tf.nn.relu(1.0 - logits),
            fake=lambda logits: tf.nn.relu(1.0 + logits),
            generator=lambda logits: -logits,
        ),
    },
)
