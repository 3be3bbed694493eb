"""A bar for what lasts."""

from collections.abc import Iterable
from typing import Any

import keras
from tqdm import tqdm

__all__ = ["Bar", "progress"]


def progress(items: Iterable, title: str, total: int | None = None, unit: str = "it") -> Any:
    """Return `items` under a progress bar that shows after two seconds and goes away when they are through.

    There is none where stderr is no terminal."""
    return tqdm(items, title, total, leave=False, delay=2, disable=None, unit=unit, dynamic_ncols=True)


class Bar(keras.callbacks.Callback):
    """The same for `fit`, epoch by epoch.

    Args:
        title: What is trained.
        epochs: How many.
    """

    def __init__(self, title: str, epochs: int) -> None:
        super().__init__()
        self.bar = progress(None, title, epochs, "epoch")

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Move on."""
        self.bar.update()

    def on_train_end(self, logs: dict | None = None) -> None:
        """Go away."""
        self.bar.close()
