"""What examples and labels may be: one look at them, wherever they come from."""

from typing import TYPE_CHECKING

import numpy as np

from tfgmmgan.utils.errors import UserError

if TYPE_CHECKING:
    from tfgmmgan.data.dataset import Split

__all__ = ["check_examples", "number_classes"]


def check_examples(
    examples: np.ndarray, where: str, channels: tuple[int, ...] = (1, 3), learned: bool = False
) -> np.ndarray:
    """Return examples as uint8, or as float32 in [-1, 1]; raise `UserError` for anything else.

    The range follows from the dtype and is never guessed from the values; values that can't be of that range are
    refused, with what to do. Images of bool become 0 and 255.

    Args:
        examples: (n, H, W, C), (n, H, W) or, for points, (n, p).
        where: What an error calls them.
        channels: How many there may be.
        learned: Whether they are to be learned from: floats none of which is negative are then taken to be from 0 to 1,
            and refused. Otherwise they are where the lowest is 0 itself.
    """
    if examples.ndim not in (2, 3, 4) or 0 in examples.shape[1:]:
        raise UserError(
            f"{where}: expected images (n, H, W, C) or (n, H, W), or points (n, p); got shape {examples.shape}."
        )
    if examples.ndim == 3:
        examples = examples[..., None]
    if examples.ndim == 4 and examples.shape[-1] not in channels:
        expected = " or ".join(str(count) for count in sorted({*channels}))
        raise UserError(
            f"{where}: expected {expected} channels in the last axis; got {examples.shape[-1]} (shape "
            f"{examples.shape})."
        )
    is_image = examples.ndim == 4
    if is_image and examples.dtype == bool:
        return np.where(examples, np.uint8(255), np.uint8(0))
    if not (examples.dtype == np.uint8 or np.issubdtype(examples.dtype, np.floating)):
        raise UserError(f"{where}: expected uint8, or floats in [-1, 1]; got {examples.dtype}.{_conversion(examples)}")
    if examples.dtype == np.uint8:
        if is_image and examples.size and examples.max() == 1:
            raise UserError(f"{where}: uint8 images are from 0 to 255; these hold 0 and 1 alone. Give images * 255.")
        return examples
    if not np.isfinite(examples).all():
        raise UserError(
            f"{where}: {int((~np.isfinite(examples)).sum())} values are NaN or infinite. Remove or repair them."
        )
    if is_image and examples.size:
        low, high = examples.min(), examples.max()
        if low < -1 or high > 1:
            raise UserError(
                f"{where}: float images must lie in [-1, 1]; these reach from {low:g} to {high:g}."
                f"{_conversion(examples)}"
            )
        if high > 0 and (low >= 0 if learned else low == 0):
            raise UserError(
                f"{where}: float images must lie in [-1, 1], with black at -1; these reach from {low:g} to {high:g}. "
                "If 0 is black, give images * 2 - 1."
            )
    return examples.astype(np.float32, copy=False)


def _conversion(images: np.ndarray) -> str:
    """Return advice on how to bring images of numbers to uint8."""
    if images.ndim != 4 or not images.size or images.dtype.kind not in "iuf":
        return ""
    low, high = images.min(), images.max()
    if low < 0:
        return " Give uint8 in [0, 255], or rescale to [-1, 1]."
    if high <= 1:
        return " Give (images * 255).astype('uint8')."
    if high <= 255:
        return " Give images.astype('uint8')."
    white = next((2**bits - 1 for bits in (10, 12, 14, 16, 32, 64) if high < 2**bits), high)
    return f" Give (images / {white} * 255).astype('uint8') if {white} is white."


def number_classes(train: "Split", test: "Split", where: str) -> list[str]:
    """Number the classes of two splits, whose `labels` are integers or texts, from 0, and return their names.

    -1 stays and says that an example has no label; a split without any label gets None.

    Raises:
        UserError: If labels are anything else.
    """
    splits = [split for split in (train, test) if split.labels is not None]
    for split in splits:
        split.labels = np.asarray(split.labels)
        if split.labels.dtype.kind in "OS":
            split.labels = np.array([_text(label) for label in split.labels])
        if split.labels.dtype.kind not in "iubU" or split.labels.ndim != 1:
            raise UserError(
                f"{where} must be class ids, integers from 0; got {split.labels.dtype} of shape {split.labels.shape}. "
                "Names, as texts, are taken, too."
            )
        if split.labels.dtype.kind == "i" and split.labels.min(initial=0) < -1:
            raise UserError(
                f"{where} must be class ids, integers from 0, or -1 where there is none; got {split.labels.min()}."
            )
    if len({split.labels.dtype.kind == "U" for split in splits}) > 1:
        raise UserError(f"{where} must be class ids or names in all splits alike; got both.")
    if not splits:
        return []
    found = np.unique(np.concatenate([split.labels for split in splits]))
    classes = found if found.dtype.kind == "U" else found[found != -1]
    for split in splits:
        ids = np.searchsorted(classes, split.labels).astype(np.int64)
        known = split.labels != -1 if split.labels.dtype.kind == "i" else np.ones(len(ids), bool)
        split.labels = np.where(known, ids, -1) if known.any() else None
    return [str(name) for name in classes]


def _text(label: bytes | str) -> str:
    return label.decode("utf-8", "replace") if isinstance(label, bytes) else str(label)
