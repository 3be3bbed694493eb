"""A model as functions of tensors alone, for programs without TensorFlow: whoever calls them draws the noise."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import keras
import numpy as np
import tensorflow as tf

from tfgmmgan.models import LatentGAN
from tfgmmgan.priors import LatentPrior
from tfgmmgan.serving.signatures import Signature

__all__ = ["in_float32", "portable_functions"]


def portable_functions(model: LatentGAN) -> dict[str, Signature]:
    """Return what a model can be asked, by name; the first axis of all that goes in and out is the batch, n.

    - `decode(z (n, d))` -> `examples`, G(z).
    - `generate(component (n,) int32, noise (n, d), variance_scale (n,))` -> `examples`, of standard normal noise.
    - `interpolate(weights (n, K), noise, variance_scale)` -> `examples`, by convex weights.
    - `responsibilities(images)` -> `responsibilities` (n, K), and `encode(images)` -> `latents` (n, d): where the model
      has the capability.

    `generate` and `interpolate` of a prior with subclasses take one more input, `place` (n,), drawn evenly from [0, 1),
    which says of which subclass a component is.

    Args:
        model: The model. Its weights are read when a function is traced, those of its prior now.
    """
    prior = model.prior
    means, factors = _gaussians(prior)
    posterior = _posterior(prior) if model.responsibilities_by == "mixture" else None
    spec = tf.TensorSpec
    noise = [spec([None, prior.latent_dim], tf.float32, "noise"), spec([None], tf.float32, "variance_scale")]
    if prior.num_subclasses:
        noise.append(spec([None], tf.float32, "place"))

    def decode(z: tf.Tensor) -> dict:
        return {"examples": model.generator(z, training=False)}

    def interpolate(weights: tf.Tensor, noise: tf.Tensor, variance_scale: tf.Tensor, *place: tf.Tensor) -> dict:
        eps = noise[:, None]  # [n, 1, d]
        if place:
            ids = tf.range(prior.num_components)[None]
            eps += tf.gather(tf.convert_to_tensor(prior.offsets), prior.subclasses_at(ids, place[0][:, None]))
        spread = weights[..., None] * eps * tf.sqrt(variance_scale)[:, None, None]  # [n, K, d]
        return decode(weights @ means + tf.reshape(spread, [-1, len(factors)]) @ factors)

    def generate(component: tf.Tensor, *others: tf.Tensor) -> dict:
        return interpolate(tf.gather(tf.eye(prior.num_components), component), *others)

    def responsibilities(images: tf.Tensor) -> dict:
        return {"responsibilities": posterior(model.encodings(images)) if posterior else model.call(images)}

    def encode(images: tf.Tensor) -> dict:
        return {"latents": model.encodings(images)}

    images = [spec([None, *model.data_shape], tf.float32, "images")]
    found = {
        "decode": Signature(decode, [spec([None, prior.latent_dim], tf.float32, "z")]),
        "generate": Signature(generate, [spec([None], tf.int32, "component"), *noise]),
        "interpolate": Signature(interpolate, [spec([None, prior.num_components], tf.float32, "weights"), *noise]),
    }
    for function in (responsibilities, encode):
        if function.__name__ in model.capabilities:
            found[function.__name__] = Signature(function, images)
    return found


def _gaussians(prior: LatentPrior) -> tuple[np.ndarray, np.ndarray]:
    """Return the means (K, d), and the transposed A_k below each other, (K d, d): numbers alone, as every format has.

    They are read off what `place` makes of no noise and of each unit vector: z = A_k eps + mu_k.
    """
    count, dim = prior.num_components, prior.latent_dim
    units = np.concatenate([np.zeros((1, dim)), np.eye(dim)]).astype(np.float32)
    placed = prior.place(tf.constant(np.repeat(units[:, None], count, axis=1))).numpy()  # [1 + d, K, d]
    return placed[0], (placed[1:] - placed[0]).transpose(1, 0, 2).reshape(count * dim, dim)


def _posterior(prior: LatentPrior) -> Callable[[tf.Tensor], tf.Tensor]:
    """Return p(k | z), (n, d) -> (n, K), by matrix products: not every format has tfp's triangular solve."""
    means, factors = _gaussians(prior)
    count, dim = means.shape
    inverse = np.linalg.inv(factors.reshape(count, dim, dim).astype(np.float64))  # [K, d, d], of the transposed A_k
    constant = np.log(prior.mixture_probs().numpy()) + np.linalg.slogdet(inverse).logabsdet
    centre = np.einsum("kd,kde->ke", means, inverse).astype(np.float32)
    flat = inverse.transpose(1, 0, 2).reshape(dim, count * dim).astype(np.float32)

    def posterior(z: tf.Tensor) -> tf.Tensor:
        eps = tf.reshape(z @ flat, [-1, count, dim]) - centre
        return tf.nn.softmax(constant.astype(np.float32) - tf.reduce_sum(eps**2, axis=2) / 2)

    return posterior


@contextmanager
def in_float32(model: keras.Model) -> Iterator[None]:
    """Let all layers of a model compute in float32 inside the block: not every format has 16-bit floats."""
    layers = [layer for layer in model._flatten_layers() if layer.compute_dtype != "float32"]
    policies = [layer.dtype_policy for layer in layers]
    try:
        for layer in layers:
            layer.dtype_policy = "float32"
        yield
    finally:
        for layer, policy in zip(layers, policies, strict=True):
            layer.dtype_policy = policy
