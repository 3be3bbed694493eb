"""Stateless randomness: every number drawn is a function of a seed that the caller holds."""

import random
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import tensorflow as tf

__all__ = ["initial_weights", "make_seed", "normal", "split"]


@contextmanager
def initial_weights(seed: int) -> Iterator[None]:
    """Let the layers that are made within have initial weights of this seed, whatever was drawn before.

    Keras draws the seeds of its initializers by Python's `random`, which goes on afterwards as if nothing had been.
    """
    state = random.getstate()
    random.seed(int(seed))
    try:
        yield
    finally:
        random.setstate(state)


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
