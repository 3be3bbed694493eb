"""Stored masks, whose pixels are 0 and 1."""

from dataclasses import replace

import numpy as np
import tensorflow as tf

from tfgmmgan.data.dataset import ImageData, Split
from tfgmmgan.utils.errors import note

__all__ = ["with_white"]

LOOKED_AT = 256  # of a stream's examples


def with_white(data: ImageData) -> ImageData:
    """Return a dataset in which white is 255.

    Of uint8 images that hold 0 and 1 alone 1 becomes 255, and a note says so: masks are stored so, and TFDS's
    `binarized_mnist` and `dsprites`.
    """
    if not data.is_image:
        return data
    looked_at = data.train.take(LOOKED_AT) if data.train.examples is None else data.train.examples
    if looked_at.dtype != np.uint8 or looked_at.max(initial=0) != 1:
        return data
    note(f"The images of {data.name} hold 0 and 1 alone: 1 is taken for white.")
    data.train, data.test = _brightened(data.train), _brightened(data.test)
    return data


def _brightened(split: Split) -> Split:
    if split.examples is not None:
        return replace(split, examples=split.examples * np.uint8(255))

    def stream(order: int | None) -> tf.data.Dataset:
        return split.stream(order).map(lambda row, example: (row, example * tf.constant(255, tf.uint8)))

    return replace(split, stream=stream)
