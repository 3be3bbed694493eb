"""What one update of a latent GAN sees, computed on first use and then shared by all losses."""

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from tfgmmgan.utils.random import split

__all__ = ["ForwardPass", "Latents", "cached_property"]


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


class Latents(NamedTuple):
    """Latent vectors of one pass.

    Attributes:
        z: (S, K, d); (S, 1, d) where the model does not draw by component.
        components: (S, K) or (S, 1) the component that made each.
        subclasses: (S, K) the subclass of each, where the prior has them.
    """

    z: tf.Tensor
    components: tf.Tensor
    subclasses: tf.Tensor | None = None


class ForwardPass:
    """One pass of a model over a batch of real examples and the fakes drawn for it.

    Every attribute below is computed when a loss first asks for it, so that a loss pays only for what it uses
    and nothing is computed twice. Real and generated examples are separate passes through the networks.

    Shapes: B real examples, K components, S fakes of each component, d latent dimensions, F features, O outputs
    of the discriminator's head.

    Attributes:
        model: A `LatentGAN`.
        real: (B, *data_shape) float32, images in [-1, 1].
        labels: (B,) integers, or None where the model does not learn from labels.
        seed: (2,) stateless seed of the pass.
        fakes: S.
        share: Of the whole batch, that these examples are; less than 1 where there are several replicas.
    """

    def __init__(
        self,
        model: Any,
        real: tf.Tensor,
        labels: tf.Tensor | None,
        seed: tf.Tensor,
        fakes: int | tf.Tensor,
        share: float | tf.Tensor = 1.0,
    ) -> None:
        self.model = model
        self.real = real
        self.labels = labels
        self.seed = seed
        self.fakes = fakes
        self.share = share

    @cached_property
    def latents(self) -> Latents:
        """Latent vectors and what made them."""
        return self.model.draw_latents(self.fakes, split(self.seed, 0))

    @property
    def z(self) -> tf.Tensor:
        """Latent vectors, (S, K, d)."""
        return self.latents.z

    @property
    def components(self) -> tf.Tensor:
        """The component that made each, (S, K)."""
        return self.latents.components

    @cached_property
    def fake(self) -> tf.Tensor:
        """Generated examples, (S * K, *data_shape)."""
        z = tf.reshape(self.z, [-1, self.model.prior.latent_dim])
        return self.model.generator(z, training=True)

    @cached_property
    def seen_real(self) -> tf.Tensor:
        """Real examples as the discriminator sees them, (B, *data_shape)."""
        return self.model.augmented(self.real, split(self.seed, 1))

    @cached_property
    def seen_fake(self) -> tf.Tensor:
        """Generated examples as the discriminator sees them, (S * K, *data_shape)."""
        return self.model.augmented(self.fake, split(self.seed, 2))

    @cached_property
    def real_features(self) -> tf.Tensor:
        """The discriminator's encoding of real examples, (B, F)."""
        return self.model.discriminator.encoder(self.seen_real, training=True)

    @cached_property
    def fake_features(self) -> tf.Tensor:
        """The discriminator's encoding of generated examples, (S * K, F)."""
        return self.model.discriminator.encoder(self.seen_fake, training=True)

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
        features = self.real_features if self.model.shares_encoder else None
        return self.model.class_logits(self.real, features, training=True)

    @cached_property
    def responsibilities(self) -> tf.Tensor:
        """alpha = C(x), (B, K)."""
        return tf.nn.softmax(self.real_class_logits)

    @cached_property
    def fake_log_classes(self) -> tf.Tensor:
        """Log C(x_hat), (S, K, K)."""
        features = self.fake_features if self.model.shares_encoder else None
        return self.per_component(tf.nn.log_softmax(self.model.class_logits(self.fake, features, training=True)))

    @cached_property
    def posterior(self) -> tf.Tensor:
        """Closed-form p(k | z), (S, K, K), without gradient; as on the poster, all components count alike."""
        z = tf.reshape(self.z, [-1, self.model.prior.latent_dim])
        return self.per_component(tf.stop_gradient(tf.nn.softmax(self.model.prior.log_prob_components(z))))

    def per_component(self, rows: tf.Tensor) -> tf.Tensor:
        """Give the rows of the fakes their two axes, (S * K, ...) -> (S, K, ...)."""
        return tf.reshape(rows, [-1, self.z.shape[1], *rows.shape[1:]])
