"""Subclasses of modes: found by looks, known to C and D, and drawn by G from the offsets that the prior has for them.

A mode has kinds of images, and D, which judges a mode's fakes against all images of the mode, tells G little of a rare
kind that it never draws: sevens with a bar. Where the prior has subclasses (`tfgmmgan.priors.SubclassMixture`),
pretraining ends with finding as many groups of images that look alike (K-means), and C learns on top of what its last
layer works on to know them. While the GAN trains, D tells apart 2 G classes: the real images of each subclass, as C
knows them, and its fakes; G learns that D shall take its fakes for the real images of the subclass that z is of. That
is the loss of an auxiliary discriminative classifier (Hou et al. 2022); a plain one (AC-GAN, Odena et al. 2017) rewards
fakes that no other subclass could be taken for, and each subclass is drawn as one image. That generators cover more
where they know clusters is known from self-conditioned GANs (Liu et al. 2020); that a mode's prior is a mixture of
subclasses is ours.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from sklearn.cluster import KMeans

from tfgmmgan.data.scaling import to_float
from tfgmmgan.losses.diversity import mean_distance, pair_distances
from tfgmmgan.models.forward import ForwardPass
from tfgmmgan.models.pretraining_stage import Stage
from tfgmmgan.models.terms import LossTerm, Weight
from tfgmmgan.utils.errors import UserError
from tfgmmgan.utils.replicas import whole_batch

__all__ = ["Subclasses"]

COMPARED = 200  # examples of a subclass, each with each other, for how much they differ


class Subclasses:
    """What a `Pretraining` system whose prior may have subclasses does with them; goes before it among the bases.

    The system has a `subclass_consistency` and calls `set_subclasses` at the end of its constructor.
    """

    subclass_consistency: Weight = 0.0
    diversity_within: str = "modes"

    @property
    def num_subclasses(self) -> int:
        """How many subclasses the prior has, of all components together."""
        return getattr(self.prior, "num_subclasses", 0)

    def set_subclasses(self) -> None:
        """Make the outputs of C and D that tell subclasses."""
        if not self.num_subclasses:
            if self.diversity_within == "subclasses":
                raise UserError(
                    "diversity_within is 'subclasses', and the prior has none: give it some, or use 'modes'."
                )
            return
        if not self.pretraining_steps:
            raise UserError(
                "The prior has subclasses, which pretraining finds, and pretraining_steps is 0. Set it, or leave the "
                "subclasses out (--prior.subclasses 0 --prior.spread 1)."
            )
        if self.num_components == 1:
            raise UserError(
                "The prior's one component has subclasses, which are found beneath modes. Make them components, or "
                "leave them out (--prior.subclasses 0 --prior.spread 1)."
            )
        example = tf.zeros([1, *self.data_shape])
        self.classifier_subclasses, self.discriminator_subclasses = (
            keras.layers.Dense(count, dtype="float32", name=name)
            for count, name in (
                (self.num_subclasses, "classifier_subclasses"),
                (2 * self.num_subclasses, "discriminator_subclasses"),
            )
        )
        self.classifier_subclasses.build(self.class_features(example).shape)
        self.discriminator_subclasses.build(self.discriminator.trunk(self.discriminator.encoder(example)).shape)
        if self.diversity_within == "subclasses":
            self.subclass_distances = self.add_weight(
                shape=(self.num_subclasses,), initializer="zeros", trainable=False, name="subclass_distances"
            )

    def draw_stratified(self, fakes: int | tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Return as any system does; where fakes are compared within subclasses, two in turn are of the same one."""
        if self.diversity_within == "modes":
            return super().draw_stratified(fakes, seed)
        return self.prior.sample_stratified(fakes, seed, per_subclass=2)

    # -- losses --------------------------------------------------------------------------------------------

    def diversity_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return by how much less the fakes of a mode differ than its images; within subclasses, where it says so.

        Then a component's term is max(0, mean over its pairs of fakes of (d_g - |y - y'|)), g the subclass that both
        are of and d_g the mean distance of two of its images, as in `diversity_shortfall`; a batch has too few images
        of one subclass to take d_g from there.
        """
        if self.diversity_within == "modes":
            return super().diversity_loss(forward)
        found = pair_distances(forward.per_component(forward.fake))
        subclasses = forward.per_component(forward.fake_subclasses)[: 2 * tf.shape(found)[0] : 2]
        wanted = tf.gather(tf.convert_to_tensor(self.subclass_distances), subclasses)
        return tf.reduce_mean(tf.nn.relu(tf.reduce_mean(whole_batch(wanted - found), axis=0)))

    def subclass_terms(self) -> dict[str, LossTerm]:
        """Return the losses of subclasses; without any they have no weight."""
        weight = self.subclass_consistency if self.num_subclasses else 0.0
        return {
            "subclass_learning_loss": LossTerm(
                self.subclass_learning_loss,
                trains=("classifier_subclasses",),
                weight=1.0 if self.num_subclasses else 0.0,
                stages=("subclasses",),
            ),
            "subclass_discriminator_loss": LossTerm(
                self.subclass_discriminator_loss, trains=("encoder", "discriminator"), weight=weight
            ),
            "subclass_generator_loss": LossTerm(
                self.subclass_generator_loss, trains=("generator", "prior"), weight=weight
            ),
        }

    def subclass_learning_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return the cross-entropy of C's outputs for subclasses with the groups of examples that look alike."""
        logits = self.classifier_subclasses(forward.real_class_features)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=forward.labels, logits=logits))

    def subclass_discriminator_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return D's cross-entropy over 2 G classes: real ones as C says, fakes as they were made."""
        real = tf.argmax(self.classifier_subclasses(forward.real_class_features), axis=1)
        fake = self.num_subclasses + forward.fake_subclasses
        on_real, on_fake = (
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=self.discriminator_subclasses(trunk))
            for labels, trunk in ((real, forward.real_trunk), (fake, forward.fake_trunk))
        )
        return (tf.reduce_mean(on_real) + tf.reduce_mean(on_fake)) / 2

    def subclass_generator_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return mean -log of the odds, among the two classes of its subclass, that D finds a fake real."""
        logits, own = self.discriminator_subclasses(forward.fake_trunk), forward.fake_subclasses
        real = tf.gather(logits, own, batch_dims=1)
        return tf.reduce_mean(tf.nn.softplus(tf.gather(logits, self.num_subclasses + own, batch_dims=1) - real))

    # -- what the step asks --------------------------------------------------------------------------------

    @property
    def pretraining_groups(self) -> tuple[str, ...]:
        """The groups that the stages train: in "subclasses" C's outputs for these alone."""
        return ("classifier_subclasses",) if self.stage == "subclasses" else super().pretraining_groups

    def group_variables(self, group: str) -> list[keras.Variable]:
        """Return a group's trainable weights; D's outputs for subclasses are among the discriminator's."""
        if group == "classifier_subclasses":
            return self.classifier_subclasses.trainable_variables
        own = super().group_variables(group)
        if group == "discriminator" and self.num_subclasses:
            return [*own, *self.discriminator_subclasses.trainable_variables]
        return own

    # -- finding them --------------------------------------------------------------------------------------

    def after_refinement(self, examples: np.ndarray, rows: np.ndarray, train: Callable) -> None:
        """Find subclasses, teach them to C, and tell the prior how often each mode has them.

        Args:
            examples: (n, *data_shape) of which pretraining was.
            rows: (n, D) what they are compared by.
            train: Trains the stage that is on, for so many steps.
        """
        if not self.num_subclasses:
            return
        count = min(self.num_subclasses, len(np.unique(rows, axis=0)))
        found = KMeans(count, n_init=1, max_iter=30, random_state=self.seed).fit_predict(rows)
        self._now = Stage("subclasses", None, self.refinement_rounds)
        self._now.clusters = found
        train(self.pretraining_steps)
        said = self.infer("subclasses", self._subclasses, examples, ())
        probs = np.zeros((self.num_subclasses, self.num_components))
        np.add.at(probs, said, self.responsibilities(examples))
        self.prior.set_subclass_probs(probs.T)
        if self.diversity_within == "subclasses":
            self.subclass_distances.assign(self._distances(examples, said))

    def _distances(self, examples: np.ndarray, subclasses: np.ndarray) -> np.ndarray:
        """Return the mean distance of two examples of each subclass, of COMPARED at most; 0 where there is one only."""
        rng, distances = np.random.default_rng(self.seed), np.zeros(self.num_subclasses, np.float32)
        for subclass in range(self.num_subclasses):
            own = np.flatnonzero(subclasses == subclass)
            if len(own) > 1:
                chosen = np.sort(rng.permutation(own)[:COMPARED])
                rows = tf.reshape(to_float(tf.convert_to_tensor(examples[chosen])), [1, len(chosen), -1])
                distances[subclass] = mean_distance(rows, tf.ones([1, len(chosen), 1]))[0][0]
        return distances

    def _subclasses(self, examples: Any) -> tf.Tensor:
        """Return the subclass that C takes each example for, (n,)."""
        features = self.class_features(to_float(tf.convert_to_tensor(examples)))
        return tf.argmax(self.classifier_subclasses(features), axis=1)
