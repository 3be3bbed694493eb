"""Any image dataset of TensorFlow Datasets, by its name."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from PIL import Image

from tfgmmgan.data.checks import number_classes
from tfgmmgan.data.dataset import ImageData, Split
from tfgmmgan.data.images import resize_image
from tfgmmgan.data.options import GRID, DataOptions
from tfgmmgan.utils.connectivity import answers
from tfgmmgan.utils.errors import UserError, nearest, note

__all__ = ["load_tfds"]

SHUFFLE_BUFFER = 10_000
Converter = Callable[[np.ndarray], np.ndarray] | None


def load_tfds(name: str, options: DataOptions, known: tuple[str, ...] = ()) -> ImageData:
    """Return a TFDS image dataset, its training split and its `test` (or `validation`) split.

    It is read from `--data.path`, TFDS_DATA_DIR or ~/tensorflow_datasets, and downloaded and prepared there first
    if need be. Without such a test split a share of the training split is held out. Labels of -1, as of STL-10's
    `unlabelled`, are none; texts are classes, too. Images of 16 bits, bool or floats become uint8. A dataset beyond the
    memory limit is read while training and shuffled through a window of 10,000 examples. `known` are the other sources,
    for the error's advice.

    Raises:
        UserError: If there is no such dataset, it can't be prepared, or it has no images.
    """
    import tensorflow_datasets as tfds

    options.reject(name, "features", *GRID)
    try:
        builder = tfds.builder(name, data_dir=options.path)
    except tfds.core.registered.DatasetNotFoundError as error:
        valid = [*known, *tfds.list_builders(with_community_datasets=False)]
        kind = "folder" if Path(name).is_dir() else "arrays" if Path(name).is_file() else None
        meant = f" For what lies there: --dataset {kind} --data.path {name}." if kind else nearest(name, valid)
        raise UserError(
            f"Unknown dataset '{name}'.{meant} Valid: {', '.join(known)}, or any image dataset of "
            "TensorFlow Datasets by name."
        ) from error
    except Exception as error:  # another version or config, no name at all, or a damaged folder
        if Path(name).is_dir():
            raise UserError(f"'{name}' is a folder: --dataset folder --data.path {name}.") from error
        raise UserError(
            f"TensorFlow Datasets can't make '{name}' ({_first_line(error)}). Expected NAME, NAME/CONFIG or "
            "NAME:VERSION of an image dataset, and what is prepared of it to be whole."
        ) from error
    features = builder.info.features
    if not isinstance(features, tfds.features.FeaturesDict) or "image" not in features:
        raise UserError(f"The TFDS dataset '{name}' has no feature 'image'; this library learns from images.")
    _prepare(builder, name)

    sizes = {split: info.num_examples for split, info in builder.info.splits.items()}
    parts = _parts(builder, options.train_split)
    label = _label_feature(features, name)
    white = _white(features["image"].np_dtype, builder, parts[0][0], name)
    convert = _converter(features["image"].shape, options, name, white)
    learned = {part[0] for part in parts}
    held = next((split for split in ("test", "validation") if split in sizes and split not in learned), None)
    try:
        first = next(iter(builder.as_dataset(split=f"{parts[0][0]}[:1]")))["image"].numpy()
        shape = (convert(first) if convert else first).shape
        size = sum(end - start for _, start, end in parts)
        fits = (size + sizes.get(held, 0)) * int(np.prod(shape)) <= options.memory_limit * 2**20
        read = partial(_in_memory if fits else _streamed, builder, label, convert, shape)
        if held:
            train, test = read(options.train_split), read(held)
        elif fits:
            train, test = read(options.train_split).hold_out(options.test_fraction, builder.name)
        else:  # a stream can't be held out row by row: its last share is the test split
            train, test = map(read, _cut(parts, size - max(1, round(size * options.test_fraction))))
    except tf.errors.OpError as error:
        raise UserError(
            f"The dataset '{name}' in {builder.data_dir} can't be read: {_first_line(error)}. Remove that folder and "
            "prepare it again."
        ) from error
    class_names = number_classes(train, test, f"{name}: labels")
    if label and getattr(features[label], "names", None):
        class_names = [features[label].names[int(number)] for number in class_names]
    return ImageData(name, train, test, shape, class_names)


def _label_feature(features: Any, name: str) -> str | None:
    """Return the name of the feature whose values are classes, one for an image, or None with a note why."""
    if "label" not in features:
        return None
    feature = features["label"]
    if feature.shape == () and np.dtype(feature.np_dtype).kind in "iuOSU":
        return "label"
    note(f"The labels of '{name}' are no classes, one for each image ({type(feature).__name__}); they are passed over.")
    return None


def _prepare(builder: Any, name: str) -> None:
    if builder.data_path.exists():  # written whole or not at all
        return
    try:
        if not answers([builder.info.homepage, "https://storage.googleapis.com"]):
            raise ConnectionError("there is no network")
        builder.download_and_prepare()
    except Exception as error:  # whatever the network, the disk or a dataset that wants a manual download throws
        raise UserError(
            f"The dataset '{name}' is not prepared in {builder.data_dir} and can't be downloaded: "
            f"{_first_line(error)}. "
            "Connect to the network, or name a directory in which it is prepared by TFDS_DATA_DIR or --data.path."
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:160]


def _parts(builder: Any, split: str) -> list[tuple[str, int, int]]:
    """Return what a split such as "train[:10%]+extra" reads: names of stored splits, first examples and ends."""
    import tensorflow_datasets as tfds

    stored = builder.info.splits
    if not stored:
        raise UserError(f"{builder.data_dir} lacks what TFDS wrote down about '{builder.name}'. Prepare it again.")
    try:
        read = tfds.core.ReadInstruction.from_spec(split).to_absolute(stored)
    except (AssertionError, KeyError, ValueError) as error:
        raise UserError(
            f"The TFDS dataset '{builder.name}' has no split '{split}'; it has {', '.join(stored)}. Name one with "
            f"--data.train_split, or a part of one, such as {next(iter(stored))}[:50%]."
        ) from error
    ends = [stored[part.splitname].num_examples if part.to is None else part.to for part in read]
    parts = [(part.splitname, part.from_ or 0, end) for part, end in zip(read, ends, strict=True)]
    if any(end <= start for _, start, end in parts):
        raise UserError(f"--data.train_split must have examples; '{split}' of '{builder.name}' is empty in part.")
    return parts


def _cut(parts: list[tuple[str, int, int]], size: int) -> tuple[str, str]:
    """Return as splits the first `size` examples and the others."""
    sides = [], []
    for name, start, end in parts:
        middle = min(end, start + max(0, size))
        size -= end - start
        for side, first, last in zip(sides, (start, middle), (middle, end), strict=True):
            if last > first:
                side.append(f"{name}[{first}:{last}]")
    return "+".join(sides[0]), "+".join(sides[1])


def _converter(stored: tuple, options: DataOptions, name: str, white: int) -> Converter:
    """Return the function that brings one stored image to the wanted form, or None where it is there already.

    `white` is what the dataset has for it: 255, or 65535 for 16 bits, or 1 for floats.
    """
    if None in stored[:2] and options.image_size is None:
        raise UserError(f"The images of '{name}' differ in size; choose one with --data.image_size, for example 64.")
    size_fits = options.image_size is None or stored[:2] == (options.image_size,) * 2
    channels_fit = stored[-1] in ((1, 3) if options.channels is None else (options.channels,))
    if size_fits and channels_fit and white == 255:
        return None

    def convert(image: np.ndarray) -> np.ndarray:
        if white != 255:
            image = np.clip(np.rint(image * (255 / white)), 0, 255).astype(np.uint8)
        return resize_image(Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image), options)

    return convert


def _white(dtype: Any, builder: Any, split: str, name: str) -> int:
    """Return what the stored images have for white; raise `UserError` where it can't be told."""
    if dtype in (np.uint8, bool):
        return 255 if dtype == np.uint8 else 1
    if dtype == np.uint16:
        return 65535
    if np.issubdtype(dtype, np.floating):
        some = [record["image"] for record in builder.as_dataset(split=split).take(100).as_numpy_iterator()]
        low, high = min(image.min() for image in some), max(image.max() for image in some)
        if low >= 0 and high <= 255:
            return 1 if high <= 1 else 255
        raise UserError(
            f"The images of '{name}' are floats from {low:g} to {high:g}; expected 0 to 1 or 0 to 255. Save them as "
            "uint8 in an .npz file, for --dataset arrays."
        )
    raise UserError(f"The images of '{name}' are {np.dtype(dtype).name}; expected uint8, uint16, bool or floats.")


