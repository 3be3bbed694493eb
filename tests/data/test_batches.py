import numpy as np
import pytest
import tensorflow as tf

from tfgmmgan.data import ImageData, Split
from tfgmmgan.errors import UserError


def in_memory(n):
    points = np.arange(n, dtype=np.float32)[:, None]
    return ImageData("points", Split(n, None, points), Split(n, None, points), (1,))


def streamed(n):
    """What the folder source does, without the folder."""
    points = np.arange(n, dtype=np.float32)[:, None]

    def stream(order):
        rows = points if order is None else np.random.default_rng(order).permutation(points)
        return tf.data.Dataset.from_tensor_slices(rows)

    return ImageData("points", Split(n, stream=stream), Split(n, stream=stream), (1,))


def epochs(data, count, seed=0, first=0, batch_size=3):
    steps = data.steps_per_epoch(batch_size)
    batches = data.training_batches(batch_size, seed, first).take(steps * count)
    return np.array(list(batches.as_numpy_iterator())).reshape(count, -1)


@pytest.mark.parametrize("make", [in_memory, streamed])
class TestOrder:
    def test_every_epoch_is_a_new_order_of_all(self, make):
        found = epochs(make(12), 3)
        assert all(sorted(epoch) == list(range(12)) for epoch in found)
        assert len({tuple(epoch) for epoch in found}) == 3

    def test_the_last_rows_are_left_out_and_not_the_same_ones(self, make):
        found = epochs(make(11), 5)
        assert found.shape == (5, 9)
        assert len({frozenset(range(11)) - set(epoch) for epoch in found}) > 1

    def test_a_resumed_run_sees_what_an_undisturbed_one_sees(self, make):
        data = make(12)
        np.testing.assert_array_equal(epochs(data, 4)[2:], epochs(data, 2, first=2))

    def test_seeds_differ(self, make):
        assert (epochs(make(12), 1, seed=0) != epochs(make(12), 1, seed=1)).any()

    def test_stored_order(self, make):
        split = make(12).train
        np.testing.assert_array_equal(np.concatenate(list(split.batches(5).as_numpy_iterator()))[:, 0], range(12))
        np.testing.assert_array_equal(split.take(4)[:, 0], range(4))

    def test_draw_comes_from_all_over(self, make):
        drawn = make(100).train.draw(20)[:, 0]
        assert len(set(drawn)) == 20 and drawn.max() > 60 and drawn.min() < 40
        np.testing.assert_array_equal(drawn, make(100).train.draw(20)[:, 0])
        assert len(make(5).train.draw(20)) == 5


@pytest.mark.parametrize("batch_size", [0, 13])
def test_fewer_examples_than_a_batch(batch_size):
    with pytest.raises(UserError, match="between 1 and the 12 training examples"):
        in_memory(12).training_batches(batch_size, 0)
