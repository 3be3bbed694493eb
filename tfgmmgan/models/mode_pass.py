"""What a step of ModeGAN shares among its losses."""

import tensorflow as tf

from tfgmmgan.models.forward import ForwardPass, cached_property

__all__ = ["ModePass"]


class ModePass(ForwardPass):
    """A pass in which the classifier is only asked: C has learned all it will, and gets no gradient."""

    @cached_property
    def real_class_features(self) -> tf.Tensor:
        """What the classifier's last layer works on for real examples, (B, F)."""
        return tf.stop_gradient(self.model.classifier.trunk(self.real, training=False))

    @cached_property
    def real_class_logits(self) -> tf.Tensor:
        """The classifier's logits of real examples, (B, K)."""
        if self.model.prior.num_subclasses:
            return tf.stop_gradient(self.model.classifier.head(self.real_class_features))
        return tf.stop_gradient(self.model.classifier(self.real, training=False))

    @cached_property
    def real_subclasses(self) -> tf.Tensor:
        """The subclass that C takes each real example for, (B,)."""
        return tf.argmax(self.model.classifier_subclasses(self.real_class_features), axis=1, output_type=tf.int32)

    @cached_property
    def fake_subclasses(self) -> tf.Tensor:
        """The subclass that made each fake, (S * K,)."""
        return tf.reshape(self.latents.subclasses, [-1])
