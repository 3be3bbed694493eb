"""The vanilla GAN, the baseline of every paper."""

import keras

from tfgmmgan.models.latent_gan import LatentGAN
from tfgmmgan.priors import LatentPrior
from tfgmmgan.utils.arguments import Count

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

    def __init__(
        self, data_shape: tuple[int, ...], latent_dim: Count = 100, prior: LatentPrior | None = None, **kwargs
    ) -> None:
        super().__init__(data_shape, prior or self.make_prior(latent_dim=latent_dim), **kwargs)
        self.check_prior()
