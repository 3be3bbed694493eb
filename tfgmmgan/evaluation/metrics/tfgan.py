"""TF-GAN's evaluation functions, and the one place that knows how to import them."""

import importlib
import importlib.util
import sys
import types
from functools import cache
from pathlib import Path

import numpy as np
import tensorflow as tf

from tfgmmgan.evaluation.metrics.features import Moments

__all__ = ["classifier_score", "frechet_distance", "kernel_distance"]

PACKAGE = "tensorflow_gan"
BLOCK = 1024


@cache
def classifier_metrics() -> types.ModuleType:
    """Return `tensorflow_gan.python.eval.classifier_metrics`.

    TF-GAN 2.1.0 as a whole wants `tf.estimator`, which TensorFlow 2.16 dropped, and `distutils`, which Python 3.12
    dropped; its evaluation wants neither. Where the ordinary import fails, the packages above the module are registered
    empty, so that only what it imports itself is run.
    """
    name = f"{PACKAGE}.python.eval.classifier_metrics"
    try:
        return importlib.import_module(name)
    except (ImportError, AttributeError):
        for loaded in [loaded for loaded in sys.modules if loaded.split(".")[0] == PACKAGE]:
            del sys.modules[loaded]
    root = Path(importlib.util.find_spec(PACKAGE).origin).parent
    for folder in ("", "python", "python/eval"):  # the last one's __init__ wants TF-Hub, and TF-Hub pkg_resources
        bare = types.ModuleType(".".join([PACKAGE, *folder.split("/")]).rstrip("."))
        bare.__path__ = [str(root / folder)]
        sys.modules[bare.__name__] = bare
    return importlib.import_module(name)


def frechet_distance(first: Moments, second: Moments) -> float:
    """Return the Fréchet distance between two samples by their moments, >= 0; FID where the features are Inception's.

    |m - m_w|^2 + Tr(C + C_w - 2 (C C_w)^(1/2)) (Heusel et al. 2017, eq. 6), of which TF-GAN's `trace_sqrt_product` does
    the part that is numerically hard. Its own road from activations holds these in float64 several times over.
    """
    product = classifier_metrics().trace_sqrt_product(tf.constant(first.covariance), tf.constant(second.covariance))
    traces = np.trace(first.covariance) + np.trace(second.covariance) - 2 * float(product)
    return max(0.0, float(traces + np.square(first.mean - second.mean).sum()))


def kernel_distance(first: np.ndarray, second: np.ndarray, seed: int = 0) -> tuple[float, float]:
    """Return the kernel distance of features (n, p) and (m, p), and its standard error, by TF-GAN; KID by Inception.

    Unbiased, so it may fall below 0 for samples of one distribution. The mean over random blocks of at most 1,024 rows,
    as TF-GAN takes it, one call for each so that no more than a block is held in float64. With a single block there is
    no standard error: NaN. The kernel is (x . y / p + 1)^3 (Bińkowski et al. 2018).
    """
    rng = np.random.default_rng(seed)
    num_blocks = -(-max(len(first), len(second)) // BLOCK)
    pairs = zip(*(np.array_split(rng.permutation(len(rows)), num_blocks) for rows in (first, second)), strict=True)
    distance = classifier_metrics().kernel_classifier_distance_from_activations
    found = [
        float(distance(tf.constant(first[rows], tf.float64), tf.constant(second[others], tf.float64)))
        for rows, others in pairs
    ]
    error = float(np.std(found, ddof=1) / np.sqrt(num_blocks)) if num_blocks > 1 else float("nan")
    return float(np.mean(found)), error


def classifier_score(logits: np.ndarray) -> float:
    """Return exp(E_x KL(p(y | x) || p(y))) of (n, classes) logits, by TF-GAN's divergence: with Inception's, its score.

    Between 1 and the number of classes. In blocks of rows: TF-GAN's own `classifier_score_from_logits`, which gives the
    same, takes nearly two gigabytes for 50,000 rows of Inception's. Over all rows at once (Salimans et al. 2016;
    GM-GAN, eq. 5); the original averages over ten splits of 5,000.
    """

    blocks = [tf.constant(logits[row : row + 4 * BLOCK], tf.float32) for row in range(0, len(logits), 4 * BLOCK)]
    marginal = sum(tf.reduce_sum(tf.nn.softmax(block), axis=0) for block in blocks) / len(logits)
    divergence = classifier_metrics().kl_divergence
    total = sum(float(tf.reduce_sum(divergence(tf.nn.softmax(block), block, marginal))) for block in blocks)
    return float(np.exp(total / len(logits)))
