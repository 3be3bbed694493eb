"""SupervisedGMGAN: GM-GAN with labels (Ben-Yosef & Weinshall 2018)."""

from typing import ClassVar, Literal

import keras
import numpy as np
import tensorflow as tf

from tfgmmgan.losses import one_against_all
from tfgmmgan.models.forward import ForwardPass
from tfgmmgan.models.latent_gan import LatentGAN
from tfgmmgan.priors import GaussianMixture, LatentPrior
from tfgmmgan.utils.arguments import Count, WholeNumber
from tfgmmgan.utils.errors import UserError

__all__ = ["SupervisedGMGAN"]


@keras.saving.register_keras_serializable(package="tfgmmgan")
class SupervisedGMGAN(LatentGAN):
    """A GM-GAN whose discriminator has an output for each class, "real and of this class".

    The mapping between K components and N classes:

    - K >= N: D has N outputs and f(k) is `component_to_class[k]`; K > N gives a class several components.
    - K < N: classes share components, by `class_to_component`, and D has an output for each of the K groups of classes.
      (The paper's f goes from components to classes there too and would leave N - K classes ungenerated, where its
      text has several classes mapped to one Gaussian; this does what the text says.)

    Example:

    >>> model = SupervisedGMGAN((28, 28, 1), num_classes=10, num_components=20)       # two components a class
    >>> model.compile()
    >>> model.fit(images, labels, batch_size=64, epochs=10)
    >>> model.generate(8, component=3)                                                # of model.component_classes[3]

    Args:
        data_shape: Shape of one example: (H, W, C) for images, (p,) for points.
        num_classes: N. Default 10.
        num_components: K, where no prior is given. Default 10.
        latent_dim: d, where no prior is given. Default 100.
        component_to_class: f, K class ids among which is every class; k mod N where None. For K >= N.
        class_to_component: N component ids among which is every component; c mod K where None. For K < N.
        negatives: What each output of D tells its class from. `"all"`: every fake and the real examples of all other
            classes (Algorithm 1). At the equilibrium of that game a class keeps away from its neighbours, and its
            samples are less spread than its data (docs/toys.md). `"own_class"`: the fakes meant to be of that class
            alone (ours), whose equilibrium is the data. Default `"all"`.
        prior: Any `LatentPrior`; where None a static mixture with c = 0.1 and a variance of 0.01 (ours). Under GM-GAN's
            sigma of 0.15 ten Gaussians in 100 dimensions overlap so much that half of all z lie nearer to
            another: no G could draw the class it is asked for (docs/systems.md).
        sampling: How the component of each fake is chosen, as in `GMGAN`. Default `"categorical"`.
        update_order: Default `"alternating"`, as in Algorithm 1.
        generator_batch_size: b_G of the alternating order. Default 128, as in section 4.
        **kwargs: As in `LatentGAN`.

    Raises:
        ValueError: If a mapping has the wrong length or leaves a class, or a component, out.

    Reference:
        Ben-Yosef & Weinshall 2018, section 2 and Algorithm 1, lines 11, 12 and 23.
    """

    needs_labels = True
    prior_class = GaussianMixture
    prior_defaults: ClassVar = {"trainable": False, "variance": 0.01}

    def __init__(
        self,
        data_shape: tuple[int, ...],
        num_classes: Count = 10,
        num_components: Count = 10,
        latent_dim: Count = 100,
        component_to_class: list[int] | None = None,
        class_to_component: list[int] | None = None,
        negatives: Literal["all", "own_class"] = "all",
        prior: LatentPrior | None = None,
        sampling: Literal["categorical", "stratified"] = "categorical",
        update_order: Literal["simultaneous", "alternating"] = "alternating",
        generator_batch_size: WholeNumber = 128,
        **kwargs,
    ) -> None:
        components = prior.num_components if prior else num_components
        shared = components < num_classes
        if (component_to_class if shared else class_to_component) is not None:
            wanted, given = ("class_to_component", "component_to_class")[:: 1 if shared else -1]
            raise UserError(f"With {components} components and {num_classes} classes give {wanted}, not {given}.")
        outputs = min(components, num_classes)
        if shared:
            mapping = _mapping("class_to_component", class_to_component, num_classes, outputs)
            self._output_of_class, self._output_of_component = mapping, np.arange(outputs)
            class_to_component = mapping.tolist()
        else:
            mapping = _mapping("component_to_class", component_to_class, components, outputs)
            self._output_of_class, self._output_of_component = np.arange(outputs), mapping
            component_to_class = mapping.tolist()
        self.num_classes = num_classes
        self.component_to_class = component_to_class
        self.class_to_component = class_to_component
        self.negatives = negatives
        self.sampling = sampling
        prior = prior or self.make_prior(
            num_components=num_components, latent_dim=latent_dim, seed=kwargs.get("seed", 0)
        )
        super().__init__(
            data_shape, prior, update_order=update_order, generator_batch_size=generator_batch_size, **kwargs
        )
        self.check_prior()

    @property
    def component_classes(self) -> list[list[int]]:
        """The classes that each component is of, one list a component."""
        return [np.flatnonzero(self._output_of_class == output).tolist() for output in self._output_of_component]

    def output_counts(self) -> tuple[int, ...]:
        """Return min(K, N)."""
        return (len(set(self._output_of_component)),)

    def scores_as(self, scores: tf.Tensor, components: tf.Tensor) -> tf.Tensor:
        """Return the output that a fake is meant to satisfy."""
        return super().scores_as(scores, tf.gather(tf.constant(self._output_of_component, tf.int32), components))

    def discriminator_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return L(D) of Algorithm 1, lines 11, 12 and 16, or its counterpart with a class's own fakes alone."""
        classes = tf.gather(tf.constant(self._output_of_class, tf.int32), forward.labels)
        if self.negatives == "own_class":
            scores = tf.gather(forward.real_scores, classes, batch_dims=1)
            real = tf.reduce_mean(self._adversarial.real(scores))
            return 0.5 * (real + tf.reduce_mean(self._adversarial.fake(forward.fake_scores)))
        real = one_against_all(self._adversarial, forward.real_scores, classes, generator=False)
        return 0.5 * (real + one_against_all(self._adversarial, self._fake_rows(forward), None, generator=False))

    def generator_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return L(G) of Algorithm 1, line 23, or its counterpart, the plain loss under the output of its class."""
        if self.negatives == "own_class":
            return super().generator_loss(forward)
        meant = tf.gather(tf.constant(self._output_of_component, tf.int32), tf.reshape(forward.components, [-1]))
        return one_against_all(self._adversarial, self._fake_rows(forward), meant, generator=True)

    def _fake_rows(self, forward: ForwardPass) -> tf.Tensor:
        return tf.reshape(forward.fake_outputs, [-1, forward.fake_outputs.shape[-1]])


def _mapping(name: str, given: list[int] | None, length: int, onto: int) -> np.ndarray:
    """Return a mapping of `length` ids onto all of `onto`, the given one checked."""
    found = np.arange(length) % onto if given is None else np.asarray(given)
    if found.shape != (length,) or not np.issubdtype(found.dtype, np.integer) or set(found) != set(range(onto)):
        raise UserError(f"{name} must be {length} integers among which is each of 0 to {onto - 1}; got {given}.")
    return found
