"""ACGAN: the class-conditional baseline of GM-GAN (Odena, Olah & Shlens 2017)."""

import operator

import keras
import tensorflow as tf

from tfgmmgan.losses import class_log_loss
from tfgmmgan.models.classifying import Classifying
from tfgmmgan.models.forward import ForwardPass
from tfgmmgan.models.gan import GAN
from tfgmmgan.models.terms import LossTerm, Weight, serialized
from tfgmmgan.priors import ClassCode
from tfgmmgan.utils.errors import UserError

__all__ = ["ACGAN"]


@keras.saving.register_keras_serializable(package="tfgmmgan")
class ACGAN(Classifying, GAN):
    """A GAN told by labels: G gets noise and a class, D says real or fake and, by a second head, which class.

    D and its class head maximise L_S + L_C, G maximises L_C - L_S. `generate(component=c)` draws class c;
    `responsibilities` are the class head's p(c | x).

    Example:

    >>> model = ACGAN((28, 28, 1), num_classes=10)
    >>> model.compile()
    >>> model.fit(images, labels, batch_size=64, epochs=10)

    Args:
        data_shape: Shape of one example: (H, W, C) for images, (p,) for points.
        num_classes: N. Default 10.
        noise_dim: Length of the noise, where no prior is given. Default 100.
        prior: A `ClassCode` or another prior of N components; made of the two above where None.
        classifier: Keras model from the discriminator's features to N logits; a linear layer where None.
        class_log_likelihood: Weight of L_C. Default 1.
        **kwargs: As in `LatentGAN`.

    Reference:
        Odena et al. 2017, eq. 2 and 3.
    """

    groups = (*GAN.groups, "classifier")
    discriminator_groups = (*GAN.discriminator_groups, "classifier")
    prior_class = ClassCode
    capabilities = frozenset({"responsibilities"})
    needs_labels = True

    def __init__(
        self,
        data_shape: tuple[int, ...],
        num_classes: int = 10,
        noise_dim: int = 100,
        prior: ClassCode | None = None,
        classifier: keras.Model | None = None,
        class_log_likelihood: Weight = 1.0,
        **kwargs,
    ) -> None:
        self.num_classes = num_classes = operator.index(num_classes)
        self.class_log_likelihood = class_log_likelihood
        kwargs.pop("latent_dim", None)  # a saved model's: the prior has it
        prior = prior or ClassCode(num_classes, noise_dim)
        if prior.num_components != num_classes:
            raise UserError(
                f"AC-GAN's prior has a component for each of the {num_classes} classes; this one has "
                f"{prior.num_components}."
            )
        self.noise_dim = getattr(prior, "noise_dim", noise_dim)
        self.num_components = num_classes
        super().__init__(data_shape, latent_dim=prior.latent_dim, prior=prior, **kwargs)
        self.set_classifier(classifier, num_classes)

    @property
    def component_classes(self) -> list[list[int]]:
        """The class that each component is of, as `SupervisedGMGAN` has it: its own number."""
        return [[label] for label in range(self.num_classes)]

    def loss_terms(self) -> dict[str, LossTerm]:
        """Return the adversarial losses (L_S) and the two halves of L_C."""
        return {
            **super().loss_terms(),
            "real_class_loss": LossTerm(
                self.real_class_loss, trains=("encoder", "classifier"), weight=self.class_log_likelihood
            ),
            "fake_class_loss": LossTerm(
                self.fake_class_loss,
                trains=("encoder", "classifier", "generator", "prior"),
                weight=self.class_log_likelihood,
            ),
        }

    def real_class_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return -E[log P(C = c | X_real)]."""
        return class_log_loss(forward.real_class_logits, forward.labels)

    def fake_class_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return -E[log P(C = c | X_fake)]."""
        chosen = tf.gather(forward.fake_log_classes, forward.components, batch_dims=2)
        return -tf.reduce_mean(chosen)

    def get_config(self) -> dict:
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "noise_dim": self.noise_dim,
            "class_log_likelihood": serialized(self.class_log_likelihood),
        }
