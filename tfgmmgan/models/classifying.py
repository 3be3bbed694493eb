"""A classifier beside the discriminator: responsibility learning's C, AC-GAN's second head."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfgmmgan.data.scaling import to_float
from tfgmmgan.networks import EncodingClassifier, SharedClassifier, dtype_policy
from tfgmmgan.utils.errors import UserError

__all__ = ["Classifying"]


class Classifying:
    """What a `LatentGAN` with a classifier can do; goes before it among a system's bases.

    The system calls `set_classifier` at the end of its constructor. `encoder` is `"shared"`, a linear layer on the
    discriminator's encoding; `"separate"`, a network of its own (Table 1 of responsibility learning); or `"own"`, a
    linear layer on an encoding of its own, by a network like the discriminator's (ours).
    """

    encoder: str = "shared"
    classifier_units: int = 0  # of a hidden layer between an encoding and the linear one

    def set_classifier(self, classifier: keras.Model | None, num_classes: int) -> None:
        """Take a classifier, or make the architecture's own, of `num_classes` logits."""
        if classifier is not None:
            self._given.append("classifier")
        self.classifier = classifier or self._make_classifier(num_classes)
        features = self.discriminator.encoder.compute_output_shape((None, *self.data_shape))
        takes = features if self.shares_encoder else (None, *self.data_shape)
        if not self.classifier.built:
            self.classifier.build(takes)
        if classifier is not None and (says := self.classifier.compute_output_shape(takes)[-1]) != num_classes:
            raise UserError(f"The classifier must have {num_classes} outputs, one for each mode; it has {says}.")

    def _make_classifier(self, num_classes: int) -> keras.layers.Layer:
        if self.shares_encoder:
            return SharedClassifier(num_classes, self.classifier_units, dtype=self.dtype_policy, name="classifier")
        with dtype_policy(self.dtype_policy):
            if self.encoder == "own":
                if "discriminator" in self._given:
                    config = keras.saving.serialize_keras_object(self.discriminator.encoder)
                    encoder = keras.saving.deserialize_keras_object(config)  # the same layers with weights of its own
                else:
                    encoder = self._networks.encoder(self.data_shape, width=self.width, name="encoder")
                return EncodingClassifier(encoder, num_classes, self.classifier_units, name="classifier")
            return self._networks.classifier(self.data_shape, num_classes, width=self.width, name="classifier")

    @property
    def shares_encoder(self) -> bool:
        """Whether the classifier works on the discriminator's encoding."""
        return self.encoder == "shared"

    @property
    def has_trunk(self) -> bool:
        """Whether the classifier can be run up to its last layer, by `trunk` and `head`."""
        return hasattr(self.classifier, "trunk")

    def group_variables(self, group: str) -> list[keras.Variable]:
        """Return a group's trainable weights."""
        return self.classifier.trainable_variables if group == "classifier" else super().group_variables(group)

    def classifier_view(self, examples: tf.Tensor, seed: tf.Tensor, generated: bool) -> tf.Tensor:
        """Return what the classifier sees of examples in training: the examples themselves. A subclass may change them.

        Args:
            examples: (n, *data_shape) float32.
            seed: (2,) stateless seed for this step and these examples.
            generated: Whether they are fakes.
        """
        return examples

    def class_logits(self, examples: tf.Tensor, features: tf.Tensor | None = None, training: bool = False) -> tf.Tensor:
        """Return the classifier's logits, (n, K).

        Args:
            examples: (n, *data_shape) float32.
            features: Their encoding by the discriminator, where it is shared and already at hand.
            training: Whether batch norm uses the batch.
        """
        return self.classifier(self._classifier_inputs(examples, features, training), training=training)

    def class_features(
        self, examples: tf.Tensor, features: tf.Tensor | None = None, training: bool = False
    ) -> tf.Tensor:
        """Return what the classifier's last layer works on, (n, F); arguments as for `class_logits`."""
        return self.classifier.trunk(self._classifier_inputs(examples, features, training), training=training)

    def _classifier_inputs(self, examples: tf.Tensor, features: tf.Tensor | None, training: bool) -> tf.Tensor:
        if not self.shares_encoder:
            return examples
        return self.discriminator.encoder(examples, training=training) if features is None else features

    def call(self, examples: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Return p(k | x), (n, K), so that `model.predict(images)` works as in any classifier."""
        return tf.nn.softmax(self.class_logits(to_float(tf.convert_to_tensor(examples)), training=training))

    def responsibilities(self, examples: np.ndarray, batch_size: int = 256) -> np.ndarray:
        """Return p(k | x) for images: uint8, or float in [-1, 1].

        Args:
            examples: (n, *data_shape).
            batch_size: How many at once; bounds the memory, does not change the result.

        Returns:
            (n, K) float32, rows summing to 1.

        Raises:
            ValueError: If the shape is not the model's.
        """
        return self.infer("responsibilities", self._responsibilities, examples, (self.num_components,), batch_size)

    def _responsibilities(self, examples: Any) -> tf.Tensor:
        return self.call(examples)
