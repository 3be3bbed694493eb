"""A moving average of the generator's weights, from which images are drawn."""

import keras
import tensorflow as tf

from tfgmmgan.models.forward import ForwardPass
from tfgmmgan.networks.copies import copy_of
from tfgmmgan.utils.errors import UserError

__all__ = ["Averaging"]


class Averaging:
    """The averaged generator of a model with a `generator` and a `prior`; goes before `keras.Model` among its bases.

    G and D circle around each other while they train, and G's last weights are one point of the circle; the mean of its
    last weights is nearer to the middle (Yazıcı et al. 2019; Karras et al. 2018). Training never sees the average.
    Batch norm's running statistics are not averaged: they are of what the averaged weights make of z, as those of other
    weights, or their mean, would not be.

    Attributes:
        averaged_generator: The network with the averaged weights; None where `generator_average` is 0.
    """

    generator_average: float = 0.0
    averaged_generator: keras.Model | None = None

    def set_average(self) -> None:
        """Make the averaged generator, where there is one; the weights start as the generator's own."""
        if not 0 <= self.generator_average < 1:
            raise UserError(f"generator_average must be in [0, 1), 0 for none; got {self.generator_average}.")
        if self.generator_average:
            self.averaged_generator = copy_of(self.generator, tf.zeros([1, self.prior.latent_dim]))
            for weight in self.averaged_generator.trainable_weights:
                weight.trainable = False  # the layers stay trainable: their batch norm shall collect statistics

    @property
    def drawing_generator(self) -> keras.Model:
        """The generator that examples are drawn from: the averaged one where there is one."""
        return self.averaged_generator or self.generator

    def update_average(self, forward: ForwardPass) -> None:
        """Move the average by this step's weights, and let it see the step's z; called once a step, after the weights.

        Step t has the decay min(generator_average, (1 + t) / (10 + t)), as in `tf.train.ExponentialMovingAverage`: at
        the beginning there is little to average.
        """
        if not self.averaged_generator:
            return
        step = tf.cast(self.optimizer.iterations, tf.float32)
        rest = 1.0 - tf.minimum(self.generator_average, (1.0 + step) / (10.0 + step))
        for average, own in zip(self.averaged_generator.weights, self.generator.weights, strict=True):
            if own.trainable:
                average.value.assign_sub(tf.cast(rest, average.dtype) * (average.value - own.value))
        if self.generator.non_trainable_weights:
            self.averaged_generator(tf.reshape(forward.z, [-1, self.prior.latent_dim]), training=True)
