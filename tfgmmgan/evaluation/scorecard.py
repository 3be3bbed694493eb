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
from tfgmmgan.evaluation.modes import mode_summary
from tfgmmgan.files import replacing
from tfgmmgan.models import LatentGAN

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
        A dictionary for JSON: `schema_version`; `run` (`about`); `versions`; `mixture_weights` of the prior; for each
        split `num_examples` and, for a model with a classifier, `modes` (`mode_summary`) and with labels `clustering`
        by name of the method (`cluster_scores`). The methods are `classifier`, and on the test split `algorithm_2`,
        for a mixture of two or more, and `kmeans`. Without a classifier `modes` are those of Algorithm 2. `modes_by`
        names the method. `seconds` is what it all took.
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
        "mixture_weights": model.prior.mixture_probs().numpy().tolist(),
        "train": _split_card(model, data.train),
        "test": _split_card(model, data.test),
    }
    if model.prior.num_components > 1:
        _add(card["test"], data.test, "algorithm_2", algorithm_2(model, data.test))
    if data.test.labels is not None:
        clusters = model.prior.num_components if model.prior.num_components > 1 else len(data.class_names)
        found = kmeans_clusters(data.train, data.test, clusters)
        scores = cluster_scores(data.test.labels, found)
        card["test"].setdefault("clustering", {})["kmeans"] = {
            **scores,
            "num_clusters": clusters,
            "num_fitted": min(KMEANS_LIMIT, len(data.train)),
        }
    card["seconds"] = round(time.perf_counter() - started, 1)
    return card


def write_scorecard(card: dict, path: Path) -> None:
    """Write a scorecard as JSON."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(card, indent=2) + "\n")


def _split_card(model: LatentGAN, split: Split) -> dict:
    card: dict = {"num_examples": len(split)}
    if hasattr(model, "responsibilities"):
        batches = [model.responsibilities(batch) for batch in split.batches().as_numpy_iterator()]
        _add(card, split, "classifier", np.concatenate(batches))
    return card


def _add(card: dict, split: Split, method: str, responsibilities: np.ndarray) -> None:
    """Add what a method says of a split: the modes, where it is the first to, and with labels its scores."""
    if "modes" not in card:
        card |= {"modes": mode_summary(responsibilities), "modes_by": method}
    if split.labels is not None:
        card.setdefault("clustering", {})[method] = cluster_scores(split.labels, responsibilities.argmax(axis=1))
