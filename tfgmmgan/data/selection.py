"""Keeping some classes of a dataset, or some of their examples."""

import numpy as np

from tfgmmgan.data.dataset import ImageData, Split
from tfgmmgan.data.options import DataOptions
from tfgmmgan.utils.errors import UserError, nearest

__all__ = ["select"]


def select(data: ImageData, options: DataOptions) -> ImageData:
    """Return a dataset with the classes and shares of `--data.classes` and `--data.class_fractions`.

    The classes that are kept are numbered anew, in the order in which they were asked for. Which of a class's examples
    stay is a fixed draw, the same for every run.

    Raises:
        UserError: If there are no labels to go by, or no such class.
    """
    if options.classes is None and not options.class_fractions:
        return data
    if data.train.labels is None:
        raise UserError(f"{data.name} has no labels: --data.classes and --data.class_fractions can't be heeded.")
    names = list(data.class_names) or [str(number) for number in range(int(data.train.labels.max()) + 1)]
    kept = list(range(len(names))) if options.classes is None else [_number(name, names) for name in options.classes]
    if len(set(kept)) < max(2, len(kept)):
        raise UserError(f"--data.classes must name two classes or more, each once; got {options.classes}.")
    shares = np.zeros(len(names))
    shares[kept] = 1.0
    for name, share in (options.class_fractions or {}).items():
        number = _number(name, names)
        if number not in kept:
            raise UserError(f"--data.class_fractions names the class {name}, which --data.classes leaves out.")
        shares[number] = share
    new_number = np.full(len(names), -1)
    new_number[kept] = np.arange(len(kept))

    def part(split: Split) -> Split:
        if split.labels is None:
            raise UserError(f"A split of {data.name} has no labels to select by.")
        rows = np.sort(np.concatenate([_draw(np.flatnonzero(split.labels == k), shares[k]) for k in kept]))
        if not len(rows):
            raise UserError(f"No example of {data.name} is left; check --data.classes.")
        return split.select(rows, new_number[split.labels[rows]])

    kept_names = [names[number] for number in kept]
    return ImageData(data.name, part(data.train), part(data.test), data.shape, kept_names)


def _draw(rows: np.ndarray, share: float) -> np.ndarray:
    count = min(len(rows), max(1, round(share * len(rows))))
    return np.random.default_rng(0).permutation(rows)[:count]


def _number(name: int | str, names: list[str]) -> int:
    """Return a class's number from its name, or from the number itself where no class is called so."""
    if str(name) in names:
        return names.index(str(name))
    if str(name).isdigit() and int(name) < len(names):
        return int(name)
    listed = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
    raise UserError(
        f"There is no class '{name}'.{nearest(str(name), names)} Valid: {listed}, or 0 to {len(names) - 1}."
    )
