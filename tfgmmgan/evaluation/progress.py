"""A bar for what lasts."""

from collections.abc import Iterable
from typing import Any

import keras
from tqdm import tqdm

__all__ = ["epoch_bar", "progress"]


def progress(items: Iterable, title: str, total: int | None = None, unit: str = "it") -> Any:
    """Return `items` under a progress bar that shows after two seconds and goes away when they are through.

    There is none where stderr is no terminal."""
    return tqdm(items, title, total, leave=False, delay=2, disable=None, unit=unit, dynamic_ncols=True)


def epoch_bar(title: str, epochs: int) -> keras.callbacks.Callback:
    """Return the same for `fit`, epoch by epoch."""
    bar = progress(None, title, epochs, "epoch")
    return keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: bar.update(), on_train_end=lambda logs: bar.close()
    )
