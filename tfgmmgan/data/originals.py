"""Images in their own size, for networks that want to see more of them than a GAN draws."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from tfgmmgan.data.images import read_image
from tfgmmgan.data.options import DataOptions

__all__ = ["Originals"]

BATCH = 64


class Originals:
    """Image files, read anew at any size; an array's `len` and choice of rows.

    Args:
        paths: (n,) the files.
        options: How they are cropped, and their channels.
    """

    def __init__(self, paths: np.ndarray, options: DataOptions) -> None:
        self.paths = np.asarray(paths)
        self.options = options

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, rows: np.ndarray) -> "Originals":
        return Originals(self.paths[rows], self.options)

    def batches(self, size: int) -> Iterator[np.ndarray]:
        """Yield the images in order, 64 at a time, (m, size, size, C) uint8."""
        options = replace(self.options, channels=self.options.channels or 3)
        with ThreadPoolExecutor() as pool:  # Pillow decodes outside the interpreter's lock
            for at in range(0, len(self), BATCH):
                paths = (Path(path) for path in self.paths[at : at + BATCH])
                yield np.stack(list(pool.map(lambda path: read_image(path, options, size), paths)))
