import numpy as np
import pytest
import tensorflow as tf

from tfgmmgan.data import DataOptions, ImageData, Split
from tfgmmgan.data.selection import select
from tfgmmgan.utils.errors import UserError


def in_memory(n, labels=None):
    points = np.arange(n, dtype=np.float32)[:, None]
    return ImageData("points", Split(n, labels, points), Split(n, labels, points), (1,))


def streamed(n, labels=None):
    """What the folder source does, without the folder."""
    points = np.arange(n, dtype=np.float32)[:, None]

    def stream(order):
        rows = np.arange(n) if order is None else np.random.default_rng(order).permutation(n)
        return tf.data.Dataset.from_tensor_slices((rows, points[rows]))

    return ImageData("points", Split(n, labels, stream=stream), Split(n, labels, stream=stream), (1,))


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


@pytest.mark.parametrize("make", [in_memory, streamed])
class TestLabels:
    LABELS = np.arange(12, dtype=np.int64) % 3

    def test_labels_go_with_their_examples_in_the_same_order(self, make):
        data = make(12, self.LABELS)
        labelled = data.training_batches(3, 0, labelled=True).take(8)
        examples, labels = zip(*labelled.as_numpy_iterator(), strict=True)
        np.testing.assert_array_equal(np.concatenate(labels), np.concatenate(examples)[:, 0] % 3)
        np.testing.assert_array_equal(np.concatenate(examples).reshape(2, 12), epochs(data, 2))

    def test_missing_labels(self, make):
        with pytest.raises(UserError, match="points have no labels"):
            make(12).training_batches(3, 0, labelled=True)

    def test_classes_are_kept_and_numbered_anew(self, make):
        data = make(12, self.LABELS)
        data.class_names = ["ant", "bee", "cat"]
        chosen = select(data, DataOptions(classes=["cat", 0]))
        assert chosen.class_names == ["cat", "ant"]
        for split in (chosen.train, chosen.test):
            assert split.take(12)[:, 0].tolist() == [0, 2, 3, 5, 6, 8, 9, 11]
            assert split.labels.tolist() == [1, 0] * 4
        examples, labels = zip(*chosen.training_batches(4, 0, labelled=True).take(2).as_numpy_iterator(), strict=True)
        np.testing.assert_array_equal(np.concatenate(labels), np.concatenate(examples)[:, 0] % 3 == 0)

    def test_class_fractions(self, make):
        chosen = select(make(12, self.LABELS), DataOptions(class_fractions={"1": 0.5}))
        assert np.bincount(chosen.train.labels).tolist() == [4, 2, 4]
        assert set(chosen.train.take(12)[:, 0] % 3) == {0, 1, 2} and len(chosen.train.take(12)) == 10


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"classes": ["bea", "ant"]}, "no class 'bea'. Did you mean 'bee'. Valid: ant, bee, cat, or 0 to 2"),
        ({"classes": [0, 7]}, "no class '7'"),
        ({"classes": ["ant", 0]}, "each once"),
        ({"classes": ["ant", "cat"], "class_fractions": {"bee": 0.1}}, "class bee, which --data.classes leaves out"),
    ],
)
def test_bad_selections(options, message):
    data = in_memory(12, TestLabels.LABELS)
    data.class_names = ["ant", "bee", "cat"]
    with pytest.raises(UserError, match=message.replace(". Valid", "\\? Valid")):
        select(data, DataOptions(**options))


def test_a_selection_needs_labels():
    with pytest.raises(UserError, match="no labels"):
        select(in_memory(12), DataOptions(classes=[0, 1]))


@pytest.mark.parametrize("batch_size", [0, 13])
def test_fewer_examples_than_a_batch(batch_size):
    with pytest.raises(UserError, match="between 1 and the 12 training examples"):
        in_memory(12).training_batches(batch_size, 0)
