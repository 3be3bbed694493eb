"""Pictures as people have them: every file below some paths is looked at once, and what can't be read is told."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image
from tqdm import tqdm

from tfgmmgan.data.images import IMAGE_SUFFIXES, is_grey, read_image
from tfgmmgan.data.options import DataOptions
from tfgmmgan.data.originals import Originals
from tfgmmgan.utils.errors import UserError, note

__all__ = ["Header", "Pictures", "find_files", "listed", "look_at", "read_all", "read_pictures", "usual_side"]

MOST_SIDE, LEAST_SIDE, STEP = 32, 8, 4  # pixels of the side that is chosen
GREY = 4  # levels, of 255, by which the colours of a grey picture may differ, as JPEG stores it
READERS = {".heic": "pillow-heif", ".heif": "pillow-heif", ".svg": "a program that draws it"}
ORIENTATION, TURNED = 0x0112, (5, 6, 7, 8)  # the EXIF tag, and its values for pictures that lie on their side


class Header(NamedTuple):
    """What a picture's file says before it is read: its height and width as it will be seen, and whether it is grey."""

    height: int
    width: int
    grey: bool


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
        shape: (H, W, C).
        crop: "center" cuts out the largest middle part of these proportions, "none" squeezes.

    Raises:
        UserError: If a path is not there, or no picture among all.
    """
    files, passed_over = find_files(paths)
    headers, unreadable = look_at(files)
    side, options = usual_side(headers.values()), DataOptions(crop=crop, channels=shape[2] if shape else 3)
    files_read = {name: files[name] for name in headers}
    names, images, broken = read_all(files_read, options, shape or (side, side, 3), resized=True)
    unreadable = passed_over | unreadable | broken
    if not names:
        found = f"{len(unreadable)} files, such as {listed(unreadable)}" if unreadable else "no file"
        raise UserError(f"There is no picture in {_paths(paths)}: {found}. Check the path.")
    if shape is None and int(np.ptp(images.astype(np.int16), axis=3).max()) <= GREY:
        images, options = images[..., 1:2], replace(options, channels=1)  # of three alike, green is brightness
    originals = Originals(np.array([str(files[name]) for name in names]), options)
    return Pictures(names, images, originals, dict(sorted(unreadable.items())))


def find_files(paths: Sequence[Path]) -> tuple[dict[str, Path], dict[str, str]]:
    """Return every file by its name, and why a folder is not looked into.

    A name is relative to the folder that was given, or the path as it was given, where several were, or files.

    Raises:
        UserError: If a path is not there.
    """
    found: dict[str, Path] = {}
    passed_over: dict[str, str] = {}
    for path in paths:
        path = Path(os.path.expanduser(path))
        if path.is_file():
            found[path.as_posix()] = path
        elif path.is_dir():
            front = "" if len(paths) == 1 else f"{path.as_posix()}/"
            for file, is_read in _below(path):
                name = front + file.relative_to(path).as_posix()
                if is_read:
                    found[name] = file
                else:
                    passed_over[name] = "a folder that is read already"
        else:
            raise UserError(f"There is no file or folder {path}.")
    return dict(sorted(found.items())), passed_over


def _below(root: Path) -> Iterator[tuple[Path, bool]]:
    """Yield the files below a folder; each folder is read once, however many links lead to it."""
    seen = set()
    for folder, subfolders, names in os.walk(root, followlinks=True, onerror=_say):
        real = os.path.realpath(folder)
        subfolders[:] = [] if real in seen else sorted(name for name in subfolders if not name.startswith("."))
        if real in seen:
            yield Path(folder), False
        else:
            yield from ((Path(folder, name), True) for name in names if not name.startswith("."))
        seen.add(real)


def _say(error: OSError) -> None:
    note(f"{error.filename} can't be looked into ({error.strerror}).")


def look_at(files: dict[str, Path]) -> tuple[dict[str, Header], dict[str, str]]:
    """Return by name what the headers of pictures say, and why other files are none."""
    headers, unreadable = {}, {}
    for name, header in _each(_header, files, "looking at files"):
        (unreadable if isinstance(header, str) else headers)[name] = header
    return headers, unreadable


def read_all(
    files: dict[str, Path], options: DataOptions, shape: tuple[int, int, int], resized: bool = False
) -> tuple[list[str], np.ndarray, dict[str, str]]:
    """Return the names of those pictures that can be read, the pictures, (n, *shape) uint8, and why others can't.

    One of another size is none of them unless pictures are `resized` to the shape.
    """
    names, images, broken = [], np.empty((len(files), *shape), np.uint8), {}
    for name, image in _each(lambda path: _read(path, options, shape, resized), files, "reading pictures"):
        if isinstance(image, str):
            broken[name] = image
        else:
            images[len(names)] = image
            names.append(name)
    return names, images[: len(names)], broken


def _each(function: Callable[[Path], Any], files: dict[str, Path], what: str) -> Iterator[tuple[str, Any]]:
    """Yield the name and the function's result of each file, several at a time."""
    with ThreadPoolExecutor() as pool:  # Pillow decodes outside the interpreter's lock
        results = pool.map(function, files.values())
        yield from zip(files, tqdm(results, what, len(files), leave=False, disable=None, mininterval=1), strict=True)


def _header(path: Path) -> Header | str:
    """Return what a picture's header says, or why it is none."""
    try:
        if not path.exists():
            return "a link to nothing"
        if path.stat().st_size == 0:
            return "empty: 0 bytes"
        with Image.open(path) as image:
            width, height = image.size
            has_exif = image.format != "PNG" or "exif" in image.info  # a PNG would be decoded for it
            turned = has_exif and image.getexif().get(ORIENTATION) in TURNED
            return Header(*((width, height) if turned else (height, width)), is_grey(image))
    except Exception as error:  # Pillow's plugins raise what they like
        suffix = path.suffix.lower()
        if suffix in READERS:
            return f"needs {READERS[suffix]} to be read"
        if isinstance(error, Image.UnidentifiedImageError):
            return "damaged: no picture in it" if suffix in IMAGE_SUFFIXES else "no picture"
        return str(error)


def _read(path: Path, options: DataOptions, shape: tuple[int, int, int], resized: bool) -> np.ndarray | str:
    try:
        image = read_image(path, options, shape[:2] if resized else None)
    except Exception as error:  # whatever Pillow's plugins raise
        return str(error.__cause__ or error)
    return image if image.shape == shape else f"it is {image.shape[0]}x{image.shape[1]}, which its header denies"


def usual_side(headers: Iterable[Header]) -> int:
    """Return the side at which half of the pictures need not be enlarged, at most 32 and a multiple of 4."""
    sides = [min(header.height, header.width) for header in headers]
    middle = int(np.median(sides)) if sides else MOST_SIDE
    return int(np.clip(round(middle / STEP) * STEP, LEAST_SIDE, MOST_SIDE))


def listed(unreadable: dict[str, str]) -> str:
    """Return the first three files that are no pictures, each with its reason, and how many more there are."""
    some = "; ".join(f"{name} ({reason})" for name, reason in list(unreadable.items())[:3])
    return some + (f"; and {len(unreadable) - 3} more" if len(unreadable) > 3 else "")


def _paths(paths: Sequence[Path]) -> str:
    return ", ".join(str(path) for path in paths[:3]) + (" ..." if len(paths) > 3 else "")
