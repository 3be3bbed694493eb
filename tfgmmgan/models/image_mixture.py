"""ImageMixture: a mixture of kinds of images, as scikit-learn has mixtures of Gaussians."""

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, DensityMixin, TransformerMixin, clone
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from tfgmmgan.clustering import ImageClusterer
from tfgmmgan.clustering.sizes import SELF_TRAINING, training_steps
from tfgmmgan.data import ImageData, Split
from tfgmmgan.data.pictures import read_pictures
from tfgmmgan.models.mode_gan import ModeGAN
from tfgmmgan.utils.arguments import Count, Positive, check_arguments
from tfgmmgan.utils.errors import UserError

__all__ = ["ImageMixture"]

STEP, LEAST = 4, 8  # of the sides that the networks take


class ImageMixture(ClassNamePrefixFeaturesOutMixin, TransformerMixin, DensityMixin, BaseEstimator):
    """A mixture of kinds of images that are found without labels, and drawn, by a `ModeGAN`.

    It stands where `sklearn.mixture.GaussianMixture` stands, in pipelines, too: the kinds are its components.

    Example:

    >>> mixture = tfgmmgan.ImageMixture(10).fit(load_digits().data)     # rows of 8 x 8 pixels, 0 to 16
    >>> images, components = mixture.sample(100)                        # such rows

    Args:
        n_components: K, or `"auto"`, which counts the kinds. Default 10.
        image_shape: (H, W) or (H, W, C) of the images whose pixels rows hold. Default that of a square grey image, or,
            where there is none of so many pixels, of one line of them.
        clusterer: What finds the kinds, unfitted; its number of clusters and seed are set from here. Default
            `ImageClusterer()`.
        steps: Training steps of the GAN. Default 6000.
        latent_dim: Length of its latent vector. Default 100.
        width: Multiplies the channels of its networks. Default 1.
        batch_size: Images of a step. Default 64.
        random_state: Integer behind everything, or a `numpy.random.RandomState` that one is drawn from. Default 0.
        verbose: As in Keras's `fit`; not 0, how many steps it will take is said first. Default 0.

    Attributes:
        labels_: (n,) the component of each image of the fit.
        weights_: (K,) share of each component.
        n_components_: K.
        clusterer_: The fitted `ImageClusterer`.
        model_: The fitted `ModeGAN`.
        image_shape_: (H, W, C) of the images.
        range_: What black and white are: 0 and 255 for uint8, otherwise the least and the greatest value of the fit.

    Images are (n, H, W, C), (n, H, W), rows (n, H * W * C), or paths of picture files. What they are brought to for the
    networks, sides that 4 divides and values from -1 to 1, is undone in what is drawn.
    """

    def __init__(
        self,
        n_components: Count | Literal["auto"] = 10,
        image_shape: tuple | None = None,
        clusterer: ImageClusterer | None = None,
        steps: Count = 6000,
        latent_dim: Count = 100,
        width: Positive = 1.0,
        batch_size: Count = 64,
        random_state: Any = 0,
        verbose: int | str = 0,
    ) -> None:
        self.n_components = n_components
        self.image_shape = image_shape
        self.clusterer = clusterer
        self.steps = steps
        self.latent_dim = latent_dim
        self.width = width
        self.batch_size = batch_size
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: Any, y: None = None) -> "ImageMixture":
        """Find the kinds among images and learn to draw each; return self.

        Args:
            X: Images, as above; n >= 2 and n >= K.
            y: Not used.

        Raises:
            ValueError: If an argument is out of its range, or the images are none.
        """
        check_arguments(self)
        images = self._images(X, first=True)
        fixed = isinstance(self.random_state, int | np.integer)
        self.seed_ = int(self.random_state if fixed else check_random_state(self.random_state).randint(2**31))
        clusterer = ImageClusterer() if self.clusterer is None else clone(self.clusterer)
        clusterer.set_params(n_clusters=self.n_components, random_state=self.seed_, verbose=self.verbose)
        if self.verbose:
            learning = training_steps(clusterer.steps, len(images), min(clusterer.batch_size, len(images)))
            learning += clusterer.self_training_rounds * math.ceil(SELF_TRAINING * learning)
            print(
                f"{len(images):,} images: a classifier learns their kinds in {learning:,} steps, a GAN to draw them in "
                f"{self.steps:,}.",
                flush=True,
            )
        self.clusterer_ = clusterer.fit(images)
        self.n_components_ = self._n_features_out = self.clusterer_.n_clusters_
        options = {"latent_dim": self.latent_dim, "width": self.width, "seed": self.seed_}
        shape = images.shape[1:]
        self.model_ = ModeGAN(shape, self.n_components_, clusterer=self.clusterer_, **options)
        self.model_.compile()
        split = Split(len(images), examples=images)
        batches = ImageData("images", split, split, shape).training_batches(
            min(self.batch_size, len(images)), self.seed_
        )
        self.model_.fit(batches, steps_per_epoch=self.steps, epochs=1, verbose=self.verbose)
        probabilities = self.clusterer_.predict_proba(images)
        self.labels_, self.weights_ = probabilities.argmax(axis=1), probabilities.mean(axis=0)
        return self

    def fit_predict(self, X: Any, y: None = None) -> np.ndarray:
        """Fit, and return the component of each image, (n,)."""
        return self.fit(X).labels_

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return p(k | x), (n, K), rows summing to 1."""
        check_is_fitted(self)
        return self.clusterer_.predict_proba(self._images(X))

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable component of each image, (n,) ids below K."""
        return self.predict_proba(X).argmax(axis=1)

    def transform(self, X: Any) -> np.ndarray:
        """Return p(k | x), (n, K), as what a pipeline goes on with."""
        return self.predict_proba(X)

    def score_samples(self, X: Any) -> np.ndarray:
        """Return how typical images are, (n,), the higher the more; it is no density.

        Minus the outlier score of `ImageClusterer.score_outliers`: about -1 is usual, -2 is strange. Of an image of the
        fit it is higher, as that is its own neighbour.
        """
        check_is_fitted(self)
        return -self.clusterer_.score_outliers(self._images(X))

    def score(self, X: Any, y: None = None) -> float:
        """Return the mean of `score_samples`."""
        return float(self.score_samples(X).mean())

    def sample(self, n_samples: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """Draw images, in the form of those of the fit, by component as `GaussianMixture` does.

        Returns:
            The images, and the component that each was drawn from, (n_samples,). The same at every call, unless
            `random_state` is None.

        Raises:
            ValueError: If `n_samples` is not 1 or more.
        """
        check_is_fitted(self)
        if not isinstance(n_samples, int | np.integer) or n_samples < 1:
            raise UserError(f"sample(n_samples): expected a whole number of at least 1; got {n_samples!r}.")
        seed = None if self.random_state is None else self.seed_
        weights = self.weights_.astype(np.float64)
        counts = np.random.default_rng(seed).multinomial(n_samples, weights / weights.sum())
        components = np.repeat(np.arange(self.n_components_), counts)
        return self._as_given(self.model_.generate(int(n_samples), component=components, seed=seed)), components

    def _images(self, X: Any, first: bool = False) -> np.ndarray:
        """Return images as the networks take them; `first` decides on their shape and range."""
        if isinstance(X, list | tuple) and len(X) and isinstance(X[0], str | Path):
            X = self._read(X, first)
        if isinstance(X, list | tuple) and np.ndim(X[0] if len(X) else 0) > 1:
            X = np.stack(X)
        if len(getattr(X, "shape", ())) in (3, 4):
            given = np.asarray(X)
        else:
            given = validate_data(self, X, reset=first, ensure_min_samples=1 + first)
        if first:
            self.form_, self.dtype_ = given.shape[1:], given.dtype
            self.image_shape_ = self._shape_of(given)
        if given.shape[1:] != self.form_:
            raise UserError(f"Expected images of shape {self.form_}, as in fit; got {given.shape[1:]}.")
        images = given.reshape(-1, *self.image_shape_)
        if first:
            whole = images.dtype == np.uint8 and images.max() > 1
            self.range_ = (0, 255) if whole else (float(images.min()), float(images.max()))
        if images.dtype != np.uint8 or self.range_ != (0, 255):
            low, high = self.range_
            scaled = (images.astype(np.float32) - low) * (2 / max(high - low, 1e-12)) - 1
            if not np.isfinite(scaled).all():
                raise UserError("Images hold NaN or infinite values. Remove or repair them.")
            images = np.clip(scaled, -1, 1).astype(np.float32)
        height, width = (max(LEAST, -(-side // STEP) * STEP) - side for side in self.image_shape_[:2])
        return np.pad(images, ((0, 0), (0, height), (0, width), (0, 0)), "edge")

    def _as_given(self, images: np.ndarray) -> np.ndarray:
        """Return what the networks drew in the shape, range and type of the images of the fit."""
        height, width, _ = self.image_shape_
        low, high = self.range_
        values = (images[:, :height, :width] + 1) / 2 * (high - low) + low
        if self.dtype_.kind in "iub":
            values = np.rint(values)
        return values.astype(self.dtype_).reshape(-1, *self.form_)

    def _shape_of(self, given: np.ndarray) -> tuple[int, int, int]:
        """Return the shape of images that were given as rows, or in their own shape."""
        if given.ndim > 2:
            shape = given.shape[1:]
        elif self.image_shape is not None:
            shape = tuple(self.image_shape)
        else:
            side = math.isqrt(given.shape[1])
            shape = (side, side) if side**2 == given.shape[1] else (1, given.shape[1])
        shape = (*shape, 1) if len(shape) == 2 else shape
        if len(shape) != 3 or shape[2] not in (1, 3) or math.prod(shape) != math.prod(given.shape[1:]):
            raise UserError(
                f"Expected images (H, W), or (H, W, C) of 1 or 3 channels, of {math.prod(given.shape[1:])} values; got "
                f"{shape}. Say image_shape where X has rows."
            )
        return tuple(int(side) for side in shape)

    def _read(self, paths: Sequence[str | Path], first: bool) -> np.ndarray:
        """Return picture files, in their order."""
        shape = None if first else self.form_
        pictures = read_pictures([Path(path) for path in paths], shape)
        if pictures.unreadable:
            name, reason = next(iter(pictures.unreadable.items()))
            raise UserError(f"{len(pictures.unreadable)} files can't be read, such as {name} ({reason}).")
        row_of = {name: row for row, name in enumerate(pictures.names)}
        return pictures.images[[row_of[Path(os.path.expanduser(path)).as_posix()] for path in paths]]

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags
