"""Between stored images and the range the networks work in."""

import numpy as np
import tensorflow as tf

from tfgmmgan.utils.errors import UserError

__all__ = ["to_float", "to_uint8"]


def to_float(examples: tf.Tensor) -> tf.Tensor:
    """Return float32 examples: uint8 [0, 255] becomes [-1, 1]; floats are taken to be there already."""
    if examples.dtype == tf.uint8:
        return tf.cast(examples, tf.float32) / 127.5 - 1.0
    if not tf.as_dtype(examples.dtype).is_floating:
        raise UserError(f"Expected examples in uint8, or floats in [-1, 1]; got {tf.as_dtype(examples.dtype).name}.")
    return tf.cast(examples, tf.float32)


def to_uint8(images: np.ndarray) -> np.ndarray:
    """Return uint8 [0, 255] images from float [-1, 1] ones, rounded and clipped; uint8 stays as it is."""
    if images.dtype == np.uint8:
        return images
    return np.clip(np.rint((images + 1.0) * 127.5), 0, 255).astype(np.uint8)
