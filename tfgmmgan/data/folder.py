"""A folder of image files, with or without class folders."""

import os
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import tensorflow as tf

from tfgmmgan.data.dataset import ImageData, Split, hold_out
from tfgmmgan.data.embeddings import read_embeddings
from tfgmmgan.data.images import IMAGE_SUFFIXES, read_image
from tfgmmgan.data.options import DataOptions
from tfgmmgan.data.originals import Originals
from tfgmmgan.utils.errors import UserError, note

__all__ = ["load_folder"]

TRAIN = ("train", "training")
HELD_OUT = ("test", "testing", "validation", "valid", "val", "dev")


def load_folder(name: str, options: DataOptions) -> ImageData:
    """Return the images below `--data.path DIR`.

    Subfolders are classes, whose names serve evaluation alone. Where DIR holds folders `train` and `test` (or
    `testing`, `validation`, `valid`, `val`, `dev`, the first of these that there is; in capitals, too), these are the
    splits; else a share is held out, of `train` where all images lie there. Links are followed. Hidden files are passed
    over; a note says which others are.

    Raises:
        UserError: If there is no such folder, no image in it, one can't be read, or sizes differ without
            `--data.image_size`.
    """
    options.reject(name, "train_split")
    if options.path is None:
        raise UserError("The source 'folder' needs --data.path DIR.")
    root = Path(options.path)
    if not root.is_dir():
        raise UserError(f"There is no folder {root}. Give a folder of images to --data.path.")
    folders = {path.name.lower(): path for path in sorted(root.iterdir(), reverse=True) if path.is_dir()}
    learned, held = (next((folders[name] for name in names if name in folders), None) for names in (TRAIN, HELD_OUT))
    if learned and held:
        train, test = _image_files(learned), _image_files(held)
        others = sorted(path.name for path in root.iterdir() if path not in (learned, held) and path.name[0] != ".")
        if others:
            note(f"{root} has {learned.name} and {held.name}; passed over: {_listed(others)}.")
        roots = [learned] * len(train) + [held] * len(test)
        parts = (np.arange(len(train)), len(train) + np.arange(len(test)))
        files = train + test
    else:
        files = _image_files(root)
        if learned and {path.relative_to(root).parts[0] for path in files} == {learned.name}:
            root = learned
        roots = [root] * len(files)
        parts = hold_out(len(files), options.test_fraction, str(root))
    shape = read_image(files[0], options).shape
    relative = [path.relative_to(base) for path, base in zip(files, roots, strict=True)]
    class_names, labels = _classes(relative)
    features = None
    if options.features is not None:
        features = read_embeddings(options.features, [path.relative_to(options.path).as_posix() for path in files])
    fits = len(files) * int(np.prod(shape)) <= options.memory_limit * 2**20
    splits = []
    for rows in parts:
        paths = [files[row] for row in rows]
        read = {"examples": _read_all(paths, options, shape)} if fits else {"stream": _streamer(paths, options, shape)}
        originals = Originals(np.array([str(path) for path in paths]), options)
        read["features"] = None if features is None else features[rows]
        splits.append(Split(len(rows), None if labels is None else labels[rows], **read, originals=originals))
    return ImageData(name, *splits, shape=shape, class_names=class_names)


def _image_files(root: Path) -> list[Path]:
    """Return the image files below a folder, by path; a note says what else there is."""
    files, others, seen = [], [], set()
    for folder, subfolders, names in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        subfolders[:] = [] if real in seen else sorted(name for name in subfolders if not name.startswith("."))
        if real in seen:  # a link to a folder that is read already, or that holds this one
            others.append(Path(folder))
            continue
        seen.add(real)
        for path in (Path(folder, name) for name in sorted(names) if not name.startswith(".")):
            is_image = path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()
            (files if is_image else others).append(path)
    if not files:
        raise UserError(
            f"{root} holds no images ({', '.join(sorted(IMAGE_SUFFIXES))})"
            f"{f', but {_listed(_kinds(others))}' if others else ''}. Check --data.path."
        )
    if others:
        read, skipped = {path.parent for path in files}, {path if path.is_dir() else path.parent for path in others}
        empty = sorted(str(folder.relative_to(root)) for folder in skipped - read if folder != root)
        whole = f" Nothing is read of {_listed(empty)}." if empty else ""
        note(f"{root}: passed over, as no images that can be read: {_listed(_kinds(others))}.{whole}")
    return sorted(files)


def _kinds(paths: list[Path]) -> list[str]:
    """Return how many files there are of each ending, the most frequent first."""
    kinds = Counter(
        "links to nothing"
        if not path.exists()
        else "folders twice"
        if path.is_dir()
        else path.suffix or "without ending"
        for path in paths
    )
    return [f"{count} {kind}" for kind, count in kinds.most_common()]


def _listed(names: list[str]) -> str:
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")


def _classes(relative: list[Path]) -> tuple[list[str], np.ndarray | None]:
    """Return class names and ids by the first folder of each path; none unless every file lies in a folder."""
    if not all(len(path.parts) > 1 for path in relative):
        return [], None
    names, labels = np.unique([path.parts[0] for path in relative], return_inverse=True)
    return names.tolist(), labels.astype(np.int64)


def _read_one(path: Path, options: DataOptions, shape: tuple[int, ...]) -> np.ndarray:
    image = read_image(path, options)
    if image.shape != shape:
        raise UserError(
            f"{path} is {_describe(image.shape)}, the first image is {_describe(shape)}. "
            "Bring them to one size with --data.image_size, and to one kind with --data.channels 1 or 3."
        )
    return image


def _describe(shape: tuple[int, ...]) -> str:
    return f"{shape[0]}x{shape[1]} with {shape[2]} channel{'s' if shape[2] > 1 else ''}"


def _read_all(paths: list[Path], options: DataOptions, shape: tuple[int, ...]) -> np.ndarray:
    images = np.empty((len(paths), *shape), np.uint8)
    with ThreadPoolExecutor() as pool:  # Pillow decodes outside the interpreter's lock
        for row, image in enumerate(pool.map(lambda path: _read_one(path, options, shape), paths)):
            images[row] = image
    return images


def _streamer(
    paths: list[Path], options: DataOptions, shape: tuple[int, ...]
) -> Callable[[int | None], tf.data.Dataset]:
    names = np.array([str(path) for path in paths])

    def read(row: tf.Tensor, name: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        image = tf.numpy_function(lambda path: _read_one(Path(path.decode()), options, shape), [name], tf.uint8)
        return row, tf.ensure_shape(image, shape)

    def stream(order: int | None) -> tf.data.Dataset:
        rows = np.arange(len(names)) if order is None else np.random.default_rng(order).permutation(len(names))
        return tf.data.Dataset.from_tensor_slices((rows, names[rows])).map(read, num_parallel_calls=tf.data.AUTOTUNE)

    return stream
