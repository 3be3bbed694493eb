"""What one update of a latent GAN sees, computed on first use and then shared by all losses."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from tfgmmgan.utils.random import split

if TYPE_CHECKING:
    from tfgmmgan.models.base import LatentGAN

__all__ = ["ForwardPass"]


class cached_property:
    """As `functools.cached_property` is from Python 3.12 on, without a lock.

    Before, the lock is one for all instances: the replicas of a strategy, which are threads that wait for each other
    while they compute, would wait for ever.
    """

    def __init__(self, function: Callable) -> None:
        self.function = function
        self.__doc__ = function.__doc__

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        value = instance.__dict__[self.function.__name__] = self.function(instance)
        return value


class ForwardPass:
    """One pass of a model over a batch of real examples and the fakes drawn for it.

    Every attribute below is computed when a loss first asks for it, so that a loss pays only for what it uses
    and nothing is computed twice. Real and generated examples are separate passes through the networks.

    Shapes: B real examples, K components, S fakes of each component, d latent dimensions, F features, O outputs
    of the discriminator's head.

    Attributes:
        real: (B, *data_shape) float32, images in [-1, 1].
        labels: (B,) integers, or None where the model does not learn from labels.
        neighbours: (B, *data_shape) float32 what each is paired with in pretraining; elsewhere None.
        z: (S, K, d) latent vectors; (S, 1, d) where the model does not draw by component.
        components: (S, K) or (S, 1) the component that made each.
        fake: (S * K, *data_shape) generated examples.
        real_features, fake_features: (B, F), (S * K, F) the discriminator's encoding.
        real_trunk, fake_trunk: (B, F), (S * K, F) what the discriminator's head works on.
        real_scores: (B, O) discriminator logits.
        fake_outputs: (S, K, O) discriminator logits.
        fake_scores: (S, K) logits; with a head of K outputs, that of the component that made the fake.
        real_class_logits: (B, K) the classifier's logits.
        responsibilities: (B, K) alpha = C(x).
        changed: (B, *data_shape) the real examples, changed by the model's augmentation.
        changed_class_logits: (B, K) the classifier's logits of these.
        neighbour_class_logits: (B, K) the classifier's logits of the neighbours, changed.
        real_class_features, changed_class_features, neighbour_class_features: (B, F) what the classifier's last layer
            works on.
        fake_log_classes: (S, K, K) log C(x_hat).
        fake_subclasses: (S * K,) the subclass that made each fake.
        posterior: (S, K, K) closed-form p(k | z) under equal weights, without gradient.
    """

    def __init__(
        self,
        model: "LatentGAN",
        real: tf.Tensor,
        labels: tf.Tensor | None,
        seed: tf.Tensor,
        fakes: int | tf.Tensor,
        neighbours: tf.Tensor | None = None,
    ) -> None:
        self.model = model
        self.real = real
        self.labels = labels
        self.seed = seed
        self.fakes = fakes
        self.neighbours = neighbours

    @cached_property
    def latents(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Latent vectors, (S, K, d), and the component of each, (S, K)."""
        return self.model.draw_latents(self.fakes, split(self.seed, 0))

    @property
    def z(self) -> tf.Tensor:
        """Latent vectors, (S, K, d)."""
        return self.latents[0]

    @property
    def components(self) -> tf.Tensor:
        """The component that made each, (S, K)."""
        return self.latents[1]

    @cached_property
    def fake(self) -> tf.Tensor:
        """Generated examples, (S * K, *data_shape)."""
        z = tf.reshape(self.z, [-1, self.model.prior.latent_dim])
        return self.model.generator(z, training=True)

    @cached_property
    def real_features(self) -> tf.Tensor:
        """The discriminator's encoding of real examples, (B, F)."""
        return self.model.discriminator.encoder(self.real, training=True)

    @cached_property
    def fake_features(self) -> tf.Tensor:
        """The discriminator's encoding of generated examples, (S * K, F)."""
        return self.model.discriminator.encoder(self.fake, training=True)

    @cached_property
    def real_trunk(self) -> tf.Tensor:
        """What the discriminator's head works on for real examples, (B, F)."""
        return self.model.discriminator.trunk(self.real_features, training=True)

    @cached_property
    def fake_trunk(self) -> tf.Tensor:
        """What the discriminator's head works on for generated examples, (S * K, F)."""
        return self.model.discriminator.trunk(self.fake_features, training=True)

    @cached_property
    def real_scores(self) -> tf.Tensor:
        """Discriminator logits of real examples, (B, O)."""
        return self.model.discriminator.outputs(self.real_trunk, training=True)

    @cached_property
    def fake_outputs(self) -> tf.Tensor:
        """All discriminator logits of generated examples, (S, K, O)."""
        return self.per_component(self.model.discriminator.outputs(self.fake_trunk, training=True))

    @cached_property
    def fake_scores(self) -> tf.Tensor:
        """The discriminator logit that judges each generated example, (S, K)."""
        return self.model.scores_as(self.fake_outputs, self.components)

    @cached_property
    def real_class_logits(self) -> tf.Tensor:
        """The classifier's logits of real examples, (B, K)."""
        view = self.model.classifier_view(self.real, split(self.seed, 1), generated=False)
        if view is self.real and self.model.has_trunk:
            return self.model.classifier.head(self.real_class_features)
        features = self.real_features if view is self.real and self.model.shares_encoder else None
        return self.model.class_logits(view, features, training=True)

    @cached_property
    def responsibilities(self) -> tf.Tensor:
        """alpha = C(x), (B, K)."""
        return tf.nn.softmax(self.real_class_logits)

    @cached_property
    def changed(self) -> tf.Tensor:
        """The real examples, changed by the model's augmentation."""
        return self.model.augmentation(self.real, split(self.seed, 4))

    @cached_property
    def changed_class_logits(self) -> tf.Tensor:
        """The classifier's logits of the changed examples, (B, K)."""
        if self.model.has_trunk:
            return self.model.classifier.head(self.changed_class_features)
        return self.model.class_logits(self.changed, training=True)

    @cached_property
    def neighbour_class_logits(self) -> tf.Tensor:
        """The classifier's logits of the neighbours, changed, (B, K)."""
        return self.model.classifier.head(self.neighbour_class_features)

    @cached_property
    def neighbour_class_features(self) -> tf.Tensor:
        """What the classifier's last layer works on for the neighbours, changed by the model's augmentation, (B, F)."""
        changed = self.model.augmentation(self.neighbours, split(self.seed, 5))
        return self.model.class_features(changed, training=True)

    @cached_property
    def real_class_features(self) -> tf.Tensor:
        """What the classifier's last layer works on for the real examples, (B, F)."""
        features = self.real_features if self.model.shares_encoder else None
        return self.model.class_features(self.real, features, training=True)

    @cached_property
    def changed_class_features(self) -> tf.Tensor:
        """What the classifier's last layer works on for the changed examples, (B, F)."""
        return self.model.class_features(self.changed, training=True)

    @cached_property
    def fake_log_classes(self) -> tf.Tensor:
        """Log C(x_hat), (S, K, K)."""
        view = self.model.classifier_view(self.fake, split(self.seed, 2), generated=True)
        features = self.fake_features if view is self.fake and self.model.shares_encoder else None
        return self.per_component(tf.nn.log_softmax(self.model.class_logits(view, features, training=True)))

    @cached_property
    def posterior(self) -> tf.Tensor:
        """Closed-form p(k | z), (S, K, K), without gradient; as on the poster, all components count alike."""
        z = tf.reshape(self.z, [-1, self.model.prior.latent_dim])
        return self.per_component(tf.stop_gradient(tf.nn.softmax(self.model.prior.log_prob_components(z))))

    @cached_property
    def fake_subclasses(self) -> tf.Tensor:
        """The subclass that made each fake, (S * K,), where the prior has subclasses; without gradient."""
        likely = self.model.prior.log_prob_subclasses(self.z)  # [S, K, G]
        return tf.stop_gradient(tf.reshape(tf.argmax(likely, axis=2), [-1]))

    def per_component(self, rows: tf.Tensor) -> tf.Tensor:
        """Give the rows of the fakes their two axes, (S * K, ...) -> (S, K, ...)."""
        return tf.reshape(rows, [-1, self.z.shape[1], *rows.shape[1:]])
