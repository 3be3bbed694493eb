"""Pictures as people have them: every file below some paths is looked at once, and what can't be read is told."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from tqdm import tqdm

from tfgmmgan.data.images import IMAGE_SUFFIXES, read_image
from tfgmmgan.data.options import DataOptions
from tfgmmgan.data.originals import Originals
from tfgmmgan.utils.errors import UserError, note

__all__ = ["Pictures", "read_pictures"]

MOST_SIDE, LEAST_SIDE, STEP = 32, 8, 4  # pixels of the side that is chosen
GREY = 4  # levels, of 255, by which the colours of a grey picture may differ, as JPEG stores it
READERS = {".heic": "pillow-heif", ".heif": "pillow-heif", ".svg": "a program that draws it"}


@dataclass
class Pictures:
    """Pictures at one size.

    Attributes:
        names: (n,) path of each, relative to the folder it was found in, with "/" between its parts; sorted.
        images: (n, S, S, C) uint8.
        originals: The same files, to be read at other sizes.
        unreadable: Why each other file is none of them, by name.
    """

    names: list[str]
    images: np.ndarray
    originals: Originals
    unreadable: dict[str, str]

    def __len__(self) -> int:
        return len(self.names)


def read_pictures(paths: Sequence[Path], shape: tuple[int, int, int] | None = None, crop: str = "center") -> Pictures:
    """Return the pictures among files, and below folders; hidden files are passed over, links followed.

    Side and channels are chosen where no shape is given: the side in which half of the pictures are smaller, at most 32
    and a multiple of 4; one channel where all are grey. For each file that is no picture, or broken, there is a reason.

    Args:
        paths: Files and folders.
        shape: (S, S, C).
        crop: "center" cuts out the middle square, "none" squeezes.

    Raises:
        UserError: If a path is not there, or no picture among all.
    """
    files = _files(paths)
    sizes, unreadable = {}, {}
    for name, size in _each(_size, files, "looking at files"):
        (unreadable if isinstance(size, str) else sizes)[name] = size
    side = shape[0] if shape else _side([min(size) for size in sizes.values()])
    options = DataOptions(image_size=side, crop=crop, channels=shape[2] if shape else 3)
    names, images = [], []
    readable = {name: files[name] for name in sizes}
    for name, image in _each(lambda path: _read(path, options), readable, "reading pictures"):
        if isinstance(image, str):
            unreadable[name] = image
        else:
            names.append(name)
            images.append(image)
    if not images:
        found = f"{len(files)} files, such as {_some(unreadable)}" if files else "no file"
        raise UserError(f"There is no picture in {_listed(paths)}: {found}. Check the path.")
    everything = np.stack(images)
    if shape is None and int(np.ptp(everything.astype(np.int16), axis=3).max()) <= GREY:
        everything, options = everything[..., 1:2], replace(options, channels=1)  # of three alike, green is brightness
    originals = Originals(np.array([str(files[name]) for name in names]), replace(options, image_size=None))
    return Pictures(names, everything, originals, dict(sorted(unreadable.items())))


def _files(paths: Sequence[Path]) -> dict[str, Path]:
    """Return every file by its name: relative to the folder it was found in, or as it was given."""
    found: dict[str, Path] = {}
    for path in paths:
        path = Path(os.path.expanduser(path))
        if path.is_file():
            found[path.as_posix()] = path
        elif path.is_dir():
            inside = {file.relative_to(path).as_posix(): file for file in _below(path)}
            alone = len(paths) == 1
            found |= inside if alone else {f"{path.as_posix()}/{name}": file for name, file in inside.items()}
        else:
            raise UserError(f"There is no file or folder {path}.")
    return dict(sorted(found.items()))


def _below(root: Path) -> Iterator[Path]:
    """Yield the files below a folder, each folder once, however many links lead to it."""
    seen = set()
    for folder, subfolders, names in os.walk(root, followlinks=True, onerror=_say):
        real = os.path.realpath(folder)
        subfolders[:] = [] if real in seen else sorted(name for name in subfolders if not name.startswith("."))
        if real not in seen:
            yield from (Path(folder, name) for name in names if not name.startswith("."))
        seen.add(real)


def _say(error: OSError) -> None:
    note(f"{error.filename} can't be looked into ({error.strerror}).")


def _each(function: Callable[[Path], Any], files: dict[str, Path], what: str) -> Iterator[tuple[str, Any]]:
    """Yield the name and the function's result of each file, several at a time."""
    with ThreadPoolExecutor() as pool:  # Pillow decodes outside the interpreter's lock
        results = pool.map(function, files.values())
        yield from zip(files, tqdm(results, what, len(files), leave=False, disable=None, mininterval=1), strict=True)


def _size(path: Path) -> tuple[int, int] | str:
    """Return a picture's width and height, or why it is none."""
    try:
        if not path.exists():
            return "a link to nothing"
        if path.stat().st_size == 0:
            return "empty: 0 bytes"
        with Image.open(path) as image:
            return image.size
    except Exception as error:  # Pillow's plugins raise what they like
        suffix = path.suffix.lower()
        if suffix in READERS:
            return f"needs {READERS[suffix]} to be read"
        if isinstance(error, Image.UnidentifiedImageError):
            return "damaged: no picture in it" if suffix in IMAGE_SUFFIXES else "no picture"
        return str(error)


def _read(path: Path, options: DataOptions) -> np.ndarray | str:
    try:
        return read_image(path, options)
    except UserError as error:
        return str(error.__cause__ or error)


def _side(sides: list[int]) -> int:
    """Return the side at which half of the pictures need not be enlarged, within limits."""
    middle = int(np.median(sides)) if sides else MOST_SIDE
    return int(np.clip(round(middle / STEP) * STEP, LEAST_SIDE, MOST_SIDE))


def _some(unreadable: dict[str, str]) -> str:
    return "; ".join(f"{name} ({reason})" for name, reason in list(unreadable.items())[:3])


def _listed(paths: Sequence[Path]) -> str:
    return ", ".join(str(path) for path in paths[:3]) + (" ..." if len(paths) > 3 else "")
