"""Arrays in an .npz file."""

import zipfile
from pathlib import Path

import numpy as np

from tfgmmgan.data.checks import check_examples, number_classes
from tfgmmgan.data.dataset import ImageData, Split
from tfgmmgan.data.options import GRID, DataOptions
from tfgmmgan.utils.errors import UserError

__all__ = ["load_arrays"]


def load_arrays(name: str, options: DataOptions) -> ImageData:
    """Return the arrays of `--data.path FILE.npz`.

    Keys: `x_train`, and if present `y_train`, `x_test`, `y_test`; or `images` and if present `labels`. Without
    `x_test` a share is held out. Images are uint8 (n, H, W) or (n, H, W, C), bool, or float in [-1, 1]; points are
    float (n, p). Labels are integers or texts, -1 where there is none. `features` (n, F) of the (training) images, such
    as a network's embeddings, are what they are compared by.

    Raises:
        UserError: If the file or its arrays are not of that form.
    """
    options.reject(name, "features", "image_size", "channels", "crop", "train_split", *GRID)
    arrays = _read(options.path)
    images_key = "x_train" if "x_train" in arrays else "images"
    labels_key = "y_train" if images_key == "x_train" else "labels"
    if images_key not in arrays:
        raise UserError(
            f"{options.path}: expected an array 'x_train' or 'images'; it has {', '.join(arrays) or 'none'}."
        )
    examples = check_examples(arrays[images_key], f"{options.path}: {images_key}", learned=True)
    labels = _labels(arrays, labels_key, len(examples), options.path)
    train = Split(len(examples), labels, examples, features=_features(arrays, len(examples), options.path))
    if "x_test" in arrays:
        held = check_examples(arrays["x_test"], f"{options.path}: x_test", learned=True)
        if held.shape[1:] != examples.shape[1:]:
            raise UserError(
                f"{options.path}: {images_key} has examples of {examples.shape[1:]}, x_test of {held.shape[1:]}."
            )
        test = Split(len(held), _labels(arrays, "y_test", len(held), options.path), held)
    else:
        train, test = train.hold_out(options.test_fraction, str(options.path))
    names = number_classes(train, test, f"{options.path}: labels")
    return ImageData(name, train, test, examples.shape[1:], names)


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
            arrays = {key: file[key] for key in file.files}
    except Exception as error:  # whatever zipfile, zlib and numpy throw at a damaged one
        raise UserError(f"{path} can't be read as an .npz file ({error}). Write it with numpy.savez.") from error
    return {key: array for key, array in arrays.items() if isinstance(array, np.ndarray)}  # and other files' bytes


def _labels(arrays: dict[str, np.ndarray], key: str, n: int, path: str | None) -> np.ndarray | None:
    if key not in arrays:
        return None
    labels = arrays[key]
    labels = labels[:, 0] if labels.shape == (n, 1) else labels
    if labels.size != n or labels.ndim != 1:
        raise UserError(f"{path}: {key} has {labels.size} labels for {n} examples, of shape {labels.shape}.")
    return labels


def _features(arrays: dict[str, np.ndarray], n: int, path: str | None) -> np.ndarray | None:
    features = arrays.get("features")
    if features is not None and (features.ndim != 2 or len(features) != n or features.dtype.kind not in "iuf"):
        raise UserError(
            f"{path}: features must be numbers (n, F), a row for each of the {n} images; got {features.dtype} of shape "
            f"{features.shape}."
        )
    return features
