"""What `fit` is given: checked before the first step."""

import hashlib
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfgmmgan.utils.errors import UserError

__all__ = ["MEASURE", "class_ids", "examples_of", "without_unused"]

MEASURE = (
    "Measure what it draws and which modes it finds: tfgmmgan.evaluation.make_scorecard, or python evaluate.py RUN."
)
UNUSED = {  # of Keras's `fit`
    "validation_data": MEASURE,
    "validation_split": MEASURE,
    "class_weight": "Its batches are what it learns from; draw other ones.",
    "sample_weight": "Its batches are what it learns from; draw other ones.",
}


def without_unused(options: dict[str, Any], model: str) -> dict[str, Any]:
    """Return `fit`'s further options; raise `UserError` for those that a GAN has no use for."""
    for name, instead in UNUSED.items():
        given = options.get(name)
        if given is not None and not (name == "validation_split" and given == 0):
            raise UserError(f"{model}.fit takes no {name}. {instead}")
    return {name: value for name, value in options.items() if name not in UNUSED}


def class_ids(labels: Any, n: int, num_classes: int, model: str) -> np.ndarray:
    """Return labels as a system that learns from them takes them: (n,) integers below `num_classes`.

    Raises:
        UserError: If they are missing, or anything else.
    """
    if labels is None:
        raise UserError(f"{model} learns from labels: call fit(images, labels).")
    labels = np.asarray(labels)
    if labels.shape == (n, 1):
        labels = labels[:, 0]
    if labels.shape != (n,) or not np.issubdtype(labels.dtype, np.integer):
        raise UserError(f"fit(y): expected {n} integer class ids; got {labels.dtype} of shape {labels.shape}.")
    if n and not 0 <= labels.min() <= labels.max() < num_classes:
        raise UserError(f"fit(y): class ids must be in [0, {num_classes}); got {labels.min()} to {labels.max()}.")
    return labels


def examples_of(x: Any, count: int) -> np.ndarray:
    """Return an array of what `fit` is given, of batches the first `count` different examples.

    Of a dataset that repeats each example counts once: reading ends where more have been seen again than there are.

    Raises:
        UserError: If it is neither an array nor a `tf.data.Dataset`.
    """
    if isinstance(x, np.ndarray):
        return x
    if not isinstance(x, tf.data.Dataset):
        raise UserError(
            f"The modes are found first, which reads the examples more than once and needs an array or a "
            f"tf.data.Dataset; got {type(x).__name__}. Call find_modes(examples) before fit, or give a classifier."
        )
    found: dict[bytes, np.ndarray] = {}
    repeated = 0
    for batch in x:
        examples, _, _ = keras.utils.unpack_x_y_sample_weight(batch)
        for example in np.asarray(examples):
            key = hashlib.blake2b(example.tobytes(), digest_size=16).digest()
            repeated += key in found
            found.setdefault(key, example)
        if len(found) >= count or repeated > len(found):
            break
    if not found:
        raise UserError("fit(x): the dataset is empty; expected batches of examples.")
    return np.stack(list(found.values())[:count])
