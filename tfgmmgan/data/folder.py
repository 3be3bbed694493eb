"""A folder of image files, with or without class folders."""

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import tensorflow as tf

from tfgmmgan.data.dataset import ImageData, Split, hold_out
from tfgmmgan.data.embeddings import read_embeddings
from tfgmmgan.data.images import read_image
from tfgmmgan.data.options import GRID, DataOptions
from tfgmmgan.data.originals import Originals
from tfgmmgan.data.pictures import Header, find_files, listed, look_at, read_all, usual_side
from tfgmmgan.utils.errors import UserError, note

__all__ = ["load_folder"]

TRAIN = ("train", "training")
HELD_OUT = ("test", "testing", "validation", "valid", "val", "dev")


def load_folder(name: str, options: DataOptions) -> ImageData:
    """Return the images below `--data.path DIR`.

    Subfolders are classes, whose names serve evaluation alone. Where DIR holds folders `train` and `test` (or
    `testing`, `validation`, `valid`, `val`, `dev`, the first of these that there is; in capitals, too), these are the
    splits; else a share is held out, of `train` where all images lie there. Links are followed. Hidden files are passed
    over; a note says which others are, and why. Images of several sizes are brought to one.

    Raises:
        UserError: If there is no such folder, or no image in it.
    """
    options.reject(name, "train_split", *GRID)
    if options.path is None:
        raise UserError("The source 'folder' needs --data.path DIR.")
    root = Path(options.path)
    if not root.is_dir():
        raise UserError(f"There is no folder {root}. Give a folder of images to --data.path.")
    folders = {path.name.lower(): path for path in sorted(root.iterdir(), reverse=True) if path.is_dir()}
    learned, held = (next((folders[name] for name in names if name in folders), None) for names in (TRAIN, HELD_OUT))
    has_splits = learned is not None and held is not None
    files, unreadable = {}, {}
    for part in (learned, held) if has_splits else (root,):
        front = f"{part.name}/" if has_splits else ""
        for found, others in zip((files, unreadable), find_files([part]), strict=True):
            found |= {front + name: value for name, value in others.items()}
    headers, others = look_at(files)
    unreadable |= others
    if not headers:
        raise UserError(
            f"{root} holds no images{f', but {listed(unreadable)}' if unreadable else ''}. Check --data.path."
        )
    files = {name: files[name] for name in headers}
    options, shape = _sizes(headers.values(), options)
    images = None
    if len(files) * int(np.prod(shape)) <= options.memory_limit * 2**20:
        names, images, broken = read_all(files, options, shape)
        unreadable |= broken
        files = {name: files[name] for name in names}
    _say(root, files, unreadable, (learned, held) if has_splits else None)
    names = list(files)
    if has_splits:
        trained_on = np.array([name.startswith(f"{learned.name}/") for name in names])
        parts = np.flatnonzero(trained_on), np.flatnonzero(~trained_on)
        if empty := next((part for part, rows in zip((learned, held), parts, strict=True) if not len(rows)), None):
            raise UserError(f"{empty} holds no images. Check --data.path.")
    else:
        parts = hold_out(len(names), options.test_fraction, str(root))
    inside = [Path(name).parts for name in names]
    if has_splits or (learned and {path[0] for path in inside} == {learned.name}):
        inside = [path[1:] for path in inside]
    class_names, labels = _classes(inside)
    features = None if options.features is None else read_embeddings(options.features, names)
    paths = np.array([str(path) for path in files.values()])
    splits = []
    for rows in parts:
        read = {"stream": _streamer(paths[rows], options, shape)} if images is None else {"examples": images[rows]}
        read["features"] = None if features is None else features[rows]
        labels_of = None if labels is None else labels[rows]
        splits.append(Split(len(rows), labels_of, **read, originals=Originals(paths[rows], options)))
    return ImageData(name, *splits, shape=shape, class_names=class_names, unreadable=unreadable)


def _sizes(headers: Collection[Header], options: DataOptions) -> tuple[DataOptions, tuple[int, int, int]]:
    """Return options with the channels, and a side where images differ in size and none was given, and the shape."""
    channels = options.channels or (1 if all(header.grey for header in headers) else 3)
    options = replace(options, channels=channels)
    sizes = sorted({(header.height, header.width) for header in headers}, key=math.prod)
    if options.image_size is None and len(sizes) > 1:
        options = replace(options, image_size=usual_side(headers))
        (low, high), side = ("x".join(map(str, size)) for size in (sizes[0], sizes[-1])), options.image_size
        note(f"The images have sizes from {low} to {high} and are made {side}x{side}; else say --data.image_size N.")
    side = options.image_size
    return options, (*((side, side) if side else sizes[0]), channels)


def _say(root: Path, read: Iterable[str], unreadable: dict[str, str], parts: tuple[Path, Path] | None) -> None:
    """Say what is passed over, and which folders altogether."""
    if parts:
        others = sorted(path.name for path in root.iterdir() if path not in parts and path.name[0] != ".")
        if others:
            more = f" and {len(others) - 10} more" if len(others) > 10 else ""
            note(
                f"{root} has {' and '.join(part.name for part in parts)}; passed over: {', '.join(others[:10])}{more}."
            )
    if unreadable:
        of_each = Counter(unreadable.values())
        reasons = ", ".join(f"{reason} ({count})" for reason, count in of_each.most_common(5))
        said = f"{root}: {len(unreadable)} passed over: {reasons}; {min(unreadable)} for one."
        folders = {name if (root / name).is_dir() else str(Path(name).parent) for name in unreadable}
        empty = folders - {str(Path(name).parent) for name in read} - {"."}
        whole = ", ".join(sorted(empty)[:10])
        note(said + (f" Nothing is read of {whole}." if empty else ""))


def _classes(inside: list[tuple[str, ...]]) -> tuple[list[str], np.ndarray | None]:
    """Return class names and ids by the first folder of each path; none unless every file lies in a folder."""
    if not all(len(path) > 1 for path in inside):
        return [], None
    names, labels = np.unique([path[0] for path in inside], return_inverse=True)
    return names.tolist(), labels.astype(np.int64)


def _read_one(path: Path, options: DataOptions, shape: tuple[int, ...]) -> np.ndarray:
    image = read_image(path, options)
    if image.shape != shape:
        raise UserError(f"{path} is {image.shape[0]}x{image.shape[1]}, which its header denies. Remove or repair it.")
    return image


def _streamer(
    paths: np.ndarray, options: DataOptions, shape: tuple[int, ...]
) -> Callable[[int | None], tf.data.Dataset]:
    def read(row: tf.Tensor, name: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        image = tf.numpy_function(lambda path: _read_one(Path(path.decode()), options, shape), [name], tf.uint8)
        return row, tf.ensure_shape(image, shape)

    def stream(order: int | None) -> tf.data.Dataset:
        rows = np.arange(len(paths)) if order is None else np.random.default_rng(order).permutation(len(paths))
        return tf.data.Dataset.from_tensor_slices((rows, paths[rows])).map(read, num_parallel_calls=tf.data.AUTOTUNE)

    return stream
