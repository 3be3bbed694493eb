"""The vanilla GAN, the baseline of every paper."""

import keras
import tensorflow as tf

from tfgmmgan.models.base import LatentGAN
from tfgmmgan.models.forward import ForwardPass
from tfgmmgan.priors import FittedMixture, LatentPrior, Normal
from tfgmmgan.utils.errors import UserError

__all__ = ["GAN"]


@keras.saving.register_keras_serializable(package="tfgmmgan")
class GAN(LatentGAN):
    """Generator against discriminator, with z ~ N(0, I) unless another prior is given.

    Example:

    >>> model = GAN((28, 28, 1), latent_dim=100)
    >>> model.compile()
    >>> model.fit(images, batch_size=64, epochs=10)                  # uint8, or float32 in [-1, 1]
    >>> model.generate(16, seed=0).shape
    (16, 28, 28, 1)

    Args:
        data_shape: Shape of one example: (H, W, C) for images, (p,) for points.
        latent_dim: d, where no prior is given. Default 100.
        prior: Any `LatentPrior`; `Normal(latent_dim)` where None.
        **kwargs: As in `LatentGAN`.

    Reference:
        Goodfellow et al. 2014; eq. 2 of responsibility learning.
    """

    draws_by_weights: bool = False  # whether training has each component as often as it weighs

    def __init__(
        self, data_shape: tuple[int, ...], latent_dim: int = 100, prior: LatentPrior | None = None, **kwargs
    ) -> None:
        prior = prior or Normal(latent_dim)
        if getattr(prior, "mixture_weights", "uniform") != "uniform":
            raise UserError(
                f"{type(self).__name__} has no classifier whose word the mixture's weights could follow; got weights "
                f"'{prior.mixture_weights}'. Leave them 'uniform'."
            )
        if isinstance(prior, FittedMixture) and not self.draws_by_weights:
            raise UserError(
                f"{type(self).__name__} draws as many of each component to train on, and a FittedMixture's weights "
                "differ; GMGAN(prior=prior) draws by them."
            )
        self.latent_dim = prior.latent_dim
        super().__init__(data_shape, prior=prior, **kwargs)

    def discriminator_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return -E log D(x) - E log(1 - D(G(z))), or what the chosen adversarial loss has in their place."""
        real = tf.reduce_mean(self._adversarial.real(forward.real_scores))
        return real + tf.reduce_mean(self._adversarial.fake(forward.fake_scores))

    def generator_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return -E log D(G(z)), or what the chosen adversarial loss has in its place."""
        return tf.reduce_mean(self._adversarial.generator(forward.fake_scores))

    def get_config(self) -> dict:
        """Return the constructor's arguments."""
        return {**super().get_config(), "latent_dim": self.latent_dim}
