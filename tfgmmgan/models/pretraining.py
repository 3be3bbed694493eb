"""Finding the modes before anything is generated: classifiers that vote, and what they agree on.

A classifier that is trained to know an image again after it was changed a little, and to tell it from others (IIC, Ji
et al. 2019), finds what people see as classes, or most of them: which it merges and which it splits is up to the seed.
It finds more of them where half of the images are changed images that look much the same, their nearest neighbours.
There are several such classifiers, linear *heads* on C's trunk; `consensus` finds clusters from what all of them say.
Heads on one trunk err alike, so other trunks may be trained before C's own, from the same first weights, and vote too.
C's last layer learns these ("agreement"); then all of C learns ("refinement") what it took the images to be, from
images that are changed, and to say the same of neighbours, beside fresh heads; and a second time from what it has
become. All of it is ours, and none of it knows a label.

Where what looks alike is what belongs together, nobody need vote: with `groups_by="looks"` the clusters are of images
that look alike, no heads are trained before them, and in "agreement" all of C learns them from the start.
"""

import math
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from tfgmmgan.consensus import NEIGHBOURS, clusters_by_looks, consensus
from tfgmmgan.likeness import Looks, nearest_rows
from tfgmmgan.losses import joint_mutual_information
from tfgmmgan.losses.responsibility import joint_of_pairs
from tfgmmgan.models.forward import ForwardPass
from tfgmmgan.models.pretraining_stage import OTHER_ENCODING, Encoding, Stage
from tfgmmgan.models.stage_training import LEARNING_RATES, StageTraining
from tfgmmgan.models.terms import LossTerm
from tfgmmgan.utils.errors import UserError

__all__ = ["GROUPS", "Pretraining"]

Train = Callable[[int], keras.callbacks.History]  # so many steps of the stage that is on

VOTERS = 10_000  # examples on which the heads' votes are compared
MOST_EXAMPLES, MOST_BYTES = 60_000, 2**29  # among which images that look alike are sought: time is their square
AGREEMENT_STEPS = 150  # of the last layer alone
GROUPS = ("votes", "looks")
HEADS_PRICE = 0.7  # of entropy, as a share of the whole price
PRICED = 1 / 3, 5 / 6  # the part of a stage in which its heads' price of entropy grows from 0: at once it empties modes
REFINEMENT = 4 / 3  # a round's steps, as a multiple of the heads'


