"""Arrays in an .npz file."""

import zipfile
from pathlib import Path

import numpy as np

from tfgmmgan.data.dataset import ImageData, Split, check_examples
from tfgmmgan.data.options import DataOptions
from tfgmmgan.utils.errors import UserError

__all__ = ["load_arrays"]

MOST_CLASSES = 65_536


def load_arrays(name: str, options: DataOptions) -> ImageData:
    """Return the arrays of `--data.path FILE.npz`.

    Keys: `x_train`, and if present `y_train`, `x_test`, `y_test`; or `images` and if present `labels`. Without
    `x_test` a share is held out. Images are uint8 (n, H, W) or (n, H, W, C), or float in [-1, 1]; points are
    float (n, p).

    Raises:
        UserError: If the file or its arrays are not of that form.
    """
    options.reject(name, "image_size", "channels", "crop", "train_split")
    arrays = _read(options.path)
    images_key = "x_train" if "x_train" in arrays else "images"
    labels_key = "y_train" if images_key == "x_train" else "labels"
    if images_key not in arrays:
        raise UserError(
            f"{options.path}: expected an array 'x_train' or 'images'; it has {', '.join(arrays) or 'none'}."
        )
    examples = check_examples(arrays[images_key], f"{options.path}: {images_key}")
    train = Split(len(examples), _labels(arrays, labels_key, len(examples), options.path), examples)
    if "x_test" in arrays:
        held = check_examples(arrays["x_test"], f"{options.path}: x_test")
        if held.shape[1:] != examples.shape[1:]:
            raise UserError(
                f"{options.path}: {images_key} has examples of {examples.shape[1:]}, x_test of {held.shape[1:]}."
            )
        test = Split(len(held), _labels(arrays, "y_test", len(held), options.path), held)
    else:
        train, test = train.hold_out(options.test_fraction, str(options.path))
    largest = max(-1 if split.labels is None else int(split.labels.max(initial=-1)) for split in (train, test))
    return ImageData(name, train, test, examples.shape[1:], [str(label) for label in range(largest + 1)])


def _read(path: str | None) -> dict[str, np.ndarray]:
    if path is None:
        raise UserError("The source 'arrays' needs --data.path FILE.npz.")
    if not Path(path).is_file():
        raise UserError(f"There is no file {path}. Give an .npz file to --data.path.")
    if not zipfile.is_zipfile(path):
        raise UserError(
            f"{path} can't be read as an .npz file (it is no archive, or is cut short). Write it with numpy.savez."
        )
    try:
        with np.load(path, allow_pickle=False) as file:
            return {key: file[key] for key in file.files}
    except Exception as error:  # whatever zipfile, zlib and numpy throw at a damaged one
        raise UserError(f"{path} can't be read as an .npz file ({error}). Write it with numpy.savez.") from error


def _labels(arrays: dict[str, np.ndarray], key: str, n: int, path: str | None) -> np.ndarray | None:
    if key not in arrays:
        return None
    labels = arrays[key].reshape(-1)
    if not np.issubdtype(labels.dtype, np.integer):
        raise UserError(f"{path}: {key} must be class ids, integers from 0; got {labels.dtype}.")
    if len(labels) != n:
        raise UserError(f"{path}: {key} has {len(labels)} labels for {n} examples.")
    if n and not 0 <= labels.min() <= labels.max() < MOST_CLASSES:
        raise UserError(
            f"{path}: {key} must be class ids, integers from 0 to {MOST_CLASSES - 1} at most; got {labels.min()} to "
            f"{labels.max()}. numpy.unique(labels, return_inverse=True)[1] numbers them from 0."
        )
    return labels.astype(np.int64)
