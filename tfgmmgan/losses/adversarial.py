"""Adversarial losses on logits, element by element, so that any prior may weigh them as it likes."""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from tfgmmgan.utils.random import split
from tfgmmgan.utils.registry import Registry

__all__ = ["ADVERSARIAL_LOSSES", "AdversarialLoss", "gradient_penalty"]


class AdversarialLoss(NamedTuple):
    """What D minimises on real and on generated examples, and what G minimises on generated ones.

    `real`, `fake` and `generator` map logits of any shape to losses of the same shape. Each of the losses below has
    `fake(l) = real(-l)`: to call an example false is to call its opposite true.

    Attributes:
        real: D's loss on real examples.
        fake: D's loss on generated examples.
        generator: G's loss on generated examples.
    """

    real: Callable[[tf.Tensor], tf.Tensor]
    fake: Callable[[tf.Tensor], tf.Tensor]
    generator: Callable[[tf.Tensor], tf.Tensor]


def gradient_penalty(
    critic: Callable[[tf.Tensor], tf.Tensor], real: tf.Tensor, fake: tf.Tensor, seed: tf.Tensor
) -> tf.Tensor:
    """Return mean (|grad D(x)| - 1)^2 at points drawn evenly between real and generated examples.

    Ours, and not tf-gan's: that draws its points from a generator of numbers whose state no checkpoint holds.

    Args:
        critic: From examples to (n,) logits.
        real: (n, *data_shape).
        fake: (n, *data_shape).
        seed: (2,) stateless seed.

    Reference:
        Gulrajani et al. 2017, eq. 3.
    """
    share = tf.random.stateless_uniform([tf.shape(real)[0], *[1] * (real.shape.rank - 1)], split(seed, 0))
    between = share * real + (1.0 - share) * fake
    with tf.GradientTape() as tape:
        tape.watch(between)
        total = tf.reduce_sum(critic(between))
    squares = tf.reduce_sum(tape.gradient(total, between) ** 2, axis=range(1, real.shape.rank))
    return tf.reduce_mean((tf.sqrt(squares + 1e-12) - 1.0) ** 2)


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
        # Arjovsky et al. 2017, Algorithm 1
        "wasserstein": AdversarialLoss(
            real=lambda logits: -logits,
            fake=lambda logits: logits,
            generator=lambda logits: -logits,
        ),
    },
)
