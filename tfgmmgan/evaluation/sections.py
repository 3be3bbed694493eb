"""The sections of a scorecard: each takes the subject and returns a dictionary for JSON, or None if it does not apply.

Adding one is a function here and a line in `SECTIONS`.
"""

from collections.abc import Callable

import numpy as np

from tfgmmgan.data.scaling import to_float
from tfgmmgan.evaluation.cache import cached, fingerprint
from tfgmmgan.evaluation.calibration import calibration
from tfgmmgan.evaluation.clustering import KMEANS_LIMIT, cluster_scores, kmeans_clusters
from tfgmmgan.evaluation.conditional import class_agreement
from tfgmmgan.evaluation.features import collect
from tfgmmgan.evaluation.image_quality import compare_features
from tfgmmgan.evaluation.mode_health import mode_health
from tfgmmgan.evaluation.modes import mode_summary
from tfgmmgan.evaluation.neighbours import nearest_distances
from tfgmmgan.evaluation.points import point_scores
from tfgmmgan.evaluation.progress import progress
from tfgmmgan.evaluation.quality_diversity import PAIRS, ms_ssim_settings, quality_constant
from tfgmmgan.evaluation.samplers import BATCH, samplers
from tfgmmgan.evaluation.subject import Subject
from tfgmmgan.evaluation.trade_off import SCALES, quality_diversity, trade_off
from tfgmmgan.priors import FittedMixture

__all__ = ["SECTIONS"]

SPLITS = ("train", "test")
KEPT = 4000  # images held for MS-SSIM


def modes(subject: Subject) -> dict:
    """Return for each split `num_examples` and where there are modes `modes` (`mode_summary`) and `modes_by`."""
    found: dict = {}
    for name in SPLITS:
        found[name] = {"num_examples": len(getattr(subject.data, name))}
        if subject.has_modes:
            method = next(iter(subject.assigners()))
            found[name] |= {
                "modes": mode_summary(subject.responsibilities(method, name)),
                "modes_by": method,
            }
    return found


def clustering(subject: Subject) -> dict | None:
    """Return for each labelled split the scores of each method (`cluster_scores`), and where it says how sure it is its
    `calibration`.

    The methods are the model's own `classifier` or `mixture`, `algorithm_2`, GAEL's `label_mixture` with as many
    components as classes, where its own has another number, and the baselines `kmeans` on pixels and
    `autoencoder_kmeans`.
    """
    data = subject.data
    splits = [name for name in SPLITS if getattr(data, name).labels is not None]
    if not splits:
        return None
    k = subject.model.prior.num_components if subject.model.prior.num_components > 1 else len(data.class_names)
    clusters, soft = {name: {} for name in splits}, {name: {} for name in splits}
    for method in subject.assigners():
        for name in splits:
            soft[name][method] = subject.responsibilities(method, name)
            clusters[name][method] = soft[name][method].argmax(axis=1)
    if "encode" in subject.model.capabilities and len(data.class_names) != subject.model.num_components:
        for name, found in _label_mixture(subject).items():
            clusters.setdefault(name, {})["label_mixture"] = found
    for method, found in _baselines(subject, k).items():
        for name in splits:
            clusters[name][method] = found[name]
    cards = {}
    for name in splits:
        labels = getattr(data, name).labels
        cards[name] = {
            "clustering": {method: cluster_scores(labels, found) for method, found in clusters[name].items()}
        }
        for method, found in soft[name].items():
            cards[name]["clustering"][method]["calibration"] = calibration(labels, found)
        for method in ("kmeans", "autoencoder_kmeans"):
            if method in cards[name]["clustering"]:
                cards[name]["clustering"][method] |= {
                    "num_clusters": k,
                    "num_fitted": min(KMEANS_LIMIT, len(data.train)),
                }
    return cards


def _label_mixture(subject: Subject) -> dict[str, np.ndarray]:
    """Return clusters under a mixture with as many components as classes (GAEL, section 4.3)."""
    model, data = subject.model, subject.data
    codes = {
        name: np.concatenate([model.encode(batch) for batch in getattr(data, name).batches().as_numpy_iterator()])
        for name in SPLITS
    }
    mixture = FittedMixture(len(data.class_names), model.latent_dim, model.prior.covariance, model.prior.seed)
    mixture.fit(codes["train"])
    return {
        name: mixture.responsibilities(codes[name]).numpy().argmax(axis=1)
        for name in SPLITS
        if getattr(data, name).labels is not None
    }


def _baselines(subject: Subject, k: int) -> dict[str, dict[str, np.ndarray]]:
    """Return the baselines' clusters by method and split; they are the same for every model, and cached."""
    data = subject.data
    rows = {"kmeans": None}
    if subject.autoencoder is not None:
        rows["autoencoder_kmeans"] = subject.autoencoder.codes
    found = {}
    for method, function in progress(rows.items(), "baselines", unit="baseline"):
        identity = subject.autoencoder.identity if function else "pixels"

        def make(function: Callable | None = function) -> dict[str, np.ndarray]:
            assigned = kmeans_clusters(data.train, [data.train, data.test], k, function)
            return dict(zip(SPLITS, assigned, strict=True))

        key = {"data": fingerprint(data), "rows": identity, "k": k, "limit": KMEANS_LIMIT}
        found[method] = cached(f"{method}-{data.name.replace('/', '-')}-{k}", key, make)
    return found


