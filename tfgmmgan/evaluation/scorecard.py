"""The scorecard of a run: everything measured, and everything needed to measure it again."""

import json
import platform
import time
from importlib import metadata
from pathlib import Path

from tfgmmgan.data import ImageData
from tfgmmgan.evaluation.options import EvaluationOptions
from tfgmmgan.evaluation.sections import SECTIONS
from tfgmmgan.evaluation.subject import Subject
from tfgmmgan.models import LatentGAN
from tfgmmgan.utils.files import replacing
from tfgmmgan.version import __version__

__all__ = ["SCHEMA_VERSION", "make_scorecard", "write_scorecard"]

SCHEMA_VERSION = 4
PACKAGES = ("tensorflow", "keras", "tensorflow-probability", "tensorflow-gan", "numpy", "scikit-learn")


def make_scorecard(
    model: LatentGAN,
    data: ImageData,
    about: dict | None = None,
    options: EvaluationOptions | None = None,
    seed: int = 0,
) -> dict:
    """Measure a model on a dataset; without labels it gets what needs none.

    Args:
        model: The trained model.
        data: The dataset.
        about: Facts about the run, such as its name, seed and epochs, copied into the scorecard. Default none.
        options: What is measured; the defaults where None.
        seed: Decides all noise of the evaluation.

    Returns:
        A dictionary for JSON: `schema_version`; `run` (`about`); `versions`; `labels_in_training`; `mixture_weights` of
        the prior; what the sections (`tfgmmgan.evaluation.sections`) measure; `notes` on what could not be measured;
        `seconds` by section, and `total`.
    """
    subject = Subject(model, data, options, seed)
    card: dict = {
        "schema_version": SCHEMA_VERSION,
        "run": about or {},
        "versions": {
            "tfgmmgan": __version__,
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in PACKAGES},
        },
        "labels_in_training": model.needs_labels,
        "mixture_weights": model.prior.mixture_probs().numpy().tolist(),
    }
    seconds = {}
    for name, prepare in (("training the classifier", "judge"), ("training the autoencoder", "autoencoder")):
        started = time.perf_counter()
        getattr(subject, prepare)
        seconds[name] = time.perf_counter() - started
    for section in SECTIONS:
        started = time.perf_counter()
        for name, found in (section.measure(subject) if section.applies(subject) else {}).items():
            card[name] = {**card[name], **found} if name in card else found  # `train` and `test` are several's
        seconds[section.name] = time.perf_counter() - started
    seconds["total"] = sum(seconds.values())
    card["notes"] = subject.notes
    card["seconds"] = {name: round(value, 1) for name, value in seconds.items()}
    return card


def write_scorecard(card: dict, path: Path) -> None:
    """Write a scorecard as JSON."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(card, indent=2) + "\n")