class Pretraining(StageTraining):
    """The stages "heads", "agreement" and "refinement" of a `Classifying` system; goes before it among the bases.

    The system has `pretraining_steps`, `num_heads`, `num_encodings`, `refinement_rounds`, `entropy_price`, `looks`,
    `groups_by`, `groupings` and an `augmentation`, and calls `set_pretraining` at the end of its constructor.
    """

    pretraining_steps: int = 0
    num_encodings: int = 1
    refinement_rounds: int = 0
    looks: str = "pixels"
    groups_by: str = "votes"
    groupings: int = 1

    def set_pretraining(self) -> None:
        """Create the one number that stays: whether it was done."""
        if self.pretraining_steps and not self.has_trunk:
            raise UserError(
                "Pretraining puts heads on a classifier's trunk; this classifier has no `trunk` and `head`, as "
                "`tfgmmgan.networks.SharedClassifier` has. Give it these, or set pretraining_steps=0."
            )
        self.pretrained = self.add_weight(
            shape=(), dtype="int32", initializer="zeros", trainable=False, name="pretrained"
        )

    @property
    def wants_pretraining(self) -> bool:
        """Whether the next `fit` begins with it."""
        return self.pretraining_steps > 0 and self.num_components > 1 and not int(self.pretrained.numpy())

    # -- losses --------------------------------------------------------------------------------------------

    def pretraining_terms(self) -> dict[str, LossTerm]:
        """Return the three stages' losses."""
        trunk = ("encoder", "classifier_trunk") if self.shares_encoder else ("classifier_trunk",)
        weight = 1.0 if self.pretraining_steps else 0.0
        learns = ("classifier_head",) if self.groups_by == "votes" else (*trunk, "classifier_head")
        return {
            "heads_loss": LossTerm(
                self.heads_loss, trains=(*trunk, "heads"), weight=weight, stages=("heads", "refinement")
            ),
            "agreement_loss": LossTerm(self.agreement_loss, trains=learns, weight=weight, stages=("agreement",)),
            "refinement_loss": LossTerm(
                self.refinement_loss, trains=(*trunk, "classifier_head"), weight=weight, stages=("refinement",)
            ),
            "neighbours_loss": LossTerm(
                self.neighbours_loss, trains=(*trunk, "classifier_head"), weight=weight, stages=("refinement",)
            ),
        }

    def heads_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return the negative of the heads' mean I(h(x); h(x' changed)) over the batch (Ji et al. 2019), less a price.

        x' is x or one of the images that look most like it. Changing an image reaches what a person would not notice;
        between two people's sevens lies more than that (ours; SCAN, Van Gansbeke et al. 2020, has neighbours by learned
        features instead of looks).
        """
        first = self._now.heads(forward.real_class_features)
        second = self._now.heads(forward.neighbour_class_features)
        pairs = zip(tf.unstack(first, axis=1), tf.unstack(second, axis=1), strict=True)
        price = self._heads_price()
        return -tf.add_n([joint_mutual_information(joint_of_pairs(*pair), price) for pair in pairs]) / self.num_heads

    def agreement_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return the cross-entropy of C, on changed examples, with their clusters; by votes, their nearest group's."""
        target = forward.labels
        if target is None:
            target = self._now.cluster_of(forward.real, self._now.heads(forward.real_class_features))
        logits = forward.changed_class_logits
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=target, logits=logits))

    def refinement_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return the cross-entropy of C, on changed examples, with what C took them to be before the refinement.

        The answers stay what they were: where C learns from its own of the moment, modes of few images may merge.
        """
        target, logits = self._now.taught(forward.real), forward.changed_class_logits
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=target, logits=logits))

    def neighbours_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return the negative of I(C(x); C(x' changed)) less its price, as `heads_loss` has it for a head."""
        neighbours = tf.nn.softmax(forward.neighbour_class_logits)
        return -joint_mutual_information(joint_of_pairs(forward.responsibilities, neighbours), self.entropy_price)

    def _heads_price(self) -> float | tf.Tensor:
        """Return the heads' price of entropy at this step: seven tenths of the whole one in the end."""
        if not self.entropy_price:
            return 0.0
        start, end = (part * self._now.steps for part in PRICED)
        done = (tf.cast(self._now.optimizer.iterations, tf.float32) - start) / (end - start)
        return HEADS_PRICE * self.entropy_price * tf.clip_by_value(done, 0.0, 1.0)

    # -- doing it ------------------------------------------------------------------------------------------

    def pretrain(
        self,
        examples: np.ndarray,
        batch_size: int = 32,
        verbose: int | str = "auto",
        callbacks: list | None = None,
        find_clusters: bool = True,
    ) -> keras.callbacks.History | None:
        """Find clusters, by heads that vote or by looks, teach them to the classifier and refine it.

        `fit` does so by itself, once.

        Args:
            examples: (n, *data_shape) different ones, uint8 or float in [-1, 1], from which the stages draw; of more
                than `examples_wanted` a random choice of so many, and on at most 10,000 the heads' votes are compared.
            batch_size: Examples of a step. Default 32; n where there are fewer.
            verbose: As in Keras's `fit`.
            callbacks: As in Keras's `fit`; each stage is one epoch for them.
            find_clusters: False for a C that is pretrained already: it stays as it is, and what a system does after
                refinement is done. Default True.

        Returns:
            The history of the heads' stage, on C's own encoding; of "agreement" where no heads vote; None where no
            clusters are sought.

        Raises:
            ValueError: If the examples have another shape, dtype or range, or hold NaNs.
        """
        examples = self.checked(examples, "pretrain(examples)")
        if len(examples) < max(2, self.num_components):
            raise UserError(
                f"Pretraining finds {self.num_components} modes and needs as many examples at least; got "
                f"{len(examples)}."
            )
        examples = examples[_some(len(examples), self.examples_wanted, self.seed)]
        rows = Looks(examples, self.looks).rows
        neighbours = nearest_rows(rows, NEIGHBOURS) if find_clusters else np.arange(len(rows))[:, None]
        together, self.steps_per_execution = self.steps_per_execution, 1  # which need not divide a stage

        def train(steps: int) -> keras.callbacks.History:
            pairs = self._pairs(examples, neighbours, min(batch_size, len(examples)), steps)
            return self._train_stage(pairs, steps, verbose, callbacks)

        try:
            history = self._learn_clusters(examples, rows, neighbours, train) if find_clusters else None
            self.after_refinement(examples, rows, train)
        finally:
            self._now = None
            self.steps_per_execution = together
            self.make_train_function(force=True)
        self.pretrained.assign(1)
        return history

    def _learn_clusters(
        self, examples: np.ndarray, rows: np.ndarray, neighbours: np.ndarray, train: Train
    ) -> keras.callbacks.History:
        """Teach the classifier clusters and refine it."""
        if self.groups_by == "looks":
            history = self._learn_looks(rows, neighbours, train)
        else:
            voters = _some(len(examples), VOTERS, self.seed)
            history = self._learn_votes(examples[voters], rows[voters], train)
        for number in range(self.refinement_rounds):
            self._now = Stage("refinement", self._new_heads(1 + number), number)
            self._now.teacher = self._classifier_copies()
            train(math.ceil(REFINEMENT * self.pretraining_steps))
        return history

    def after_refinement(self, examples: np.ndarray, rows: np.ndarray, train: Train) -> None:
        """Do what a system learns once C is what it stays, from the examples and what they are compared by."""

    def _learn_looks(self, rows: np.ndarray, neighbours: np.ndarray, train: Train) -> keras.callbacks.History:
        """Teach the classifier clusters of examples that look alike."""
        clusters = clusters_by_looks(
            rows, neighbours, self.num_components, self.seed, self.entropy_price, self.groupings
        )
        self._now = Stage("agreement", self._new_heads(0), learning_rate=LEARNING_RATES["heads"])  # all of C, as there
        self._now.clusters = clusters
        return train(self.pretraining_steps)

    def _learn_votes(self, voters: np.ndarray, rows: np.ndarray, train: Train) -> keras.callbacks.History:
        """Train heads, on one encoding or several, and teach the classifier what they agree on.

        They are compared on the voters, examples whose looks are the rows.
        """
        initial = [network.get_weights() for network in self._classifier_networks()]
        others, votes = [], []
        for number in reversed(range(self.num_encodings)):  # C's own is the last
            place = number * OTHER_ENCODING
            self._now = Stage("heads", self._new_heads(place), place)
            history = train(self.pretraining_steps)
            votes.append(self._votes_on(voters))
            if number:
                others.append(Encoding(self._classifier_copies(), self._now.heads))
                for network, weights in zip(self._classifier_networks(), initial, strict=True):
                    network.set_weights(weights)
        all_votes = np.concatenate(votes, axis=1).reshape(len(voters), -1)
        neighbours = nearest_rows(rows, NEIGHBOURS)
        centres, clusters = consensus(all_votes, neighbours, self.num_components, self.seed, self.entropy_price)
        self._now.others = others
        self._now.name = "agreement"
        self._now.groups = tf.constant(centres, tf.float32), tf.constant(clusters)
        train(AGREEMENT_STEPS)
        return history

    @property
    def examples_wanted(self) -> int:
        """How many examples `pretrain` makes use of."""
        return max(VOTERS, min(MOST_EXAMPLES, MOST_BYTES // math.prod(self.data_shape)))


def _some(count: int, most: int, seed: int) -> np.ndarray | slice:
    """Return which of so many examples: all, or a random choice where they are more than the most."""
    return slice(None) if count <= most else np.random.default_rng(seed).permutation(count)[:most]
