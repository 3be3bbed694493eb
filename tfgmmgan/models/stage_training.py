"""Training one stage of pretraining: its batches, its optimizer, and what the training step asks in between."""

import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfgmmgan.data.scaling import to_float
from tfgmmgan.models.forward import ForwardPass
from tfgmmgan.models.pretraining_stage import Stage
from tfgmmgan.networks.cluster_heads import ClusterHeads
from tfgmmgan.networks.copies import copy_of
from tfgmmgan.networks.fused_adam import FusedAdam
from tfgmmgan.utils.random import make_seed, split
from tfgmmgan.utils.replicas import is_multi_worker, workers_share

__all__ = ["StageTraining"]

# Share of images that are paired with themselves.
UNPAIRED = {"heads": 0.5, "agreement": 1.0, "refinement": 0.0, "subclasses": 1.0}
PRICED_OUTPUTS = 2  # a head's, as a multiple of K: that it halves a frequent mode costs no rare one its output
LEARNING_RATES = {"heads": 1e-3, "agreement": 2e-3, "refinement": 5e-4, "subclasses": 2e-3}  # falling to 0 over a stage


class StageTraining:
    """The stage that a `Pretraining` system is in, and its training; the system's classifier may have heads beside it.

    The system has a `num_heads` and an `entropy_price`.
    """

    num_heads: int = 0
    entropy_price: float = 0.0
    _now: Stage | None = None

    @property
    def stage(self) -> str:
        """Which of `STAGES` the training step is in."""
        return self._now.name if self._now else "adversarial"

    @property
    def head_outputs(self) -> int:
        """Outputs of a head: one for each component, with a price two."""
        return self.num_components * (PRICED_OUTPUTS if self.entropy_price else 1)

    # -- what the step asks --------------------------------------------------------------------------------

    @property
    def pretraining_groups(self) -> tuple[str, ...]:
        """The groups that the stages train."""
        own = ("classifier_trunk", "classifier_head", "heads")
        return ("encoder", *own) if self.shares_encoder else own

    def group_variables(self, group: str) -> list[keras.Variable]:
        """Return a group's trainable weights."""
        if group == "heads":
            return self._now.heads.trainable_variables
        if group in ("classifier_trunk", "classifier_head"):
            head = self.classifier.head.trainable_variables
            if group == "classifier_head":
                return head
            return [v for v in self.classifier.trainable_variables if not any(v is own for own in head)]
        return super().group_variables(group)

    def _optimizers(self) -> list[tuple[keras.optimizers.Optimizer, tuple[str, ...]]]:
        return [(self._now.optimizer, self.pretraining_groups)] if self._now else super()._optimizers()

    def step_seed(self) -> tf.Tensor:
        """Return the stateless seed of this step's noise; a stage's differs from the others'."""
        if not self._now:
            return super().step_seed()
        own = split(make_seed(self.seed), -1 - self._now.place)
        return split(own, tf.cast(self._now.optimizer.iterations, tf.int32))

    def pretraining_pass(self, examples: tf.Tensor, seed: tf.Tensor, clusters: tf.Tensor | None = None) -> ForwardPass:
        """Return the pass over a batch of examples and what each is paired with, (b, 2, *data_shape).

        Where their clusters (b,) are known, C learns these in "agreement".
        """
        return ForwardPass(self, examples[:, 0], clusters, seed, fakes=0, neighbours=examples[:, 1])

    # -- training it ---------------------------------------------------------------------------------------

    def _pairs(self, examples: np.ndarray, neighbours: np.ndarray, batch_size: int, steps: int) -> tf.data.Dataset:
        """Return the stage's batches of examples, each with itself or with a neighbour, (b, 2, *data_shape).

        Where the stage has clusters of the examples, the first ones' come with them: pairs, (b,).
        """
        rng = np.random.default_rng([self.seed, self._now.place])
        passes = math.ceil(steps * batch_size / len(examples))
        first = np.concatenate([rng.permutation(len(examples)) for _ in range(passes)])[: steps * batch_size]
        second = neighbours[first, rng.integers(neighbours.shape[1], size=len(first))]
        second = np.where(rng.random(len(first)) < UNPAIRED[self.stage], first, second)
        examples = tf.convert_to_tensor(examples)
        rows = tf.data.Dataset.from_tensor_slices(np.stack([first, second], axis=1).astype(np.int32))
        pairs = rows.batch(batch_size, drop_remainder=True).map(lambda pair: tf.gather(examples, pair))
        if self._now.clusters is not None:
            of_first = tf.data.Dataset.from_tensor_slices(self._now.clusters[first].astype(np.int32))
            pairs = tf.data.Dataset.zip((pairs, of_first.batch(batch_size, drop_remainder=True)))
        pairs = pairs.prefetch(2)
        strategy = self.distribute_strategy
        return workers_share(strategy, pairs) if is_multi_worker(strategy) else pairs

    def _new_heads(self, stage: int) -> ClusterHeads:
        seed = int(np.random.SeedSequence([self.seed, stage]).generate_state(1)[0])
        with self.distribute_strategy.scope():
            heads = ClusterHeads(self.num_heads, self.head_outputs, seed)
            heads.build(self.class_features(tf.zeros([1, *self.data_shape])).shape)
        return heads

    def _classifier_networks(self) -> list[keras.Model]:
        return [self.discriminator.encoder, self.classifier] if self.shares_encoder else [self.classifier]

    def _classifier_copies(self) -> list[keras.Model]:
        copies, inputs = [], tf.zeros([1, *self.data_shape])
        with self.distribute_strategy.scope():
            for network in self._classifier_networks():
                copies.append(copy_of(network, inputs))
                inputs = network(inputs, training=False)
        return copies

    def _train_stage(
        self, batches: tf.data.Dataset, steps: int, verbose: int | str, callbacks: list | None
    ) -> keras.callbacks.History:
        with self.distribute_strategy.scope():
            rate = self._now.learning_rate or LEARNING_RATES[self.stage]
            self._now.steps, self._now.optimizer = steps, FusedAdam(keras.optimizers.schedules.CosineDecay(rate, steps))
            self._now.optimizer.build([v for group in self.pretraining_groups for v in self.group_variables(group)])
        self.make_train_function(force=True)
        return keras.Model.fit(
            self, batches, steps_per_epoch=steps, epochs=1, verbose=verbose, callbacks=callbacks, shuffle=False
        )

    def _votes_on(self, examples: np.ndarray) -> np.ndarray:
        """Return what these heads say of examples, (n, H, outputs)."""

        def votes(batch: Any) -> tf.Tensor:
            return self._now.heads(self.class_features(to_float(tf.convert_to_tensor(batch))))

        try:
            return self.infer("votes", votes, examples, (self.num_heads, self.head_outputs))
        finally:
            self.__dict__.get("_compiled", {}).pop("votes", None)  # it is of these heads
