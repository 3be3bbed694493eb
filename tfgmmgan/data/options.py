"""The options that sources share; the `--data.*` group of the command line."""

import os
from dataclasses import dataclass
from typing import Annotated, Literal

from tfgmmgan.utils.arguments import Count, Positive, WholeNumber, Within, check_arguments
from tfgmmgan.utils.errors import UserError

__all__ = ["GRID", "DataOptions"]

GRID = ("grid_side", "grid_spacing", "grid_std")  # options of toys alone


@dataclass
class DataOptions:
    """Where examples come from and how images are brought to one size.

    Args:
        path: Folder of images (`folder`), .npz file (`arrays`), or TFDS data directory (any TFDS name; else
            TFDS_DATA_DIR, else ~/tensorflow_datasets).
        features: Embeddings of a folder's images, by which they are then compared: a .npy file with a row for each, by
            path, or a .csv or .parquet file with a column `path`, relative to the folder.
        image_size: Side in pixels to which images are resized; a multiple of 4. Where images of a folder differ in
            size, the default is the side at which half of them need not be enlarged, at most 32.
        crop: What makes an image square before it is resized: "center" cuts its middle out, "none" squeezes it.
        channels: 1 for grey, 3 for colour; as stored where not given, 3 where some are in colour. Of images of 16 bits
            the upper 8 are read, and what is transparent becomes black.
        classes: Keep these classes alone, by name or number, for example [cat, dog] or [0, 1]; all where not given.
        class_fractions: Keep this share of a class's examples, by name or number, for example {3: 0.1}; all of the
            classes that are not named. Both splits keep the same shares. For studies of unequal modes.
        train_split: The TFDS split to learn from; a part, such as train[:10%], and a sum, train+extra, work too.
        test_fraction: Share of the examples held out as a test split, where the source has none of its own.
        changed_ok: Go on with a run by --resume although its data changed; asked for each time.
        grid_side: Of a toy: how many Gaussians are along a side of its grid.
        grid_spacing: Of a toy: how far they are apart.
        grid_std: Of a toy: their standard deviation.
        memory_limit: Megabytes up to which a dataset is held in memory; a larger one is read while training.
    """

    path: str | None = None
    features: str | None = None
    image_size: Count | None = None
    crop: Literal["center", "none"] = "center"
    channels: Literal[1, 3] | None = None
    classes: list[int | str] | None = None
    class_fractions: dict[int | str, Annotated[float, Within(0, 1, above=True)]] | None = None
    train_split: str = "train"
    test_fraction: Annotated[float, Within(0, 1, above=True, below=True)] = 0.1
    changed_ok: bool = False
    grid_side: Count | None = None
    grid_spacing: Positive | None = None
    grid_std: Positive | None = None
    memory_limit: WholeNumber = 2048

    def __post_init__(self) -> None:
        check_arguments(self)
        if self.path is not None:
            self.path = os.path.expanduser(self.path)
        if self.image_size is not None and self.image_size % 4:
            raise UserError(f"data.image_size must be a positive multiple of 4; got {self.image_size}.")

    def reject(self, source: str, *names: str) -> None:
        """Raise `UserError` where an option was given that a source can't heed."""
        defaults = DataOptions()
        for name in names:
            if getattr(self, name) != getattr(defaults, name):
                raise UserError(f"The source '{source}' has no use for --data.{name}; leave it out.")
