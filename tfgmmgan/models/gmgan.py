"""GMGAN: the unsupervised GM-GAN (Ben-Yosef & Weinshall 2018)."""

from typing import ClassVar, Literal

import keras
import tensorflow as tf

from tfgmmgan.models.forward import ForwardPass, Latents
from tfgmmgan.models.latent_gan import LatentGAN
from tfgmmgan.priors import GaussianMixture, LatentPrior
from tfgmmgan.utils.arguments import Count, WholeNumber

__all__ = ["GMGAN", "draw_categorical"]


@keras.saving.register_keras_serializable(package="tfgmmgan")
class GMGAN(LatentGAN):
    """A GAN whose z comes from a uniform mixture of Gaussians: static as drawn, or dynamic, trained with G.

    Example:

    >>> static = GMGAN((28, 28, 1), num_components=10)
    >>> dynamic = GMGAN((28, 28, 1), prior=GaussianMixture(10, 100, trainable=True))

    Args:
        data_shape: Shape of one example: (H, W, C) for images, (p,) for points.
        num_components: K, where no prior is given. Default 10.
        latent_dim: d, where no prior is given. Default 100.
        prior: Any `LatentPrior`; where None the static one, mu_k ~ U[-0.1, 0.1]^d and Sigma_k = 0.15 I.
        sampling: `"categorical"`: k ~ Categ(1/K) for each fake (Algorithm 1, lines 7 and 19). `"stratified"`: as
            many fakes of each component, ceil(n/K); the same expected loss with less noise (ours).
        update_order: Default `"alternating"`, as in Algorithm 1.
        generator_batch_size: b_G of the alternating order, beside a batch of b_D = 64 for D. Default 128, as in
            section 4.
        **kwargs: As in `LatentGAN`.

    Reference:
        Ben-Yosef & Weinshall 2018, Algorithm 1 and section 4.
    """

    prior_class = GaussianMixture
    prior_defaults: ClassVar = {"trainable": False}

    def __init__(
        self,
        data_shape: tuple[int, ...],
        num_components: Count = 10,
        latent_dim: Count = 100,
        prior: LatentPrior | None = None,
        sampling: Literal["categorical", "stratified"] = "categorical",
        update_order: Literal["simultaneous", "alternating"] = "alternating",
        generator_batch_size: WholeNumber = 128,
        **kwargs,
    ) -> None:
        prior = prior or self.make_prior(
            num_components=num_components, latent_dim=latent_dim, seed=kwargs.get("seed", 0)
        )
        self.sampling = sampling
        super().__init__(
            data_shape, prior, update_order=update_order, generator_batch_size=generator_batch_size, **kwargs
        )
        self.check_prior(draws_by_weights=sampling == "categorical")

    def discriminator_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return L(D) of Algorithm 1, lines 14-16, with its factor 1/2."""
        return 0.5 * super().discriminator_loss(forward)

    def fakes_per_component(self, batch: int | tf.Tensor) -> int | tf.Tensor:
        """Return how many fakes are drawn of each component, or of all where the component is drawn too."""
        return batch if self.sampling == "categorical" else super().fakes_per_component(batch)

    def draw_latents(self, fakes: int | tf.Tensor, seed: tf.Tensor) -> Latents:
        """Return latent vectors, (n, 1, d) or (S, K, d) by `sampling`, and their components."""
        if self.sampling == "stratified":
            return super().draw_latents(fakes, seed)
        return draw_categorical(self.prior, fakes, seed)


def draw_categorical(prior: LatentPrior, n: int | tf.Tensor, seed: tf.Tensor) -> Latents:
    """Return n latent vectors whose components are drawn by the mixture's weights, (n, 1, d) and (n, 1)."""
    components = prior.sample_ids(n, seed)
    return Latents(prior.sample_components(components, seed)[:, None], components[:, None])
