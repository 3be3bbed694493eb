"""The one training step of the library, and the optimizers that it moves the weights with."""

from typing import Any

import keras
import tensorflow as tf

from tfgmmgan.data.scaling import to_float
from tfgmmgan.models.forward import ForwardPass
from tfgmmgan.models.terms import LossTerm, check_term, is_in_use, weight_at
from tfgmmgan.networks.fused_adam import FusedAdam
from tfgmmgan.utils.errors import UserError
from tfgmmgan.utils.random import make_seed, split
from tfgmmgan.utils.replicas import num_replicas, per_replica, replica_seed

__all__ = ["TrainingStep"]


def default_optimizer() -> keras.optimizers.Optimizer:
    """Return Adam with the papers' learning rate 2e-4 and, unpublished and so ours, beta_1 = 0.5."""
    return FusedAdam(2e-4, beta_1=0.5)


class TrainingStep:
    """`train_step` and `compile` of a `LatentGAN`; goes before `keras.Model` among its bases.

    The step runs one `ForwardPass`, evaluates the loss terms of its stage, and sends the gradient of each to the groups
    of weights that the term names, and nowhere else.
    """

    groups: tuple[str, ...] = ("encoder", "discriminator", "generator", "prior")
    discriminator_groups: tuple[str, ...] = ("encoder", "discriminator")
    needs_labels: bool = False  # whether it is trained on (examples, labels)
    stage: str = "adversarial"  # which of `STAGES` the step is in

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """Update D and G once from a batch of real examples (uint8, or float in [-1, 1]), with or without labels."""
        examples, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        real = to_float(examples)
        seed = replica_seed(self.step_seed())
        batch = real.shape[0] or tf.shape(real)[0]

        if self.stage != "adversarial":
            self._update(self.pretraining_pass(real, seed, labels), self.pretraining_groups)
            return self._logs()
        labels = self._class_ids(labels) if self.needs_labels else None
        if self.update_order == "simultaneous":
            forward = ForwardPass(self, real, labels, seed, self.fakes_per_component(batch))
            self._update(forward, self.groups)
            self._clip_weights()
        else:
            part = batch // self.critic_steps
            if not isinstance(part, int):
                part = tf.maximum(part, 1)  # of an epoch's last batch, parts may overlap
            elif part < 1:
                raise UserError(f"A batch of {batch} can't be cut in {self.critic_steps} parts; choose a larger one.")
            for number in range(self.critic_steps):
                start = number * part if isinstance(part, int) else tf.minimum(number * part, batch - part)
                rows = slice(start, start + part)
                seen = (real[rows], None if labels is None else labels[rows])
                forward = ForwardPass(self, *seen, split(seed, 1 + number), self.fakes_per_component(part))
                self._update(forward, self.discriminator_groups)
                self._clip_weights()
            fakes = self.fakes_per_component(
                per_replica(self.generator_batch_size) if self.generator_batch_size else part
            )
            forward = ForwardPass(self, *seen, split(seed, 0), fakes)
            self._update(forward, self.generator_groups)

        self.after_update(forward)
        self.update_average(forward)
        return self._logs()

    def _class_ids(self, labels: tf.Tensor | None) -> tf.Tensor:
        """Return a batch's labels as losses take them, (B,) int32."""
        if labels is None:
            raise UserError(f"{type(self).__name__} learns from labels: give it batches of (examples, labels).")
        if labels.shape.rank == 2 and labels.shape[1] == 1:
            labels = labels[:, 0]
        if labels.shape.rank != 1 or not labels.dtype.is_integer:
            raise UserError(
                f"{type(self).__name__}: expected integer class ids of shape (B,); got {labels.dtype.name} of shape "
                f"{labels.shape}."
            )
        return tf.cast(labels, tf.int32)

    def step_seed(self) -> tf.Tensor:
        """Return the stateless seed of this step's noise, (2,)."""
        return split(make_seed(self.seed), tf.cast(self.optimizer.iterations, tf.int32))

    def _logs(self) -> dict[str, tf.Tensor]:
        return {name: self._trackers[name].result() for name in self.loss_terms_in_use()}

    def _update(self, forward: ForwardPass, groups: tuple[str, ...]) -> None:
        losses, gradients = self.losses_and_gradients(forward, groups)
        for name, value in losses.items():
            self._trackers[name].update_state(value)
        for optimizer, owned in self._optimizers():
            pairs = [pair for group in owned if group in gradients for pair in gradients[group]]
            if pairs:
                optimizer.apply_gradients(pairs)

    def _clip_weights(self) -> None:
        if self.weight_clip:
            for group in ("encoder", "discriminator"):  # not what other heads on the encoding have
                for weight in self.group_variables(group):
                    weight.assign(tf.clip_by_value(weight.value, -self.weight_clip, self.weight_clip))

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
            share = 1.0 / num_replicas()  # optimizers sum the gradients of the replicas
            weighted = {name: share * weight_at(terms[name].weight, step) * loss for name, loss in losses.items()}
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
        """Return the terms of this stage whose weight is not the number 0."""
        return {name: term for name, term in self.loss_terms().items() if self.stage in term.stages and is_in_use(term)}

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The running mean of each loss, without its weight."""
        return list(self._trackers.values())

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
        if isinstance(optimizer, keras.Optimizer) and optimizer is discriminator_optimizer:
            raise UserError("compile() needs two optimizers, as each keeps a state of its own weights; got one twice.")
        terms = self.loss_terms()
        for name, term in terms.items():
            check_term(name, term, self.groups)
        super().compile(optimizer=optimizer or default_optimizer(), **kwargs)
        self.discriminator_optimizer = keras.optimizers.get(discriminator_optimizer or default_optimizer())
        self._trackers = {name: keras.metrics.Mean(name=name) for name, term in terms.items() if is_in_use(term)}
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

    def get_compile_config(self) -> dict | None:
        """Return what `compile_from_config` needs; None where the model is not compiled."""
        if not self.compiled:
            return None
        return {
            "optimizer": keras.saving.serialize_keras_object(self.optimizer),
            "discriminator_optimizer": keras.saving.serialize_keras_object(self.discriminator_optimizer),
            "jit_compile": self.jit_compile,
            "run_eagerly": self.run_eagerly,
            "steps_per_execution": self.steps_per_execution,
        }

    def compile_from_config(self, config: dict) -> None:
        """Compile as a saved model was compiled."""
        self.compile(**keras.saving.deserialize_keras_object(config))
