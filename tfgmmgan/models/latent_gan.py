"""LatentGAN: what all systems have in common, and what a system says of itself."""

from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from tfgmmgan.data.diff_augment import Policy, diff_augment
from tfgmmgan.data.scaling import to_float
from tfgmmgan.losses import ADVERSARIAL_LOSSES, gradient_penalty
from tfgmmgan.models.forward import ForwardPass, Latents
from tfgmmgan.models.loss_term import LossTerm, Weight
from tfgmmgan.models.sampler import Sampler
from tfgmmgan.models.trainer import Trainer
from tfgmmgan.networks import Discriminator, dtype_policy
from tfgmmgan.priors import FittedMixture, LatentPrior, Normal
from tfgmmgan.utils.arguments import check_arguments, values_of
from tfgmmgan.utils.errors import UserError
from tfgmmgan.utils.random import split
from tfgmmgan.utils.replicas import batch_mean

__all__ = ["LatentGAN"]


class LatentGAN(Sampler, Trainer):
    """A generator G against a discriminator D, with z from a prior; its losses are the plain GAN's.

    A subclass makes its prior, hands it to this constructor, and says in `loss_terms` which losses train what. A
    classifier, for those that have one, works on the discriminator's encoding (`shares_encoder`) or on examples.

    Args:
        data_shape: Shape of one example: (H, W, C) for images, (p,) for points.
        prior: The latent prior.
        discriminator: A `Discriminator` (any encoder with a linear head); the architecture's own where None.
        adversarial_loss: `"non_saturating"`, `"minimax"`, `"hinge"` or `"wasserstein"`, which needs a
            `gradient_penalty`, a `weight_clip` or a spectrally normalised D, and wants
            `update_order="alternating", critic_steps=5`. Default `"non_saturating"`.
        gradient_penalty: Weight of D's gradient penalty (WGAN-GP: 10), with which the architecture's own discriminator
            has no batch norm: the penalty is on each example's gradient alone. Default 0.
        diff_augment: How images are changed, real and drawn ones alike, before D sees them
            (`tfgmmgan.data.diff_augment`; Zhao et al. 2020), with which D learns few images less by heart: `"none"`,
            `"translation_cutout"`, `"color_translation_cutout"`. A classifier on D's encoding sees the same.
            Default `"none"`.
        **kwargs: `generator`, `architecture` and `width` of `tfgmmgan.models.sampler.Sampler`; `update_order`,
            `generator_batch_size`, `critic_steps`, `weight_clip` and `seed` of `tfgmmgan.models.trainer.Trainer`;
            `name` and `dtype` of Keras.

    Raises:
        ValueError: If an argument is out of its range, or a network does not fit `data_shape`.
    """

    groups = ("encoder", "discriminator", "generator", "prior")
    discriminator_groups = ("encoder", "discriminator")
    capabilities: ClassVar[frozenset[str]] = frozenset()  # of "responsibilities", "encode", "fit_prior"
    responsibilities_by: ClassVar[str] = "classifier"  # what p(k | x) comes from, where a system says it
    prior_class: ClassVar[type[LatentPrior]] = Normal  # what a config's prior options make
    prior_defaults: ClassVar[dict[str, Any]] = {}  # where they differ from the class's own defaults
    classifier: keras.layers.Layer | None = None
    discriminator_units: int = 0  # of a hidden layer between D's encoding and its outputs; none, as in Table 3
    sampling: str = "stratified"  # how the component of each fake is chosen; or "categorical"
    shares_encoder: bool = True  # whether the classifier works on the discriminator's encoding

    def __init__(
        self,
        data_shape: tuple[int, ...],
        prior: LatentPrior,
        discriminator: keras.layers.Layer | None = None,
        adversarial_loss: str = "non_saturating",
        gradient_penalty: Weight = 0.0,
        diff_augment: Policy = "none",
        **kwargs,
    ) -> None:
        super().__init__(data_shape, prior, **kwargs)
        self.adversarial_loss = adversarial_loss
        self.gradient_penalty = gradient_penalty
        self.diff_augment = diff_augment
        check_arguments(self)
        if diff_augment != "none" and len(self.data_shape) != 3:
            raise UserError(f"diff_augment is for images (H, W, C); data_shape is {self.data_shape}.")
        self._adversarial = ADVERSARIAL_LOSSES[adversarial_loss]
        if discriminator is not None:
            self._given.add("discriminator")
        with dtype_policy(self.dtype_policy):
            self.discriminator = discriminator or self._make_discriminator()
        if not isinstance(self.discriminator, Discriminator):
            raise UserError(
                f"The discriminator's encoding and head must be there apart, as in tfgmmgan.Discriminator; got a "
                f"{type(self.discriminator).__name__}. Discriminator(encoder) makes one of any network to features."
            )
        if not self.discriminator.built:
            self.discriminator.build((None, *self.data_shape))
        if self.discriminator.num_outputs not in self.output_counts():
            counts = " or ".join(str(count) for count in self.output_counts())
            raise UserError(
                f"The discriminator of {type(self).__name__} must have {counts} outputs; it has "
                f"{self.discriminator.num_outputs}."
            )
        bounded = self.weight_clip or callable(gradient_penalty) or gradient_penalty > 0
        if adversarial_loss == "wasserstein" and not bounded and not self.discriminator.spectral_norm:
            raise UserError(
                "adversarial_loss='wasserstein' needs a critic whose slope is bounded: set gradient_penalty=10 "
                "(WGAN-GP) or weight_clip=0.01 (WGAN)."
            )
        self.built = True

    def _make_discriminator(self) -> Discriminator:
        encoder = self._networks.encoder
        plain = {"batch_norm": False} if self.gradient_penalty and encoder.has_batch_norm else {}
        return Discriminator(
            encoder(self.data_shape, width=self.width, **plain, name="encoder"),
            num_outputs=self.output_counts()[0],
            spectral_norm=encoder.has_spectral_norm,
            hidden_units=self.discriminator_units,
            name="discriminator",
        )

    def set_classifier(
        self, classifier: keras.layers.Layer | None, made: keras.layers.Layer | None, num_classes: int
    ) -> None:
        """Take a given classifier, or the one that was made, of `num_classes` logits; called by those that have one."""
        if classifier is not None:
            self._given.add("classifier")
        self.classifier = made if classifier is None else classifier
        shape = (None, *self.data_shape)
        takes = self.discriminator.encoder.compute_output_shape(shape) if self.shares_encoder else shape
        if not self.classifier.built:
            self.classifier.build(takes)
        if (says := self.classifier.compute_output_shape(takes)[-1]) != num_classes:
            raise UserError(f"The classifier must have {num_classes} outputs, one for each mode; it has {says}.")

    @classmethod
    def make_prior(cls, **options) -> LatentPrior:
        """Return a prior of `prior_class` under this system's defaults and some options by its arguments' names."""
        return cls.prior_class(**cls.prior_defaults | options)

    # -- what a subclass says ------------------------------------------------------------------------------

    def loss_terms(self) -> dict[str, LossTerm]:
        """Return the named losses. A subclass adds to `super().loss_terms()`, or overrides a loss by its method."""
        return {
            "discriminator_loss": LossTerm(self.discriminator_loss, trains=("encoder", "discriminator")),
            "generator_loss": LossTerm(self.generator_loss, trains=("generator", "prior")),
            "gradient_penalty_loss": LossTerm(
                self.gradient_penalty_loss, trains=("encoder", "discriminator"), weight=self.gradient_penalty
            ),
        }

    def discriminator_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return -E log D(x) - E log(1 - D(G(z))), or what the chosen adversarial loss has in their place."""
        real = tf.reduce_mean(self._adversarial.real(forward.real_scores))
        return real + tf.reduce_mean(self._adversarial.fake(forward.fake_scores))

    def generator_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return -E log D(G(z)), or what the chosen adversarial loss has in its place."""
        return tf.reduce_mean(self._adversarial.generator(forward.fake_scores))

    def gradient_penalty_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return D's gradient penalty, between as many real and generated examples as there are of both."""
        count = tf.minimum(tf.shape(forward.real)[0], tf.shape(forward.fake)[0])
        components = tf.reshape(forward.components, [-1])[:count]

        def critic(examples: tf.Tensor) -> tf.Tensor:
            return self.scores_as(self.discriminator(examples, training=True), components)

        fake = tf.stop_gradient(forward.seen_fake[:count])
        return gradient_penalty(critic, forward.seen_real[:count], fake, split(forward.seed, 3))

    def augmented(self, examples: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Return examples as the discriminator sees them in training."""
        return diff_augment(examples, self.diff_augment, seed)

    def output_counts(self) -> tuple[int, ...]:
        """Return how many outputs a discriminator of this system may have, its own first."""
        return (1,)

    def scores_as(self, scores: tf.Tensor, components: tf.Tensor) -> tf.Tensor:
        """Return the one discriminator output that judges each fake: (..., O) by the component that made it, (...)."""
        if scores.shape[-1] == 1:
            return scores[..., 0]
        return tf.gather(scores, components, batch_dims=len(scores.shape) - 1)

    def fakes_per_component(self, batch: int | tf.Tensor) -> int | tf.Tensor:
        """Return S, the fakes drawn of each component for a batch of that many examples; of all, where it is drawn."""
        return batch if self.sampling == "categorical" else -(-batch // self.prior.num_components)

    def draw_latents(self, fakes: int | tf.Tensor, seed: tf.Tensor) -> Latents:
        """Return one pass's latent vectors and their components: as many from each, (S, K, d) and (S, K), or each
        component by the mixture's weights, (n, 1, d) and (n, 1).
        """
        if self.sampling == "categorical":
            components = self.prior.sample_ids(fakes, seed)
            return Latents(self.prior.sample_components(components, seed)[:, None], components[:, None])
        z = self.prior.sample_stratified(fakes, seed)
        return Latents(z, tf.broadcast_to(tf.range(self.prior.num_components), tf.shape(z)[:2]))

    def after_update(self, forward: ForwardPass) -> None:
        """Let the mixture's weights follow the batch's mean responsibilities, where they do."""
        if self.prior.mixture_weights == "responsibilities":
            self.prior.update_weights(batch_mean(forward.responsibilities))

    def check_prior(self) -> None:
        """Raise `UserError` for weights that a system without a classifier can't follow, or does not draw by."""
        if self.prior.mixture_weights != "uniform":
            raise UserError(
                f"{type(self).__name__} has no classifier whose word the mixture's weights could follow; got weights "
                f"'{self.prior.mixture_weights}'. Leave them 'uniform'."
            )
        if isinstance(self.prior, FittedMixture) and self.sampling != "categorical":
            raise UserError(
                f"{type(self).__name__} draws as many of each component to train on, and a FittedMixture's weights "
                "differ; GMGAN(prior=prior) draws by them."
            )

    def group_variables(self, group: str) -> list[keras.Variable]:
        """Return a group's trainable weights."""
        return {
            "encoder": self.discriminator.encoder.trainable_variables,
            "discriminator": self.discriminator.own_variables,
            "generator": self.generator.trainable_variables,
            "prior": self.prior.trainable_variables,
            "classifier": self.classifier.trainable_variables if self.classifier else [],
        }[group]

    # -- the classifier, where there is one ----------------------------------------------------------------

    def class_logits(self, examples: tf.Tensor, features: tf.Tensor | None = None, training: bool = False) -> tf.Tensor:
        """Return the classifier's logits, (n, K).

        Args:
            examples: (n, *data_shape) float32.
            features: Their encoding by the discriminator, where it is shared and already at hand.
            training: Whether batch norm uses the batch.
        """
        if self.shares_encoder:
            examples = self.discriminator.encoder(examples, training=training) if features is None else features
        return self.classifier(examples, training=training)

    def call(self, examples: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Return p(k | x), (n, K), where there is a classifier, else the discriminator's logits, (n, O)."""
        examples = to_float(tf.convert_to_tensor(examples))
        if self.classifier is None:
            return self.discriminator(examples, training=training)
        return tf.nn.softmax(self.class_logits(examples, training=training))

    def responsibilities(self, examples: np.ndarray, batch_size: int = 256) -> np.ndarray:
        """Return p(k | x), (n, *data_shape) uint8 or float in [-1, 1] -> (n, K) float32, rows summing to 1.

        Args:
            examples: (n, *data_shape).
            batch_size: How many at once; bounds the memory, does not change the result.

        Raises:
            ValueError: If the shape is not the model's, or the system does not say p(k | x).
        """
        if "responsibilities" not in self.capabilities:
            raise UserError(f"{type(self).__name__} does not say p(k | x): it has no classifier and no encoder.")
        return self.infer("responsibilities", self.call, examples, (self.num_components,), batch_size)

    # -- saving --------------------------------------------------------------------------------------------

    def argument_values(self) -> dict[str, Any]:
        """Return the constructor's arguments by name, as `get_config` tells them."""
        return values_of(self)

    def get_config(self) -> dict:
        """Return the constructor's arguments; of the networks those that were given."""
        config = super().get_config()
        for name, value in self.argument_values().items():
            if name == "prior" or not isinstance(value, keras.layers.Layer) or name in self._given:
                config[name] = keras.saving.serialize_keras_object(value) if hasattr(value, "get_config") else value
        return config

    @classmethod
    def from_config(cls, config: dict) -> "LatentGAN":
        """Make the model of a `get_config`."""
        return cls(
            **{
                key: keras.saving.deserialize_keras_object(value)
                if isinstance(value, dict) and "class_name" in value
                else value
                for key, value in config.items()
            }
        )
