"""Fitted clusterers in a folder, as data alone: opening one runs nothing of it."""

import json
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
from sklearn.decomposition import PCA

from tfgmmgan.clustering.descriptors import HOG, Features, JoinedDescriptors, Network, NetworkAnd, Patches, Pixels
from tfgmmgan.clustering.descriptors.patches import LearnedPatches
from tfgmmgan.clustering.link_clustering import LinkClustering
from tfgmmgan.data.augmentation import Augmentation
from tfgmmgan.utils.errors import UserError
from tfgmmgan.utils.files import replacing

__all__ = ["check_files", "read_parts", "write_parts"]

KNOWN = {
    one.__name__: one
    for one in (
        *(Augmentation, Features, HOG, JoinedDescriptors, LearnedPatches, LinkClustering, Network, NetworkAnd),
        *(PCA, Patches, Pixels),
    )
}  # whose objects are made when a file is opened, and no others
FILE, CLASSIFIER = "clusterer.npz", "classifier.keras"
TREE = "tree"  # the array that holds what is no array, as JSON


def write_parts(folder: Path, parts: dict[str, Any], classifier: keras.Model) -> None:
    """Write attributes and a classifier into a folder, each file whole or not at all.

    Args:
        folder: Made where it is not there.
        parts: Numbers, texts, lists, dictionaries, arrays, and objects of the package's own descriptors.
        classifier: The Keras model C.

    Raises:
        UserError: If a part is something else, such as a function.
    """
    arrays: dict[str, np.ndarray] = {}
    tree = json.dumps(_taken_apart(parts, arrays))
    with replacing(folder / CLASSIFIER) as temporary:
        classifier.save(temporary)
    with replacing(folder / FILE) as temporary:
        np.savez_compressed(temporary, **arrays, **{TREE: np.array(tree)})


def read_parts(folder: Path) -> tuple[dict[str, Any], keras.Model]:
    """Return what `write_parts` wrote into a folder.

    Raises:
        UserError: If there is no such thing, or it is damaged.
    """
    file = folder / FILE
    if not file.is_file():
        raise UserError(f"{folder} holds no fitted clusterer: there is no {FILE}.")
    try:
        with np.load(file, allow_pickle=False) as arrays:
            parts = _put_together(json.loads(str(arrays[TREE])), arrays)
        if not isinstance(parts, dict) or not isinstance(parts.get("link_clustering_"), LinkClustering):
            raise ValueError("it holds no fit")
        return parts, keras.models.load_model(folder / CLASSIFIER, compile=False)  # safe_mode is on
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(f"The clusterer in {folder} is damaged ({error}). Find the kinds again.") from error


def check_files(descriptor: Any, network: str | None, where: str | Path) -> None:
    """Let a descriptor use the network file that the person gives; raise `UserError` where it names one by itself."""
    descriptor = descriptor.network if isinstance(descriptor, NetworkAnd) else descriptor
    if isinstance(descriptor, Network) and not hasattr(keras.applications, str(descriptor.network)):
        if network is None:
            raise UserError(
                f"The images in {where} were compared by the network {descriptor.network}. A network is a program: if "
                "you trust it, give it again, by --network or load(..., network=...)."
            )
        descriptor.network = network


def _taken_apart(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Return a value as JSON knows it; arrays go into `arrays`."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray) and value.dtype != object:
        arrays[name := f"array_{len(arrays)}"] = value
        return {"array": name}
    if isinstance(value, list | tuple):
        return {type(value).__name__: [_taken_apart(one, arrays) for one in value]}
    if isinstance(value, dict) and all(isinstance(key, str | int) for key in value):
        return {"dict": [[key, _taken_apart(one, arrays)] for key, one in value.items()]}
    if type(value) in KNOWN.values():
        return {"class": type(value).__name__, "state": _taken_apart(vars(value), arrays)}
    raise UserError(
        f"A {type(value).__name__} can't be saved as data. A clusterer whose descriptor or network is an object or a "
        "function can be pickled, if whoever opens it trusts it; or name the descriptor."
    )


def _put_together(found: Any, arrays: Any) -> Any:
    """Return the value of `_taken_apart`."""
    if not isinstance(found, dict):
        return found
    if "array" in found:
        return arrays[found["array"]]
    if "list" in found:
        return [_put_together(one, arrays) for one in found["list"]]
    if "tuple" in found:
        return tuple(_put_together(one, arrays) for one in found["tuple"])
    if "dict" in found:
        return {key: _put_together(one, arrays) for key, one in found["dict"]}
    made = object.__new__(KNOWN[found["class"]])
    vars(made).update(_put_together(found["state"], arrays))
    return made