def _fit_image(convert: Converter, shape: tuple[int, ...]) -> Callable[[dict], dict]:
    """Return the map from a stored record to one whose image has its final form."""

    def fit(record: dict) -> dict:
        image = tf.numpy_function(convert, [record["image"]], tf.uint8) if convert else record["image"]
        return {**record, "image": tf.ensure_shape(image, shape)}

    return fit


def _in_memory(builder: Any, label: str | None, convert: Converter, shape: tuple, split: str) -> Split:
    size = sum(end - start for _, start, end in _parts(builder, split))
    images, labels = np.empty((size, *shape), np.uint8), []
    records = builder.as_dataset(split=split).map(_fit_image(convert, shape), num_parallel_calls=tf.data.AUTOTUNE)
    row = 0
    for batch in records.batch(512).prefetch(4).as_numpy_iterator():
        rows = slice(row, row + len(batch["image"]))
        images[rows] = batch["image"]
        if label:
            labels.append(batch[label])
        row = rows.stop
    return Split(size, np.concatenate(labels) if label else None, images)


def _streamed(builder: Any, label: str | None, convert: Converter, shape: tuple, split: str) -> Split:
    import tensorflow_datasets as tfds

    size = sum(end - start for _, start, end in _parts(builder, split))
    records = builder.as_dataset(split=split, shuffle_files=False)
    labels = None
    if label:
        only_labels = tfds.decode.PartialDecoding({label: True})  # which leaves the images alone
        stored = builder.as_dataset(split=split, shuffle_files=False, decoders=only_labels)
        labels = np.array([record[label] for record in stored.as_numpy_iterator()])

    def stream(order: int | None) -> tf.data.Dataset:
        mixed = records.enumerate()
        if order is not None:
            tf.random.set_seed(0)  # on which `shuffle` depends too; measuring sets it in the middle of a run
            mixed = mixed.shuffle(SHUFFLE_BUFFER, seed=order)
        fit = _fit_image(convert, shape)
        return mixed.map(lambda row, record: (row, fit(record)["image"]), num_parallel_calls=tf.data.AUTOTUNE)

    return Split(size, labels, stream=stream)
