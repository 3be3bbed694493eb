"""2-D mixtures of Gaussians on a grid: points, not images, on the same road."""

import numpy as np

from tfgmmgan.data.dataset import ImageData, KnownMixture, Split
from tfgmmgan.data.options import DataOptions

__all__ = ["grid_centres", "load_toy3x3", "load_toy5x5"]


def grid_centres(side: int, spacing: float) -> np.ndarray:
    """Return the centres of a side x side grid around 0, (side^2, 2)."""
    line = spacing * (np.arange(side) - (side - 1) / 2)
    return np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2)


def _grid(name: str, options: DataOptions, side: int, std: float, sizes: tuple[int, int]) -> ImageData:
    options.reject(name, "features", "path", "image_size", "channels", "crop", "train_split", "test_fraction")
    std = options.grid_std or std
    centres = grid_centres(options.grid_side or side, options.grid_spacing or 1.0)
    rng = np.random.default_rng(0)
    splits = []
    for size in sizes:
        labels = rng.integers(len(centres), size=size)
        points = centres[labels] + std * rng.standard_normal((size, 2))
        splits.append(Split(size, labels, points.astype(np.float32)))
    names = [f"({x:g}, {y:g})" for x, y in centres]
    return ImageData(name, *splits, shape=(2,), class_names=names, truth=KnownMixture(centres, std))


def load_toy3x3(name: str, options: DataOptions) -> ImageData:
    """Return GM-GAN's toy (section 4.1): 9 Gaussians at {-1, 0, 1}^2 with covariance 0.1 I, 5,000 points.

    A further 5,000 points are the test split, which is ours. A covariance of 0.1 is a standard deviation of 0.316.
    `grid_side`, `grid_spacing` and `grid_std` make other grids of it.
    """
    return _grid(name, options, side=3, std=float(np.sqrt(0.1)), sizes=(5_000, 5_000))


def load_toy5x5(name: str, options: DataOptions) -> ImageData:
    """Return GAEL's toy (Fig. 3): 25 Gaussians on a grid.

    Spacing, spread and size are not published. Ours: centres at {-2, -1, 0, 1, 2}^2, a standard deviation of 0.05,
    25,000 points to train and 5,000 to test. `grid_side`, `grid_spacing` and `grid_std` make other grids of it.
    """
    return _grid(name, options, side=5, std=0.05, sizes=(25_000, 5_000))
