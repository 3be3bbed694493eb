"""Images in rows and columns."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tfgmmgan.data.scaling import to_uint8

__all__ = ["image_grid"]


def image_grid(
    images: np.ndarray, row_labels: list[str] | None = None, title: str = "", tile: int = 48, gap: int = 2
) -> Image.Image:
    """Return an RGB picture of images, (rows, columns, H, W, C) uint8 or float in [-1, 1].

    `row_labels` are written to the left, `title` above. Small images are enlarged, pixel by pixel, to at least `tile`
    pixels; `gap` are between them.
    """
    images = to_uint8(images)
    rows, columns, height, width, channels = images.shape
    factor = max(1, -(-tile // max(height, width)))
    images = images.repeat(factor, axis=2).repeat(factor, axis=3)
    if channels == 1:
        images = images.repeat(3, axis=-1)
    height, width = height * factor + gap, width * factor + gap
    font = ImageFont.load_default(13)
    margin = max((int(font.getlength(label)) + 12 for label in row_labels or []), default=gap)
    top = 22 if title else 0
    picture = Image.new("RGB", (margin + columns * width, top + gap + rows * height), "white")
    draw = ImageDraw.Draw(picture)
    draw.text((margin, 3), title, "black", font)
    draw.rectangle((margin - gap, top, picture.width, picture.height), "#7f93a8")  # tells light images from the gaps
    for row in range(rows):
        if row_labels:
            draw.text((margin - 8, top + gap + row * height + height // 2), row_labels[row], "black", font, anchor="rm")
        for column in range(columns):
            picture.paste(Image.fromarray(images[row, column]), (margin + column * width, top + gap + row * height))
    return picture
