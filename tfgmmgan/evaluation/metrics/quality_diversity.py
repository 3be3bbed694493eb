"""GM-GAN's quality, diversity and combined scores (section 3.2). All are in [0, 1], and more is better."""

import numpy as np
import tensorflow as tf
from scipy.special import expit
from scipy.stats import entropy

from tfgmmgan.evaluation.metrics.features import Features
from tfgmmgan.evaluation.metrics.neighbours import nearest_distances

__all__ = ["combined", "inter_class_diversity", "intra_class_diversity", "ms_ssim", "quality", "quality_diversity"]

SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # Wang, Simoncelli & Bovik 2003
WINDOW = 11
PAIRS = 2000
PAIRS_FROM = 4000  # images at most that pairs are taken of


def quality(distances: np.ndarray, constant: float) -> np.ndarray:
    """Return q(x) = 1 - exp(d) / (exp(d) + a) = sigmoid(log a - d) of (n,) distances d (eq. 6).

    They are those to the nearest training example among a classifier's features. The paper does not publish its a > 0.
    """
    if not constant > 0:
        raise ValueError(f"The constant a must be positive; got {constant}.")
    return expit(np.log(constant) - np.asarray(distances, np.float64))


def quality_constant(real_distances: np.ndarray) -> float:
    """Return our a: that under which the median of real test examples has a quality of one half."""
    return float(np.exp(min(np.median(real_distances), 700.0)))


def inter_class_diversity(classes: np.ndarray, num_classes: int) -> float:
    """Return the entropy of the shares of (n,) predicted classes, over log N (eq. 9); 0 for a single class."""
    if num_classes < 2:
        return 0.0
    return float(entropy(np.bincount(classes, minlength=num_classes)) / np.log(num_classes))


def intra_class_diversity(images: np.ndarray, num_pairs: int = PAIRS, seed: int = 0) -> float:
    """Return one less the mean MS-SSIM over random pairs of different rows of (n, H, W, C) images in [-1, 1] (eq. 8).

    The paper's sum over all pairs, taken from some of them; images with themselves, a share of 1 / n there, are left
    out.
    """
    rng = np.random.default_rng(seed)
    first = rng.integers(len(images), size=num_pairs)
    second = (first + rng.integers(1, len(images), size=num_pairs)) % len(images)
    return float(np.clip(1 - ms_ssim(images[first], images[second]).mean(), 0, 1))


def ms_ssim_settings(height: int, width: int) -> dict[str, int]:
    """Return the window's side and the number of scales for a size: 11 pixels and five where there is room.

    Each scale halves the image, and the window must fit into the smallest; below 11 pixels it is what fits.
    """
    side = min(height, width)
    window = min(WINDOW, side if side % 2 else side - 1)
    scales = 1
    while scales < len(SCALE_WEIGHTS) and side // 2**scales >= window:
        scales += 1
    return {"window": window, "scales": scales}


def ms_ssim(first: np.ndarray, second: np.ndarray, batch_size: int = 256) -> np.ndarray:
    """Return the MS-SSIM of pairs of images in [-1, 1], (n, H, W, C) -> (n,), by TensorFlow.

    Its weights are the usual ones of the scales there are, brought to a sum of one.
    """
    settings = ms_ssim_settings(*first.shape[1:3])
    batches = (slice(row, row + batch_size) for row in range(0, len(first), batch_size))
    return np.concatenate([_ms_ssim(first[rows] + 1, second[rows] + 1, **settings) for rows in batches])


@tf.function(reduce_retracing=True)
def _ms_ssim(first: tf.Tensor, second: tf.Tensor, window: int, scales: int) -> tf.Tensor:
    weights = [weight / sum(SCALE_WEIGHTS[:scales]) for weight in SCALE_WEIGHTS[:scales]]
    return tf.image.ssim_multiscale(first, second, 2.0, weights, filter_size=window)


def combined(first: float, second: float) -> float:
    """Return the geometric mean: the diversity of the two diversities (eq. 10), the combined score of quality and
    diversity (eq. 11).
    """
    return float(np.sqrt(first * second))


def quality_diversity(
    features: Features, images: np.ndarray, reference: np.ndarray, constant: float, num_pairs: int = PAIRS
) -> dict[str, float]:
    """Return a sample's `quality` (eq. 7), `intra` (eq. 8), `inter` (eq. 9), `diversity` (eq. 10), `combined` (eq. 11).

    `features` are a classifier's, with logits; `reference` those of the training examples, (n, p). MS-SSIM is taken of
    `num_pairs` pairs of `images`, (m, H, W, C) in [-1, 1]; `constant` is a of eq. 6.
    """
    q = float(quality(nearest_distances(features.values, reference), constant).mean())
    intra = intra_class_diversity(images, num_pairs)
    inter = inter_class_diversity(features.logits.argmax(axis=1), features.logits.shape[1])
    diversity = combined(intra, inter)
    return {"quality": q, "intra": intra, "inter": inter, "diversity": diversity, "combined": combined(q, diversity)}
