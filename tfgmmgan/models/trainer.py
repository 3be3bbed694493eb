"""Trainer: the one training step of the library, the optimizers that it moves the weights with, and `fit`."""

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

import keras
import numpy as np
import tensorflow as tf

from tfgmmgan.data.scaling import to_float
from tfgmmgan.models.fit_callbacks import FindModes, KeepGoodState, KeepRatesTogether
from tfgmmgan.models.fit_inputs import MEASURE, batch_class_ids, training_data, without_unused
from tfgmmgan.models.forward import ForwardPass
from tfgmmgan.models.loss_term import LossTerm, check_term, is_in_use, weight_at
from tfgmmgan.models.optimizers import OptimizerOptions, check_optimizers
from tfgmmgan.utils.arguments import Count, NotNegative, WholeNumber
from tfgmmgan.utils.errors import UserError, note
from tfgmmgan.utils.random import make_seed, split
from tfgmmgan.utils.replicas import is_multi_worker, own_part, per_replica, replica_seed, workers_share

__all__ = ["Trainer"]


class Trainer(keras.Model):
    """Trains groups of weights, each by the named losses that it is told, with two optimizers in turn or at once.

    A subclass says which groups there are and what they hold (`groups`, `group_variables`), which losses
    (`loss_terms`), and how many fakes a batch is met with. It writes no training step: there is one.

    Args:
        update_order: `"simultaneous"`: D and G are both updated from the same fakes (Algorithm 1 of
            responsibility learning, and the cheaper one). `"alternating"`: D first, then G from fresh fakes
            against the new D (Algorithm 1 of GM-GAN). Default `"simultaneous"`.
        generator_batch_size: Fakes of the alternating order's second half; 0 for the batch's own size. Default 0.
        critic_steps: Updates of D for one of G, in the alternating order. A batch is cut in as many equal parts: each
            update of D sees real examples of its own, as in WGAN. Default 1.
        weight_clip: c > 0 keeps D's weights in [-c, c] (WGAN: 0.01); 0 lets them go anywhere. Default 0.
        seed: Integer behind all noise of training; step t's noise depends on (seed, t) alone. Default 0.
    """

    groups: tuple[str, ...] = ()
    discriminator_groups: tuple[str, ...] = ()  # those of them that the discriminator's optimizer trains
    needs_labels: bool = False  # whether it is trained on (examples, labels)
    num_classes: int = 0  # of the labels
    examples_wanted: int = 0  # how many examples `before_training` makes use of; 0 where there is nothing to do
    optimizer_options: ClassVar[OptimizerOptions] = OptimizerOptions()
    forward_pass: ClassVar[type[ForwardPass]] = ForwardPass

    def __init__(
        self,
        update_order: Literal["simultaneous", "alternating"] = "simultaneous",
        generator_batch_size: WholeNumber = 0,
        critic_steps: Count = 1,
        weight_clip: NotNegative = 0.0,
        seed: WholeNumber = 0,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        if self.dtype_policy.compute_dtype == "float16":
            raise UserError("float16 needs a scaled loss, which this step has not; dtype='mixed_bfloat16' needs none.")
        self.update_order = update_order
        self.generator_batch_size = generator_batch_size
        self.critic_steps = critic_steps
        self.weight_clip = weight_clip
        self.seed = seed
        for name, default in (("generator_batch_size", 0), ("critic_steps", 1)):
            if update_order == "simultaneous" and getattr(self, name) != default:
                raise UserError(
                    f"{name} ({getattr(self, name)}) needs update_order='alternating': the simultaneous order updates "
                    f"D and G once from the same fakes. Set it to {default}."
                )
        self._trackers: dict[str, keras.metrics.Mean] = {}  # made by compile(), when subclasses are complete

    # -- what a subclass says ------------------------------------------------------------------------------

    def loss_terms(self) -> dict[str, LossTerm]:
        """Return the named losses."""
        raise NotImplementedError

    def group_variables(self, group: str) -> list[keras.Variable]:
        """Return a group's trainable weights."""
        raise NotImplementedError

    def fakes_per_component(self, batch: int | tf.Tensor) -> int | tf.Tensor:
        """Return how many fakes of each component a batch of so many real examples is met with."""
        raise NotImplementedError

    def after_update(self, forward: ForwardPass) -> None:
        """Update averages that are not trained; called once a step, after the weights."""

    def before_training(self, examples: np.ndarray, verbose: int | str = 0, **kwargs) -> Any:
        """Do what a system does once before its first step, with `examples_wanted` examples; return what it found."""

    def after_training(self, batches: Iterable[tf.Tensor]) -> None:
        """Do what a system does once, after training, with all training examples; most do nothing.

        Args:
            batches: The examples in stored order, uint8 or float in [-1, 1].
        """

    # -- the step ------------------------------------------------------------------------------------------

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """Update D and G once from a batch of real examples (uint8, or float in [-1, 1]), with or without labels."""
        examples, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        real, labels, share = own_part(to_float(examples), batch_class_ids(labels, self))
        seed = replica_seed(self.step_seed())
        batch = real.shape[0] or tf.shape(real)[0]
        if self.update_order == "simultaneous":
            forward = self.forward_pass(self, real, labels, seed, self.fakes_per_component(batch), share)
            self._update(forward, self.groups)
            self._clip_weights()
        else:
            size, starts = self._parts(batch)
            for number, start in enumerate(starts):
                seen = real[start : start + size], None if labels is None else labels[start : start + size]
                fakes = self.fakes_per_component(size)
                forward = self.forward_pass(self, *seen, split(seed, 1 + number), fakes, share)
                self._update(forward, self.discriminator_groups)
                self._clip_weights()
            wanted = per_replica(self.generator_batch_size) if self.generator_batch_size else size
            forward = self.forward_pass(self, *seen, split(seed, 0), self.fakes_per_component(wanted), share)
            self._update(forward, self.generator_groups)
        self.after_update(forward)
        return {name: self._trackers[name].result() for name in self.loss_terms_in_use()}

    def _parts(self, batch: int | tf.Tensor) -> tuple[int | tf.Tensor, list]:
        """Return how large the parts of a batch are of which each critic step sees one, and where each begins."""
        size = batch // self.critic_steps
        if isinstance(size, int):
            if size < 1:
                raise UserError(f"A batch of {batch} can't be cut in {self.critic_steps} parts; choose a larger one.")
            return size, [number * size for number in range(self.critic_steps)]
        size = tf.maximum(size, 1)  # of an epoch's last batch, parts may overlap
        return size, [tf.minimum(number * size, batch - size) for number in range(self.critic_steps)]

    def step_seed(self) -> tf.Tensor:
        """Return the stateless seed of this step's noise, (2,)."""
        return split(make_seed(self.seed), tf.cast(self.optimizer.iterations, tf.int32))

    def _update(self, forward: ForwardPass, groups: tuple[str, ...]) -> None:
        losses, gradients = self.losses_and_gradients(forward, groups)
        for name, value in losses.items():
            self._trackers[name].update_state(value, sample_weight=forward.share)
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
            # optimizers sum the gradients of the replicas
            weighted = {
                name: forward.share * weight_at(terms[name].weight, step) * loss for name, loss in losses.items()
            }
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
        return {name: term for name, term in self.loss_terms().items() if is_in_use(term)}

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
            optimizer: Trains generator, prior and, where there is one, classifier. Default: the system's
                `optimizer_options`, for most Adam(2e-4, 0.5).
            discriminator_optimizer: Trains discriminator and encoder. Default: the same.
            **kwargs: `jit_compile`, `run_eagerly` and `steps_per_execution`, as in Keras.
        """
        taken = {"loss", "metrics", "loss_weights", "weighted_metrics"} & set(kwargs)
        if taken:
            raise ValueError(
                f"{type(self).__name__} brings its own losses and metrics; compile() takes no "
                f"{', '.join(sorted(taken))}. Override loss_terms() to change them."
            )
        check_optimizers(optimizer, discriminator_optimizer)
        terms = self.loss_terms()
        for name, term in terms.items():
            check_term(name, term, self.groups)
        default = self.optimizer_options.make()
        super().compile(optimizer=optimizer or default["optimizer"], **kwargs)
        self.discriminator_optimizer = keras.optimizers.get(
            discriminator_optimizer or default["discriminator_optimizer"]
        )
        self._trackers = {name: keras.metrics.Mean(name=name) for name, term in terms.items() if is_in_use(term)}
        for owner, groups in self._optimizers():
            owner.build([variable for group in groups for variable in self.group_variables(group)])

    def _optimizers(self) -> list[tuple[keras.optimizers.Optimizer, tuple[str, ...]]]:
        return [(self.discriminator_optimizer, self.discriminator_groups), (self.optimizer, self.generator_groups)]

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

    # -- fit -----------------------------------------------------------------------------------------------

    def fit(
        self,
        x: Any = None,
        y: np.ndarray | None = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: list | None = None,
        **kwargs,
    ) -> keras.callbacks.History:
        """Train, as `keras.Model.fit` does; arrays are checked first.

        Args:
            x: (n, *data_shape) uint8, or float in [-1, 1]; or a `tf.data.Dataset` of batches of that form, for a system
                that learns from labels of pairs (examples, labels). Of a dataset `before_training` gets the first
                `examples_wanted` examples: shuffle it.
            y: (n,) class ids for a system that learns from labels; the others do not look at them.
            batch_size: As in Keras. Default 32.
            epochs: As in Keras. Default 1.
            verbose: As in Keras.
            callbacks: As in Keras.
            **kwargs: As in Keras, but for what a GAN has no use for: weights of examples or classes, and validation.

        Raises:
            ValueError: If an array has another shape, dtype or range, or holds NaNs; if labels are missing; or if a
                weight is no longer finite after an epoch: the model then has its state of before it.
        """
        kwargs = without_unused(kwargs, type(self).__name__)
        x, y = training_data(x, y, self, kwargs.get("steps_per_epoch"))
        find_modes = FindModes(x, verbose)
        if not isinstance(x, np.ndarray):
            kwargs.setdefault("shuffle", False)  # a dataset comes in its own order; Keras would warn
        if is_multi_worker(self.distribute_strategy):
            x = workers_share(self.distribute_strategy, x)
        if isinstance(callbacks, keras.callbacks.CallbackList):  # which is its owner's
            find_modes.set_model(self)
            find_modes.on_train_begin()
        else:
            callbacks = [KeepGoodState(), KeepRatesTogether(), *keras.tree.flatten(callbacks or []), find_modes]
        return super().fit(x, y, batch_size, epochs, verbose, callbacks, **kwargs)

    def checked(self, examples: np.ndarray | tf.Tensor, what: str, learned: bool = False) -> np.ndarray:
        """Return examples that are the model's; raise `UserError`, with `what` in front, for others."""
        raise NotImplementedError

    def train_on_batch(self, x: Any, *args, **kwargs) -> Any:
        """Train on one batch, as Keras does; a note says so where the modes are not found yet."""
        if self.examples_wanted:
            note(
                f"{type(self).__name__} has not found its modes yet, and no batch will: its classifier says nothing. "
                "Call find_modes(images) first, or fit."
            )
        return super().train_on_batch(x, *args, **kwargs)

    def export(self, *args, **kwargs) -> None:
        """Raise `UserError`: what a prior and a generator answer is more than one call."""
        raise UserError(
            f"{type(self).__name__} is exported by tfgmmgan.export(model, folder): a SavedModel with signatures to "
            "generate, sample and interpolate."
        )

    def evaluate(self, *args, **kwargs) -> None:
        """Raise `UserError`: a GAN's losses say how its two networks stand to each other, not how good they are."""
        raise UserError(f"{type(self).__name__} has no loss to evaluate. {MEASURE}")

    def _maybe_symbolic_build(self, *args, **kwargs) -> None:
        """Do nothing: constructor and `compile` build everything, and Keras's way reduces a batch over the workers."""

    def make_train_function(self, force: bool = False) -> Any:
        """Make the function that `fit` calls once a step; Keras's fails over several workers."""
        strategy = self.distribute_strategy
        if not is_multi_worker(strategy) or (self.train_function is not None and not force):
            return super().make_train_function(force)

        @tf.function(autograph=False)
        def step(data: Any) -> dict[str, tf.Tensor]:
            logs = strategy.run(self.train_step, args=(data,))
            return {name: strategy.reduce("MEAN", value, axis=None) for name, value in logs.items()}

        self.train_function = lambda iterator: step(next(iterator))
        return self.train_function
