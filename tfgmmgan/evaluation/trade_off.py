"""The trade-off between quality and diversity over variance scales (GM-GAN, section 4.3; Fig. 2 and 7)."""

from collections.abc import Sequence

import numpy as np

from tfgmmgan.evaluation.features import FeatureNetwork, Features, collect
from tfgmmgan.evaluation.neighbours import nearest_distances
from tfgmmgan.evaluation.progress import progress
from tfgmmgan.evaluation.quality_diversity import (
    PAIRS,
    combined,
    inter_class_diversity,
    intra_class_diversity,
    quality,
)
from tfgmmgan.evaluation.samplers import draw_in_batches
from tfgmmgan.evaluation.tfgan import classifier_score
from tfgmmgan.models import LatentGAN

__all__ = ["SCALES", "quality_diversity", "trade_off"]

SCALES = tuple(round(0.1 * step, 1) for step in range(5, 21))
PARTS = 4


def quality_diversity(
    features: Features, images: np.ndarray, reference: np.ndarray, constant: float, num_pairs: int = PAIRS
) -> dict[str, float]:
    """Return a sample's scores of section 3.2.

    Args:
        features: A classifier's, of the sample, with logits.
        images: (m, H, W, C) in [-1, 1], as many of them as MS-SSIM is taken of.
        reference: (n, p) features of the training examples.
        constant: a of eq. 6.
        num_pairs: Of eq. 8.

    Returns:
        `quality` (eq. 7), `intra` (eq. 8), `inter` (eq. 9), `diversity` (eq. 10), `combined` (eq. 11).
    """
    q = float(quality(nearest_distances(features.values, reference), constant).mean())
    intra = intra_class_diversity(images, num_pairs)
    inter = inter_class_diversity(features.logits.argmax(axis=1), features.logits.shape[1])
    diversity = combined(intra, inter)
    return {"quality": q, "intra": intra, "inter": inter, "diversity": diversity, "combined": combined(q, diversity)}


def trade_off(
    model: LatentGAN,
    judge: FeatureNetwork,
    reference: np.ndarray,
    constant: float,
    num_generated: int = 2000,
    inception: FeatureNetwork | None = None,
    scales: Sequence[float] = SCALES,
    seed: int = 0,
) -> dict:
    """Return quality, diversity and classifier score for each variance scale.

    Args:
        model: A trained model.
        judge: A classifier of the dataset.
        reference: (n, p) its features of the training examples.
        constant: a of eq. 6.
        num_generated: Examples for each scale.
        inception: Where given, the Inception Score too.
        scales: Variance scales; 0.5 to 2 in the paper.
        seed: Decides the noise, the same under each scale.

    Returns:
        `scales` and `num_generated`; by name of the score a list over scales, and `<name>_error`, its standard error
        from four parts of the sample (over training runs it takes several: `aggregate`). Scores are those of
        `quality_diversity`, `classifier_score` and `inception_score`.
    """
    rows = []
    networks = [judge] + ([inception] if inception else [])
    num_generated -= num_generated % PARTS
    for scale in progress(scales, "trade-off over variance scales", unit="scale"):
        batches = draw_in_batches(model, num_generated, seed, variance_scale=scale)
        found, images = collect(networks, batches, keep=num_generated)
        parts = []
        for part in range(PARTS):
            chosen = slice(part, None, PARTS)
            scores = quality_diversity(
                found[judge.name][chosen], images[chosen], reference, constant, max(1, PAIRS // PARTS)
            )
            scores |= _scores(found, judge, inception, chosen)
            parts.append(scores)
        # what is a mean over examples or pairs is the parts' mean; the others are taken from all examples at once
        mean = {name: float(np.mean([part[name] for part in parts])) for name in parts[0]}
        judged = found[judge.name].logits
        mean["inter"] = inter_class_diversity(judged.argmax(axis=1), judged.shape[1])
        mean["diversity"] = combined(mean["intra"], mean["inter"])
        mean["combined"] = combined(mean["quality"], mean["diversity"])
        mean |= _scores(found, judge, inception, slice(None))
        error = {
            f"{name}_error": float(np.std([part[name] for part in parts], ddof=1) / np.sqrt(PARTS)) for name in mean
        }
        rows.append(mean | error)
    return {
        "scales": list(scales),
        "num_generated": num_generated,
        **{name: [row[name] for row in rows] for name in rows[0]},
    }


def _scores(
    found: dict[str, Features], judge: FeatureNetwork, inception: FeatureNetwork | None, rows: slice
) -> dict[str, float]:
    scores = {"classifier_score": classifier_score(found[judge.name].logits[rows])}
    if inception:
        scores["inception_score"] = classifier_score(found[inception.name].logits[rows])
    return scores
