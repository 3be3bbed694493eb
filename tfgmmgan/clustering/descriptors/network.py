"""Images compared by what a trained network sees in them, or by any rows that somebody has of them."""

import hashlib
import inspect
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.decomposition import PCA
from sklearn.utils.validation import check_is_fitted
from tqdm import tqdm

from tfgmmgan.data.originals import Originals
from tfgmmgan.data.scaling import to_float
from tfgmmgan.utils.cache import cached
from tfgmmgan.utils.errors import UserError, nearest

__all__ = ["Features", "Network", "NetworkAnd", "Views", "is_network"]

DIRECTIONS = 50  # principal components of the features
BATCH = 64  # images that the network sees at once
SIDE = 128  # pixels, of a network that takes images of any size
RANGES = {"-1 to 1": (-1.0, 1.0), "0 to 1": (0.0, 1.0), "0 to 255": (0.0, 255.0)}  # of black and white


class Features(TransformerMixin, BaseEstimator):
    """Rows of numbers that say what is in images, such as a network's features, as they are compared.

    Each is brought to length 1, as such features differ by their direction, and all to their 50 main directions.
    """

    def fit(self, rows: np.ndarray, y: None = None) -> "Features":
        """Find the main directions of rows, (n, F) floats, n >= 2; return self."""
        rows = _unit(rows)
        self.pca_ = PCA(min(DIRECTIONS, *rows.shape), random_state=0).fit(rows)
        return self

    def transform(self, rows: np.ndarray) -> np.ndarray:
        """Return the rows as they are compared, (n, F) -> (n, D) float32."""
        check_is_fitted(self)
        return self.pca_.transform(_unit(rows)).astype(np.float32)


class Network(TransformerMixin, BaseEstimator):
    """What a trained network sees: images are alike whose features point the same way.

    Grey images are repeated to three channels, and all are brought to the size and range that the network takes.
    Features are computed once for the same images and network and kept in the cache.

    Example:

    >>> rows = Network("EfficientNetV2B0").fit_transform(images)               # ImageNet's weights, by Keras's download
    >>> rows = Network("encoder.keras", size=112, value_range="0 to 1").fit_transform(images)

    Args:
        network: A name of `keras.applications`; a `.keras` file, or a SavedModel's folder, of a network from images
            (n, S, S, 3) to features (n, F); or such a Keras model. A SavedModel is a program: open those alone that you
            trust.
        size: Side S in pixels. Default what the network takes, 128 where it takes any.
        value_range: What black and white are for it: `"-1 to 1"`, `"0 to 1"` or `"0 to 255"`; a network of
            `keras.applications` knows its own. Default `"-1 to 1"`.
    """

    def __init__(
        self,
        network: str | Any,
        size: int | None = None,
        value_range: Literal["-1 to 1", "0 to 1", "0 to 255"] = "-1 to 1",
    ) -> None:
        self.network = network
        self.size = size
        self.value_range = value_range

    def fit(self, images: np.ndarray, y: None = None) -> "Network":
        """Find the main directions of the features of images, (n, H, W, C) uint8 or float in [-1, 1]; return self."""
        self.features_ = Features().fit(self.features(images))
        return self

    def transform(self, images: np.ndarray) -> np.ndarray:
        """Return the rows by which images are compared, (n, H, W, C) -> (n, D) float32."""
        check_is_fitted(self, "features_")
        return self.features_.transform(self.features(images))

    def features(self, images: np.ndarray | Originals) -> np.ndarray:
        """Return what the network makes of images, (n, F) float32.

        Args:
            images: (n, H, W, C), uint8 or float in [-1, 1]; or `Originals`, which are read at the network's size.

        Raises:
            UserError: If there is no such network, or it makes something else of images.
        """
        network, side, prepare = self._loaded()

        def make() -> dict[str, np.ndarray]:
            parts, count = [], -(-len(images) // BATCH)
            batches = _batches(images, side)
            for batch in tqdm(batches, "what the network sees", count, leave=False, disable=None, mininterval=1):
                found = network(prepare(_colour(batch, side)), training=False)
                found = next(iter(found.values())) if isinstance(found, dict) else found
                if len(found.shape) == 4:
                    found = tf.reduce_mean(found, axis=[1, 2])
                if len(found.shape) != 2:
                    raise UserError(f"The network must make features (n, F) of images; it makes {tuple(found.shape)}.")
                parts.append(np.asarray(found, np.float32))
            return {"features": np.concatenate(parts)}

        if not isinstance(network, keras.Layer):
            return make()["features"]  # whose weights nobody knows
        seen = hashlib.sha256(
            f"{self.network if isinstance(self.network, str) else None} {side} {self.value_range}".encode()
        )
        for weight in network.weights:
            seen.update(np.ascontiguousarray(weight.numpy()).data)
        for batch in _batches(images, side):
            seen.update(np.ascontiguousarray(batch).data)
        return cached("features", {"seen": seen.hexdigest()}, make)["features"]

    def _loaded(self) -> tuple[Any, int, Any]:
        """Return the network, the side of its images, and what brings images in [-1, 1] to its range."""
        low, high = RANGES[self.value_range]

        def scaled(images: tf.Tensor) -> tf.Tensor:
            return low + (images + 1) * ((high - low) / 2)

        if not isinstance(self.network, str | os.PathLike):
            return self.network, self.size or _side(self.network), scaled
        path = Path(self.network)
        if path.is_file() and path.suffix == ".keras":
            network = keras.models.load_model(path, compile=False)  # safe_mode is on
            return network, self.size or _side(network), scaled
        if (path / "saved_model.pb").is_file():
            return keras.layers.TFSMLayer(str(path), call_endpoint="serving_default"), self.size or SIDE, scaled
        make = getattr(keras.applications, str(self.network), None)
        if not inspect.isfunction(make):
            names = [name for name, one in vars(keras.applications).items() if inspect.isfunction(one)]
            raise UserError(
                f"There is no network '{self.network}'.{nearest(str(self.network), names)} Expected a .keras file, a "
                f"SavedModel's folder, or a name of keras.applications: {', '.join(sorted(names))}."
            )
        side = self.size or 224
        try:
            network = make(include_top=False, pooling="avg", weights="imagenet", input_shape=(side, side, 3))
        except Exception as error:  # Keras's download raises what it likes
            raise UserError(
                f"The weights of {self.network} are not in Keras's cache and can't be downloaded ({error}). Connect to "
                "the network, or name a .keras file."
            ) from error
        preprocess = inspect.getmodule(make).preprocess_input
        return network, side, lambda images: preprocess((images + 1) * 127.5)


class Views:
    """The same images twice: as a GAN draws them, and in their own size.

    Args:
        images: (n, H, W, C).
        originals: The same n in their own size; the images where None.
    """

    def __init__(self, images: np.ndarray, originals: Originals | None = None) -> None:
        self.images = images
        self.originals = images if originals is None else originals

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, rows: np.ndarray) -> "Views":
        return Views(self.images[rows], self.originals[rows])


