"""scikit-learn's digits: 1,797 images of 8x8 that come with the package, no download."""

import numpy as np

from tfgmmgan.data.dataset import ImageData, Split
from tfgmmgan.data.options import GRID, DataOptions

__all__ = ["load_digits"]

TEST_FRACTION = 0.2


def load_digits(name: str, options: DataOptions) -> ImageData:
    """Return the digits, 1,438 to train and 359 to test (a fixed draw), uint8 (n, 8, 8, 1).

    Reference:
        Alpaydin & Kaynak 1998, UCI Machine Learning Repository.
    """
    from sklearn import datasets

    options.reject(name, "features", "path", "image_size", "channels", "crop", "train_split", "test_fraction", *GRID)
    bunch = datasets.load_digits()
    images = np.rint(bunch.images * (255 / 16)).astype(np.uint8)[..., None]  # 17 grey levels to [0, 255]
    train, test = Split(len(images), bunch.target.astype(np.int64), images).hold_out(TEST_FRACTION, name)
    return ImageData(name, train, test, (8, 8, 1), [str(digit) for digit in range(10)])
