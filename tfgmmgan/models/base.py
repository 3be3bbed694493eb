"""LatentGAN: what all systems have in common, and what a system says of itself."""

from collections.abc import Iterable
from typing import Any, ClassVar

import keras
import tensorflow as tf

from tfgmmgan.data.scaling import to_float
from tfgmmgan.losses import ADVERSARIAL_LOSSES, gradient_penalty
from tfgmmgan.models.averaging import Averaging
from tfgmmgan.models.drawing import Drawing
from tfgmmgan.models.fitting import Fitting
from tfgmmgan.models.forward import ForwardPass
from tfgmmgan.models.terms import LossTerm, Weight, serialized
from tfgmmgan.models.training_step import TrainingStep
from tfgmmgan.networks import NETWORKS, Discriminator, dtype_policy
from tfgmmgan.priors import LatentPrior, Normal
from tfgmmgan.utils.errors import UserError, unknown_name
from tfgmmgan.utils.random import split

__all__ = ["LatentGAN"]

UPDATE_ORDERS = ("simultaneous", "alternating")


class LatentGAN(TrainingStep, Averaging, Fitting, Drawing, keras.Model):
    """A GAN that draws z from a prior; subclasses say which prior, heads and losses they have.

    A subclass passes its prior to this constructor and overrides `loss_terms`. It writes no training step: there is
    one, `TrainingStep`.

    Args:
        data_shape: Shape of one example: (H, W, C) for images, (p,) for points.
        prior: The latent prior.
        generator: Keras model from z (n, d) to examples; the architecture's own where None.
        discriminator: A `Discriminator` (any encoder with a linear head); the architecture's own where None.
        architecture: `"dcgan"` or `"resnet"` for images, `"mlp"` for points; `"auto"` is dcgan or mlp by the shape.
            Default `"auto"`.
        width: Multiplies the channels of the networks that are made here. Default 1.
        discriminator_units: Units of a hidden layer between D's encoding and its outputs, 0 for none as in Table 3
            (`Discriminator`; ours); for the architecture's own D alone. Default 0.
        adversarial_loss: A name in `tfgmmgan.losses.ADVERSARIAL_LOSSES`: `"non_saturating"`, `"minimax"`, `"hinge"`,
            `"wasserstein"` or `"wasserstein_gp"`. Default `"non_saturating"`.
        gradient_penalty: Weight of D's gradient penalty, with which the architecture's own discriminator has no batch
            norm: the penalty is on each example's gradient alone. Where None the loss's own: 10 for
            `"wasserstein_gp"`, else 0.
        weight_clip: c > 0 keeps D's weights in [-c, c]. Where None the loss's own, 0.01 for `"wasserstein"` where D is
            not spectrally normalised, else 0.
        update_order: `"simultaneous"`: D and G are both updated from the same fakes (Algorithm 1 of
            responsibility learning, and the cheaper one). `"alternating"`: D first, then G from fresh fakes
            against the new D (Algorithm 1 of GM-GAN). Default `"simultaneous"`.
        generator_batch_size: Fakes of the alternating order's second half; the batch's own size where None.
        critic_steps: Updates of D for one of G, in the alternating order. A batch is cut in as many equal parts: each
            update of D sees real examples of its own, as in WGAN. Default 1.
        generator_average: Decay, in [0, 1), of a moving average of G's weights over steps, from which examples are
            drawn and which is served (`tfgmmgan.models.averaging`); 0 for none. Default 0.
        seed: Integer behind all noise of training; step t's noise depends on (seed, t) alone. Default 0.

    Raises:
        ValueError: If an argument is out of its range, or a network does not fit `data_shape`.
    """

    prior_class: type[LatentPrior] = Normal  # what a config's prior options make
    option_defaults: ClassVar[dict[str, Any]] = {}  # where a system's defaults differ from the command line's
    capabilities: frozenset[str] = frozenset()  # of "responsibilities", "encode" (and "reconstruct") and "fit_prior"
    responsibilities_by: str = "classifier"  # what `responsibilities`, where a system has it, comes from

    def __init__(
        self,
        data_shape: tuple[int, ...],
        prior: LatentPrior,
        generator: keras.Model | None = None,
        discriminator: keras.Model | None = None,
        architecture: str = "auto",
        width: float = 1.0,
        discriminator_units: int = 0,
        adversarial_loss: str = "non_saturating",
        gradient_penalty: Weight | None = None,
        weight_clip: float | None = None,
        update_order: str = "simultaneous",
        generator_batch_size: int | None = None,
        critic_steps: int = 1,
        generator_average: float = 0.0,
        seed: int = 0,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        if self.dtype_policy.compute_dtype == "float16":
            raise UserError("float16 needs a scaled loss, which this step has not; dtype='mixed_bfloat16' needs none.")
        if update_order not in UPDATE_ORDERS:
            raise unknown_name("update order", update_order, UPDATE_ORDERS)
        for name, value, least in (
            ("seed", seed, 0),
            ("critic_steps", critic_steps, 1),
            ("generator_batch_size", generator_batch_size, 1),
            ("discriminator_units", discriminator_units, 0),
            ("weight_clip", weight_clip, 0),
        ):
            if value is not None and not value >= least:
                raise UserError(f"{name} must be at least {least}; got {value}.")
        if update_order != "alternating" and (generator_batch_size is not None or critic_steps != 1):
            name = "critic_steps" if generator_batch_size is None else "generator_batch_size"
            given = critic_steps if generator_batch_size is None else generator_batch_size
            raise UserError(
                f"{name} ({given}) needs update_order='alternating': the simultaneous order updates D and G once from "
                "the same fakes."
            )
        if discriminator is not None and discriminator_units:
            raise UserError(
                "discriminator_units is for the discriminator that is made here; give your own its hidden layer: "
                f"Discriminator(encoder, hidden_units={discriminator_units})."
            )
        self.data_shape = tuple(int(side) for side in data_shape)
        self.prior = prior
        self.architecture = architecture
        self.width = width
        self.discriminator_units = int(discriminator_units)
        self.adversarial_loss = adversarial_loss
        self.update_order = update_order
        self.generator_batch_size = generator_batch_size
        self.critic_steps = int(critic_steps)
        self.generator_average = generator_average
        self.seed = int(seed)
        self._adversarial = ADVERSARIAL_LOSSES[adversarial_loss]
        self._networks = NETWORKS[
            ("dcgan" if len(self.data_shape) == 3 else "mlp") if architecture == "auto" else architecture
        ]
        self.gradient_penalty = self._adversarial.gradient_penalty if gradient_penalty is None else gradient_penalty
        constrained = discriminator is None and self._networks.encoder.has_spectral_norm
        own_clip = 0.0 if constrained else self._adversarial.weight_clip
        self.weight_clip = own_clip if weight_clip is None else weight_clip
        self._given = [
            name for name, network in (("generator", generator), ("discriminator", discriminator)) if network
        ]
        with dtype_policy(self.dtype_policy):
            self.generator = generator or self._networks.generator(self.data_shape, width=width, name="generator")
            self.discriminator = discriminator or self._make_discriminator()
        if not all(hasattr(self.discriminator, name) for name in ("encoder", "num_outputs", "trunk", "outputs")):
            raise UserError(
                f"The discriminator's encoding and head must be there apart, as in tfgmmgan.Discriminator; got a "
                f"{type(self.discriminator).__name__}. Discriminator(encoder) makes one of any network to features."
            )
        for network, shape in (
            (self.generator, (None, prior.latent_dim)),
            (self.discriminator, (None, *self.data_shape)),
        ):
            if not network.built:
                network.build(shape)
        if self.discriminator.num_outputs not in self.output_counts():
            counts = " or ".join(str(count) for count in self.output_counts())
            raise UserError(
                f"The discriminator of {type(self).__name__} must have {counts} outputs; it has "
                f"{self.discriminator.num_outputs}."
            )
        made = tuple(self.generator.compute_output_shape((1, prior.latent_dim)))[1:]
        if made != self.data_shape:
            raise UserError(f"The generator makes examples of shape {made}; data_shape is {self.data_shape}.")
        self.set_average()
        self.built = True
        self._trackers: dict[str, keras.metrics.Mean] = {}  # made by compile(), when subclasses are complete

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

    @classmethod
    def prior_defaults(cls, data_shape: tuple[int, ...]) -> dict[str, Any]:
        """Return where the prior's arguments differ from its own defaults, for examples of a shape."""
        return {}

    @classmethod
    def make_prior(cls, **options) -> LatentPrior:
        """Return the prior of a config, from its options by the names of `prior_class`'s arguments."""
        return cls.prior_class(**options)

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
        """Return D's adversarial loss on real and generated examples."""
        raise NotImplementedError

    def generator_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return G's adversarial loss."""
        raise NotImplementedError

    def gradient_penalty_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return D's gradient penalty, between as many real and generated examples as there are of both."""
        count = tf.minimum(tf.shape(forward.real)[0], tf.shape(forward.fake)[0])
        components = tf.reshape(forward.components, [-1])[:count]

        def critic(examples: tf.Tensor) -> tf.Tensor:
            return self.scores_as(self.discriminator(examples, training=True), components)

        fake = tf.stop_gradient(forward.fake[:count])
        return gradient_penalty(critic, forward.real[:count], fake, split(forward.seed, 3))

    def output_counts(self) -> tuple[int, ...]:
        """Return how many outputs a discriminator of this system may have, its own first."""
        return (1,)

    def scores_as(self, scores: tf.Tensor, components: tf.Tensor) -> tf.Tensor:
        """Return the one discriminator output that judges each fake: (..., O) by the component that made it, (...)."""
        if scores.shape[-1] == 1:
            return scores[..., 0]
        return tf.gather(scores, components, batch_dims=len(scores.shape) - 1)

    def fakes_per_component(self, batch: int | tf.Tensor) -> int | tf.Tensor:
        """Return S, the fakes drawn of each component for a batch of that many examples."""
        return -(-batch // self.prior.num_components)

    def draw_latents(self, fakes: int | tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return one pass's latent vectors, (S, K, d), and their components, (S, K): as many from each."""
        z = self.draw_stratified(fakes, seed)
        return z, tf.broadcast_to(tf.range(self.prior.num_components), tf.shape(z)[:2])

    def draw_stratified(self, fakes: int | tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Return so many latent vectors of each component, (S, K, d), as training draws them."""
        return self.prior.sample_stratified(fakes, seed)

    def group_variables(self, group: str) -> list[keras.Variable]:
        """Return a group's trainable weights."""
        return {
            "encoder": self.discriminator.encoder.trainable_variables,
            "discriminator": self.discriminator.own_variables,
            "generator": self.generator.trainable_variables,
            "prior": self.prior.trainable_variables,
        }[group]

    def after_update(self, forward: ForwardPass) -> None:
        """Update averages that are not trained; called once a step, after the weights."""
        return

    def after_training(self, batches: Iterable[tf.Tensor]) -> None:
        """Do what a system does once, after training, with all training examples; most do nothing.

        Args:
            batches: The examples in stored order, uint8 or float in [-1, 1].
        """

    # -- using a trained model -----------------------------------------------------------------------------

    def call(self, examples: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Return the discriminator's logits, (n, O)."""
        return self.discriminator(to_float(examples), training=training)

    # -- saving --------------------------------------------------------------------------------------------

    def get_config(self) -> dict:
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "data_shape": self.data_shape,
            "prior": keras.saving.serialize_keras_object(self.prior),
            **{name: keras.saving.serialize_keras_object(getattr(self, name)) for name in self._given},
            "architecture": self.architecture,
            "width": self.width,
            "discriminator_units": self.discriminator_units,
            "adversarial_loss": self.adversarial_loss,
            "gradient_penalty": serialized(self.gradient_penalty),
            "weight_clip": self.weight_clip,
            "update_order": self.update_order,
            "generator_batch_size": self.generator_batch_size,
            "critic_steps": self.critic_steps,
            "generator_average": self.generator_average,
            "seed": self.seed,
        }

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
