"""A mixture whose components are mixtures themselves: modes with subclasses (ours)."""

import keras
import numpy as np
import tensorflow as tf

from tfgmmgan.priors.gaussian_mixture import GaussianMixture
from tfgmmgan.utils.arguments import Count, Positive, WholeNumber, check
from tfgmmgan.utils.errors import UserError
from tfgmmgan.utils.random import split

__all__ = ["SubclassMixture"]


@keras.saving.register_keras_serializable(package="tfgmmgan")
class SubclassMixture(GaussianMixture):
    """z ~ sum_k w_k sum_g p(g | k) N(mu_k + A_k o_g, Sigma_k): each component is itself a mixture.

    A mode has kinds: sevens with a bar and without. Under one Gaussian a generator may leave a rare kind out, as
    nothing in z stands for it. Here each of G = `subclasses` * K subclasses has an offset o_g ~ N(0, spread^2 I), in
    units of a component's own noise, and a component draws its subclass by p(g | k), which `set_subclass_probs` sets.
    To begin with component k has the subclasses k M to (k + 1) M - 1, M = `subclasses`, equally often. Mixture
    discriminant analysis (Hastie & Tibshirani 1996) models classes so; that a GAN's prior does is ours.

    Everything that draws or weighs a component is of the whole of it: `variance_scale` moves z towards mu_k, offset
    and all, and the responsibilities are those of components.

    Example:

    >>> prior = SubclassMixture(num_components=10, latent_dim=100, subclasses=30)
    >>> z = prior.sample_components([7, 7], seed=[0, 1])
    >>> prior.subclasses_of(z, [7, 7]).shape                           # 210 to 239 each
    TensorShape([2])

    Args:
        num_components: K >= 1. Default 10.
        latent_dim: d >= 1. Default 100.
        subclasses: M >= 1, subclasses for each component on average. Default 10.
        spread: Standard deviation of the offsets, in units of the component's own; positive. Default 1.
        **kwargs: As in `GaussianMixture`.

    Attributes:
        num_subclasses: G.
        offsets: (G, d), not trained.
        subclass_probs: (K, G) p(g | k), rows summing to 1.

    Raises:
        ValueError: If an argument is out of its range.
    """

    def __init__(
        self,
        num_components: Count = 10,
        latent_dim: Count = 100,
        subclasses: WholeNumber = 10,
        spread: Positive = 1.0,
        **kwargs,
    ) -> None:
        if not subclasses >= 1:
            raise UserError(
                f"subclasses must be at least 1; got {subclasses}. GaussianMixture is the prior without any."
            )
        self.subclasses = subclasses  # before `build`, which the base's constructor calls
        self.spread = spread
        check("spread", spread, Positive)
        super().__init__(num_components, latent_dim, **kwargs)

    @property
    def num_subclasses(self) -> int:
        """G, of all components together."""
        return self.subclasses * self.num_components

    def build(self, input_shape: tuple | None = None) -> None:
        """Create `offsets` (G, d) and `subclass_probs` (K, G) beside the mixture's weights."""
        super().build(input_shape)
        rng = np.random.default_rng([self.seed, 1])
        offsets = self.spread * rng.standard_normal((self.num_subclasses, self.latent_dim))
        own = np.repeat(np.eye(self.num_components), self.subclasses, axis=1) / self.subclasses
        self.offsets, self.subclass_probs = (
            self.add_weight(
                shape=value.shape,
                initializer=lambda s, dtype, value=value: keras.ops.cast(value, dtype),
                trainable=False,
                name=name,
            )
            for name, value in (("offsets", offsets), ("subclass_probs", own))
        )

    def set_subclass_probs(self, probs: np.ndarray) -> None:
        """Set how often each component draws each subclass: (K, G), not negative, no row all 0; rows are normalised."""
        probs = np.asarray(probs, np.float64)
        if probs.shape != (self.num_components, self.num_subclasses):
            raise UserError(f"probs must have shape ({self.num_components}, {self.num_subclasses}); got {probs.shape}.")
        sums = probs.sum(axis=1, keepdims=True)
        if not (np.isfinite(probs).all() and (probs >= 0).all() and (sums > 0).all()):
            raise UserError("probs must be finite and not negative, and each component must have a subclass.")
        self.subclass_probs.assign(probs / sums)

    def noise(self, ids: tf.Tensor, seed: tf.Tensor, truncation: float | None = None) -> tf.Tensor:
        """Return the noise of named components, (...) -> (..., d): standard normal about the offset of a subclass."""
        offsets = tf.gather(tf.convert_to_tensor(self.offsets), self.draw_subclasses(ids, seed))
        return super().noise(ids, seed, truncation) + offsets

    def common_noise(self, seed: tf.Tensor) -> tf.Tensor:
        """Return one noise for all components, about the offset of one subclass of each: (1, K, d)."""
        subclasses = self.draw_subclasses(tf.range(self.num_components), seed)
        return (super().common_noise(seed) + tf.gather(tf.convert_to_tensor(self.offsets), subclasses))[None]

    def draw_subclasses(self, ids: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Return the subclass that `noise` draws for each named component under a seed, (...) -> (...) int32."""
        ids = tf.convert_to_tensor(ids)
        return self.subclasses_at(ids, tf.random.stateless_uniform(tf.shape(ids), split(seed, 2)))

    def subclasses_at(self, ids: tf.Tensor, places: tf.Tensor) -> tf.Tensor:
        """Return the subclass of each named component at a place in [0, 1) of its shares, (...), (...) -> (...) int32.

        Places that are drawn evenly give each subclass as often as p(g | k) says.
        """
        upper = tf.gather(tf.cumsum(tf.convert_to_tensor(self.subclass_probs), axis=1), ids)  # [..., G]
        drawn = places * upper[..., -1]
        subclass = tf.reduce_sum(tf.cast(drawn[..., None] >= upper, tf.int32), axis=-1)
        return tf.minimum(subclass, self.num_subclasses - 1)

    def log_prob_subclasses(self, z: tf.Tensor) -> tf.Tensor:
        """Return log p(g | k) N(z; mu_k + A_k o_g, Sigma_k), (n, d) -> (n, K, G).

        In the noise of component k, eps = A_k^-1 (z - mu_k), it is N(eps; o_g, I): by tfp's bijector of a component and
        one matrix product, where tfp's density of all K G Gaussians would hold (n, K, G, d) numbers
        (`python -m benchmarks.subclass_densities`).
        """
        every = self.components()
        eps = every.bijector.inverse(tf.cast(z, tf.float32)[:, None])  # [n, K, d]
        offsets = tf.convert_to_tensor(self.offsets)
        squared = tf.reduce_sum(eps**2, -1, keepdims=True) + tf.reduce_sum(offsets**2, -1)
        squared -= 2 * tf.einsum("nkd,gd->nkg", eps, offsets)
        log_det = 2 * every.scale.log_abs_determinant()  # [K]
        log_normal = -0.5 * (squared + self.latent_dim * np.log(2 * np.pi) + log_det[:, None])
        return log_normal + tf.math.log(tf.convert_to_tensor(self.subclass_probs))

    def log_prob_components(self, z: tf.Tensor) -> tf.Tensor:
        """Return log p(z | k), (n, d) -> (n, K)."""
        return tf.reduce_logsumexp(self.log_prob_subclasses(z), axis=2)

    def responsibilities(self, z: tf.Tensor) -> tf.Tensor:
        """Return p(k | z), (n, d) -> (n, K)."""
        return tf.nn.softmax(self.log_prob_components(z) + tf.math.log(self.mixture_probs()))

    def subclasses_of(self, z: tf.Tensor, ids: tf.Tensor) -> tf.Tensor:
        """Return the subclass that most likely made each z of a known component.

        Args:
            z: (n, d).
            ids: (n,) component of each.

        Returns:
            (n,) integers below G.
        """
        return tf.argmax(tf.gather(self.log_prob_subclasses(z), ids, batch_dims=1), axis=1)

    def distribution(self):  # noqa: ANN201 - as in GaussianMixture
        """Return the `tfp.distributions.MixtureSameFamily` of components that are such mixtures themselves."""
        import tensorflow_probability as tfp

        distributions = tfp.distributions
        ids = tf.range(self.num_components)[:, None]
        centres = self.components(ids).bijector.forward(tf.convert_to_tensor(self.offsets))  # [K, G, d]
        component = distributions.MixtureSameFamily(
            distributions.Categorical(probs=tf.convert_to_tensor(self.subclass_probs)),
            distributions.MultivariateNormalTriL(centres, scale_tril=self.scale_tril()[:, None]),
        )
        return distributions.MixtureSameFamily(distributions.Categorical(probs=self.mixture_probs()), component)

    def get_config(self) -> dict:
        """Return the constructor's arguments."""
        return {**super().get_config(), "subclasses": self.subclasses, "spread": self.spread}
