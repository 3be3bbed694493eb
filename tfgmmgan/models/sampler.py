"""Sampler: the half of a GAN that stays when training is over: a prior, a generator, and what they can draw."""

import os
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfgmmgan.data.checks import check_examples
from tfgmmgan.networks import dtype_policy, networks_for
from tfgmmgan.priors import LatentPrior
from tfgmmgan.utils.arguments import Positive, check_arguments
from tfgmmgan.utils.errors import UserError
from tfgmmgan.utils.random import make_seed, split

__all__ = ["Sampler"]

BLOCK = 1024  # rows for which the (d, d) factors of their components are held at once


class Sampler(keras.Model):
    """A generator on a latent prior: draws from one component, from all, and between them.

    Args:
        data_shape: Shape of one example: (H, W, C) for images, (p,) for points.
        prior: The latent prior.
        generator: Keras model from z (n, d) to examples; the architecture's own where None.
        architecture: `"dcgan"` (Tables 1-3 of responsibility learning) or `"resnet"` (BigGAN's without labels, for
            images of 32 to 96 pixels) for images, `"mlp"` for points; `"auto"` is dcgan or mlp by the shape.
            Default `"auto"`.
        width: Multiplies the channels of the networks that are made here. Default 1.
    """

    def __init__(
        self,
        data_shape: tuple[int, ...],
        prior: LatentPrior,
        generator: keras.layers.Layer | None = None,
        architecture: str = "auto",
        width: Positive = 1.0,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.data_shape = tuple(int(side) for side in data_shape)
        self.prior = prior
        self.architecture = architecture
        self.width = width
        check_arguments(self)
        self._given = {"generator"} if generator is not None else set()  # networks that a saved model brings along
        self._networks = networks_for(architecture, self.data_shape)
        self._compiled: dict[str, Any] = {}
        self._process = os.getpid()
        with dtype_policy(self.dtype_policy):
            self.generator = generator or self._networks.generator(self.data_shape, width=width, name="generator")
        if not self.generator.built:
            self.generator.build((None, prior.latent_dim))
        made = tuple(self.generator.compute_output_shape((1, prior.latent_dim)))[1:]
        if made != self.data_shape:
            raise UserError(f"The generator makes examples of shape {made}; data_shape is {self.data_shape}.")

    @property
    def num_components(self) -> int:
        """K of the prior."""
        return self.prior.num_components

    @property
    def latent_dim(self) -> int:
        """d of the prior."""
        return self.prior.latent_dim

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
        self._check_process()
        prior = prior or self.prior
        if prior.latent_dim != self.prior.latent_dim:
            raise ValueError(f"The prior's z has {prior.latent_dim} dimensions; G takes {self.prior.latent_dim}.")
        if truncation is not None and not truncation > 0:
            raise ValueError(f"truncation must be positive; got {truncation}.")
        for name, value in (("n", n), ("variance_scale", variance_scale)):
            if not 0 <= value < float("inf"):
                raise ValueError(f"{name} must be finite and not negative; got {value}.")
        key = make_seed(seed)
        ids = prior.sample_ids(n, key) if component is None else _component_ids(component, n, prior.num_components)
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
        self._check_process()
        weights = np.asarray(weights, np.float32)
        if weights.ndim != 2 or weights.shape[1] != self.prior.num_components:
            raise ValueError(f"weights must have shape (n, {self.prior.num_components}); got {weights.shape}.")
        if (weights < 0).any() or not np.allclose(weights.sum(axis=1), 1, atol=1e-4):
            raise ValueError("Each row of weights must be non-negative and sum to 1.")
        return self.decode(self.prior.interpolate(weights, self.prior.common_noise(make_seed(seed))))

    def decode(self, z: tf.Tensor, batch_size: int = 256) -> np.ndarray:
        """Return G(z) in inference mode, (n, d) -> (n, *data_shape) float32."""
        return self._in_batches("decode", self._decode, z, self.data_shape, batch_size)

    def save(self, filepath: str | Path, *args, **kwargs) -> None:
        """Save the model as Keras does, in a folder that there is."""
        if not Path(filepath).absolute().parent.is_dir():
            raise UserError(f"There is no folder {Path(filepath).parent} to save {Path(filepath).name} in; create it.")
        super().save(filepath, *args, **kwargs)

    def _decode(self, z: tf.Tensor) -> tf.Tensor:
        return self.generator(z, training=False)

    def checked(self, examples: np.ndarray | tf.Tensor, what: str, learned: bool = False) -> np.ndarray:
        """Return examples (n, *data_shape); raise `UserError`, with `what` in front, if they are not the model's."""
        examples = check_examples(np.asarray(examples), what, (1, 3, self.data_shape[-1]), learned)
        if examples.shape[1:] != self.data_shape:
            raise UserError(f"{what}: expected examples of shape {self.data_shape}; got {examples.shape[1:]}.")
        return examples

    def infer(self, name: str, function: Any, examples: np.ndarray, shape: tuple, batch_size: int = 256) -> np.ndarray:
        """Run `function` over examples in batches, compiled once under `name`; (n, *data_shape) -> (n, *shape)."""
        return self._in_batches(name, function, self.checked(examples, name), shape, batch_size)

    def _check_process(self) -> None:
        """Raise `UserError` after a fork, where TensorFlow would wait for ever for threads that are not there."""
        if os.getpid() != self._process:
            raise UserError("The model was made before this process was forked; make it here, or spawn processes.")

    def _in_batches(self, name: str, function: Any, rows: Any, shape: tuple, batch_size: int) -> np.ndarray:
        """Run a compiled function over rows, `batch_size` at a time."""
        self._check_process()
        if name not in self._compiled:
            self._compiled[name] = tf.function(function, reduce_retracing=True, autograph=False)
        run = self._compiled[name]
        parts = [run(rows[start : start + batch_size]).numpy() for start in range(0, len(rows), batch_size)]
        return np.concatenate(parts) if parts else np.zeros((0, *shape), np.float32)


def _component_ids(component: int | np.ndarray, n: int, num_components: int) -> tf.Tensor:
    """Return a component for each of n examples, (n,) int32; raise `ValueError` for what is none."""
    component = np.asarray(component)
    if not np.issubdtype(component.dtype, np.integer):
        raise ValueError(f"component must be one integer or {n} of them; got {component.dtype}.")
    if component.ndim > 1 or (component.ndim == 1 and len(component) != n):
        raise ValueError(f"component must be one integer or {n} of them; got shape {component.shape}.")
    wrong = component[(component < 0) | (component >= num_components)]
    if wrong.size:
        raise ValueError(f"component must be in [0, {num_components}); got {wrong.flat[0]}.")
    return tf.constant(np.broadcast_to(component, (n,)).astype(np.int32))
