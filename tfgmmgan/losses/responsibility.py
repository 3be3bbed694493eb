"""Equations 3 and 4 of responsibility learning (Huang et al. 2020), with two estimators of each.

Shapes: B real images, K components, O outputs of the discriminator's head (1, or K for one a mode),
S fakes of each component. alpha (B, K) holds the responsibilities C(x_i), rows summing to 1.

In the paper every real image x_i comes with its own K fakes x_hat_i^k, B*K in all: the *paired* estimator, with
S = B fakes of each component, the i-th of which belongs to x_i. But x_hat_i^k depends on x_i through nothing but
independent noise, so one set of S fakes a component, met by all real images, has the same expected value and the
same expected gradients: the *stratified* estimator, with S = ceil(B / K), a K-th of the fakes. For eq. 4 it averages
log C over the fakes (not C), and alpha_i alpha_i^T over the images (not the outer product of means).
The equality holds for fixed normalisation; batch norm in training mode sees other batches in either case.

Under a strategy with several replicas (`tfgmmgan.utils.replicas`) batch means that enter a product or a logarithm are
those of the whole batch; means that a loss is linear in are the replica's own, and averaged with the gradients.
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from tfgmmgan.utils.registry import Registry
from tfgmmgan.utils.replicas import batch_mean, mean_of_sums

__all__ = [
    "ESTIMATORS",
    "Estimator",
    "joint_mutual_information",
    "joint_of_pairs",
    "joint_paired",
    "joint_stratified",
    "marginal_entropy",
    "posterior_consistency",
    "posterior_information",
    "weighted_fakes_stratified",
    "weighted_log_classes_paired",
    "weighted_log_classes_stratified",
    "weighted_rows",
]


def weighted_rows(alpha: tf.Tensor, terms: tf.Tensor) -> tf.Tensor:
    """Return 1/K mean_i sum_k alpha_ik t_ik: eq. 3's real half, and its fake half as it is written (paired).

    Args:
        alpha: (B, K) responsibilities.
        terms: (B, O) loss of each head on x_i, O being 1 or K; or (B, K) loss of the fake that x_i's component k made.
    """
    num_components = tf.cast(tf.shape(alpha)[1], terms.dtype)
    return tf.reduce_mean(tf.reduce_sum(alpha * terms, axis=1)) / num_components


def weighted_fakes_stratified(alpha: tf.Tensor, terms: tf.Tensor) -> tf.Tensor:
    """Return the fake half of eq. 3 from shared fakes, 1/K sum_k mean_i(alpha_ik) mean_s(t_sk).

    Args:
        alpha: (B, K) responsibilities.
        terms: (S, K) loss of each fake.
    """
    return tf.reduce_mean(batch_mean(alpha) * tf.reduce_mean(terms, axis=0))


def weighted_log_classes_paired(alpha: tf.Tensor, log_classes: tf.Tensor) -> tf.Tensor:
    """Return eq. 4 as it is written, 1/K mean_i sum_kj alpha_ik alpha_ij log C_j(x_hat_i^k).

    This is InfoGAN's lower bound E[log Q(c | x)] on the mutual information, weighted by alpha_ik, without its H(c).

    Args:
        alpha: (B, K) responsibilities.
        log_classes: (B, K, K) log C_j of the fake that x_i's component k made.
    """
    num_components = tf.cast(tf.shape(alpha)[1], log_classes.dtype)
    return tf.reduce_mean(tf.einsum("ik,ij,ikj->i", alpha, alpha, log_classes)) / num_components


def weighted_log_classes_stratified(alpha: tf.Tensor, log_classes: tf.Tensor) -> tf.Tensor:
    """Return eq. 4 from shared fakes, 1/K sum_kj mean_i(alpha_ik alpha_ij) mean_s(log C_j(x_hat_sk)).

    Args:
        alpha: (B, K) responsibilities.
        log_classes: (S, K, K) log C_j of each fake.
    """
    num_components = tf.cast(tf.shape(alpha)[1], log_classes.dtype)
    return tf.reduce_sum(second_moment(alpha) * tf.reduce_mean(log_classes, axis=0)) / num_components


def second_moment(alpha: tf.Tensor) -> tf.Tensor:
    """Return mean_i alpha_i alpha_i^T over the whole batch, (B, K) -> (K, K)."""
    return mean_of_sums(tf.matmul(alpha, alpha, transpose_a=True), tf.shape(alpha)[0])


def marginal_entropy(alpha: tf.Tensor) -> tf.Tensor:
    """Return H(mean_i alpha_i) in nats, in [0, log K]: InfoGAN's H(c), with the batch's mean as the marginal.

    Eq. 4 cites InfoGAN's bound E[log Q(c|x)] + H(c) and drops H(c). Without it the one component whose fakes look
    best takes every image; H(c) is what holds the others open. It pulls towards equal weights.

    Args:
        alpha: (B, K) responsibilities.
    """
    mean = batch_mean(alpha)
    return -tf.reduce_sum(tf.math.xlogy(mean, mean))


def posterior_consistency(posterior: tf.Tensor, log_classes: tf.Tensor) -> tf.Tensor:
    """Return the poster's first comparison as a cross-entropy, -mean_sk sum_j p(j | z_sk) log C_j(x_hat_sk).

    The poster compares p(k | z) with C(x_hat) by their mutual information, which `posterior_information` is; like
    eq. 4, this is its lower bound with p(k | z) as the target, without the constant entropy. It says which output of C
    is which component; information is as high under any other order of C's outputs.

    Args:
        posterior: (S, K, K) closed-form p(j | z_sk), without gradient.
        log_classes: (S, K, K) log C_j of each fake.
    """
    return -tf.reduce_mean(tf.reduce_sum(posterior * log_classes, axis=-1))


def posterior_information(posterior: tf.Tensor, log_classes: tf.Tensor) -> tf.Tensor:
    """Return the poster's first comparison as it is written, I(p(k | z); C(x_hat)) in nats.

    Its joint distribution is mean_sk p(j | z_sk) C_l(x_hat_sk), over the whole batch.

    Args:
        posterior: (S, K, K) closed-form p(j | z_sk), without gradient.
        log_classes: (S, K, K) log C_l of each fake.
    """
    rows = [tf.reshape(each, [-1, each.shape[-1]]) for each in (posterior, tf.exp(log_classes))]
    joint = mean_of_sums(tf.matmul(*rows, transpose_a=True), tf.shape(rows[0])[0])
    return joint_mutual_information(joint)


def joint_stratified(alpha: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
    """Return the joint distribution of C(x) and C(x_hat) from shared fakes, (K, K); see `joint_paired`.

    Args:
        alpha: (B, K) responsibilities.
        classes: (S, K, K) C of each fake.
    """
    return tf.matmul(second_moment(alpha), batch_mean(classes))


def joint_paired(alpha: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
    """Return the joint distribution of C(x) and C(x_hat), J_jl = mean_i sum_k alpha_ik alpha_ij C_l(x_hat_i^k).

    The poster compares C(x_i) with C(x_hat^k), summed over k, by the mutual information of their joint distribution,
    and does not say which that is. x_hat^k depends on x_i through noise alone, so the plain joint is a product, whose
    mutual information is 0. Ours is that of an x and a fake of the component that C takes x to be of: k is drawn from
    alpha_i, as in eq. 3.

    Args:
        alpha: (B, K) responsibilities.
        classes: (B, K, K) C of the fake that x_i's component k made.
    """
    joint = tf.einsum("ik,ij,ikl->jl", alpha, alpha, classes)
    return mean_of_sums(joint, tf.shape(alpha)[0])


def joint_of_pairs(first: tf.Tensor, second: tf.Tensor) -> tf.Tensor:
    """Return the joint distribution of the classes of two views of each image, symmetrised, (K, K).

    Args:
        first: (B, K) C of an image.
        second: (B, K) C of the same image, changed.

    Reference:
        Ji et al. 2019 (IIC), eq. 2 and the text after it.
    """
    joint = mean_of_sums(tf.matmul(first, second, transpose_a=True), tf.shape(first)[0])
    return (joint + tf.transpose(joint)) / 2


def joint_mutual_information(joint: tf.Tensor, entropy_penalty: float | tf.Tensor = 0.0) -> tf.Tensor:
    """Return sum_jl J_jl log(J_jl / (J_j. J_.l)) in nats, the poster's I(X; Y), less a share of the entropies.

    Args:
        joint: (K, K), non-negative, summing to 1.
        entropy_penalty: Share of the mean entropy of X and Y that is taken off (ours). Information wants all K equally
            often, which earns it up to log K; what remains of that is 1 - entropy_penalty. Default 0.
    """
    first, second = tf.reduce_sum(joint, axis=1, keepdims=True), tf.reduce_sum(joint, axis=0, keepdims=True)
    information = tf.reduce_sum(tf.math.xlogy(joint, joint) - tf.math.xlogy(joint, first * second))
    if isinstance(entropy_penalty, float) and entropy_penalty == 0:
        return information
    entropies = -tf.reduce_sum(tf.math.xlogy(first, first)) - tf.reduce_sum(tf.math.xlogy(second, second))
    return information - entropy_penalty * entropies / 2


class Estimator(NamedTuple):
    """How many fakes of each component a batch needs, and what eq. 3's fake half, eq. 4 and the joint are of them."""

    fakes_per_component: Callable[[int, int], int]
    weighted_fakes: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
    weighted_log_classes: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
    joint: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


ESTIMATORS = Registry(
    "estimator",
    {
        "stratified": Estimator(
            lambda batch, components: -(-batch // components),
            weighted_fakes_stratified,
            weighted_log_classes_stratified,
            joint_stratified,
        ),
        "paired": Estimator(
            lambda batch, components: batch,
            weighted_rows,
            weighted_log_classes_paired,
            joint_paired,
        ),
    },
)
