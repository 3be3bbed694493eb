"""How large pictures are by their headers: a file of few bytes may ask for all the memory there is."""

import io

from PIL import Image

from tfgmmgan.serving.server.limits import Refusal

__all__ = ["megapixels"]

FORMATS = ("PNG", "JPEG", "GIF", "BMP")
Image.MAX_IMAGE_PIXELS = None  # the server has a limit of its own


def megapixels(file: bytes) -> float:
    """Return how many million pixels a picture has, those of a GIF's every frame, without decoding it.

    Args:
        file: A PNG, JPEG, GIF or BMP file.

    Raises:
        Refusal: If its header is that of no such file.
    """
    try:
        with Image.open(io.BytesIO(file), formats=FORMATS) as picture:
            return (_gif_pixels(file) if picture.format == "GIF" else picture.width * picture.height) / 1e6
    except Exception as error:  # Pillow raises what it likes for a broken file
        raise Refusal(
            "INVALID_ARGUMENT", "A picture must be a whole PNG, JPEG, GIF or BMP file; one is not."
        ) from error


def _gif_pixels(file: bytes) -> int:
    """Return the pixels of all frames: TensorFlow decodes all, for the first."""

    def table(flags: int) -> int:
        return 3 * 2 ** (1 + (flags & 7)) if flags & 0x80 else 0

    def after_blocks(at: int) -> int:
        while file[at]:
            at += 1 + file[at]
        return at + 1

    pixels, at = 0, 13 + table(file[10])
    while at < len(file) and file[at] in b"!,":
        if file[at] == ord("!"):
            at = after_blocks(at + 2)
        else:
            width, height = (int.from_bytes(file[at + low : at + low + 2], "little") for low in (5, 7))
            pixels += width * height
            at = after_blocks(at + 11 + table(file[at + 9]))
    return pixels
