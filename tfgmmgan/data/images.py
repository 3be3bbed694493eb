"""Bringing single images to one size and one number of channels."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from tfgmmgan.data.options import DataOptions
from tfgmmgan.utils.errors import UserError

__all__ = ["IMAGE_SUFFIXES", "is_grey", "read_image", "resize_image"]

READ = {
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".gif", ".webp", ".tif", ".tiff"),
    *(".ppm", ".pgm", ".pbm", ".pnm", ".jp2", ".tga", ".avif"),
}
IMAGE_SUFFIXES = READ & set(Image.registered_extensions())  # what this Pillow can open


def resize_image(image: Image.Image, options: DataOptions, size: int | tuple[int, int] | None = None) -> np.ndarray:
    """Return a Pillow image as (H, W, C) uint8, cropped, resized (bicubic, antialiased) and converted as asked.

    `size` is the side in pixels, or height and width; that of the options where None. What is cropped to is the largest
    middle part of these proportions. Before, an image is turned as its EXIF orientation says, 16 bits become their
    upper 8, and what is transparent black.
    """
    image = _eight_bits(image)
    channels = options.channels or (1 if image.mode == "L" else 3)
    image = image.convert("L" if channels == 1 else "RGB")
    size = size or options.image_size
    if size is not None:
        height, width = (size, size) if isinstance(size, int) else size
        if options.crop == "center" and image.width * height != image.height * width:
            scale = min(image.width / width, image.height / height)
            across, down = max(1, round(width * scale)), max(1, round(height * scale))
            left, top = (image.width - across) // 2, (image.height - down) // 2
            image = image.crop((left, top, left + across, top + down))
        if image.size != (width, height):
            image = image.resize((width, height), Image.Resampling.BICUBIC)
    array = np.asarray(image)
    return array[..., None] if array.ndim == 2 else array


def is_grey(image: Image.Image) -> bool:
    """Return whether an image is stored as brightness alone."""
    return image.mode in ("1", "L", "LA", "La") or image.mode.startswith("I;16")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return an image as it is to be seen, grey ("L") or in colour ("RGB")."""
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8))
    if image.mode in ("I", "F"):
        raise ValueError(f"it has 32 bits a pixel, Pillow's mode {image.mode}; 8 and 16 can be read")
    kind = "L" if is_grey(image) else "RGB"
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "black"), image)
    return image.convert(kind)


def read_image(path: str | Path, options: DataOptions, size: int | tuple[int, int] | None = None) -> np.ndarray:
    """Return an image file as (H, W, C) uint8, as `resize_image` does; raise `UserError` naming one that is broken."""
    try:
        with Image.open(path) as image:
            return resize_image(image, options, size)
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, SyntaxError, ValueError) as error:
        raise UserError(f"{path} can't be read as an image ({error}). Remove or repair it.") from error