def conditional(subject: Subject) -> dict | None:
    """Return for a model that was told the classes how often it draws what it is asked for (`class_agreement`)."""
    if not subject.model.needs_labels or subject.judge is None:
        return None
    return {"conditional": class_agreement(subject.model, subject.judge, seed=subject.seed)}


def points(subject: Subject) -> dict | None:
    """Return for a toy how its points follow the known mixture (`point_scores`)."""
    data = subject.data
    if data.truth is None:
        return None
    generated = subject.model.generate(len(data.test), seed=subject.seed)
    return {"points": point_scores(generated, data.test.take(len(data.test)), data.truth)}


def image_quality(subject: Subject) -> dict:
    """Return by sampler and network how generated examples compare with real training examples.

    `networks` says what the networks are, `floor` compares real test examples with real training examples the same way,
    and for a classifier's features `quality_diversity` stands beside, with what it depends on, for each sampler and
    (`real`) for the test split.
    """
    n, networks = subject.num_compared, subject.networks
    real = {network.name: subject.real(network, "train", n) for network in networks}
    floor = {}
    for network in progress(networks, "comparing real with real", unit="network"):
        test = subject.real(network, "test", n)
        floor[network.name] = compare_features(real[network.name].spread(len(test)), test)
    found: dict = {}
    judged: dict = {}
    settings = _quality_settings(subject)
    for name, draw in samplers(subject.model, subject.data).items():
        drawn = draw(subject.num_generated, subject.seed)
        total = -(-subject.num_generated // BATCH)
        features, images = collect(networks, progress(drawn, f"drawing, {name}", total, "batch"), keep=KEPT)
        found[name] = {}
        for network in progress(networks, f"comparing, {name}", unit="network"):
            generated = features[network.name]
            found[name][network.name] = compare_features(real[network.name].spread(len(generated)), generated)
        if settings:
            sample = features["classifier"][slice(n)]
            judged[name] = quality_diversity(sample, images, subject.reference.values, settings["constant"])
    card = {
        "image_quality": found,
        "floor": floor,
        "networks": {network.name: network.about for network in networks},
        "seed": subject.seed,
    }
    if settings:
        test = subject.real(subject.judge.network(), "test", n)
        judged["real"] = quality_diversity(
            test, to_float(subject.data.test.draw(KEPT)).numpy(), subject.reference.values, settings["constant"]
        )
        card["quality_diversity"] = {**settings, "num": n, "samplers": judged}
    return card


def _quality_settings(subject: Subject) -> dict | None:
    """Return what the scores of GM-GAN's section 3.2 depend on, or None where they can't be had."""
    if not subject.data.is_image or subject.judge is None:
        return None
    constant = subject.options.quality_constant
    if constant is None:
        test = subject.real(subject.judge.network(), "test", subject.num_compared)
        constant = quality_constant(nearest_distances(test.values, subject.reference.values))
    return {
        "constant": constant,
        "num_reference": len(subject.reference),
        "num_pairs": PAIRS,
        "pairs_from": KEPT,
        "ms_ssim": ms_ssim_settings(*subject.data.shape[:2]),
    }


def trade_off_curve(subject: Subject) -> dict | None:
    """Return how images compare with real ones over variance scales (`trade_off`), with labels quality and diversity
    too.
    """
    num = subject.options.trade_off_samples
    if not subject.data.is_image or not num:
        return None
    # 32,000 images are too many for an Inception that nobody asked for
    networks = subject.networks_while_training
    real = {network.name: subject.real(network, "train", num) for network in networks}
    settings = _quality_settings(subject)
    quality = {"reference": subject.reference.values, "constant": settings["constant"]} if settings else {}
    curve = trade_off(subject.model, networks, real, **quality, num_generated=num, scales=SCALES, seed=subject.seed)
    return {"trade_off": curve}


def health(subject: Subject, variance_scale: float = 1.0) -> dict | None:
    """Return the health of each mode (`mode_health`), on the test split; samples are drawn under a variance scale."""
    if not subject.has_modes:
        return None
    method = next(iter(subject.assigners()))
    real = {network.name: subject.real(network, "test") for network in subject.networks}
    return {
        "mode_health": mode_health(
            subject.model,
            subject.responsibilities(method, "test"),
            real,
            subject.networks,
            subject.generated_classifier,
            seed=subject.seed + 1,
            variance_scale=variance_scale,
        )
    }


SECTIONS: dict[str, Callable[[Subject], dict | None]] = {
    "modes": modes,
    "clustering": clustering,
    "conditional": conditional,
    "points": points,
    "image_quality": image_quality,
    "trade_off": trade_off_curve,
    "mode_health": health,
}
