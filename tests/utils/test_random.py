"""Randomness that follows a seed alone."""

import random

import keras
import numpy as np
import pytest

from tfgmmgan.utils.random import initial_weights


def weights():
    layer = keras.layers.Dense(3)
    layer.build((None, 4))
    return layer.get_weights()[0]


def test_first_weights_follow_the_seed_and_the_state_is_put_back():
    random.seed(5)
    before, found = random.getstate(), []
    for seed in (0, 0, 1):
        with initial_weights(seed):
            found.append((weights(), weights()))
    assert random.getstate() == before
    np.testing.assert_array_equal(found[0], found[1])
    assert (found[0][0] != found[2][0]).any() and (found[0][0] != found[0][1]).any()
    with pytest.raises(ZeroDivisionError), initial_weights(0):
        1 / 0  # noqa: B018
    assert random.getstate() == before
