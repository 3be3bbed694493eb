"""Differentiable augmentation: what D sees, real or drawn, is changed alike (Zhao et al. 2020)."""

from typing import Literal

import tensorflow as tf

from tfgmmgan.utils.random import split

__all__ = ["POLICIES", "Policy", "diff_augment"]

Policy = Literal["none", "translation_cutout", "color_translation_cutout"]

SHIFT, CUT = 1 / 8, 1 / 2  # shares of the side: the farthest move, and the square that is blanked


def _color(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Add up to 0.5 to the brightness, multiply saturation by 0 to 2 and contrast by 0.5 to 1.5."""

    def draw(index: int, low: float, high: float) -> tf.Tensor:
        return tf.random.stateless_uniform([tf.shape(images)[0], 1, 1, 1], split(seed, index), low, high)

    images += draw(0, -0.5, 0.5)
    grey = tf.reduce_mean(images, axis=3, keepdims=True)
    images = grey + draw(1, 0.0, 2.0) * (images - grey)
    mean = tf.reduce_mean(images, axis=[1, 2, 3], keepdims=True)
    return mean + draw(2, 0.5, 1.5) * (images - mean)


def _translation(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Move by up to an eighth of the side along both; 0 comes in from outside."""
    for axis in (1, 2):
        side, most = images.shape[axis], int(SHIFT * images.shape[axis] + 0.5)
        first = tf.random.stateless_uniform([tf.shape(images)[0], 1], split(seed, axis), 0, 2 * most + 1, tf.int32)
        padded = tf.pad(images, [[most, most] if one == axis else [0, 0] for one in range(4)])
        images = tf.gather(padded, first + tf.range(side), axis=axis, batch_dims=1)
    return images


def _cutout(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Blank a square of half the side to 0; its middle is anywhere."""
    kept = []
    for axis in (1, 2):
        side, cut = images.shape[axis], int(CUT * images.shape[axis] + 0.5)
        middle = tf.random.stateless_uniform([tf.shape(images)[0], 1], split(seed, axis), 0, side + 1, tf.int32)
        place = tf.range(side) - middle + cut // 2
        kept.append((place < 0) | (place >= cut))
    rows, columns = kept
    return images * tf.cast(rows[:, :, None, None] | columns[:, None, :, None], images.dtype)


POLICIES = {
    "none": (),
    "translation_cutout": (_translation, _cutout),
    "color_translation_cutout": (_color, _translation, _cutout),
}


def diff_augment(images: tf.Tensor, policy: Policy, seed: tf.Tensor) -> tf.Tensor:
    """Return images as D sees them; with a gradient in the images, so that G learns through it.

    Args:
        images: (n, H, W, C) in [-1, 1]; what is returned may leave the range.
        policy: A name from `POLICIES`.
        seed: (2,), a stateless seed; every image is changed by an amount of its own.

    Reference:
        Zhao, Liu, Lin, Zhu, Han: Differentiable augmentation for data-efficient GAN training, NeurIPS 2020.
    """
    for number, change in enumerate(POLICIES[policy]):
        images = change(images, split(seed, number))
    return images
