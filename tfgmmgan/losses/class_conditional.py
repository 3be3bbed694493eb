"""Losses that know the class of each real example: supervised GM-GAN (Ben-Yosef & Weinshall 2018) and AC-GAN.

GM-GAN's are written for log D and log(1 - D). Here they take any `AdversarialLoss`, where to call an example false is
to call its opposite true: D(-l) = 1 - D(l).
"""

import tensorflow as tf

from tfgmmgan.losses.adversarial import AdversarialLoss

__all__ = ["class_log_loss", "one_against_all"]


def one_against_all(loss: AdversarialLoss, logits: tf.Tensor, outputs: tf.Tensor | None, generator: bool) -> tf.Tensor:
    """Return mean_i sum_m of one binary loss for each output: true for `outputs[i]`, false for the others.

    It is the supervised GM-GAN's L_real(D), with `outputs` the class of each real example; its L_fake(D), with None: no
    output is true of a fake; and its L(G), with `generator` and the class that each fake was meant to be.

    Args:
        loss: The adversarial loss.
        logits: (n, M).
        outputs: (n,) which output is true of each example, or None.
        generator: Whether G is to be taught, and not D.

    Reference:
        Algorithm 1, lines 11, 12 and 23. Line 11 has m != y(x); the text's m != f(y(x)) takes the class of a real
        example for a component.
    """
    true = loss.generator if generator else loss.real
    false = true(-logits)
    if outputs is None:
        return tf.reduce_mean(tf.reduce_sum(false, axis=1))
    chosen = tf.one_hot(outputs, logits.shape[1], dtype=logits.dtype)
    return tf.reduce_mean(tf.reduce_sum(chosen * true(logits) + (1.0 - chosen) * false, axis=1))


def class_log_loss(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Return -E[log P(C = c | x)], one half of the negative of AC-GAN's L_C.

    Args:
        logits: (n, N).
        labels: (n,) class ids.

    Reference:
        Odena et al. 2017, eq. 3.
    """
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
