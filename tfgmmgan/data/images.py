"""Bringing single images to one size and one number of channels."""

from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from tfgmmgan.data.options import DataOptions
from tfgmmgan.errors import UserError

__all__ = ["IMAGE_SUFFIXES", "read_image", "resize_image"]

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"})


def resize_image(image: Image.Image, options: DataOptions) -> np.ndarray:
    """Return a Pillow image as (H, W, C) uint8, cropped, resized (bicubic, antialiased) and converted as asked."""
    channels = options.channels or (1 if image.mode in ("1", "L", "I;16") else 3)
    image = image.convert("L" if channels == 1 else "RGB")
    size = options.image_size
    if size is not None:
        if options.crop == "center" and image.width != image.height:
            side = min(image.size)
            left, top = (image.width - side) // 2, (image.height - side) // 2
            image = image.crop((left, top, left + side, top + side))
        if image.size != (size, size):
            image = image.resize((size, size), Image.Resampling.BICUBIC)
    array = np.asarray(image)
    return array[..., None] if array.ndim == 2 else array


def read_image(path: str | Path, options: DataOptions) -> np.ndarray:
    """Return an image file as (H, W, C) uint8; raise `UserError` naming the file where it can't be read."""
    try:
        with Image.open(path) as image:
            return resize_image(image, options)
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, SyntaxError, ValueError) as error:
        raise UserError(f"{path} can't be read as an image ({error}). Remove or repair it.") from error
