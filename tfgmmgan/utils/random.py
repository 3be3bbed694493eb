"""Stateless randomness: every number drawn is a function of a seed that the caller holds."""

import random
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import tensorflow as tf

__all__ = ["make_seed", "normal", "seeded_weights", "split"]


def make_seed(seed: int | None) -> tf.Tensor:
    """Return an int32 (2,) stateless seed from an integer, or a fresh one from None."""
    if seed is None:
        seed = secrets.randbits(62)
    seed = int(seed)
    halves = np.array([seed & 0xFFFFFFFF, (seed >> 32) & 0xFFFFFFFF], np.uint32).view(np.int32)
    return tf.constant(halves)


def split(seed: tf.Tensor, index: int | tf.Tensor) -> tf.Tensor:
    """Derive an independent seed, (2,), for the `index`-th use of `seed`."""
    return tf.random.experimental.stateless_fold_in(seed, index)


def normal(shape: list, seed: tf.Tensor, truncation: float | None = None) -> tf.Tensor:
    """Draw standard normal noise, float32; cut to [-truncation, truncation] where that is given."""
    if truncation is None:
        return tf.random.stateless_normal(shape, seed)
    bound = float(truncation)
    return tf.random.stateless_parameterized_truncated_normal(shape, seed, 0.0, 1.0, -bound, bound)


@contextmanager
def seeded_weights(seed: int) -> Iterator[None]:
    """Make the initial weights of the Keras layers that are built inside the block a function of the seed.

    Keras draws the seeds of initializers from Python's own generator, whose state is put back afterwards.
    """
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)
