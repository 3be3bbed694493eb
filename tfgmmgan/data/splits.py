"""Holding out a test split where a source has none."""

import numpy as np

from tfgmmgan.utils.errors import UserError

__all__ = ["hold_out"]


def hold_out(n: int, fraction: float, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Return row numbers (train, test), each ascending: a draw that is the same on every call.

    The draw has a seed of its own, not the run's: runs that differ in their seed are judged on the same examples.
    """
    if n < 2:
        raise UserError(f"{where}: at least 2 examples are needed to hold some out for testing; got {n}.")
    order = np.random.default_rng(0).permutation(n)
    held = min(n - 1, max(1, round(n * fraction)))
    return np.sort(order[held:]), np.sort(order[:held])
