"""What every latent prior can do."""

import operator

import keras
import tensorflow as tf

from tfgmmgan.utils.random import normal, split

__all__ = ["LatentPrior"]


class LatentPrior(keras.layers.Layer):
    """A distribution over latent vectors z, made of `num_components` Gaussians (K; 1 is a single Gaussian).

    Subclasses say where the components lie (`place`) and how likely they make a z (`log_prob_components`);
    every way of drawing is here. All noise comes from a stateless seed, an integer tensor of shape (2,), so
    that the same seed gives the same draw on every call. A prior computes in float32 under any precision
    policy: densities lose too much in 16 bits.

    Args:
        num_components: K >= 1.
        latent_dim: d >= 1, the length of z.
    """

    mixture_weights: str = "uniform"  # or "responsibilities", which they follow
    num_subclasses: int = 0  # kinds within components, of all together, that a prior may have

    def __init__(self, num_components: int, latent_dim: int, /, **kwargs) -> None:
        kwargs["dtype"] = "float32"
        super().__init__(**kwargs)
        for name, value in (("num_components", num_components), ("latent_dim", latent_dim)):
            if value < 1:
                raise ValueError(f"{name} must be at least 1; got {value}.")
        self.num_components = operator.index(num_components)
        self.latent_dim = operator.index(latent_dim)

    def place(self, eps: tf.Tensor, ids: tf.Tensor | None = None) -> tf.Tensor:
        """Turn standard normal noise into latent vectors, z = A_k eps + mu_k.

        Args:
            eps: Noise; (n, d) with `ids`, (S, K, d) without.
            ids: (n,) component of each row; without it the second axis of `eps` is the component.

        Returns:
            z, of the shape of `eps`.
        """
        raise NotImplementedError

    def log_prob_components(self, z: tf.Tensor) -> tf.Tensor:
        """Return log N(z; mu_k, Sigma_k) for every component: (n, d) -> (n, K)."""
        raise NotImplementedError

    def mixture_probs(self) -> tf.Tensor:
        """Return the mixture weights, (K,), summing to 1."""
        return tf.fill([self.num_components], 1.0 / self.num_components)

    def update_weights(self, mean_responsibilities: tf.Tensor) -> None:
        """Take notice of a batch's mean responsibilities, (K,); does nothing where the weights are fixed."""

    def sample(self, n: int, seed: tf.Tensor, variance_scale: float = 1.0) -> tf.Tensor:
        """Draw n latent vectors from the whole mixture, (n, d)."""
        return self.sample_components(self.sample_ids(n, seed), seed, variance_scale)

    def sample_ids(self, n: int, seed: tf.Tensor) -> tf.Tensor:
        """Draw n component ids by the mixture weights, (n,) int32."""
        logits = tf.math.log(self.mixture_probs())[None]  # [1, K]
        return tf.random.stateless_categorical(logits, n, split(seed, 1), dtype=tf.int32)[0]

    def sample_components(
        self, ids: tf.Tensor, seed: tf.Tensor, variance_scale: float = 1.0, truncation: float | None = None
    ) -> tf.Tensor:
        """Draw one latent vector from each named component.

        Args:
            ids: (n,) component ids in [0, K).
            seed: (2,) stateless seed.
            variance_scale: s >= 0 multiplies every covariance by s (GM-GAN, section 4.3), so the noise by
                sqrt(s): below 1 better samples, above 1 more diverse ones.
            truncation: t > 0 draws the noise from the normal distribution cut to [-t, t] (Brock et al. 2018, the
                truncation trick); None leaves it whole.

        Returns:
            (n, d).
        """
        ids = tf.convert_to_tensor(ids)
        return self.place(self.noise(ids, seed, truncation) * tf.sqrt(tf.cast(variance_scale, tf.float32)), ids)

    def sample_stratified(self, n_per_component: int, seed: tf.Tensor) -> tf.Tensor:
        """Draw the same number from each component, (S, K, d)."""
        ids = tf.broadcast_to(tf.range(self.num_components), [n_per_component, self.num_components])
        return self.place(self.noise(ids, seed))

    def noise(self, ids: tf.Tensor, seed: tf.Tensor, truncation: float | None = None) -> tf.Tensor:
        """Return what `place` makes z of for named components, (...) -> (..., d): standard normal noise."""
        return normal([*tf.unstack(tf.shape(ids)), self.latent_dim], seed, truncation)

    def common_noise(self, seed: tf.Tensor) -> tf.Tensor:
        """Return one noise under which `interpolate` mixes components, (d,)."""
        return normal([self.latent_dim], seed)

    def interpolate(self, weights: tf.Tensor, eps: tf.Tensor) -> tf.Tensor:
        """Mix components by convex weights under one noise, sum_k w_k (A_k eps + mu_k).

        Args:
            weights: (n, K), each row non-negative and summing to 1.
            eps: (d,) or (n, d) noise; the papers keep it the same along a row. (1, K, d) where components have each
                its own.

        Returns:
            (n, d).
        """
        weights = tf.cast(weights, tf.float32)
        eps = tf.cast(eps, tf.float32)
        if len(eps.shape) < 3:
            eps = tf.reshape(eps, [-1, 1, self.latent_dim])
        every = self.place(tf.broadcast_to(eps, [tf.shape(weights)[0], self.num_components, self.latent_dim]))
        return tf.einsum("nk,nkd->nd", weights, every)

    def responsibilities(self, z: tf.Tensor) -> tf.Tensor:
        """Return p(k | z) in closed form under the mixture weights, (n, d) -> (n, K)."""
        return tf.nn.softmax(self.log_prob_components(z) + tf.math.log(self.mixture_probs()))

    @classmethod
    def from_config(cls, config: dict) -> "LatentPrior":
        """Make the prior of a `get_config`."""
        if cls.__init__ is LatentPrior.__init__:  # whose first two have no names, as a subclass may fix them
            config = dict(config)
            return cls(config.pop("num_components"), config.pop("latent_dim"), **config)
        return cls(**config)

    def get_config(self) -> dict:
        """Return the constructor's arguments."""
        config = super().get_config()
        config.pop("dtype")
        return {**config, "num_components": self.num_components, "latent_dim": self.latent_dim}
