"""GMMGAN: responsibility learning (Huang et al. 2020), a mixture prior and a classifier trained with the GAN."""

import warnings
from typing import Any

import keras
import tensorflow as tf

from tfgmmgan.data.augmentation import Augmentation
from tfgmmgan.losses import ESTIMATORS
from tfgmmgan.models.base import LatentGAN
from tfgmmgan.models.classifying import Classifying
from tfgmmgan.models.forward import ForwardPass
from tfgmmgan.models.pretraining import Pretraining
from tfgmmgan.models.recipe import check_options, filled
from tfgmmgan.models.responsibility_losses import ResponsibilityLosses
from tfgmmgan.models.subclasses import Subclasses
from tfgmmgan.models.terms import LossTerm, Weight, serialized
from tfgmmgan.priors import GaussianMixture, LatentPrior, SubclassMixture
from tfgmmgan.utils.errors import UserError
from tfgmmgan.utils.replicas import batch_mean

__all__ = ["GMMGAN"]


@keras.saving.register_keras_serializable(package="tfgmmgan")
class GMMGAN(Subclasses, Pretraining, ResponsibilityLosses, Classifying, LatentGAN):
    """A GAN with a Gaussian mixture prior and a classifier C that says which Gaussian an example belongs to.

    Read literally, the paper's two losses send every image to the one component whose fakes look best: nothing in eq. 3
    or 4 keeps a second component alive. For points, and for images that are given `EQUATIONS_3_AND_4`
    (`tfgmmgan.models.recipe`), the defaults have its losses with these changes, each an option: `marginal_entropy` and
    `posterior_consistency` are on, `classifier_adversarial` is off, `adversarial_loss` is `"non_saturating"` and
    `estimator` `"stratified"`. So has a given `classifier` that can't be pretrained, as it has no `trunk` and `head`.
    For other images the defaults are our recipe (docs/modes.md): C finds modes that people see,
    by pretraining and by knowing images again that were changed, each has an output of the discriminator, and the prior
    is fixed. The paper's model has a trained one: `GMMGAN(data_shape, prior=GaussianMixture(10, 100,
    covariance="factor", mixture_weights="responsibilities"), **EQUATIONS_3_AND_4 | {"marginal_entropy": 0,
    "posterior_consistency": 0}, classifier_adversarial=True, adversarial_loss="minimax", estimator="paired")`.

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
        prior: Any `LatentPrior`; where None a `GaussianMixture` whose weights follow the responsibilities, for points
            with trainable means and `scale_tril`, for images with fixed ones. The subclasses of a `SubclassMixture` are
            found in pretraining, and G learns to draw each.
        classifier: Keras model to K logits: from features where the encoder is shared, from examples elsewhere. Made
            where None.
        encoder: `"shared"`: C is a linear layer on the discriminator's encoding. `"separate"`: C is a network
            of its own (Table 1). `"own"`: C is a linear layer on an encoding of its own, by a network like the
            discriminator's (ours): a D that begins with the encoding of a C which knows the classes already looks at
            nothing else, and each mode's fakes become one image. Default `"own"` for images, `"shared"` for points and
            with a given `classifier`.
        estimator: `"stratified"`: S = ceil(B/K) fakes of each component serve the whole batch. `"paired"`: K
            fakes for every image, as in Algorithm 1; the same expected gradient from K times the fakes. See
            `tfgmmgan.losses.responsibility`. Default `"stratified"`.
        mutual_information: Weight of eq. 4. Default 1 for points, as in Algorithm 1, and 0 for images.
        mutual_information_updates: Which weights eq. 4 trains: `"classifier"` (Algorithm 1, line 13) or `"all"`,
            generator and prior too (what section 2.4 implies). A shared encoder goes with the classifier in
            either case. Default `"classifier"`.
        classifier_adversarial: Whether eq. 3's generator side trains C through alpha (Algorithm 1, line 12).
            It pulls every image towards the component whose fakes look best. Default False (ours).
        marginal_entropy: Weight of H(mean C(x)) / K, the H(c) that InfoGAN's bound has and eq. 4 leaves out, with
            eq. 4's factor 1/K (ours). Default 2 for points, 0 for images.
        posterior_consistency: Weight of the poster's comparison of p(k | z) with C(x_hat). It trains C, G and
            prior; without it or pretraining, C has nothing to tell components apart by. Default 0.1 for points (ours;
            the poster gives none), 0 for images.
        responsibility_consistency: Weight of the poster's other comparison, of C(x) with C(x_hat): the mutual
            information of their joint distribution, which is our reading of it; see
            `tfgmmgan.losses.responsibility.joint_paired`. It trains C, G and prior. Default 0.
        diversity: Weight of how much less the fakes of a component differ among each other than the images that C gives
            to it (`tfgmmgan.losses.diversity_shortfall`). It trains G and prior (ours). A component far from the others
            is otherwise drawn as one image. Two fakes of each component are made at least. Default 0.5 for images, 0
            for points.
        diversity_within: Between which fakes: those of one of the `"modes"`, or of one of its `"subclasses"`, where the
            prior has them; then a component's fakes are drawn in pairs of one subclass, and a pair shall differ as much
            as two of its images do on average (ours; see `tfgmmgan.models.subclasses`). Default `"modes"`.
        subclass_consistency: Weight, where the prior has subclasses, of how well D tells the real examples and the
            fakes of each, which trains D, and of G's answer to it, which trains G and prior (ours; see
            `tfgmmgan.models.subclasses`). Default 0.05 for images, 0 for points.
        augmentation_consistency: Weight of the mutual information between C(x) and C of x changed at random (Ji et
            al. 2019), on real images: what a person sees does not change, so what C tells modes apart by should not. It
            trains C, and a shared encoder (ours). It wants the modes equally heavy. Default 0.
        augmentation: An `Augmentation`, or its arguments by name: how images are changed.
        augment_generated: Whether C sees fakes that were changed in the same way, so that G can't please it by cues
            that no person sees (ours). Default False.
        discriminator_outputs: `"one"`: D judges whether an example is real, as published. `"per_mode"`: K outputs, each
            of which judges against the real examples that C gives to its component; with them the weights alpha of
            eq. 3's real half do work (ours). Default `"per_mode"` for images, `"one"` for points.
        generated_weights: How eq. 3 weighs the fakes of each component: `"responsibilities"`, the mean of C(x), as
            published; `"uniform"` trains rare components as fast as frequent ones (ours). Default `"uniform"` for
            images, `"responsibilities"` for points.
        pretraining_steps: Steps of one stage of the pretraining that `fit` begins with, 0 for none; a round of
            refinement takes 4/3 as many; see `tfgmmgan.models.pretraining`. Default 3000 for images, 0 for points.
        num_heads: Classifiers that vote there, on one encoding. Default 15.
        num_encodings: Encodings that are trained there one after the other, each with as many heads that vote; C
            learns from what all agree on, and goes on with the last. Takes as many times as long. Default 1.
        refinement_rounds: How often C then learns from what it has become. Default 2; among a thousand images or so
            none may be better.
        entropy_price: For components of very unequal weights: the share of their entropy that is taken off the
            information pretraining seeks, in [0, 1); see `tfgmmgan.losses.joint_mutual_information`. With one, heads
            have 2 K outputs, and no cluster has less than 0.08 / K of the links (`tfgmmgan.consensus`). Default 0.
        looks: By what pretraining compares images, a name in `tfgmmgan.likeness.LOOKS`: `"pixels"`; `"outlines"`, the
            directions of edges, of the image and of what it shows brought to one size; `"upright_outlines"`, of what
            was set upright; `"outlines_and_patches"`, learned patches besides. Default `"pixels"`.
        groups_by: What the clusters that C learns are made of: groups of images by the heads' `"votes"`, or by their
            `"looks"`, for which no heads are trained. Default `"votes"`.
        groupings: With groups by looks, how many times they are made: with more than one, clusters are those by which
            images are likeliest, where with one they are those whose links have the most information
            (`tfgmmgan.consensus`). Default 1.
        classifier_units: Units of a hidden layer between an encoding and C's linear layer, 0 for none as in Table 1.
            Default 512 for images (ours), 0 for points.
        **kwargs: As in `LatentGAN`. A `discriminator` may have 1 output, or K: one for each component.

    Every weight is a number or a `keras.optimizers.schedules.LearningRateSchedule` of the training step.

    Reference:
        Huang et al. 2020, eq. 3, eq. 4, Algorithm 1, Tables 1-3; its poster, "posterior consistency module".
    """

    groups = (*LatentGAN.groups, "classifier")
    prior_class = SubclassMixture
    capabilities = frozenset({"responsibilities"})

    def __init__(
        self,
        data_shape: tuple[int, ...],
        num_components: int = 10,
        latent_dim: int = 100,
        prior: LatentPrior | None = None,
        classifier: keras.Model | None = None,
        encoder: str | None = None,
        estimator: str = "stratified",
        mutual_information: Weight | None = None,
        mutual_information_updates: str = "classifier",
        classifier_adversarial: bool = False,
        marginal_entropy: Weight | None = None,
        posterior_consistency: Weight | None = None,
        responsibility_consistency: Weight = 0.0,
        diversity: Weight | None = None,
        diversity_within: str = "modes",
        subclass_consistency: Weight | None = None,
        augmentation_consistency: Weight = 0.0,
        augmentation: Augmentation | dict | None = None,
        augment_generated: bool = False,
        discriminator_outputs: str | None = None,
        generated_weights: str | None = None,
        pretraining_steps: int | None = None,
        num_heads: int = 15,
        num_encodings: int = 1,
        refinement_rounds: int = 2,
        entropy_price: float = 0.0,
        looks: str = "pixels",
        groups_by: str = "votes",
        groupings: int = 1,
        classifier_units: int | None = None,
        **kwargs,
    ) -> None:
        given = {
            "encoder": encoder,
            "mutual_information": mutual_information,
            "marginal_entropy": marginal_entropy,
            "posterior_consistency": posterior_consistency,
            "diversity": diversity,
            "subclass_consistency": subclass_consistency,
            "discriminator_outputs": discriminator_outputs,
            "generated_weights": generated_weights,
            "pretraining_steps": pretraining_steps,
            "classifier_units": classifier_units,
        }
        can_be_pretrained = classifier is None or hasattr(classifier, "trunk")  # on which heads are put
        for name, value in filled(given, recipe=len(data_shape) == 3 and can_be_pretrained).items():
            setattr(self, name, value)
        if encoder is None and classifier is not None:
            self.encoder = "shared"
        self.estimator = estimator
        self.mutual_information_updates = mutual_information_updates
        self.classifier_adversarial = classifier_adversarial
        self.responsibility_consistency = responsibility_consistency
        self.diversity_within = diversity_within
        self.augmentation_consistency = augmentation_consistency
        self.augmentation = Augmentation(**augmentation) if isinstance(augmentation, dict) else augmentation
        self.augmentation = self.augmentation or Augmentation()
        self.augment_generated = augment_generated
        self.num_heads = num_heads
        self.num_encodings = num_encodings
        self.refinement_rounds = refinement_rounds
        self.entropy_price = entropy_price
        self.looks = looks
        self.groups_by = groups_by
        self.groupings = groupings
        check_options(self, data_shape)
        prior = prior or GaussianMixture(
            num_components,
            latent_dim,
            mixture_weights="responsibilities",
            seed=kwargs.get("seed", 0),
            **self.prior_defaults(data_shape),
        )
        if estimator == "paired" and kwargs.get("generator_batch_size") is not None:
            raise UserError(
                "estimator='paired' makes its fakes image by image and takes no generator_batch_size; "
                "estimator='stratified' does."
            )
        self._estimator = ESTIMATORS[estimator]
        self.num_components = prior.num_components
        self.latent_dim = prior.latent_dim
        super().__init__(data_shape, prior=prior, **kwargs)
        self.set_classifier(classifier, self.num_components)
        self.set_pretraining()
        self.set_subclasses()

    @classmethod
    def prior_defaults(cls, data_shape: tuple[int, ...]) -> dict[str, Any]:
        """Return the prior's arguments where it is not given: for images fixed components that hardly overlap."""
        return {"variance": 0.005, "trainable": False} if len(data_shape) == 3 else {}

    @classmethod
    def make_prior(cls, subclasses: int = 0, spread: float = 1.0, **options) -> GaussianMixture:
        """Return the prior of a config: without subclasses a `GaussianMixture`, as checkpoints have had it always."""
        if not subclasses:
            return GaussianMixture(**options)
        return SubclassMixture(subclasses=subclasses, spread=spread, **options)

    # -- losses --------------------------------------------------------------------------------------------

    def loss_terms(self) -> dict[str, LossTerm]:
        """Return the named losses and what each trains; see the class for the options."""
        classifier = ("classifier", "encoder") if self.shares_encoder else ("classifier",)
        generator = ("generator", "prior")
        terms = super().loss_terms()
        if self.classifier_adversarial:
            terms["generator_loss"] = LossTerm(self.generator_loss, trains=(*generator, "classifier"))
        return {
            **terms,
            "mutual_information_loss": LossTerm(
                self.mutual_information_loss,
                trains=classifier + (generator if self.mutual_information_updates == "all" else ()),
                weight=self.mutual_information,
            ),
            "marginal_entropy_loss": LossTerm(
                self.marginal_entropy_loss, trains=classifier, weight=self.marginal_entropy
            ),
            "posterior_consistency_loss": LossTerm(
                self.posterior_consistency_loss,
                trains=classifier + generator,
                weight=self.posterior_consistency,
            ),
            "responsibility_consistency_loss": LossTerm(
                self.responsibility_consistency_loss,
                trains=classifier + generator,
                weight=self.responsibility_consistency,
            ),
            "diversity_loss": LossTerm(self.diversity_loss, trains=generator, weight=self.diversity),
            "augmentation_consistency_loss": LossTerm(
                self.augmentation_consistency_loss, trains=classifier, weight=self.augmentation_consistency
            ),
            **self.subclass_terms(),
            **self.pretraining_terms(),
        }

    # -- what the step asks of a system --------------------------------------------------------------------

    def fakes_per_component(self, batch: int | tf.Tensor) -> int | tf.Tensor:
        """Return S for a batch; see `estimator`."""
        count = self._estimator.fakes_per_component(batch, self.num_components)
        if self.diversity == 0 or self.estimator == "paired":
            return count
        return max(count, 2) if isinstance(count, int) else tf.maximum(count, 2)

    def output_counts(self) -> tuple[int, ...]:
        """Return 1 and K, for one discriminator output a component; the one that D is made with first."""
        counts = (1, self.num_components)
        return counts if self.discriminator_outputs == "one" else counts[::-1]

    def classifier_view(self, examples: tf.Tensor, seed: tf.Tensor, generated: bool) -> tf.Tensor:
        """Return what C sees of examples in training: fakes changed at random, where `augment_generated` says so."""
        return self.augmentation(examples, seed) if generated and self.augment_generated else examples

    def fit(self, *args, **kwargs) -> keras.callbacks.History:
        """Train; see `Fitting.fit`. Warns where nothing makes C learn, or keep what it has learned."""
        taught = any("classifier" in term.trains for term in self.loss_terms_in_use().values())
        pretrained = self.wants_pretraining or int(self.pretrained.numpy())
        if self.num_components > 1 and not taught and (not pretrained or self.shares_encoder):
            happens = "its encoding is D's, which goes on learning" if pretrained else "it stays as it was made"
            warnings.warn(
                f"No loss in use trains the classifier, and {happens}. Give one of GMMGAN's losses a weight, as "
                "**tfgmmgan.EQUATIONS_3_AND_4 does, or leave pretraining_steps and encoder at their defaults.",
                stacklevel=2,
            )
        return super().fit(*args, **kwargs)

    def after_update(self, forward: ForwardPass) -> None:
        """Let the mixture's weights follow the batch's mean responsibilities, where they do."""
        self.prior.update_weights(batch_mean(forward.responsibilities))

    def get_config(self) -> dict:
        """Return the constructor's arguments."""
        weights = (
            "mutual_information",
            "marginal_entropy",
            "posterior_consistency",
            "responsibility_consistency",
            "diversity",
            "subclass_consistency",
            "augmentation_consistency",
        )
        return {
            **super().get_config(),
            "num_components": self.num_components,
            "latent_dim": self.latent_dim,
            "encoder": self.encoder,
            "estimator": self.estimator,
            "mutual_information_updates": self.mutual_information_updates,
            "classifier_adversarial": self.classifier_adversarial,
            "augmentation": self.augmentation.get_config()
            if type(self.augmentation) is Augmentation
            else keras.saving.serialize_keras_object(self.augmentation),
            "augment_generated": self.augment_generated,
            "diversity_within": self.diversity_within,
            "discriminator_outputs": self.discriminator_outputs,
            "generated_weights": self.generated_weights,
            "pretraining_steps": self.pretraining_steps,
            "num_heads": self.num_heads,
            "num_encodings": self.num_encodings,
            "refinement_rounds": self.refinement_rounds,
            "entropy_price": self.entropy_price,
            "looks": self.looks,
            "groups_by": self.groups_by,
            "groupings": self.groupings,
            "classifier_units": self.classifier_units,
            **{name: serialized(getattr(self, name)) for name in weights},
        }
