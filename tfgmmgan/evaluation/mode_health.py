"""Whether each mode is alive, its own, and like the real examples it stands for. No label is looked at."""

from collections.abc import Callable, Iterable

import numpy as np
from scipy.stats import entropy

from tfgmmgan.evaluation.features import FeatureNetwork, Features, collect
from tfgmmgan.evaluation.modes import SHARE_ALIVE
from tfgmmgan.evaluation.neighbours import coverage, kth_distances, share_covered
from tfgmmgan.evaluation.progress import progress
from tfgmmgan.evaluation.samplers import draw_in_batches
from tfgmmgan.evaluation.tfgan import frechet_distance
from tfgmmgan.models import LatentGAN

__all__ = ["duplicate_pairs", "mode_health"]

SAME = 0.6  # accuracy at which two modes count as one; 0.5 is chance
MIN_REAL = 20


def duplicate_pairs(confusion: np.ndarray) -> list[tuple[int, int]]:
    """Return the pairs of modes that a classifier tells apart in at most 60 of 100 cases, chance being 50.

    A classifier two-sample test (Lopez-Paz & Oquab 2017) for each pair; cases that it gives to a third mode count for
    neither.

    Args:
        confusion: (K, K) counts of generated examples that it was not trained on: row k was drawn from component k,
            column j assigned to j.
    """
    pairs = []
    for first in range(len(confusion)):
        for second in range(first + 1, len(confusion)):
            block = confusion[np.ix_([first, second], [first, second])]
            if block.sum() and np.trace(block) / block.sum() <= SAME:
                pairs.append((first, second))
    return pairs


def mode_health(
    model: LatentGAN,
    responsibilities: np.ndarray,
    real: dict[str, Features],
    networks: Iterable[FeatureNetwork],
    generated_classifier: Callable[[np.ndarray], np.ndarray],
    num_per_mode: int = 500,
    seed: int = 1,
    variance_scale: float = 1.0,
) -> dict:
    """Return the health of each mode.

    Args:
        model: A model with K >= 2 components.
        responsibilities: (n, K) of real examples.
        real: By name of the network the features of the same examples.
        networks: The networks.
        generated_classifier: Algorithm 2's (`train_on_generated`), which has not seen what is drawn here.
        num_per_mode: Examples drawn from each component.
        seed: Decides them; another than that of Algorithm 2.
        variance_scale: Under which they are drawn.

    Returns:
        `modes`, a list of K with `weight` (of the prior), `share` (of the real examples, by their most probable
        mode), `entropy` (mean of that of p(k | x) over those, in nats; None without any), `recovered` (share of
        generated examples that the model's own p(k | x) gives back to the component; None without one),
        `recovered_by_algorithm_2`, and by network `frechet_distance`, `recall` and `coverage` between the mode's real
        and as many generated examples, None below 20. `dead`, modes whose share is below a fifth of 1 / K; `duplicates`
        (`duplicate_pairs`); `num_per_mode`.
    """
    k = model.prior.num_components
    nearest = responsibilities.argmax(axis=1)
    entropies = entropy(np.maximum(responsibilities.astype(np.float64), 1e-30), axis=1)
    weights = model.prior.mixture_probs().numpy()
    networks = list(networks)
    modes, confusion = [], np.zeros((k, k))
    for mode in progress(range(k), "modes", unit="mode"):
        component = np.full(num_per_mode, mode)
        drawn = draw_in_batches(model, num_per_mode, seed, component=component, variance_scale=variance_scale)
        found, images = collect(networks, drawn, keep=num_per_mode)
        confusion[mode] = np.bincount(generated_classifier(images).argmax(axis=1), minlength=k)
        own = model.responsibilities(images).argmax(axis=1) if "responsibilities" in model.capabilities else None
        members = np.flatnonzero(nearest == mode)
        modes.append(
            {
                "weight": float(weights[mode]),
                "share": len(members) / len(nearest),
                "entropy": float(entropies[members].mean()) if len(members) else None,
                "recovered": None if own is None else float((own == mode).mean()),
                "recovered_by_algorithm_2": float(confusion[mode, mode] / num_per_mode),
                **{name: _compare(real[name][members].spread(num_per_mode), found[name]) for name in found},
            }
        )
    return {
        "modes": modes,
        "dead": [mode for mode in range(k) if modes[mode]["share"] < SHARE_ALIVE / k],
        "duplicates": [list(pair) for pair in duplicate_pairs(confusion)],
        "num_per_mode": num_per_mode,
    }


def _compare(real: Features, generated: Features) -> dict:
    n = len(real)
    if n < MIN_REAL:
        return {"num": n, "frechet_distance": None, "recall": None, "coverage": None}
    same = generated[slice(n)]
    return {
        "num": n,
        "frechet_distance": frechet_distance(real.moments, same.moments),
        "recall": share_covered(real.values, same.values, kth_distances(same.values)),
        "coverage": coverage(real.values, same.values),
    }
