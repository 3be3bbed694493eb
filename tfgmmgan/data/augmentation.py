"""Random changes of images that leave alone what they show: moved, turned, sheared, scaled, mirrored, brightened."""

import math
from dataclasses import asdict, dataclass
from typing import Annotated

import tensorflow as tf

from tfgmmgan.utils.arguments import NotNegative, Within, check_arguments
from tfgmmgan.utils.random import split

__all__ = ["Augmentation"]


@dataclass(frozen=True)
class Augmentation:
    """How far images may be changed; every image is changed by an amount of its own.

    The change is one affine map, bilinear, with black (-1) coming in from outside, then the brightness. It has a
    gradient in the images.

    Args:
        shift: Largest move in each direction, as a share of the side.
        rotation: Largest turn either way, in radians.
        shear: Largest shear either way.
        scale: Images are scaled by a factor between 1 / (1 + scale) and 1 + scale.
        flip: Whether half of the images are mirrored, left to right.
        brightness: The distance from black is multiplied by a factor in [1 - brightness, 1 + brightness].

    Raises:
        UserError: If a number is negative, or brightness above 1.
    """

    shift: NotNegative = 0.1
    rotation: NotNegative = 0.35
    shear: NotNegative = 0.25
    scale: NotNegative = 0.18
    flip: bool = False
    brightness: Annotated[float, Within(0, 1)] = 0.0

    def __post_init__(self) -> None:
        check_arguments(self)

    def get_config(self) -> dict:
        """Return the arguments by name."""
        return asdict(self)

    def __call__(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Return changed images, (n, H, W, C) float32 in [-1, 1] as they came; `seed` is a stateless one, (2,)."""
        count = tf.shape(images)[0]

        def draw(index: int, low: float, high: float) -> tf.Tensor:
            return tf.random.stateless_uniform([count], split(seed, index), low, high)

        height, width = (tf.cast(side, tf.float32) for side in tf.unstack(tf.shape(images)[1:3]))
        angle = draw(0, -self.rotation, self.rotation)
        factor = tf.exp(draw(1, -math.log1p(self.scale), math.log1p(self.scale)))
        shear = draw(2, -self.shear, self.shear)
        mirrored = tf.where(draw(3, 0.0, 1.0) < 0.5, -1.0, 1.0) if self.flip else tf.ones([count])
        # An output pixel (x, y) shows the input's at a0 x + a1 y + a2, b0 x + b1 y + b2; only a shift moves the middle.
        a0, a1 = tf.cos(angle) * factor * mirrored, shear - tf.sin(angle) * factor
        b0, b1 = tf.sin(angle) * factor * mirrored, tf.cos(angle) * factor
        x, y = (width - 1) / 2, (height - 1) / 2
        a2 = x - a0 * x - a1 * y + draw(4, -self.shift, self.shift) * width
        b2 = y - b0 * x - b1 * y + draw(5, -self.shift, self.shift) * height
        column, row = tf.range(width)[None, None], tf.range(height)[None, :, None]
        a0, a1, a2, b0, b1, b2 = (number[:, None, None] for number in (a0, a1, a2, b0, b1, b2))
        changed = sampled(images, a0 * column + a1 * row + a2, b0 * column + b1 * row + b2)
        if self.brightness:
            gain = draw(6, 1 - self.brightness, 1 + self.brightness)[:, None, None, None]
            changed = tf.clip_by_value((changed + 1) * gain - 1, -1.0, 1.0)
        return changed


def sampled(images: tf.Tensor, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """Return images (n, H, W, C) read between their pixels, bilinear, black (-1) outside; in operations that XLA knows.

    `x` and `y`, (n, H', W'), are the columns and rows to read at, in pixels; pixel centres are whole numbers.
    """
    height, width, channels = images.shape[1:]
    x, y = tf.clip_by_value(x, -1.0, float(width)), tf.clip_by_value(y, -1.0, float(height))
    left, top = tf.minimum(tf.floor(x), width - 1.0), tf.minimum(tf.floor(y), height - 1.0)
    right, bottom = (x - left)[..., None], (y - top)[..., None]  # the shares of the neighbours there
    pixels = tf.pad(images, [[0, 0], [1, 1], [1, 1], [0, 0]], constant_values=-1.0)
    pixels = tf.reshape(pixels, [-1, (height + 2) * (width + 2), channels])
    corner = tf.cast((top + 1) * (width + 2) + left + 1, tf.int32)

    def at(offset: int) -> tf.Tensor:
        return tf.gather(pixels, corner + offset, batch_dims=1)

    upper = (1 - right) * at(0) + right * at(1)
    return (1 - bottom) * upper + bottom * ((1 - right) * at(width + 2) + right * at(width + 3))
