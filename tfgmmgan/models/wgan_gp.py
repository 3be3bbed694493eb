"""WGAN-GP (Gulrajani et al. 2017), a baseline of GM-GAN and of GAEL."""

from typing import ClassVar

import keras

from tfgmmgan.models.gan import GAN

__all__ = ["WGANGP"]


@keras.saving.register_keras_serializable(package="tfgmmgan")
class WGANGP(GAN):
    """`GAN` with the defaults of WGAN-GP's Algorithm 1: 5 critic steps for one of G, and a penalty of weight 10.

    Its Adam has a learning rate of 1e-4 and betas 0 and 0.9: the command line's default for this model. From Python:

    >>> model = WGANGP((28, 28, 1))
    >>> model.compile(*(keras.optimizers.Adam(1e-4, beta_1=0.0, beta_2=0.9) for _ in range(2)))

    Args:
        data_shape: Shape of one example: (H, W, C) for images, (p,) for points.
        adversarial_loss: Default `"wasserstein_gp"`.
        update_order: Default `"alternating"`.
        critic_steps: Default 5. A batch is cut in as many parts: a batch of 320 gives each critic step 64.
        **kwargs: As in `GAN`.
    """

    option_defaults: ClassVar = {
        "losses.adversarial": "wasserstein_gp",
        "optimizers.update_order": "alternating",
        "optimizers.critic_steps": 5,
        "optimizers.learning_rate": 1e-4,
        "optimizers.discriminator_learning_rate": 1e-4,
        "optimizers.beta_1": 0.0,
        "optimizers.beta_2": 0.9,
    }

    def __init__(
        self,
        data_shape: tuple[int, ...],
        adversarial_loss: str = "wasserstein_gp",
        update_order: str = "alternating",
        critic_steps: int = 5,
        **kwargs,
    ) -> None:
        super().__init__(
            data_shape,
            adversarial_loss=adversarial_loss,
            update_order=update_order,
            critic_steps=critic_steps,
            **kwargs,
        )
