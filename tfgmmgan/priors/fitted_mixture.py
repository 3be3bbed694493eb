"""A mixture that is fitted to encodings after training: GAEL's new prior."""

from typing import Literal

import keras
import numpy as np

from tfgmmgan.priors.gaussian_mixture import GaussianMixture
from tfgmmgan.utils.arguments import Count, WholeNumber, values_of
from tfgmmgan.utils.errors import UserError

__all__ = ["FittedMixture"]


@keras.saving.register_keras_serializable(package="tfgmmgan")
class FittedMixture(GaussianMixture):
    """A Gaussian mixture by maximum likelihood; until `fit`, every component is N(0, I).

    Example:

    >>> prior = FittedMixture(num_components=10, latent_dim=100).fit(encodings)           # (n, 100)

    Args:
        num_components: K >= 1. Default 10.
        latent_dim: d >= 1. Default 100.
        covariance: `"full"`, `"diag"` or `"spherical"`. Default `"full"`.
        seed: Integer that decides where the fit starts. Default 0.
        name: As in Keras.

    Reference:
        GAEL, section 3, "Generation".
    """

    def __init__(
        self,
        num_components: Count = 10,
        latent_dim: Count = 100,
        covariance: Literal["full", "diag", "spherical"] = "full",
        seed: WholeNumber = 0,
        name: str | None = None,
    ) -> None:
        super().__init__(
            num_components, latent_dim, covariance, trainable=False, mean_range=0.0, variance=1.0, seed=seed, name=name
        )

    def build(self, input_shape: tuple | None = None) -> None:
        """Create the mixture's weights, and `fitted`, 1 after `fit`."""
        super().build()
        self.fitted = self.add_weight(shape=(), initializer="zeros", trainable=False, name="fitted")

    @property
    def is_fitted(self) -> bool:
        """Whether `fit` has been called."""
        return bool(self.fitted.numpy() > 0)

    def fit(self, encodings: np.ndarray) -> "FittedMixture":
        """Fit means, covariances and weights by scikit-learn's EM, from a k-means start; return self.

        Args:
            encodings: (n, d), n >= K.

        Raises:
            ValueError: If there are fewer encodings than components, of another length, or not all finite.
        """
        from sklearn import mixture

        if len(encodings) < self.num_components:
            raise UserError(
                f"{len(encodings)} encodings can't be fitted with {self.num_components} components; choose fewer."
            )
        if np.ndim(encodings) != 2 or np.shape(encodings)[1] != self.latent_dim:
            raise UserError(f"encodings must have shape (n, {self.latent_dim}); got {np.shape(encodings)}.")
        if not np.isfinite(encodings).all():
            raise UserError("The encodings are not all finite: training has diverged, and no mixture can be fitted.")
        found = mixture.GaussianMixture(
            self.num_components, covariance_type=self.covariance, random_state=self.seed, reg_covar=1e-5
        ).fit(np.asarray(encodings, np.float64))
        self.loc.assign(found.means_)
        sigma = found.covariances_[:, None] if self.covariance == "spherical" else found.covariances_
        scale = np.linalg.cholesky(sigma) if sigma.ndim == 3 else np.sqrt(sigma)
        self.scale.assign(self._covariance.raw(scale, self.latent_dim))
        self.probs.assign(found.weights_ / found.weights_.sum())
        self.fitted.assign(1.0)
        return self

    def get_config(self) -> dict:
        """Return the constructor's arguments."""
        return {**values_of(self), "name": self.name}
