"""GMMGAN: responsibility learning (Huang et al. 2020), a mixture prior and a classifier trained with the GAN."""

import warnings
from typing import Any, ClassVar, Literal

import keras
import tensorflow as tf

from tfgmmgan.losses import (
    ESTIMATORS,
    joint_mutual_information,
    marginal_entropy,
    posterior_consistency,
    posterior_information,
)
from tfgmmgan.losses.responsibility import weighted_rows
from tfgmmgan.models.forward import ForwardPass
from tfgmmgan.models.latent_gan import LatentGAN
from tfgmmgan.models.loss_term import LossTerm, Weight
from tfgmmgan.networks import SharedClassifier, dtype_policy
from tfgmmgan.priors import GaussianMixture, LatentPrior
from tfgmmgan.utils.arguments import Count
from tfgmmgan.utils.errors import UserError

__all__ = ["GMMGAN"]


@keras.saving.register_keras_serializable(package="tfgmmgan")
class GMMGAN(LatentGAN):
    """A GAN with a Gaussian mixture prior and a classifier C that says which Gaussian an example belongs to.

    Read literally, the paper's two losses send every example to the one component whose fakes look best: nothing in
    eq. 3 or 4 keeps a second component alive. So the defaults have its losses with these changes, each an option:
    `marginal_entropy` and `posterior_consistency` are on, `classifier_adversarial` is off, `adversarial_loss` is
    `"non_saturating"` and `estimator` `"stratified"`. `GMMGAN.as_published` is the paper to the letter. What its modes
    are no person need see; `ModeGAN` is ours, whose modes are.

    Example:

    >>> model = GMMGAN((28, 28, 1), num_components=10)
    >>> model.compile()
    >>> model.fit(images, batch_size=64, epochs=10)                   # uint8, or float32 in [-1, 1]
    >>> model.responsibilities(images[:5]).shape                      # p(k | x)
    (5, 10)
    >>> model.generate(8, component=3, seed=0).shape                  # one mode
    (8, 28, 28, 1)

    Args:
        data_shape: Shape of one example: (H, W, C) for images, (p,) for points.
        num_components: K, where no prior is given. Default 10.
        latent_dim: d, where no prior is given. Default 100.
        prior: Any `LatentPrior`; where None a `GaussianMixture` with trainable means and `scale_tril`, whose weights
            follow the responsibilities.
        classifier: Keras model to K logits: from the discriminator's features where the encoder is shared, from
            examples where it is separate. Made where None.
        encoder: `"shared"`: C is a linear layer on the discriminator's encoding. `"separate"`: C is a network of its
            own (Table 1). Default `"shared"`.
        estimator: `"stratified"`: S = ceil(B/K) fakes of each component serve the whole batch. `"paired"`: K
            fakes for every image, as in Algorithm 1; the same expected gradient from K times the fakes. See
            `tfgmmgan.losses.responsibility`. Default `"stratified"`.
        mutual_information: Weight of eq. 4. Default 1, as in Algorithm 1.
        mutual_information_updates: Which weights eq. 4 trains: `"classifier"` (Algorithm 1, line 13) or `"all"`,
            generator and prior too (what section 2.4 implies). A shared encoder goes with the classifier in
            either case. Default `"classifier"`.
        classifier_adversarial: Whether eq. 3's generator side trains C through alpha (Algorithm 1, line 12).
            It pulls every image towards the component whose fakes look best. Default False (ours).
        marginal_entropy: Weight of H(mean C(x)) / K, the H(c) that InfoGAN's bound has and eq. 4 leaves out, with
            eq. 4's factor 1/K (ours): keeps all components in use. Default 2.
        posterior_consistency: Weight of the poster's comparison of p(k | z) with C(x_hat). It trains C, G and
            prior; without it C has nothing to tell components apart by. Default 0.1 (ours; the poster gives none).
        posterior_comparison: `"cross_entropy"`, or `"mutual_information"` as the poster has it, which does not say
            which output of C is which component; see `tfgmmgan.losses.posterior_consistency`. Default
            `"cross_entropy"` (ours).
        responsibility_consistency: Weight of the poster's other comparison, of C(x) with C(x_hat): the mutual
            information of their joint distribution, which is our reading of it; see
            `tfgmmgan.losses.responsibility.joint_paired`. It trains C, G and prior. Default 0.
        **kwargs: As in `LatentGAN`. A given `discriminator` may have 1 output, or K: one for each component (ours).

    Every weight is a number or a `keras.optimizers.schedules.LearningRateSchedule` of the training step.

    Reference:
        Huang et al. 2020, eq. 3, eq. 4, Algorithm 1, Tables 1-3; its poster, "posterior consistency module".
    """

    groups = (*LatentGAN.groups, "classifier")
    capabilities: ClassVar = frozenset({"responsibilities"})
    prior_class = GaussianMixture
    prior_defaults: ClassVar = {"mixture_weights": "responsibilities"}

    def __init__(
        self,
        data_shape: tuple[int, ...],
        num_components: Count = 10,
        latent_dim: Count = 100,
        prior: LatentPrior | None = None,
        classifier: keras.layers.Layer | None = None,
        encoder: Literal["shared", "separate"] = "shared",
        estimator: Literal["stratified", "paired"] = "stratified",
        mutual_information: Weight = 1.0,
        mutual_information_updates: Literal["classifier", "all"] = "classifier",
        classifier_adversarial: bool = False,
        marginal_entropy: Weight = 2.0,
        posterior_consistency: Weight = 0.1,
        posterior_comparison: Literal["cross_entropy", "mutual_information"] = "cross_entropy",
        responsibility_consistency: Weight = 0.0,
        **kwargs,
    ) -> None:
        self.encoder = encoder
        self.estimator = estimator
        self.mutual_information = mutual_information
        self.mutual_information_updates = mutual_information_updates
        self.classifier_adversarial = classifier_adversarial
        self.marginal_entropy = marginal_entropy
        self.posterior_consistency = posterior_consistency
        self.posterior_comparison = posterior_comparison
        self.responsibility_consistency = responsibility_consistency
        prior = prior or self.make_prior(
            num_components=num_components, latent_dim=latent_dim, seed=kwargs.get("seed", 0)
        )
        super().__init__(data_shape, prior, **kwargs)
        if estimator == "paired" and self.generator_batch_size:
            raise UserError(
                "estimator='paired' makes its fakes image by image and takes no generator_batch_size; "
                "estimator='stratified' does."
            )
        self._estimator = ESTIMATORS[estimator]
        self.set_classifier(classifier, None if classifier else self._make_classifier(), self.num_components)

    def _make_classifier(self) -> keras.Model:
        if self.shares_encoder:
            return SharedClassifier(self.num_components, dtype=self.dtype_policy, name="classifier")
        with dtype_policy(self.dtype_policy):
            return self._networks.classifier(self.data_shape, self.num_components, width=self.width, name="classifier")

    @property
    def shares_encoder(self) -> bool:
        """Whether the classifier works on the discriminator's encoding."""
        return self.encoder == "shared"

    @classmethod
    def as_published(
        cls, data_shape: tuple[int, ...], num_components: int = 10, latent_dim: int = 100, seed: int = 0, **kwargs
    ) -> "GMMGAN":
        """Return the paper to the letter: Algorithm 1 with eq. 3 as it is written, and A_k any matrix (section 2.2).

        Args:
            data_shape: Shape of one example.
            num_components: K. Default 10.
            latent_dim: d. Default 100.
            seed: As in `GMMGAN`.
            **kwargs: Further arguments of `GMMGAN`, such as `encoder`.
        """
        sizes = {"num_components": num_components, "latent_dim": latent_dim, "seed": seed}
        published: dict[str, Any] = {
            "prior": cls.make_prior(covariance="factor", **sizes),
            "adversarial_loss": "minimax",
            "estimator": "paired",
            "classifier_adversarial": True,
            "marginal_entropy": 0.0,
            "posterior_consistency": 0.0,
        }
        return cls(data_shape, **published | {"seed": seed} | kwargs)

    # -- losses --------------------------------------------------------------------------------------------

    def loss_terms(self) -> dict[str, LossTerm]:
        """Return the named losses and what each trains; see the class for the options."""
        classifier = ("classifier", "encoder") if self.shares_encoder else ("classifier",)
        generator = ("generator", "prior")
        terms = super().loss_terms()
        if self.classifier_adversarial:
            terms["generator_loss"] = LossTerm(self.generator_loss, trains=(*generator, "classifier"))
        updates = classifier + (generator if self.mutual_information_updates == "all" else ())
        both = classifier + generator
        return {
            **terms,
            "mutual_information_loss": LossTerm(self.mutual_information_loss, updates, self.mutual_information),
            "marginal_entropy_loss": LossTerm(self.marginal_entropy_loss, classifier, self.marginal_entropy),
            "posterior_consistency_loss": LossTerm(self.posterior_consistency_loss, both, self.posterior_consistency),
            "responsibility_consistency_loss": LossTerm(
                self.responsibility_consistency_loss, both, self.responsibility_consistency
            ),
        }

    def discriminator_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return eq. 3 as D minimises it, with alpha as a constant: D is not to please itself through C."""
        alpha = tf.stop_gradient(forward.responsibilities)
        real = weighted_rows(alpha, self._adversarial.real(forward.real_scores))
        return real + self.weighted_fakes(alpha, self._adversarial.fake(forward.fake_scores))

    def generator_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return eq. 3 as G minimises it; the real half has no gradient here, since alpha sums to 1."""
        alpha = forward.responsibilities if self.classifier_adversarial else tf.stop_gradient(forward.responsibilities)
        return self.weighted_fakes(alpha, self._adversarial.generator(forward.fake_scores))

    def weighted_fakes(self, alpha: tf.Tensor, terms: tf.Tensor) -> tf.Tensor:
        """Return the weighted mean of one term for each fake, the generated half of eq. 3.

        Args:
            alpha: (B, K) responsibilities of the real examples, whose mean is the weights.
            terms: One for each fake, in the order of `forward.fake_scores`.
        """
        return self._estimator.weighted_fakes(alpha, terms)

    def mutual_information_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return the negative of eq. 4."""
        return -self._estimator.weighted_log_classes(forward.responsibilities, forward.fake_log_classes)

    def marginal_entropy_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return -H(mean C(x)) / K."""
        return -marginal_entropy(forward.responsibilities) / self.num_components

    def posterior_consistency_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return the poster's comparison of p(k | z) and C(x_hat), less is better."""
        if self.posterior_comparison == "mutual_information":
            return -posterior_information(forward.posterior, forward.fake_log_classes)
        return posterior_consistency(forward.posterior, forward.fake_log_classes)

    def responsibility_consistency_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return the negative of the poster's I(C(x); C(x_hat))."""
        joint = self._estimator.joint(forward.responsibilities, tf.exp(forward.fake_log_classes))
        return -joint_mutual_information(joint)

    # -- what the step asks of a system --------------------------------------------------------------------

    def fakes_per_component(self, batch: int | tf.Tensor) -> int | tf.Tensor:
        """Return S for a batch; see `estimator`."""
        return self._estimator.fakes_per_component(batch, self.num_components)

    def output_counts(self) -> tuple[int, ...]:
        """Return 1, as published, and K, for one discriminator output a component."""
        return (1, self.num_components)

    def fit(self, *args, **kwargs) -> keras.callbacks.History:
        """Train; see `Trainer.fit`. Warns where no loss makes C learn."""
        if self.num_components > 1 and not any("classifier" in t.trains for t in self.loss_terms_in_use().values()):
            warnings.warn(
                "No loss in use trains the classifier, which stays as it was made. Give mutual_information or another "
                "of GMMGAN's losses a weight.",
                stacklevel=2,
            )
        return super().fit(*args, **kwargs)
