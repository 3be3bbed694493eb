"""The scorecard of a run: everything measured, and everything needed to measure it again."""

import json
import platform
import time
from importlib import metadata

import numpy as np

from tfgmmgan.data import ImageData, Split
from tfgmmgan.evaluation.clustering import KMEANS_LIMIT, cluster_scores, kmeans_clusters
from tfgmmgan.evaluation.modes import mode_summary
from tfgmmgan.models import LatentGAN
from tfgmmgan.training.run_directory import RunDirectory, replacing

__all__ = ["SCHEMA_VERSION", "make_scorecard", "write_scorecard"]

SCHEMA_VERSION = 1
PACKAGES = ("tfgmmgan", "tensorflow", "keras", "tensorflow-probability", "numpy", "scikit-learn")


def make_scorecard(model: LatentGAN, data: ImageData, about: dict) -> dict:
    """Measure a model on a dataset.

    Args:
        model: The trained model.
        data: The dataset; without labels it gets what needs none.
        about: Facts about the run, such as its name, seed and epochs; copied into the scorecard.

    Returns:
        A dictionary for JSON: `schema_version`, `run` (`about`), `versions`, `mixture_weights` of the prior, and for
        each split its size, for a model with a classifier `modes` (`mode_summary`), and with labels `clustering`
        by name of the method (`cluster_scores`): `classifier`, and on the test split `kmeans`; `seconds`.
    """
    started = time.perf_counter()
    card = {
        "schema_version": SCHEMA_VERSION,
        "run": about,
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in PACKAGES},
        "mixture_weights": model.prior.mixture_probs().numpy().tolist(),
        "train": _split_card(model, data.train),
        "test": _split_card(model, data.test),
    }
    if data.test.labels is not None:
        clusters = model.prior.num_components if hasattr(model, "responsibilities") else len(data.class_names)
        found = kmeans_clusters(data.train, data.test, clusters)
        scores = cluster_scores(data.test.labels, found)
        card["test"].setdefault("clustering", {})["kmeans"] = {
            **scores,
            "num_clusters": clusters,
            "num_fitted": min(KMEANS_LIMIT, len(data.train)),
        }
    card["seconds"] = round(time.perf_counter() - started, 1)
    return card


def write_scorecard(card: dict, run: RunDirectory) -> None:
    """Write `scorecard.json`."""
    with replacing(run.scorecard) as temporary:
        temporary.write_text(json.dumps(card, indent=2) + "\n")


def _split_card(model: LatentGAN, split: Split) -> dict:
    card: dict = {"num_examples": len(split)}
    if hasattr(model, "responsibilities"):
        batches = [model.responsibilities(batch) for batch in split.batches().as_numpy_iterator()]
        responsibilities = np.concatenate(batches)
        card["modes"] = mode_summary(responsibilities)
        if split.labels is not None:
            card["clustering"] = {"classifier": cluster_scores(split.labels, responsibilities.argmax(axis=1))}
    return card


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"
