"""`fit`: what goes in is checked, and several workers share it."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfgmmgan.data.dataset import check_examples
from tfgmmgan.utils.errors import UserError
from tfgmmgan.utils.replicas import is_multi_worker, workers_share

__all__ = ["Fitting"]


MEASURE = (
    "Measure what it draws and which modes it finds: tfgmmgan.evaluation.make_scorecard(model, data), or python "
    "evaluate.py RUN."
)
UNUSED = {  # of Keras's `fit`
    "validation_data": MEASURE,
    "validation_split": MEASURE,
    "class_weight": "Its batches are what it learns from; draw other ones.",
    "sample_weight": "Its batches are what it learns from; draw other ones.",
}


class Fitting:
    """What `fit` does beside Keras's own; goes before `keras.Model` among a model's bases."""

    wants_pretraining: bool = False

    def fit(
        self,
        x: Any = None,
        y: np.ndarray | None = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: list | None = None,
        **kwargs,
    ) -> keras.callbacks.History:
        """Train, as `keras.Model.fit` does; arrays are checked first.

        Args:
            x: (n, *data_shape) uint8, or float in [-1, 1]; or a `tf.data.Dataset` of batches of that form, for a system
                that learns from labels of pairs (examples, labels). Of a dataset pretraining takes the first
                `examples_wanted` examples: shuffle it.
            y: (n,) class ids for a system that learns from labels; the others do not look at them.
            batch_size: As in Keras. Default 32.
            epochs: As in Keras. Default 1.
            verbose: As in Keras.
            callbacks: As in Keras.
            **kwargs: As in Keras, but for what a GAN has no use for: weights of examples or classes, and validation.

        Raises:
            ValueError: If an array has another shape, dtype or range, or holds NaNs; or if labels are missing.
        """
        for name in UNUSED:
            given = kwargs.pop(name, None)
            if given is not None and not (name == "validation_split" and given == 0):
                raise UserError(f"{type(self).__name__}.fit takes no {name}. {UNUSED[name]}")
        if isinstance(x, np.ndarray | tf.Tensor):
            x = self.checked(x, "fit(x)")
            y = self._check_labels(y, len(x))
        if self.wants_pretraining:
            self.pretrain(*self._examples_of(x, batch_size), verbose=verbose)
        if is_multi_worker(self.distribute_strategy):
            x = workers_share(self.distribute_strategy, x)
        return super().fit(x, y, batch_size, epochs, verbose, callbacks, **kwargs)

    def evaluate(self, *args, **kwargs) -> None:
        """Raise `UserError`: a GAN's losses say how its two networks stand to each other, not how good they are."""
        raise UserError(f"{type(self).__name__} has no loss to evaluate. {MEASURE}")

    def checked(self, examples: np.ndarray | tf.Tensor, what: str) -> np.ndarray:
        """Return examples as they are; raise `UserError`, with `what` in front, if the model can't learn from them."""
        examples = check_examples(np.asarray(examples), what, channels=(1, 3, self.data_shape[-1]))
        if examples.shape[1:] != self.data_shape:
            raise UserError(f"{what}: expected examples of shape {self.data_shape}; got {examples.shape[1:]}.")
        return examples

    def _examples_of(self, x: Any, batch_size: int | None) -> tuple[np.ndarray, int]:
        """Return an array of what `fit` is given, of batches no more than pretraining wants, and a batch's size."""
        if isinstance(x, tf.data.Dataset):
            return _first(x, self.examples_wanted)
        if not isinstance(x, np.ndarray):
            raise UserError(
                f"Pretraining reads the examples more than once and needs an array or a tf.data.Dataset; got "
                f"{type(x).__name__}. Call pretrain(examples) before fit, or set pretraining_steps=0."
            )
        return x, batch_size or 32

    def _maybe_symbolic_build(self, *args, **kwargs) -> None:
        """Do nothing: constructor and `compile` build everything, and Keras's way reduces a batch over the workers."""

    def make_train_function(self, force: bool = False) -> Any:
        """Make the function that `fit` calls once a step; Keras's fails over several workers."""
        strategy = self.distribute_strategy
        if not is_multi_worker(strategy) or (self.train_function is not None and not force):
            return super().make_train_function(force)

        @tf.function(autograph=False)
        def step(data: Any) -> dict[str, tf.Tensor]:
            logs = strategy.run(self.train_step, args=(data,))
            return {name: strategy.reduce("MEAN", value, axis=None) for name, value in logs.items()}

        self.train_function = lambda iterator: step(next(iterator))
        return self.train_function

    def _check_labels(self, labels: Any, n: int) -> np.ndarray | None:
        """Return labels as a system takes them: (n,) integers, or None where it does not."""
        if not self.needs_labels:
            return None
        if labels is None:
            raise UserError(f"{type(self).__name__} learns from labels: call fit(images, labels).")
        labels = np.asarray(labels)
        if labels.shape == (n, 1):
            labels = labels[:, 0]
        if labels.shape != (n,) or not np.issubdtype(labels.dtype, np.integer):
            raise UserError(f"fit(y): expected {n} integer class ids; got {labels.dtype} of shape {labels.shape}.")
        if n and not 0 <= labels.min() <= labels.max() < self.num_classes:
            raise UserError(
                f"fit(y): class ids must be in [0, {self.num_classes}); got {labels.min()} to {labels.max()}."
            )
        return labels


def _first(batches: tf.data.Dataset, count: int) -> tuple[np.ndarray, int]:
    """Return the first examples of batches, with or without labels, and how many the first batch has."""
    rows, found = [], 0
    for batch in batches:
        examples, _, _ = keras.utils.unpack_x_y_sample_weight(batch)
        rows.append(np.asarray(examples))
        found += len(rows[-1])
        if found >= count:
            break
    return np.concatenate(rows)[:count], len(rows[0])
