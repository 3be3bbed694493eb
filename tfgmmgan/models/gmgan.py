"""GMGAN: the unsupervised GM-GAN (Ben-Yosef & Weinshall 2018)."""

from typing import ClassVar

import keras
import tensorflow as tf

from tfgmmgan.models.forward import ForwardPass
from tfgmmgan.models.gan import GAN
from tfgmmgan.priors import GaussianMixture, LatentPrior
from tfgmmgan.utils.errors import unknown_name

__all__ = ["GMGAN"]

SAMPLINGS = ("categorical", "stratified")


@keras.saving.register_keras_serializable(package="tfgmmgan")
class GMGAN(GAN):
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
        generator_batch_size: b_G of the alternating order; 128 where None, as in section 4, beside a batch of
            b_D = 64 for D.
        **kwargs: As in `LatentGAN`.

    Reference:
        Ben-Yosef & Weinshall 2018, Algorithm 1 and section 4.
    """

    prior_class = GaussianMixture
    option_defaults: ClassVar = {
        "prior.trainable": False,
        "prior.weights": "uniform",
        "optimizers.update_order": "alternating",
    }

    def __init__(
        self,
        data_shape: tuple[int, ...],
        num_components: int = 10,
        latent_dim: int = 100,
        prior: LatentPrior | None = None,
        sampling: str = "categorical",
        update_order: str = "alternating",
        generator_batch_size: int | None = None,
        **kwargs,
    ) -> None:
        if sampling not in SAMPLINGS:
            raise unknown_name("sampling", sampling, SAMPLINGS)
        if update_order == "alternating":
            generator_batch_size = generator_batch_size or 128
        prior = prior or GaussianMixture(num_components, latent_dim, trainable=False, seed=kwargs.get("seed", 0))
        self.num_components = prior.num_components
        self.sampling = sampling
        super().__init__(
            data_shape,
            latent_dim=prior.latent_dim,
            prior=prior,
            update_order=update_order,
            generator_batch_size=generator_batch_size,
            **kwargs,
        )

    @property
    def draws_by_weights(self) -> bool:
        """Whether training has each component as often as it weighs."""
        return self.sampling == "categorical"

    def discriminator_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return L(D) of Algorithm 1, lines 14-16, with its factor 1/2."""
        return 0.5 * super().discriminator_loss(forward)

    def fakes_per_component(self, batch: int | tf.Tensor) -> int | tf.Tensor:
        """Return how many fakes are drawn of each component, or of all where the component is drawn too."""
        return batch if self.sampling == "categorical" else super().fakes_per_component(batch)

    def draw_latents(self, fakes: int | tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return latent vectors, (n, 1, d) or (S, K, d) by `sampling`, and their components."""
        if self.sampling == "stratified":
            return super().draw_latents(fakes, seed)
        components = self.prior.sample_ids(fakes, seed)
        return self.prior.sample_components(components, seed)[:, None], components[:, None]

    def get_config(self) -> dict:
        """Return the constructor's arguments."""
        return {**super().get_config(), "num_components": self.num_components, "sampling": self.sampling}
