"""ModeGAN: a GAN each of whose modes draws one kind of images, as a classifier found them before it (ours)."""

from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf
from sklearn.base import clone

from tfgmmgan.clustering import DESCRIPTORS, ImageClusterer, Progress
from tfgmmgan.clustering.sizes import images_wanted, some, training_steps
from tfgmmgan.data.scaling import to_float
from tfgmmgan.losses import diversity_shortfall
from tfgmmgan.losses.responsibility import weighted_rows
from tfgmmgan.models.forward import ForwardPass, Latents
from tfgmmgan.models.latent_gan import LatentGAN
from tfgmmgan.models.loss_term import LossTerm, Weight
from tfgmmgan.models.mode_pass import ModePass
from tfgmmgan.models.subclasses import find_subclasses
from tfgmmgan.networks import make_classifier
from tfgmmgan.priors import GaussianMixture, LatentPrior, SubclassMixture
from tfgmmgan.utils.arguments import Count, WholeNumber
from tfgmmgan.utils.errors import UserError
from tfgmmgan.utils.replicas import share_from_first_worker, whole_batch

__all__ = ["ModeGAN"]


@keras.saving.register_keras_serializable(package="tfgmmgan")
class ModeGAN(LatentGAN):
    """A GAN with a Gaussian mixture prior whose components are kinds of images that people see.

    1. An `ImageClusterer` finds the kinds and trains a classifier C; `fit` begins with it, unless C is given. While the
       GAN trains, no loss trains C: the same image has the same p(k | x) from then on.
    2. The discriminator has an output for each component, which learns from the real images that C gives to it, by the
       weights alpha of eq. 3 of responsibility learning, and judges the fakes of this component alone.
    3. The fakes of a component must differ as its images do (`diversity`).
    4. Where the prior has *subclasses*, kinds of images within a mode, each is drawn (`tfgmmgan.models.subclasses`).

    docs/systems/modegan.md says why, and what each was worth.

    Example:

    >>> model = ModeGAN((28, 28, 1), num_components=10)
    >>> model.compile()
    >>> model.fit(images, batch_size=64, epochs=10)                   # uint8, or float32 in [-1, 1]

    >>> clusterer = ImageClusterer(10, descriptor="deskewed_hog").fit(images)
    >>> model = ModeGAN((28, 28, 1), classifier=clusterer.classifier_)

    Args:
        data_shape: Shape of one image, (H, W, C).
        num_components: K, where no prior is given. Default 10.
        latent_dim: d, where no prior is given. Default 100.
        prior: Any `LatentPrior`; where None a `GaussianMixture` of fixed components that hardly overlap (variance
            0.005), whose weights follow the responsibilities. The subclasses of a `SubclassMixture` are found before
            training, and G learns to draw each.
        classifier: Keras model from images in [-1, 1] to K logits, such as `ImageClusterer.classifier_`; found by the
            clusterer where None.
        clusterer: The `ImageClusterer` that finds the kinds, of K clusters; a fitted one is taken as it is. Where None
            one with the defaults, and the GAN's architecture, width, dtype and seed. `fit` fits a copy of it, with its
            own batch size.
        discriminator_units: Units of a hidden layer between D's encoding and its K outputs, 0 for none, for the
            architecture's own D alone: then each output judges by more than a linear function of one encoding.
            Default 0.
        diversity: Weight of how much less the fakes of a component differ among each other than the images that C gives
            to it (`tfgmmgan.losses.diversity_shortfall`). It trains G and prior. A component far from the others
            is otherwise drawn as one image. Two fakes of each component are made at least. Default 0.5.
        subclass_consistency: Weight, where the prior has subclasses, of how well D tells the real images and the
            fakes of each, which trains D, and of G's answer to it, which trains G and prior. Default 0.05.
        **kwargs: As in `LatentGAN`. A given `discriminator` has K outputs.

    Every weight is a number or a `keras.optimizers.schedules.LearningRateSchedule` of the training step. The
    adversarial losses have eq. 3's factor 1/K, the others have not.
    """

    capabilities: ClassVar = frozenset({"responsibilities"})
    prior_class = SubclassMixture
    prior_defaults: ClassVar = {
        "trainable": False,
        "variance": 0.005,
        "mixture_weights": "responsibilities",
        "subclasses": 0,
    }
    shares_encoder = False
    forward_pass = ModePass

    def __init__(
        self,
        data_shape: tuple[int, ...],
        num_components: Count = 10,
        latent_dim: Count = 100,
        prior: LatentPrior | None = None,
        classifier: keras.layers.Layer | None = None,
        clusterer: ImageClusterer | None = None,
        discriminator_units: WholeNumber = 0,
        diversity: Weight = 0.5,
        subclass_consistency: Weight = 0.05,
        **kwargs,
    ) -> None:
        if len(data_shape) != 3:
            raise UserError(f"ModeGAN is for images (H, W, C); got {tuple(data_shape)}. GMMGAN takes points, too.")
        self.discriminator_units = discriminator_units
        self.diversity = diversity
        self.subclass_consistency = subclass_consistency
        prior = prior or self.make_prior(
            num_components=num_components, latent_dim=latent_dim, seed=kwargs.get("seed", 0)
        )
        super().__init__(data_shape, prior, **kwargs)
        if discriminator_units and "discriminator" in self._given:
            raise UserError(
                "discriminator_units is for the discriminator that is made here; give your own its hidden layer: "
                f"Discriminator(encoder, hidden_units={discriminator_units})."
            )
        self.clusterer = clusterer or ImageClusterer(
            self.num_components,
            architecture=self.architecture,
            width=self.width,
            dtype=self.dtype_policy.name,
            random_state=self.seed,
        )
        count = getattr(self.clusterer, "n_clusters_", self.clusterer.n_clusters)
        if count != self.num_components:
            has = f"the prior has {self.num_components} components"
            raise UserError(f"The clusterer finds {count} clusters and {has}; expected as many.")
        made = None if classifier else self._make_classifier()
        self.set_classifier(classifier, made, self.num_components)
        self._make_subclass_outputs()
        self.modes_found = self.add_weight(
            shape=(), dtype="int32", initializer="zeros", trainable=False, name="modes_found"
        )
        self.temperature = self.add_weight(shape=(), initializer="ones", trainable=False, name="temperature")
        if classifier is None and hasattr(self.clusterer, "classifier_"):
            self._take_classifier(self.clusterer)
            self.temperature.assign(self.clusterer.temperature_)
        knows = classifier is not None or hasattr(self.clusterer, "classifier_")
        if self.num_components == 1 or (knows and not self.prior.num_subclasses):
            self.modes_found.assign(1)

    def _make_classifier(self) -> keras.Model:
        of = self.clusterer
        return make_classifier(
            self.data_shape, self.num_components, of.architecture, of.width, keras.DTypePolicy(of.dtype)
        )

    def _take_classifier(self, clusterer: ImageClusterer) -> None:
        """Take the weights of a fitted clusterer's classifier."""
        if clusterer.image_shape_ != self.data_shape:
            raise UserError(
                f"The clusterer knows images of shape {clusterer.image_shape_}; data_shape is {self.data_shape}."
            )
        self.classifier.set_weights(clusterer.classifier_.get_weights())

    @classmethod
    def make_prior(cls, subclasses: int = 0, spread: float = 1.0, **options) -> GaussianMixture:
        """Return a prior under ModeGAN's defaults: without subclasses a `GaussianMixture`."""
        defaults = {name: value for name, value in cls.prior_defaults.items() if name != "subclasses"} | options
        if not subclasses:
            return GaussianMixture(**defaults)
        return SubclassMixture(subclasses=subclasses, spread=spread, **defaults)

    def _make_subclass_outputs(self) -> None:
        """Make the outputs of C and D that tell subclasses, where the prior has them."""
        count = self.prior.num_subclasses
        if not count:
            return
        if self.num_components == 1:
            raise UserError(
                "The prior's one component has subclasses, which are found beneath modes. Make them components, or "
                "leave them out (--prior.subclasses 0)."
            )
        if not hasattr(self.classifier, "trunk"):
            raise UserError(
                "Subclasses are told by what the classifier's last layer works on; this classifier has no `trunk` and "
                "`head`, as ImageClusterer's has. Give it these, or a prior without subclasses."
            )
        example = tf.zeros([1, *self.data_shape])
        self.classifier_subclasses = keras.layers.Dense(count, dtype="float32", name="classifier_subclasses")
        self.classifier_subclasses.build(self.classifier.trunk(example).shape)
        self.discriminator_subclasses = keras.layers.Dense(2 * count, dtype="float32", name="discriminator_subclasses")
        self.discriminator_subclasses.build(self.discriminator.trunk(self.discriminator.encoder(example)).shape)

    # -- losses --------------------------------------------------------------------------------------------

    def loss_terms(self) -> dict[str, LossTerm]:
        """Return the named losses; without subclasses theirs have no weight."""
        consistency = self.subclass_consistency if self.prior.num_subclasses else 0.0
        discriminator, generator = ("encoder", "discriminator"), ("generator", "prior")
        return {
            **super().loss_terms(),
            "diversity_loss": LossTerm(self.diversity_loss, generator, self.diversity),
            "subclass_discriminator_loss": LossTerm(self.subclass_discriminator_loss, discriminator, consistency),
            "subclass_generator_loss": LossTerm(self.subclass_generator_loss, generator, consistency),
        }

    def discriminator_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return eq. 3 with an output of D for each component, the fakes of every component counting the same."""
        real = weighted_rows(forward.responsibilities, self._adversarial.real(forward.real_scores))
        return real + tf.reduce_mean(self._adversarial.fake(forward.fake_scores)) / self.num_components

    def generator_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return the generator's half of it, so that rare kinds are learned as fast as frequent ones."""
        return tf.reduce_mean(self._adversarial.generator(forward.fake_scores)) / self.num_components

    def diversity_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return by how much less the fakes of a mode differ than its images; see `diversity_shortfall`."""
        there = tf.cast(forward.share > 0, tf.float32)  # 0 where a replica has none of the batch but a copy of it
        batch = (forward.real, there * forward.responsibilities, forward.per_component(forward.fake))
        return diversity_shortfall(*(whole_batch(rows) for rows in batch))

    def subclass_discriminator_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return D's cross-entropy over 2 G classes: real ones as C says, fakes as they were made."""
        fake = self.prior.num_subclasses + forward.fake_subclasses
        on_real, on_fake = (
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=self.discriminator_subclasses(trunk))
            for labels, trunk in ((forward.real_subclasses, forward.real_trunk), (fake, forward.fake_trunk))
        )
        return (tf.reduce_mean(on_real) + tf.reduce_mean(on_fake)) / 2

    def subclass_generator_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return mean -log of the odds, among the two classes of its subclass, that D finds a fake real."""
        logits, own = self.discriminator_subclasses(forward.fake_trunk), forward.fake_subclasses
        real = tf.gather(logits, own, batch_dims=1)
        return tf.reduce_mean(tf.nn.softplus(tf.gather(logits, self.prior.num_subclasses + own, batch_dims=1) - real))

    # -- what the step asks of a system --------------------------------------------------------------------

    def fakes_per_component(self, batch: int | tf.Tensor) -> int | tf.Tensor:
        """Return S for a batch: 2 at least where fakes are compared with each other."""
        count = super().fakes_per_component(batch)
        if isinstance(self.diversity, int | float) and self.diversity == 0:
            return count
        return max(count, 2) if isinstance(count, int) else tf.maximum(count, 2)

    def draw_latents(self, fakes: int | tf.Tensor, seed: tf.Tensor) -> Latents:
        """Return as many latent vectors of each component, with the subclass that each is of."""
        latents = super().draw_latents(fakes, seed)
        if not self.prior.num_subclasses:
            return latents
        return latents._replace(subclasses=self.prior.draw_subclasses(latents.components, seed))

    def output_counts(self) -> tuple[int, ...]:
        """Return K: one discriminator output for each component."""
        return (self.num_components,)

    def group_variables(self, group: str) -> list[keras.Variable]:
        """Return a group's trainable weights; D's outputs for subclasses are among the discriminator's."""
        own = super().group_variables(group)
        if group == "discriminator" and self.prior.num_subclasses:
            return [*own, *self.discriminator_subclasses.trainable_variables]
        return own

    def class_logits(self, examples: tf.Tensor, features: tf.Tensor | None = None, training: bool = False) -> tf.Tensor:
        """Return what C says, always by its running statistics, (n, *data_shape) -> (n, K)."""
        return self.classifier(examples, training=False)

    def call(self, examples: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Return p(k | x), (n, K), as sure as the clusterer found that C may be; training goes by C as it is."""
        return tf.nn.softmax(self.class_logits(to_float(tf.convert_to_tensor(examples))) / self.temperature)

    # -- before the first step -----------------------------------------------------------------------------

    @property
    def examples_wanted(self) -> int:
        """How many images `find_modes` makes use of; 0 once the modes are found."""
        return 0 if int(self.modes_found.numpy()) else images_wanted(self.data_shape)

    def before_training(self, examples: np.ndarray, verbose: int | str = 0, **kwargs) -> ImageClusterer | None:
        """Find the modes, as `find_modes` does."""
        return self.find_modes(examples, verbose, **kwargs)

    def find_modes(
        self,
        examples: np.ndarray,
        verbose: int | str = 0,
        progress: Progress | None = None,
        **kwargs,
    ) -> ImageClusterer | None:
        """Let the clusterer find the kinds, and within them the subclasses that the prior has; `fit` does so, once.

        Args:
            examples: (n, *data_shape) different ones, uint8 or float in [-1, 1].
            verbose: As in Keras's `fit`.
            progress: As in `ImageClusterer.fit`.
            **kwargs: As in `ImageClusterer.fit`: `callbacks`, `features` and `originals`.

        Returns:
            The fitted clusterer; None where C was given.

        Raises:
            ValueError: If the examples have another shape, dtype or range, or hold NaNs, or are fewer than K.
        """
        examples = self.checked(examples, "find_modes(examples)")
        clusterer, rows = None if "classifier" in self._given else self.clusterer, None
        if clusterer and not hasattr(clusterer, "classifier_"):
            clusterer = clone(clusterer).set_params(verbose=verbose)
            rows = clusterer.fit(examples, progress=progress, **kwargs).rows_
        if clusterer:
            self._take_classifier(clusterer)
        if self.prior.num_subclasses:
            used = some(len(examples), images_wanted(self.data_shape), self.seed)
            examples, originals = examples[used], kwargs.get("originals")
            if rows is None:
                rows = self.clusterer.describe(examples, None if originals is None else originals[used])
            self._find_subclasses(examples, rows, verbose, progress or Progress())
        if clusterer:
            self.temperature.assign(clusterer.temperature_)
        found = [*self.classifier.variables, *self.prior.variables, self.temperature]
        share_from_first_worker(self.distribute_strategy, found)
        self.modes_found.assign(1)
        return clusterer

    def _find_subclasses(self, examples: np.ndarray, rows: np.ndarray, verbose: int | str, progress: Progress) -> None:
        """Find subclasses, teach C to tell them, and tell the prior how often each mode has them."""

        def features(batch: Any) -> tf.Tensor:
            return self.classifier.trunk(to_float(tf.convert_to_tensor(batch)), training=False)

        of, told = self.clusterer, self.infer("class features", features, examples, ())
        steps = training_steps(of.steps, len(examples), of.batch_size)
        options = self.prior.num_subclasses, steps, of.batch_size, self.seed, verbose
        found = progress.once("subclasses", lambda: find_subclasses(rows, told, *options))
        self.classifier_subclasses.set_weights([found["kernel"], found["bias"]])
        share_from_first_worker(self.distribute_strategy, self.classifier_subclasses.variables)
        probs = np.zeros((self.prior.num_subclasses, self.num_components))
        np.add.at(probs, found["subclasses"], self.responsibilities(examples))
        self.prior.set_subclass_probs(probs.T)

    def argument_values(self) -> dict[str, Any]:
        """Return the constructor's arguments; once the modes are found they name neither files nor objects."""
        values = super().argument_values()
        if int(self.modes_found.numpy()):
            named = self.clusterer.descriptor
            named = named if isinstance(named, str) and named in DESCRIPTORS else "auto"
            changed = {"descriptor": named, "network": None, "n_clusters": self.num_components}
            values["clusterer"] = clone(self.clusterer).set_params(**changed)
        return values
