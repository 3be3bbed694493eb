"""The scorecard of a run: everything measured, and everything needed to measure it again."""

import json
import platform
import time
from importlib import metadata
from pathlib import Path

import numpy as np

import tfgmmgan
from tfgmmgan.data import ImageData, Split
from tfgmmgan.evaluation.algorithm_2 import algorithm_2
from tfgmmgan.evaluation.clustering import KMEANS_LIMIT, cluster_scores, kmeans_clusters
from tfgmmgan.evaluation.conditional import class_agreement
from tfgmmgan.evaluation.modes import mode_summary
from tfgmmgan.evaluation.points import point_scores
from tfgmmgan.files import replacing
from tfgmmgan.models import LatentGAN
from tfgmmgan.priors import FittedMixture

__all__ = ["SCHEMA_VERSION", "make_scorecard", "write_scorecard"]

SCHEMA_VERSION = 1
PACKAGES = ("tensorflow", "keras", "tensorflow-probability", "numpy", "scikit-learn")


def make_scorecard(model: LatentGAN, data: ImageData, about: dict) -> dict:
    """Measure a model on a dataset.

    Args:
        model: The trained model.
        data: The dataset; without labels it gets what needs none.
        about: Facts about the run, such as its name, seed and epochs; copied into the scorecard.

    Returns:
        A dictionary for JSON: `schema_version`; `run` (`about`); `versions`; `labels_in_training`; `mixture_weights` of
        the prior; for each split `num_examples` and, for a model that says p(k | x), `modes` (`mode_summary`) and with
        labels `clustering` by name of the method (`cluster_scores`). The methods are `classifier`, or GAEL's `mixture`,
        and on the test split `algorithm_2`, for a mixture of two or more, `label_mixture`, GAEL's with as many
        components as there are classes where its own has another number, and `kmeans`. Without p(k | x) `modes` are
        those of Algorithm 2. `modes_by` names the method. For a model told by labels, `conditional`
        (`class_agreement`). For a toy, `points` (`point_scores`). `seconds` is what it all took.
    """
    started = time.perf_counter()
    card = {
        "schema_version": SCHEMA_VERSION,
        "run": about,
        "versions": {
            "tfgmmgan": tfgmmgan.__version__,
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in PACKAGES},
        },
        "labels_in_training": model.needs_labels,
        "mixture_weights": model.prior.mixture_probs().numpy().tolist(),
        "train": _split_card(model, data.train),
        "test": _split_card(model, data.test),
    }
    if model.prior.num_components > 1 and is_ready(model):
        _add(card["test"], data.test, "algorithm_2", algorithm_2(model, data.test))
    if hasattr(model, "encode") and data.test.labels is not None and len(data.class_names) != model.num_components:
        found = _label_mixture(model, data).argmax(axis=1)
        card["test"].setdefault("clustering", {})["label_mixture"] = cluster_scores(data.test.labels, found)
    if model.needs_labels and data.train.labels is not None and data.test.labels is not None:
        card["conditional"] = class_agreement(model, data)
    if data.test.labels is not None:
        clusters = model.prior.num_components if model.prior.num_components > 1 else len(data.class_names)
        found = kmeans_clusters(data.train, data.test, clusters)
        scores = cluster_scores(data.test.labels, found)
        card["test"].setdefault("clustering", {})["kmeans"] = {
            **scores,
            "num_clusters": clusters,
            "num_fitted": min(KMEANS_LIMIT, len(data.train)),
        }
    if data.truth is not None:
        generated = model.generate(len(data.test), seed=0)
        card["points"] = point_scores(generated, data.test.take(len(data.test)), data.truth)
    card["seconds"] = round(time.perf_counter() - started, 1)
    return card


def write_scorecard(card: dict, path: Path) -> None:
    """Write a scorecard as JSON."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(card, indent=2) + "\n")


def _split_card(model: LatentGAN, split: Split) -> dict:
    card: dict = {"num_examples": len(split)}
    if hasattr(model, "responsibilities") and is_ready(model):
        batches = [model.responsibilities(batch) for batch in split.batches().as_numpy_iterator()]
        _add(card, split, model.responsibilities_by, np.concatenate(batches))
    return card


def is_ready(model: LatentGAN) -> bool:
    """Return whether a model's modes mean something: those of a mixture that is still to be fitted do not."""
    return not isinstance(model.prior, FittedMixture) or model.prior.is_fitted


def _label_mixture(model: LatentGAN, data: ImageData) -> np.ndarray:
    """Return responsibilities of the test split under a mixture with as many components as classes (GAEL, 4.3)."""
    train, test = (
        np.concatenate([model.encode(batch) for batch in split.batches().as_numpy_iterator()])
        for split in (data.train, data.test)
    )
    mixture = FittedMixture(len(data.class_names), model.latent_dim, model.prior.covariance, model.prior.seed)
    return mixture.fit(train).responsibilities(test).numpy()


def _add(card: dict, split: Split, method: str, responsibilities: np.ndarray) -> None:
    """Add what a method says of a split: the modes, where it is the first to, and with labels its scores."""
    if "modes" not in card:
        card |= {"modes": mode_summary(responsibilities), "modes_by": method}
    if split.labels is not None:
        card.setdefault("clustering", {})[method] = cluster_scores(split.labels, responsibilities.argmax(axis=1))
