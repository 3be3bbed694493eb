"""GMGAN: the unsupervised GM-GAN (Ben-Yosef & Weinshall 2018)."""

from typing import ClassVar, Literal

import keras
import tensorflow as tf

from tfgmmgan.models.forward import ForwardPass
from tfgmmgan.models.latent_gan import LatentGAN
from tfgmmgan.priors import GaussianMixture, LatentPrior
from tfgmmgan.utils.arguments import Count, WholeNumber

__all__ = ["GMGAN"]


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
        self.check_prior()

    def discriminator_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return L(D) of Algorithm 1, lines 14-16, with its factor 1/2."""
        return 0.5 * super().discriminator_loss(forward)
