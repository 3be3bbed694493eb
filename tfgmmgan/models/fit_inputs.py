"""What `fit` is given: checked before the first step."""

import hashlib
import itertools
import types
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfgmmgan.utils.errors import UserError

__all__ = ["MEASURE", "batch_class_ids", "examples_of", "training_data", "without_unused"]

MEASURE = (
    "Measure what it draws and which modes it finds: tfgmmgan.evaluation.make_scorecard(model, data), or python "
    "evaluate.py RUN."
)
KEYS = ("image", "images", "x"), ("label", "labels", "y")  # of a dataset whose elements are dictionaries
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


def training_data(x: Any, y: Any, model: keras.Model, steps_per_epoch: int | None = None) -> tuple[Any, Any]:
    """Return what Keras's `fit` takes, after a look at all examples of an array, or at the first batch of a dataset.

    A dataset's dictionaries, as `tfds.load` gives them, become pairs, and its batches get the shape that they have.

    Raises:
        UserError: If examples or labels are not what the model learns from, or there are none.
    """
    name = type(model).__name__
    if isinstance(x, np.ndarray | tf.Tensor):
        x = model.checked(x, "fit(x)", learned=True)
        if not len(x):
            raise UserError("fit(x): expected examples; got an array without any.")
        return x, _class_ids(y, len(x), model.num_classes, name) if model.needs_labels else None
    if isinstance(x, tf.data.Dataset):
        x = _pairs(x)
        _check_batch(next(iter(x), None), model)
        if steps_per_epoch is None and int(x.cardinality()) == tf.data.INFINITE_CARDINALITY:
            raise UserError("fit(x): the dataset has no end; say how many batches an epoch has by steps_per_epoch.")
        return _with_shape(x, model.data_shape), y
    if isinstance(x, keras.utils.PyDataset):
        _check_batch(x[0] if len(x) else None, model)
        return x, y
    if isinstance(x, types.GeneratorType):
        first = next(x, None)
        _check_batch(first, model)
        return _again(first, x), y
    if x is None or isinstance(x, list | tuple | dict | str):
        stack = " numpy.stack(x) makes one of a list of images." if isinstance(x, list | tuple) else ""
        raise UserError(
            f"fit(x): expected an array of examples (n, {', '.join(map(str, model.data_shape))}) or a tf.data.Dataset "
            f"of batches; got {type(x).__name__}.{stack}"
        )
    return x, y  # of whatever else Keras takes: datasets of a strategy, loaders of other libraries


def _again(first: Any, others: Iterator) -> Iterator[tuple]:
    for batch in itertools.chain([first], others):
        yield batch if isinstance(batch, tuple) else (batch,)  # as Keras wants it


def _pairs(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Return a dataset of dictionaries as one of examples, or of pairs with labels where it has them."""
    spec = dataset.element_spec
    if not isinstance(spec, dict):
        return dataset
    image, label = (next((key for key in keys if key in spec), None) for keys in KEYS)
    if image is None:
        raise UserError(
            f"fit(x): of a dataset of dictionaries expected the key 'image'; got {', '.join(map(str, spec))}. "
            "dataset.map(lambda element: element[KEY]) takes another."
        )
    return dataset.map(lambda element: (element[image], element[label]) if label else element[image])


def _with_shape(dataset: tf.data.Dataset, shape: tuple[int, ...]) -> tf.data.Dataset:
    """Return a dataset whose batches have a shape that is known before they are there, but for their number."""
    spec = dataset.element_spec
    examples = spec[0] if isinstance(spec, tuple) else spec
    if examples.shape.rank is not None and examples.shape[1:] == shape:
        return dataset

    def shaped(*element: Any) -> Any:
        found = tf.ensure_shape(element[0], [None, *shape])
        return (found, *element[1:]) if isinstance(spec, tuple) else found

    return dataset.map(shaped)


def _check_batch(batch: Any, model: keras.Model) -> None:
    """Raise `UserError` where the first batch is none, or not what the model learns from."""
    if batch is None:
        raise UserError("fit(x): expected batches of examples; the dataset has none.")
    examples, labels, _ = keras.utils.unpack_x_y_sample_weight(batch)
    examples, where = np.asarray(examples), "fit(x), first batch"
    if examples.shape == model.data_shape:
        raise UserError(f"{where}: expected batches; got one example of shape {examples.shape}. Add .batch(64).")
    if examples.shape[1:] != model.data_shape:
        raise UserError(f"{where}: expected shape (B, {str(model.data_shape)[1:]}; got {examples.shape}.")
    model.checked(examples, where, learned=True)
    if model.needs_labels:
        _class_ids(labels, len(examples), model.num_classes, type(model).__name__)


def batch_class_ids(labels: tf.Tensor | None, model: keras.Model) -> tf.Tensor | None:
    """Return a batch's labels as losses take them, (B,) int32; None where the system does not look at them."""
    if not model.needs_labels:
        return None
    name = type(model).__name__
    if labels is None:
        raise UserError(f"{name} learns from labels: give it batches of (examples, labels).")
    if labels.shape.rank == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.shape.rank != 1 or not labels.dtype.is_integer:
        raise UserError(
            f"{name}: expected integer class ids of shape (B,); got {labels.dtype.name} of shape {labels.shape}."
        )
    return tf.cast(labels, tf.int32)


def _class_ids(labels: Any, n: int, num_classes: int, model: str) -> np.ndarray:
    """Return labels as a system that learns from them takes them: (n,) integers below `num_classes`.

    Raises:
        UserError: If they are missing, or anything else.
    """
    if labels is None:
        raise UserError(
            f"{model} learns from labels: call fit(images, labels), or give it batches of (examples, labels)."
        )
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
    return np.stack(list(found.values())[:count])
