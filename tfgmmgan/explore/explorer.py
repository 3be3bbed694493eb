"""What the page asks of a trained run; each question is a method from JSON to JSON."""

import base64
import binascii
import io
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from PIL import Image, ImageOps
from sklearn.neighbors import NearestNeighbors

from tfgmmgan.data.images import resize_image
from tfgmmgan.data.options import DataOptions
from tfgmmgan.data.scaling import to_float, to_uint8
from tfgmmgan.kinds import names_of, rename_kinds
from tfgmmgan.models import ModeGAN
from tfgmmgan.training.compat import read_run_config
from tfgmmgan.training.loading import load_model, load_run
from tfgmmgan.training.run_directory import RunDirectory
from tfgmmgan.utils.errors import UserError

__all__ = ["Explorer"]

REAL = 2000  # real images that are looked at
SHOWN = 8  # images of a kind, real and drawn, and nearest ones
DRAWN = 256  # images of a kind among which the nearest is sought
MOST = 100  # images that are drawn at once


class Explorer:
    """A trained run, and some of the images that it learned from where these are there.

    Args:
        run: The run directory.

    Raises:
        UserError: If there is no run, it has no model yet, or it makes points.
    """

    def __init__(self, run: str | Path) -> None:
        self.run = RunDirectory(run).existing()
        self.real: np.ndarray | None = None
        try:
            _, _, self.model, data = load_run(str(run))
            self.real = data.train.draw(REAL) if data.is_image else None
        except UserError:
            self.model = load_model(str(run))
        if len(self.model.data_shape) != 3:
            raise UserError(f"{run} makes points; explore is for images.")
        self.knows_kinds = "responsibilities" in self.model.capabilities
        if self.real is not None:
            self._seen = self._look(self.real)
            self._search = NearestNeighbors(n_neighbors=min(SHOWN, len(self.real))).fit(self._seen)

    def about(self) -> dict[str, Any]:
        """Return the kinds: number, name, share, and sheets of real and drawn images."""
        count = self.model.num_components
        names, shares = names_of(self.run.path), self.model.prior.mixture_probs().numpy()
        told = None
        if self.real is not None and self.knows_kinds:
            told = self.model.responsibilities(self.real)
        kinds = []
        for kind in range(count):
            one = {"cluster": kind, "name": names.get(kind, ""), "share": float(shares[kind]), "real": None}
            if told is not None:
                own = np.flatnonzero(told.argmax(axis=1) == kind)
                typical = own[np.argsort(-told[own, kind], kind="stable")][:SHOWN]
                one["real"] = _sheet(self.real[typical]) if len(typical) else None
            one["drawn"] = _sheet(self.model.generate(SHOWN, kind, seed=0))
            kinds.append(one)
        return {
            "run": self.run.path.name,
            "shape": list(self.model.data_shape),
            "shown": SHOWN,
            "recognises": self.knows_kinds,
            "kinds": kinds,
        }

    def draw(self, weights: list[float], variance: float = 1.0, seed: int = 0, num: int = 40) -> dict[str, Any]:
        """Draw images under other mixture weights, which need not sum to 1, and another variance.

        Returns:
            The sheet, 8 in a row, and the kind of each image.
        """
        weights = self._weights(weights)
        if not isinstance(num, int) or not 1 <= num <= MOST:
            raise UserError(f"num must be from 1 to {MOST}; got {num}.")
        kinds = np.sort(np.random.default_rng(seed).choice(len(weights), num, p=weights))
        return {"image": _sheet(self.model.generate(num, kinds, variance, seed)), "kinds": kinds.tolist()}

    def between(self, weights: list[float], seed: int = 0) -> dict[str, Any]:
        """Draw one image between kinds, under one noise for a seed."""
        return {"image": _sheet(self.model.interpolate(self._weights(weights)[None], seed))}

    def recognise(self, image: str, seed: int = 0) -> dict[str, Any]:
        """Say of which kind an image is, which real ones are nearest, and which of its kind that are drawn.

        Args:
            image: The file, base64, with or without what a data URI begins with.
            seed: Decides what is drawn.
        """
        if not self.knows_kinds:
            raise UserError("This model does not tell kinds.")
        try:
            content = io.BytesIO(base64.b64decode(image.rpartition(",")[2], validate=True))
            with Image.open(content) as opened:
                height, width, channels = self.model.data_shape
                pixels = resize_image(opened, DataOptions(channels=channels))
        except (binascii.Error, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise UserError("This is no image that can be read.") from error
        whole = Image.fromarray(pixels.squeeze(axis=2) if channels == 1 else pixels)
        if read_run_config(self.run.config)["data.crop"] == "center":
            fitted = ImageOps.fit(whole, (width, height), Image.Resampling.BICUBIC)
        else:
            fitted = whole.resize((width, height), Image.Resampling.BICUBIC)
        mine = np.asarray(fitted).reshape(1, height, width, channels)
        told = self.model.responsibilities(mine)[0]
        kind = int(told.argmax())
        drawn = self.model.generate(DRAWN, kind, seed=seed)
        looked = self._look(mine)
        alike = np.linalg.norm(self._look(drawn) - looked, axis=1).argsort()[:SHOWN]
        nearest = None
        if self.real is not None:
            nearest = _sheet(self.real[self._search.kneighbors(looked, return_distance=False)[0]])
        return {
            "seen": _sheet(mine),
            "probabilities": [round(float(one), 4) for one in told],
            "nearest": nearest,
            "drawn": _sheet(drawn[alike]),
        }

    def rename(self, cluster: int, name: str) -> dict[str, Any]:
        """Give a kind a name, here and in the run."""
        if not isinstance(cluster, int) or not 0 <= cluster < self.model.num_components:
            raise UserError(f"cluster must be from 0 to {self.model.num_components - 1}; got {cluster}.")
        names = {**names_of(self.run.path), cluster: " ".join(str(name).split())[:80]}
        self.run.lock()  # not while a training writes there
        try:
            rename_kinds(self.run.path, names, self.model.num_components)
        finally:
            self.run.release()
        return {"names": [names.get(kind, "") for kind in range(self.model.num_components)]}

    def _weights(self, weights: list[float]) -> np.ndarray:
        found = np.asarray(weights, float) if isinstance(weights, list) else np.zeros(0)
        if found.shape != (self.model.num_components,) or not (found >= 0).all() or not 0 < found.sum() < np.inf:
            raise UserError(f"weights must be {self.model.num_components} numbers of at least 0, not all of them 0.")
        return found / found.sum()

    def _look(self, images: np.ndarray) -> np.ndarray:
        """Return what images are compared by: what C sees in them, or their pixels."""
        trunk = getattr(self.model.classifier, "trunk", None) if isinstance(self.model, ModeGAN) else None
        if trunk is None:
            return to_uint8(images).reshape(len(images), -1).astype(np.float32)

        def see(batch: Any) -> tf.Tensor:
            return tf.cast(trunk(to_float(tf.convert_to_tensor(batch)), training=False), tf.float32)

        return self.model.infer("explored features", see, images, ())


def _sheet(images: np.ndarray) -> str:
    """Return images beside each other, 8 in a row, as a data URI."""
    images = to_uint8(images)
    height, width, channels = images.shape[1:]
    columns = min(SHOWN, len(images))
    rows = -(-len(images) // columns)
    whole = np.full((rows * columns, height, width, channels), 255, np.uint8)
    whole[: len(images)] = images
    sheet = whole.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    buffer = io.BytesIO()
    Image.fromarray(sheet.reshape(rows * height, columns * width, channels).squeeze()).save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
