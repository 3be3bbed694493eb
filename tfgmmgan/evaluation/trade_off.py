"""The trade-off between quality and diversity over variance scales (GM-GAN, section 4.3; Fig. 2 and 7)."""

from collections.abc import Sequence

import numpy as np

from tfgmmgan.evaluation.features import FeatureNetwork, Features, collect
from tfgmmgan.evaluation.neighbours import nearest_distances, precision_recall
from tfgmmgan.evaluation.progress import progress
from tfgmmgan.evaluation.quality_diversity import (
    PAIRS,
    combined,
    inter_class_diversity,
    intra_class_diversity,
    quality,
)
from tfgmmgan.evaluation.samplers import draw_in_batches
from tfgmmgan.evaluation.tfgan import classifier_score, frechet_distance
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
    networks: Sequence[FeatureNetwork],
    real: dict[str, Features],
    reference: np.ndarray | None = None,
    constant: float = 1.0,
    num_generated: int = 2000,
    scales: Sequence[float] = SCALES,
    seed: int = 0,
) -> dict:
    """Return for each variance scale how generated examples compare with real ones; quality and diversity too.

    Args:
        model: A trained model.
        networks: What gives features; those with logits give a score.
        real: By network's name the features of real examples, `num_generated` of them or fewer.
        reference: (n, p) features of the training examples by the network "classifier", for quality and diversity; None
            leaves these out.
        constant: a of eq. 6.
        num_generated: Examples for each scale, 8 or more.
        scales: Variance scales; 0.5 to 2 in the paper.
        seed: Decides the noise, the same under each scale.

    Returns:
        `scales` and `num_generated`; `distances`, by network `num` compared, and lists over scales of
        `frechet_distance`, `precision` and `recall` (ours: the paper has none of them over scales). By name of the
        score a list over scales, and `<name>_error`, its standard error from four parts of the sample (over training
        runs it takes several: `aggregate`): with a reference those of `quality_diversity`; and `<network>_score` of
        networks with logits.
    """
    rows, compared = [], []
    num_generated -= num_generated % PARTS
    for scale in progress(scales, "trade-off over variance scales", unit="scale"):
        batches = draw_in_batches(model, num_generated, seed, variance_scale=scale)
        found, images = collect(networks, batches, keep=num_generated if reference is not None else 0)
        compared.append({name: _compare(real[name], features) for name, features in found.items()})
        parts = []
        for part in range(PARTS):
            chosen = slice(part, None, PARTS)
            scores = _scores(found, chosen)
            if reference is not None:
                pairs = max(1, PAIRS // PARTS)
                scores |= quality_diversity(found["classifier"][chosen], images[chosen], reference, constant, pairs)
            parts.append(scores)
        # what is a mean over examples or pairs is the parts' mean; the others are taken from all examples at once
        mean = {name: float(np.mean([part[name] for part in parts])) for name in parts[0]}
        if reference is not None:
            judged = found["classifier"].logits
            mean["inter"] = inter_class_diversity(judged.argmax(axis=1), judged.shape[1])
            mean["diversity"] = combined(mean["intra"], mean["inter"])
            mean["combined"] = combined(mean["quality"], mean["diversity"])
        mean |= _scores(found, slice(None))
        error = {
            f"{name}_error": float(np.std([part[name] for part in parts], ddof=1) / np.sqrt(PARTS)) for name in mean
        }
        rows.append(mean | error)
    distances = {
        network: {"num": first["num"]}
        | {name: [row[network][name] for row in compared] for name in first if name != "num"}
        for network, first in compared[0].items()
    }
    return {
        "scales": list(scales),
        "num_generated": num_generated,
        "distances": distances,
        **{name: [row[name] for row in rows] for name in rows[0]},
    }


def _compare(real: Features, generated: Features) -> dict[str, float]:
    n = min(len(real), len(generated))
    real, generated = real.spread(n), generated[slice(n)]
    precision, recall = precision_recall(real.values, generated.values)
    distance = frechet_distance(real.moments, generated.moments)
    return {"num": n, "frechet_distance": distance, "precision": precision, "recall": recall}


def _scores(found: dict[str, Features], rows: slice) -> dict[str, float]:
    return {
        f"{name}_score": classifier_score(features.logits[rows])
        for name, features in found.items()
        if features.logits is not None
    }