class NetworkAnd(TransformerMixin, BaseEstimator):
    """A network's features beside what another descriptor says, each counting the same.

    Args:
        network: The network.
        other: The other descriptor.
    """

    def __init__(self, network: Network, other: Any) -> None:
        self.network = network
        self.other = other

    def fit(self, images: np.ndarray | Views, y: None = None) -> "NetworkAnd":
        """Fit both to images, which the network sees in their own size where they are `Views`; return self."""
        self.weights_ = [1 / max(float(np.sqrt(part.var(axis=0).sum())), 1e-12) for part in self._parts(images, True)]
        return self

    def transform(self, images: np.ndarray | Views) -> np.ndarray:
        """Return the rows by which images are compared, (n, D) float32."""
        check_is_fitted(self, "weights_")
        parts = zip(self._parts(images, False), self.weights_, strict=True)
        return np.concatenate([part * weight for part, weight in parts], axis=1, dtype=np.float32)

    def _parts(self, images: np.ndarray | Views, fits: bool) -> list[np.ndarray]:
        views = images if isinstance(images, Views) else Views(images)
        pairs = (self.network, views.originals), (self.other, views.images)
        return [(one.fit(seen) if fits else one).transform(seen) for one, seen in pairs]


def is_network(name: str) -> bool:
    """Return whether a text names a network: a file, or one of `keras.applications`."""
    return (
        (name.endswith(".keras") and Path(name).is_file())
        or (Path(name) / "saved_model.pb").is_file()
        or inspect.isfunction(getattr(keras.applications, name, None))
    )


def _side(network: Any) -> int:
    shape = getattr(network, "input_shape", (None, None, None, 3))
    return shape[1] if isinstance(shape, tuple) and len(shape) == 4 and shape[1] else SIDE


def _batches(images: np.ndarray | Originals, side: int) -> Iterator[np.ndarray]:
    if isinstance(images, Originals):
        return images.batches(side)
    return (images[at : at + BATCH] for at in range(0, len(images), BATCH))


def _colour(images: np.ndarray, side: int) -> tf.Tensor:
    """Return images of any kind as float32 in [-1, 1] with three channels and these sides."""
    images = to_float(tf.convert_to_tensor(images))
    if images.shape[-1] == 1:
        images = tf.repeat(images, 3, axis=3)
    if tuple(images.shape[1:3]) != (side, side):
        shrinks = max(images.shape[1:3]) > side
        images = tf.clip_by_value(tf.image.resize(images, [side, side], "bicubic", antialias=shrinks), -1.0, 1.0)
    return images


def _unit(rows: np.ndarray) -> np.ndarray:
    rows = np.asarray(rows, np.float32)
    if rows.ndim != 2 or not np.isfinite(rows).all():
        raise UserError(f"Features must be finite numbers (n, F); got {rows.dtype} of shape {rows.shape}.")
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
