"""Generated examples against real ones among a network's features."""

import numpy as np

from tfgmmgan.evaluation.metrics import neighbours
from tfgmmgan.evaluation.metrics.features import Features
from tfgmmgan.evaluation.metrics.tfgan import classifier_score, frechet_distance, kernel_distance

__all__ = ["compare_features"]

NUM_COVERED = 10_000


def compare_features(real: Features, generated: Features, all_generated: bool = False) -> dict:
    """Return how generated examples compare with as many real ones, n; the score takes more where there are more.

    Args:
        real: Of n examples.
        generated: Of n or more.
        all_generated: Whether the Fréchet distance takes all generated ones, too, as a protocol may ask that has more
            of them than there are real ones. It falls with either number. Default False.

    Returns:
        `num`, n; `frechet_distance`, from `num_generated` generated examples; `kernel_distance` and its
        `kernel_distance_error`, None with a single block of 1,024; `precision` and `recall` with `neighbours`,
        `density` and `coverage` with `coverage_neighbours`, of `num_covered`, 10,000 at most; where there are logits
        `score`, over `num_scored` generated examples, and `real_score`.
    """
    n = len(real)
    if len(generated) < n:
        raise ValueError(f"Expected at least {n} generated examples, as many as real ones; got {len(generated)}.")
    same = generated[slice(n)]
    distance, error = kernel_distance(real.values, same.values)
    both = real.spread(NUM_COVERED).values, same.values[:NUM_COVERED]
    precision, recall = neighbours.precision_recall(*both)
    radii = neighbours.kth_distances(both[0], neighbours.COVERAGE_NEIGHBOURS)
    found = {
        "num": n,
        "num_generated": len(generated) if all_generated else n,
        "frechet_distance": frechet_distance(real.moments, (generated if all_generated else same).moments),
        "kernel_distance": distance,
        "kernel_distance_error": None if np.isnan(error) else error,
        "precision": precision,
        "recall": recall,
        "neighbours": neighbours.NEIGHBOURS,
        "density": neighbours.density(*both, radii=radii),
        "coverage": neighbours.coverage(*both, radii=radii),
        "coverage_neighbours": neighbours.COVERAGE_NEIGHBOURS,
        "num_covered": min(n, NUM_COVERED),
    }
    if generated.logits is not None:
        found |= {
            "score": classifier_score(generated.logits),
            "num_scored": len(generated),
            "real_score": classifier_score(real.logits),
        }
    return found
