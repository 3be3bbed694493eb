"""WGAN-GP (Gulrajani et al. 2017), a baseline of GM-GAN and of GAEL."""

from typing import Literal

import keras

from tfgmmgan.models.latent_gan import LatentGAN
from tfgmmgan.models.loss_term import Weight
from tfgmmgan.models.optimizers import OptimizerOptions
from tfgmmgan.priors import LatentPrior
from tfgmmgan.utils.arguments import Count

__all__ = ["WGANGP"]


@keras.saving.register_keras_serializable(package="tfgmmgan")
class WGANGP(LatentGAN):
    """The vanilla GAN under WGAN-GP's Algorithm 1: five critic steps for one of G, and a penalty of weight 10.

    Its Adam has a learning rate of 1e-4 and betas 0 and 0.9.

    Args:
        data_shape: Shape of one example: (H, W, C) for images, (p,) for points.
        latent_dim: d, where no prior is given. Default 100.
        prior: Any `LatentPrior`; `Normal(latent_dim)` where None.
        adversarial_loss: Default `"wasserstein"`.
        gradient_penalty: Default 10.
        update_order: Default `"alternating"`.
        critic_steps: Default 5. A batch is cut in as many parts: a batch of 320 gives each critic step 64.
        **kwargs: As in `LatentGAN`.

    Reference:
        Gulrajani et al. 2017, Algorithm 1.
    """

    optimizer_options = OptimizerOptions(1e-4, 1e-4, beta_1=0.0, beta_2=0.9)

    def __init__(
        self,
        data_shape: tuple[int, ...],
        latent_dim: Count = 100,
        prior: LatentPrior | None = None,
        adversarial_loss: str = "wasserstein",
        gradient_penalty: Weight = 10.0,
        update_order: Literal["simultaneous", "alternating"] = "alternating",
        critic_steps: Count = 5,
        **kwargs,
    ) -> None:
        super().__init__(
            data_shape,
            prior or self.make_prior(latent_dim=latent_dim),
            adversarial_loss=adversarial_loss,
            gradient_penalty=gradient_penalty,
            update_order=update_order,
            critic_steps=critic_steps,
            **kwargs,
        )
        self.check_prior()
