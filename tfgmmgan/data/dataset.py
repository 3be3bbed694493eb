"""What every source gives: examples, labels where there are any, and batches in a repeatable order."""

import hashlib
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import tensorflow as tf

from tfgmmgan.data.originals import Originals
from tfgmmgan.utils.errors import UserError

__all__ = ["ImageData", "KnownMixture", "Split", "hold_out"]


def hold_out(n: int, fraction: float, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Return row numbers (train, test), each ascending: a draw that is the same on every call.

    The draw has a seed of its own, not the run's: runs that differ in their seed are judged on the same examples.
    """
    if n < 2:
        raise UserError(f"{where}: at least 2 examples are needed to hold some out for testing; got {n}.")
    order = np.random.default_rng(0).permutation(n)
    held = min(n - 1, max(1, round(n * fraction)))
    return np.sort(order[held:]), np.sort(order[:held])


@dataclass
class Split:
    """One part of a dataset.

    Either held in memory (`examples`), or read while training (`load`), in which case iterating gives the same.

    Attributes:
        size: Number of examples, n.
        labels: (n,) int64 class ids in the order of the examples, -1 for one that has none; or None.
        examples: (n, *shape) uint8, or float32 in [-1, 1]; None where the split is streamed.
        stream: For a streamed split: from an integer to a dataset of (row, example), one by one, in an order that the
            number decides; None asks for the stored order. `row` (int64) counts in stored order, as `labels` do.
            None itself where the split is in memory.
        originals: The images in their own size, where they are files.
        features: (n, F), what somebody knows of the images, such as a network's embeddings; or None.
    """

    size: int
    labels: np.ndarray | None = None
    examples: np.ndarray | None = field(default=None, repr=False)
    stream: Callable[[int | None], tf.data.Dataset] | None = field(default=None, repr=False)
    originals: Originals | None = field(default=None, repr=False)
    features: np.ndarray | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if (self.examples is None) == (self.stream is None):
            raise ValueError("A split is either in memory (examples) or streamed (stream).")
        if self.labels is not None and len(self.labels) != self.size:
            raise UserError(f"There are {self.size} examples but {len(self.labels)} labels.")

    def __len__(self) -> int:
        return self.size

    def batches(self, batch_size: int = 256) -> tf.data.Dataset:
        """Return all examples in their stored order, uint8 or float32, the last batch as small as it comes."""
        if self.examples is not None:
            return tf.data.Dataset.from_tensor_slices(self.tensor).batch(batch_size)
        return self.stream(None).map(lambda row, example: example).batch(batch_size)

    @cached_property
    def tensor(self) -> tf.Tensor:
        """The examples as one tensor, made once, so that no graph holds a copy of its own."""
        return tf.convert_to_tensor(self.examples)

    @cached_property
    def digest(self) -> str:
        """A hash of the labels and the examples, 1,000 of them from all over a stream: what tells it from others."""
        found = hashlib.sha256(np.ascontiguousarray(self.draw(1000) if self.examples is None else self.examples))
        found.update(b"" if self.labels is None else np.ascontiguousarray(self.labels).tobytes())
        return found.hexdigest()

    @cached_property
    def labelled(self) -> "Split":
        """The examples that have a label: this split itself where all have, or none."""
        if self.labels is None or (self.labels >= 0).all():
            return self
        return self.select(np.flatnonzero(self.labels >= 0))

    def take(self, n: int) -> np.ndarray:
        """Return the first n examples in stored order."""
        if self.examples is not None:
            return self.examples[:n]
        return np.concatenate([batch.numpy() for batch in self.batches().take(-(-n // 256))])[:n]

    def draw(self, n: int) -> np.ndarray:
        """Return n examples from all over the split, or all where there are fewer; the same ones at every call."""
        return self.draw_rows(n)[0]

    def draw_rows(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Return what `draw` returns, and the row of each; no batch is held twice in memory."""
        drawn, rows = None, np.empty(min(n, self.size), np.int64)
        at = 0
        for batch, of_batch in self.draw_batches(n):
            if drawn is None:
                drawn = np.empty((len(rows), *batch.shape[1:]), batch.dtype)
            drawn[at : at + len(batch)], rows[at : at + len(batch)] = batch, of_batch
            at += len(batch)
        return drawn, rows

    def draw_batches(self, n: int, batch_size: int = 256) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield what `draw` returns batch by batch, each with its rows in stored order."""
        if self.examples is not None:
            chosen = np.sort(np.random.default_rng(0).permutation(self.size)[:n])
            for start in range(0, len(chosen), batch_size):
                rows = chosen[start : start + batch_size]
                yield self.examples[rows], rows
        else:
            order = None if n >= self.size else 0
            for rows, batch in self.stream(order).take(n).batch(batch_size).as_numpy_iterator():
                yield batch, rows

    def hold_out(self, fraction: float, where: str) -> list["Split"]:
        """Return two splits, to train and to test: a share is held out (`hold_out`)."""
        return [self.select(rows) for rows in hold_out(self.size, fraction, where)]

    def select(self, rows: np.ndarray, labels: np.ndarray | None = None) -> "Split":
        """Return the split of these rows alone, in ascending order, under new labels if there are any."""
        if labels is None and self.labels is not None:
            labels = self.labels[rows]
        of_rows = {
            name: None if (all_of := getattr(self, name)) is None else all_of[rows]
            for name in ("originals", "features")
        }
        if self.examples is not None:
            return Split(len(rows), labels, self.examples[rows], **of_rows)
        new_row = np.full(self.size, -1, np.int64)
        new_row[rows] = np.arange(len(rows))

        def stream(order: int | None) -> tf.data.Dataset:
            moved = self.stream(order).map(lambda row, example: (tf.gather(new_row, row), example))
            return moved.filter(lambda row, _: row >= 0)

        return Split(len(rows), labels, stream=stream, **of_rows)


@dataclass
class KnownMixture:
    """The distribution of a toy: spherical Gaussians at centres (M, p), of one standard deviation and equal weights."""

    centres: np.ndarray
    std: float


@dataclass
class ImageData:
    """A dataset: images, or the points of a 2-D toy.

    Attributes:
        name: What it was loaded as.
        train: The split a model learns from.
        test: The split it is judged on.
        shape: Shape of one example: (H, W, C) for images, (p,) for points.
        class_names: Names of the label ids; empty where there are no labels.
        truth: What a toy's points were drawn from; None for everything else.
        unreadable: Of a folder: why files are not among the images, by name.
    """

    name: str
    train: Split
    test: Split
    shape: tuple[int, ...]
    class_names: Sequence[str] = ()
    truth: KnownMixture | None = None
    unreadable: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_image(self) -> bool:
        """Whether examples are images and not points."""
        return len(self.shape) == 3

    @property
    def labelled(self) -> "ImageData":
        """The same dataset with the examples alone that have a label."""
        return replace(self, train=self.train.labelled, test=self.test.labelled)

    def steps_per_epoch(self, batch_size: int) -> int:
        """Return how many whole batches an epoch has; raise `UserError` if not even one."""
        if not 1 <= batch_size <= len(self.train):
            raise UserError(
                f"batch_size must be between 1 and the {len(self.train)} training examples of {self.name}; got "
                f"{batch_size}. "
                "Choose a smaller --batch_size or add examples."
            )
        return len(self.train) // batch_size

    def training_batches(
        self, batch_size: int, seed: int, first_epoch: int = 0, labelled: bool = False
    ) -> tf.data.Dataset:
        """Return whole batches without end, epoch after epoch, for `fit(..., steps_per_epoch=...)`.

        The order within an epoch is a function of (seed, epoch) alone: a run that starts again at `first_epoch`
        sees what an undisturbed one would have seen. Batches are what is stored: uint8, or float32 in [-1, 1]; with
        `labelled` they are pairs (examples, int64 labels).
        """
        self.steps_per_epoch(batch_size)
        if labelled and self.train.labels is None:
            raise UserError(f"The training examples of {self.name} have no labels.")
        if self.train.examples is None:
            return self._streamed_batches(batch_size, seed, first_epoch, labelled)
        examples = self.train.tensor  # made here, so that the graph of the pipeline holds no copy
        labels = tf.convert_to_tensor(self.train.labels) if labelled else None

        def batch(rows: tf.Tensor) -> tf.Tensor | tuple[tf.Tensor, tf.Tensor]:
            chosen = tf.ensure_shape(tf.gather(examples, rows), [batch_size, *self.shape])
            return (chosen, tf.gather(labels, rows)) if labelled else chosen

        def epoch_batches(epoch: tf.Tensor) -> tf.data.Dataset:
            order = tf.random.experimental.stateless_shuffle(
                tf.range(self.train.size), seed=tf.stack([tf.constant(seed, tf.int64), epoch])
            )
            rows = tf.data.Dataset.from_tensor_slices(order).batch(batch_size, drop_remainder=True)
            return rows.map(batch)

        return tf.data.Dataset.range(first_epoch, tf.int64.max).flat_map(epoch_batches).prefetch(2)

    def _streamed_batches(self, batch_size: int, seed: int, first_epoch: int, labelled: bool) -> tf.data.Dataset:
        labels = self.train.labels

        def batches() -> Iterator[tf.Tensor | tuple[tf.Tensor, np.ndarray]]:
            for epoch in itertools.count(first_epoch):
                order = int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0])
                for rows, chosen in self.train.stream(order).batch(batch_size, drop_remainder=True).prefetch(2):
                    yield (chosen, labels[rows.numpy()]) if labelled else chosen

        _, example = self.train.stream(None).element_spec
        spec = tf.TensorSpec((batch_size, *self.shape), example.dtype)
        signature = (spec, tf.TensorSpec((batch_size,), tf.int64)) if labelled else spec
        return tf.data.Dataset.from_generator(batches, output_signature=signature).prefetch(2)
