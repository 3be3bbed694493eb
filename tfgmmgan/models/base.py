"""LatentGAN: the one training step of the library, and what every trained model can do."""

from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from tfgmmgan.data.dataset import check_examples
from tfgmmgan.data.scaling import to_float
from tfgmmgan.errors import UserError, unknown_name
from tfgmmgan.losses import ADVERSARIAL_LOSSES
from tfgmmgan.models.drawing import Drawing
from tfgmmgan.models.forward import ForwardPass
from tfgmmgan.models.terms import LossTerm, weight_at
from tfgmmgan.networks import NETWORKS, Discriminator, dtype_policy
from tfgmmgan.priors import LatentPrior, Normal
from tfgmmgan.random import make_seed, split

__all__ = ["LatentGAN"]

UPDATE_ORDERS = ("simultaneous", "alternating")


def default_optimizer() -> keras.optimizers.Optimizer:
    """Return Adam with the papers' learning rate 2e-4 and, unpublished and so ours, beta_1 = 0.5."""
    return keras.optimizers.Adam(2e-4, beta_1=0.5)


class LatentGAN(Drawing, keras.Model):
    """A GAN that draws z from a prior; subclasses say which prior, heads and losses they have.

    A subclass passes its prior to this constructor and overrides `loss_terms`. It writes no training step:
    `train_step` runs one `ForwardPass`, evaluates the terms, and sends each loss's gradient to the groups of
    weights that the term names, and nowhere else.

    Args:
        data_shape: Shape of one example: (H, W, C) for images, (p,) for points.
        prior: The latent prior.
        generator: Keras model from z (n, d) to examples; the architecture's own where None.
        discriminator: A `Discriminator` (any encoder with a linear head); the architecture's own where None.
        architecture: `"dcgan"` for images, `"mlp"` for points, `"auto"` by the shape. Default `"auto"`.
        width: Multiplies the channels of the architecture's networks. Default 1.
        adversarial_loss: `"non_saturating"`, `"minimax"` or `"hinge"`. Default `"non_saturating"`.
        update_order: `"simultaneous"`: D and G are both updated from the same fakes (Algorithm 1 of
            responsibility learning, and the cheaper one). `"alternating"`: D first, then G from fresh fakes
            against the new D (Algorithm 1 of GM-GAN). Default `"simultaneous"`.
        generator_batch_size: Fakes of the alternating order's second half; the batch's own size where None.
        seed: Integer behind all noise of training; step t's noise depends on (seed, t) alone. Default 0.

    Raises:
        ValueError: If an argument is out of its range, or a network does not fit `data_shape`.
    """

    groups: tuple[str, ...] = ("encoder", "discriminator", "generator", "prior")
    discriminator_groups: tuple[str, ...] = ("encoder", "discriminator")
    prior_class: type[LatentPrior] = Normal  # what a config's prior options make
    option_defaults: ClassVar[dict[str, Any]] = {}  # where a system's defaults differ from the command line's

    def __init__(
        self,
        data_shape: tuple[int, ...],
        prior: LatentPrior,
        generator: keras.Model | None = None,
        discriminator: keras.Model | None = None,
        architecture: str = "auto",
        width: float = 1.0,
        adversarial_loss: str = "non_saturating",
        update_order: str = "simultaneous",
        generator_batch_size: int | None = None,
        seed: int = 0,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        if update_order not in UPDATE_ORDERS:
            raise unknown_name("update order", update_order, UPDATE_ORDERS)
        if generator_batch_size is not None and update_order != "alternating":
            raise UserError(
                "generator_batch_size needs update_order='alternating': the simultaneous order updates D and G "
                "from the same fakes."
            )
        self.data_shape = tuple(int(side) for side in data_shape)
        self.prior = prior
        self.architecture = architecture
        self.width = width
        self.adversarial_loss = adversarial_loss
        self.update_order = update_order
        self.generator_batch_size = generator_batch_size
        self.seed = int(seed)
        self._adversarial = ADVERSARIAL_LOSSES[adversarial_loss]
        self._networks = NETWORKS[
            ("dcgan" if len(self.data_shape) == 3 else "mlp") if architecture == "auto" else architecture
        ]
        self._given = [
            name for name, network in (("generator", generator), ("discriminator", discriminator)) if network
        ]
        with dtype_policy(self.dtype_policy):
            self.generator = generator or self._networks.generator(self.data_shape, width=width, name="generator")
            self.discriminator = discriminator or Discriminator(
                self._networks.encoder(self.data_shape, width=width, name="encoder"), name="discriminator"
            )
        for network, shape in (
            (self.generator, (None, prior.latent_dim)),
            (self.discriminator, (None, *self.data_shape)),
        ):
            if not network.built:
                network.build(shape)
        made = tuple(self.generator.compute_output_shape((1, prior.latent_dim)))[1:]
        if made != self.data_shape:
            raise UserError(f"The generator makes examples of shape {made}; data_shape is {self.data_shape}.")
        self.built = True
        self._trackers: dict[str, keras.metrics.Mean] = {}  # made by compile(), when subclasses are complete

    # -- what a subclass says ------------------------------------------------------------------------------

    def loss_terms(self) -> dict[str, LossTerm]:
        """Return the named losses. A subclass adds to `super().loss_terms()`, or overrides a loss by its method."""
        return {
            "discriminator_loss": LossTerm(self.discriminator_loss, trains=("encoder", "discriminator")),
            "generator_loss": LossTerm(self.generator_loss, trains=("generator", "prior")),
        }

    def discriminator_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return D's adversarial loss on real and generated examples."""
        raise NotImplementedError

    def generator_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return G's adversarial loss."""
        raise NotImplementedError

    def fakes_per_component(self, batch: int | tf.Tensor) -> int | tf.Tensor:
        """Return S, the fakes drawn of each component for a batch of that many examples."""
        return -(-batch // self.prior.num_components)

    def draw_latents(self, fakes: int | tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Return the latent vectors of one pass, (S, K, d): as many from each component."""
        return self.prior.sample_stratified(fakes, seed)

    def group_variables(self, group: str) -> list[keras.Variable]:
        """Return a group's trainable weights."""
        owner = {
            "encoder": self.discriminator.encoder,
            "discriminator": self.discriminator.head,
            "generator": self.generator,
            "prior": self.prior,
        }[group]
        return owner.trainable_variables

    def after_update(self, forward: ForwardPass) -> None:
        """Update averages that are not trained; called once a step, after the weights."""

    # -- the training step ---------------------------------------------------------------------------------

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """Update D and G once from a batch of real examples (uint8, or float in [-1, 1]), with or without labels."""
        examples, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        real = to_float(examples)
        seed = split(make_seed(self.seed), tf.cast(self.optimizer.iterations, tf.int32))
        batch = real.shape[0] or tf.shape(real)[0]

        if self.update_order == "simultaneous":
            forward = ForwardPass(self, real, labels, seed, self.fakes_per_component(batch))
            self._update(forward, self.groups)
        else:
            forward = ForwardPass(self, real, labels, split(seed, 1), self.fakes_per_component(batch))
            self._update(forward, self.discriminator_groups)
            fakes = self.fakes_per_component(self.generator_batch_size or batch)
            forward = ForwardPass(self, real, labels, split(seed, 2), fakes)
            self._update(forward, self.generator_groups)

        self.after_update(forward)
        return {metric.name: metric.result() for metric in self.metrics}

    def _update(self, forward: ForwardPass, groups: tuple[str, ...]) -> None:
        losses, gradients = self.losses_and_gradients(forward, groups)
        for name, value in losses.items():
            self._trackers[name].update_state(value)
        for optimizer, owned in self._optimizers():
            pairs = [pair for group in owned if group in gradients for pair in gradients[group]]
            if pairs:
                optimizer.apply_gradients(pairs)

    def losses_and_gradients(
        self, forward: ForwardPass, groups: tuple[str, ...] | None = None
    ) -> tuple[dict[str, tf.Tensor], dict[str, list[tuple[tf.Tensor, keras.Variable]]]]:
        """Evaluate the losses that train any of the groups, and each group's gradient.

        Args:
            forward: A fresh pass; what a tape did not see has no gradient.
            groups: Names from `groups`; all where None.

        Returns:
            The unweighted losses by name, and (gradient, weight) pairs by group: each group's gradient is that
            of the weighted sum of just the losses that train it.
        """
        groups = groups or self.groups
        terms = {name: term for name, term in self.loss_terms_in_use().items() if set(term.trains) & set(groups)}
        trained_by: dict[tuple[str, ...], list[str]] = {}  # losses -> the groups that get just these
        for group in groups:
            names = tuple(name for name, term in terms.items() if group in term.trains)
            if names and self.group_variables(group):
                trained_by.setdefault(names, []).append(group)

        step = tf.cast(self.optimizer.iterations, tf.float32)
        with tf.GradientTape(persistent=True) as tape:
            losses = {name: term.function(forward) for name, term in terms.items()}
            weighted = {name: weight_at(terms[name].weight, step) * loss for name, loss in losses.items()}
            totals = {names: tf.add_n([weighted[name] for name in names]) for names in trained_by}

        gradients = {}
        for names, members in trained_by.items():
            variables = [self.group_variables(group) for group in members]
            flat = tape.gradient(
                totals[names],
                [v.value for group in variables for v in group],
                unconnected_gradients=tf.UnconnectedGradients.ZERO,
            )
            for group, owned in zip(members, variables, strict=True):
                gradients[group] = [(flat.pop(0), variable) for variable in owned]
        return losses, gradients

    def loss_terms_in_use(self) -> dict[str, LossTerm]:
        """Return the terms whose weight is not the number 0."""
        return {name: term for name, term in self.loss_terms().items() if callable(term.weight) or term.weight != 0}

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The running mean of each loss, without its weight."""
        return list(self._trackers.values())

    def fit(self, x: Any = None, *args, **kwargs) -> keras.callbacks.History:
        """Train, as `keras.Model.fit` does; an array is checked first.

        Args:
            x: (n, *data_shape) uint8, or float in [-1, 1]; or a `tf.data.Dataset` of batches of that form.
            *args: As in Keras.
            **kwargs: As in Keras.

        Raises:
            ValueError: If an array has another shape, dtype or range, or holds NaNs.
        """
        if isinstance(x, np.ndarray):
            x = check_examples(x, "fit(x)")
            if x.shape[1:] != self.data_shape:
                raise UserError(f"fit(x): expected examples of shape {self.data_shape}; got {x.shape[1:]}.")
        return super().fit(x, *args, **kwargs)

    # -- optimizers ----------------------------------------------------------------------------------------

    def compile(
        self,
        optimizer: keras.optimizers.Optimizer | str | None = None,
        discriminator_optimizer: keras.optimizers.Optimizer | str | None = None,
        **kwargs,
    ) -> None:
        """Set the optimizers and create their state.

        Args:
            optimizer: Trains generator, prior and, where there is one, classifier. Default Adam(2e-4, 0.5).
            discriminator_optimizer: Trains discriminator and encoder. Default Adam(2e-4, 0.5).
            **kwargs: `jit_compile`, `run_eagerly` and `steps_per_execution`, as in Keras.
        """
        taken = {"loss", "metrics", "loss_weights", "weighted_metrics"} & set(kwargs)
        if taken:
            raise ValueError(
                f"{type(self).__name__} brings its own losses and metrics; compile() takes no "
                f"{', '.join(sorted(taken))}. "
                "Override loss_terms() to change them."
            )
        super().compile(optimizer=optimizer or default_optimizer(), **kwargs)
        self.discriminator_optimizer = keras.optimizers.get(discriminator_optimizer or default_optimizer())
        self._trackers = {name: keras.metrics.Mean(name=name) for name in self.loss_terms_in_use()}
        for owner, groups in self._optimizers():
            owner.build([variable for group in groups for variable in self.group_variables(group)])

    def _optimizers(self) -> list[tuple[keras.optimizers.Optimizer, tuple[str, ...]]]:
        return [
            (self.discriminator_optimizer, self.discriminator_groups),
            (self.optimizer, self.generator_groups),
        ]

    @property
    def generator_groups(self) -> tuple[str, ...]:
        """The groups that are not the discriminator's."""
        return tuple(group for group in self.groups if group not in self.discriminator_groups)

    def get_compile_config(self) -> dict:
        """Return what `compile_from_config` needs."""
        return {
            "optimizer": keras.saving.serialize_keras_object(self.optimizer),
            "discriminator_optimizer": keras.saving.serialize_keras_object(self.discriminator_optimizer),
            "jit_compile": self.jit_compile,
        }

    def compile_from_config(self, config: dict) -> None:
        """Compile as a saved model was compiled."""
        self.compile(**keras.saving.deserialize_keras_object(config))

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
            "adversarial_loss": self.adversarial_loss,
            "update_order": self.update_order,
            "generator_batch_size": self.generator_batch_size,
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
