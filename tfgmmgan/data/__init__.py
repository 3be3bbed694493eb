"""Sources of examples, by name; every source gives the same `ImageData`."""

from tfgmmgan.data.dataset import ImageData, KnownMixture, Split
from tfgmmgan.data.masks import with_white
from tfgmmgan.data.options import DataOptions
from tfgmmgan.data.selection import select
from tfgmmgan.utils.registry import Registry

__all__ = ["DATASETS", "DataOptions", "ImageData", "KnownMixture", "Split", "load"]

DATASETS = Registry(
    "dataset",
    {
        "digits": "tfgmmgan.data.digits:load_digits",
        "mnist": "tfgmmgan.data.tfds:load_tfds",
        "fashion_mnist": "tfgmmgan.data.tfds:load_tfds",
        "folder": "tfgmmgan.data.folder:load_folder",
        "arrays": "tfgmmgan.data.arrays:load_arrays",
        "toy3x3": "tfgmmgan.data.toy:load_toy3x3",
        "toy5x5": "tfgmmgan.data.toy:load_toy5x5",
    },
)


def load(name: str, options: DataOptions | None = None) -> ImageData:
    """Load a dataset by name.

    Example:

    >>> data = load("digits")
    >>> data.train.examples.shape, data.train.examples.dtype
    ((1438, 8, 8, 1), dtype('uint8'))

    Args:
        name: A name in `DATASETS`, or any image dataset of TensorFlow Datasets.
        options: Path, size and the like; the defaults where None.

    Raises:
        UserError: If it can't be had; says what to do.
    """
    options = options or DataOptions()
    if name in DATASETS:
        data = DATASETS[name](name, options)
    else:
        from tfgmmgan.data.tfds import load_tfds

        data = load_tfds(name, options, known=tuple(DATASETS))
    return select(with_white(data), options)
