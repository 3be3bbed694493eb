"""Images compared pixel by pixel."""

import tensorflow as tf

from tfgmmgan.clustering.descriptors.base import Descriptor

__all__ = ["Pixels"]


class Pixels(Descriptor):
    """The pixels themselves: images are alike whose every pixel is."""

    def parts(self, images: tf.Tensor) -> list[tf.Tensor]:
        """Return the pixels, (n, H W C)."""
        return [tf.reshape(images, [tf.shape(images)[0], -1])]
