"""A few numbers after each so many epochs of training, by the same functions as the scorecard's."""

import numpy as np

from tfgmmgan.evaluation.metrics.image_quality import compare_features
from tfgmmgan.evaluation.metrics.points import mmd, mmd_widths, negative_log_likelihood
from tfgmmgan.evaluation.networks.feature_network import collect
from tfgmmgan.evaluation.samplers import samplers
from tfgmmgan.evaluation.subject import Subject

__all__ = ["CRITERION", "NUM_SAMPLES", "epoch_scores", "is_better"]

NUM_SAMPLES = 2000
CRITERION = "criterion"
KEYS = ("frechet_distance", "precision", "recall", "score")


def epoch_scores(subject: Subject, num: int = NUM_SAMPLES) -> dict[str, float]:
    """Return scores by name, `<sampler>/<network>/<score>`, and the criterion for the best epoch.

    They compare `num` generated examples with as many real ones of the training split: for each sampler (`samplers`)
    and network Fréchet distance, precision, recall and, for a classifier, score; for a toy there is `<sampler>/nll`,
    the generated points' negative log-likelihood. `criterion`, the lower the better, is the first sampler's Fréchet
    distance among the autoencoder's features, or for points the MMD to training points. No label takes part in it, and
    no test example.
    """
    data, networks = subject.data, subject.networks_while_training
    num = min(num, subject.num_compared)
    real = {network.name: subject.real(network, "train", num) for network in networks}
    unlabelled = networks[-1].name  # the one that has seen no label
    scores: dict[str, float] = {}
    for sampler, draw in samplers(subject.model, data, fit=True).items():
        found, examples = collect(networks, draw(num, subject.seed), keep=num)
        for network, features in found.items():
            compared = compare_features(real[network].spread(len(features)), features)
            scores |= {f"{sampler}/{network}/{key}": compared[key] for key in KEYS if key in compared}
        if data.truth is not None:
            scores[f"{sampler}/nll"] = negative_log_likelihood(examples, data.truth)
        if CRITERION not in scores:
            points = real[unlabelled].values
            scores[CRITERION] = (
                scores[f"{sampler}/{unlabelled}/frechet_distance"]
                if data.is_image
                else mmd(found[unlabelled].values, points, mmd_widths(points))
            )
    return {CRITERION: scores.pop(CRITERION), **scores}


def is_better(value: float, best: float | None) -> bool:
    """Return whether a criterion is lower than the best so far."""
    return bool(np.isfinite(value)) and (best is None or value < best)
