"""Drawing examples from a trained model: from one mode, from all, and between them."""

from typing import Any

import numpy as np
import tensorflow as tf

from tfgmmgan.priors import LatentPrior
from tfgmmgan.utils.random import make_seed, split

__all__ = ["Drawing"]

BLOCK = 1024  # rows for which the (d, d) factors of their components are held at once


class Drawing:
    """What a model with a `prior`, a `drawing_generator` and a `data_shape` can draw."""

    @property
    def sampling_priors(self) -> dict[str, LatentPrior]:
        """By name what z may be drawn from; evaluation measures each."""
        return {"prior": self.prior}

    def generate(
        self,
        n: int,
        component: int | np.ndarray | None = None,
        variance_scale: float = 1.0,
        seed: int | None = None,
        truncation: float | None = None,
        prior: LatentPrior | None = None,
    ) -> np.ndarray:
        """Draw new examples.

        Args:
            n: How many.
            component: Draw from this component alone, or, an integer array of shape (n,), from a component for
                each example; None draws the component too, by the mixture weights.
            variance_scale: s >= 0 multiplies the prior's covariances (GM-GAN, section 4.3): below 1 gives better
                and less diverse examples. Default 1.
            seed: The same seed gives the same examples; None gives new ones at each call.
            truncation: t > 0 redraws noise beyond [-t, t] (BigGAN's truncation trick); None keeps it all.
            prior: Draw z from this instead of the model's own; of the same `latent_dim`.

        Returns:
            (n, *data_shape) float32; images are in [-1, 1].

        Raises:
            ValueError: If a component is not in [0, K), n or the scale is negative, or the truncation is not positive.
        """
        prior = prior or self.prior
        if prior.latent_dim != self.prior.latent_dim:
            raise ValueError(f"The prior's z has {prior.latent_dim} dimensions; G takes {self.prior.latent_dim}.")
        if truncation is not None and not truncation > 0:
            raise ValueError(f"truncation must be positive; got {truncation}.")
        for name, value in (("n", n), ("variance_scale", variance_scale)):
            if not value >= 0:
                raise ValueError(f"{name} must not be negative; got {value}.")
        key = make_seed(seed)
        if component is None:
            ids = prior.sample_ids(n, key)
        else:
            component = np.asarray(component)
            if not np.issubdtype(component.dtype, np.integer):
                raise ValueError(f"component must be one integer or {n} of them; got {component.dtype}.")
            if component.ndim > 1 or (component.ndim == 1 and len(component) != n):
                raise ValueError(f"component must be one integer or {n} of them; got shape {component.shape}.")
            wrong = component[(component < 0) | (component >= prior.num_components)]
            if wrong.size:
                raise ValueError(f"component must be in [0, {prior.num_components}); got {wrong.flat[0]}.")
            ids = tf.constant(np.broadcast_to(component, (n,)).astype(np.int32))
        parts = []
        for row in range(0, max(n, 1), BLOCK):
            own_key = split(key, row) if row else key
            z = prior.sample_components(ids[row : row + BLOCK], own_key, variance_scale, truncation)
            parts.append(self.decode(z))
        return np.concatenate(parts)

    def interpolate(self, weights: np.ndarray, seed: int | None = None) -> np.ndarray:
        """Draw examples between modes, all under one noise (responsibility learning, section 3.2).

        Args:
            weights: (n, K) convex weights: non-negative, each row summing to 1.
            seed: Decides the noise; None gives a new one at each call.

        Returns:
            (n, *data_shape) float32, G(sum_k w_k (A_k eps + mu_k)).

        Raises:
            ValueError: If the weights are not convex or not of K columns.
        """
        weights = np.asarray(weights, np.float32)
        if weights.ndim != 2 or weights.shape[1] != self.prior.num_components:
            raise ValueError(f"weights must have shape (n, {self.prior.num_components}); got {weights.shape}.")
        if (weights < 0).any() or not np.allclose(weights.sum(axis=1), 1, atol=1e-4):
            raise ValueError("Each row of weights must be non-negative and sum to 1.")
        return self.decode(self.prior.interpolate(weights, self.prior.common_noise(make_seed(seed))))

    def decode(self, z: tf.Tensor, batch_size: int = 256) -> np.ndarray:
        """Return G(z) in inference mode, (n, d) -> (n, *data_shape) float32."""
        return self._in_batches("generate", self._generate, z, self.data_shape, batch_size)

    def _generate(self, z: tf.Tensor) -> tf.Tensor:
        return self.drawing_generator(z, training=False)

    def infer(self, name: str, function: Any, examples: np.ndarray, shape: tuple, batch_size: int = 256) -> np.ndarray:
        """Run `function` over examples in batches, compiled once under `name`; (n, *data_shape) -> (n, *shape)."""
        return self._in_batches(name, function, self.checked(examples, name), shape, batch_size)

    def _in_batches(self, name: str, function: Any, rows: Any, shape: tuple, batch_size: int) -> np.ndarray:
        """Run a compiled function over rows, `batch_size` at a time."""
        compiled = self.__dict__.setdefault("_compiled", {})
        if name not in compiled:
            compiled[name] = tf.function(function, reduce_retracing=True, autograph=False)
        parts = [compiled[name](rows[start : start + batch_size]).numpy() for start in range(0, len(rows), batch_size)]
        return np.concatenate(parts) if parts else np.zeros((0, *shape), np.float32)
