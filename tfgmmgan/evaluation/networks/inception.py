"""TF-GAN's Inception network: from TF-Hub, or from a local SavedModel."""

import hashlib
import importlib
import os
import sys
import types
from pathlib import Path

import numpy as np
import packaging.version
import tensorflow as tf

from tfgmmgan.evaluation.networks.feature_network import FeatureNetwork
from tfgmmgan.utils.cache import cache_folder
from tfgmmgan.utils.connectivity import answers
from tfgmmgan.utils.errors import UserError

__all__ = ["HUB_URL", "load_inception"]

HUB_URL = "https://tfhub.dev/tensorflow/tfgan/eval/inception/1"
SIDE = 299
OUTPUTS = ("pool_3", "logits")


def load_inception(where: str = HUB_URL) -> FeatureNetwork:
    """Return TF-GAN's Inception as a feature network, from a SavedModel's directory or an address that TF-Hub knows.

    Examples are resized to 299x299 by TensorFlow's bilinear interpolation without antialiasing, as TF-GAN does it, and
    grey ones get three equal channels. Features are `pool_3` (2048), logits are `logits` (1008). What is downloaded is
    kept in `$TFHUB_CACHE_DIR`, or beside the other caches.

    Raises:
        UserError: If it can't be had, or is no such network.
    """
    loaded, identity = _load(where)
    function = loaded if callable(loaded) else loaded.signatures.get("serving_default")
    if function is None:
        raise UserError(f"{where} is a SavedModel that can't be called. Expected TF-GAN's Inception, {HUB_URL}.")

    @tf.function(reduce_retracing=True)
    def apply(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        return function(tf.image.resize(examples, (SIDE, SIDE), "bilinear"))

    def run(examples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if examples.shape[-1] == 1:
            examples = examples.repeat(3, axis=-1)
        parts = []
        for start in range(0, len(examples), 64):  # 64 at 299x299x3 are 69 MB
            found = apply(tf.constant(examples[start : start + 64]))
            parts.append([found[name].numpy().reshape(len(found[name]), -1) for name in OUTPUTS])
        features, logits = (np.concatenate(part) for part in zip(*parts, strict=True))
        return features, logits

    try:
        run(np.zeros((1, 32, 32, 3), np.float32))
    except Exception as error:  # whatever a foreign graph raises
        reason = f"{type(error).__name__}: {error}"[:200]
        raise UserError(
            f"{where} is not TF-GAN's Inception: expected images (n, 299, 299, 3) in [-1, 1] to give "
            f"{' and '.join(OUTPUTS)} ({reason})."
        ) from error
    about = {"source": where, "features": OUTPUTS[0], "resize": f"bilinear to {SIDE}x{SIDE}, no antialiasing"}
    return FeatureNetwork("inception", run, f"inception {identity}", about)


def _load(where: str) -> tuple[object, str]:
    """Return the loaded SavedModel and what tells it from others."""
    if where.startswith(("http://", "https://")):
        folder = Path(os.environ.setdefault("TFHUB_CACHE_DIR", str(cache_folder() / "tfhub")))
        is_there = (folder / hashlib.sha1(where.encode()).hexdigest() / "saved_model.pb").is_file()
        if not is_there and not answers([where]):
            raise UserError(
                f"{where} can't be reached. With no network, bring it from elsewhere and give its directory: "
                "--evaluation.inception PATH."
            )
        try:
            return _tensorflow_hub().load(where), where
        except Exception as error:  # urllib, tarfile and TensorFlow each raise their own
            raise UserError(f"{where} can't be loaded ({type(error).__name__}: {str(error)[:160]}).") from error
    path = Path(where)
    graph = path / "saved_model.pb"
    if not graph.is_file():
        raise UserError(f"{path} is not a SavedModel: it has no saved_model.pb. Name the directory that has.")
    found = hashlib.sha256()
    for file in [graph, *sorted((path / "variables").glob("*"))]:
        found.update(file.read_bytes())
    try:
        return tf.saved_model.load(str(path)), found.hexdigest()
    except Exception as error:
        raise UserError(f"{path} can't be loaded as a SavedModel ({type(error).__name__}).") from error


def _tensorflow_hub() -> types.ModuleType:
    """Return TF-Hub. Of `pkg_resources`, which setuptools 81 dropped, its 0.16.1 wants only the parser of versions."""
    try:
        return importlib.import_module("tensorflow_hub")
    except ModuleNotFoundError as error:
        if error.name != "pkg_resources":
            raise
    bare = types.ModuleType("pkg_resources")
    bare.parse_version = packaging.version.parse
    sys.modules[bare.__name__] = bare
    try:
        return importlib.import_module("tensorflow_hub")
    finally:
        del sys.modules[bare.__name__]
