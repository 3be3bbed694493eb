"""Responsibility learning's losses (Huang et al. 2020), its poster's, and ours, each from a forward pass."""

import tensorflow as tf

from tfgmmgan.losses import diversity_shortfall, joint_mutual_information, marginal_entropy, posterior_consistency
from tfgmmgan.losses.responsibility import joint_of_pairs, weighted_rows
from tfgmmgan.models.forward import ForwardPass
from tfgmmgan.utils.replicas import whole_batch

__all__ = ["ResponsibilityLosses"]


class ResponsibilityLosses:
    """The losses of `GMMGAN`, without their weights; goes before `LatentGAN` among its bases.

    The formulas are in `tfgmmgan.losses`; here is what of a pass goes into them, and what has no gradient.
    """

    def discriminator_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return eq. 3 as D minimises it, with alpha as a constant: D is not to please itself through C."""
        alpha = tf.stop_gradient(forward.responsibilities)
        real = weighted_rows(alpha, self._adversarial.real(forward.real_scores))
        return real + self.weighted_fakes(alpha, self._adversarial.fake(forward.fake_scores))

    def generator_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return eq. 3 as G minimises it; the real half has no gradient here, since alpha sums to 1."""
        alpha = forward.responsibilities if self.classifier_adversarial else tf.stop_gradient(forward.responsibilities)
        return self.weighted_fakes(alpha, self._adversarial.generator(forward.fake_scores))

    def weighted_fakes(self, alpha: tf.Tensor, terms: tf.Tensor) -> tf.Tensor:
        """Return the weighted mean of one term for each fake, the generated half of eq. 3.

        Args:
            alpha: (b, K) responsibilities of the real images, whose mean is the weights; without use where
                `generated_weights` is "uniform".
            terms: One for each fake, in the order of `forward.fake_scores`.
        """
        if self.generated_weights == "uniform":
            return tf.reduce_mean(terms) / self.num_components
        return self._estimator.weighted_fakes(alpha, terms)

    def mutual_information_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return the negative of eq. 4."""
        return -self._estimator.weighted_log_classes(forward.responsibilities, forward.fake_log_classes)

    def marginal_entropy_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return -H(mean C(x)) / K."""
        return -marginal_entropy(forward.responsibilities) / self.num_components

    def posterior_consistency_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return the poster's cross-entropy of p(k | z) and C(x_hat)."""
        return posterior_consistency(forward.posterior, forward.fake_log_classes)

    def responsibility_consistency_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return the negative of the poster's I(C(x); C(x_hat))."""
        joint = self._estimator.joint(forward.responsibilities, tf.exp(forward.fake_log_classes))
        return -joint_mutual_information(joint)

    def diversity_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return by how much less the fakes of a mode differ than its images; see `diversity_shortfall`."""
        alpha = tf.stop_gradient(forward.responsibilities)
        batch = (whole_batch(rows) for rows in (forward.real, alpha, forward.per_component(forward.fake)))
        return diversity_shortfall(*batch)

    def augmentation_consistency_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return the negative of I(C(x); C(x changed)) over the batch (Ji et al. 2019)."""
        changed = tf.nn.softmax(forward.changed_class_logits)
        return -joint_mutual_information(joint_of_pairs(forward.responsibilities, changed))
