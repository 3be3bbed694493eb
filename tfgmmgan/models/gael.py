"""GAEL: a GAN with an encoder, and a mixture fitted to the encodings of real images (Feigin, Spitzer & Giryes)."""

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfgmmgan.data.scaling import to_float
from tfgmmgan.losses import gaussian_log_likelihood
from tfgmmgan.models.forward import ForwardPass
from tfgmmgan.models.gan import GAN
from tfgmmgan.models.terms import LossTerm, Weight, serialized
from tfgmmgan.networks.latent_head import LatentHead
from tfgmmgan.priors import FittedMixture, LatentPrior, Normal
from tfgmmgan.utils.errors import UserError, unknown_name

__all__ = ["GAEL"]

VARIANCES = ("diagonal", "identity")


@keras.saving.register_keras_serializable(package="tfgmmgan")
class GAEL(GAN):
    """A GAN whose discriminator also infers the latent vector, by a head of its own trained on generated examples.

    Training draws z ~ N(0, I) (`training_prior`). `fit_prior` then fits a mixture to Enc(x) of the real examples: it is
    the `prior` that the generator draws from, and the clustering. The loss may be any of the adversarial ones; with
    `adversarial_loss="wasserstein_gp", update_order="alternating", critic_steps=5` it is GAEL over WGAN-GP.

    Example:

    >>> model = GAEL((28, 28, 1), num_components=10, latent_dim=32)
    >>> model.compile()
    >>> model.fit(images, batch_size=64, epochs=10)
    >>> model.fit_prior([images])
    >>> model.generate(8, component=3), model.reconstruct(images[:8]), model.responsibilities(images[:8])
    >>> model.generate(8, prior=model.training_prior, truncation=0.5)        # BigGAN's trick, for comparison

    Args:
        data_shape: Shape of one example: (H, W, C) for images, (p,) for points.
        num_components: K of the mixture that is fitted, where no prior is given. Default 10.
        latent_dim: d, where no prior is given. Default 100; not published.
        prior: A `FittedMixture`.
        latent_head: Keras model from the discriminator's features to (Enc(x), log Sigma(x) or None); a `LatentHead`
            where None.
        encoding: lambda, the weight of eq. 2. Where None 10 / d: the paper's 10 with eq. 2's sum over the d dimensions
            of z taken as a mean. Summed, as it is written, `encoding=10`, the encoder takes over the shared layers
            and G collapses to one image (on digits, docs/systems.md).
        encoding_variance: `"diagonal"`, Sigma(x) is learned, or `"identity"`. The paper models it diagonal and found
            both alike. Default `"diagonal"`.
        **kwargs: As in `LatentGAN`.

    The gradient of the encoder's loss goes to its head and the shared layers and not to G: eq. 4, taken literally, also
    has G minimise it, but the text trains the encoder alone with it and would not have it interfere with the GAN.

    Reference:
        Eq. 1-4 and section 3.
    """

    groups = (*GAN.groups, "latent_head")
    discriminator_groups = (*GAN.discriminator_groups, "latent_head")
    prior_class = FittedMixture
    capabilities = frozenset({"responsibilities", "encode", "fit_prior"})
    responsibilities_by = "mixture"
    draws_by_weights = True  # of the training prior's one component

    def __init__(
        self,
        data_shape: tuple[int, ...],
        num_components: int = 10,
        latent_dim: int = 100,
        prior: FittedMixture | None = None,
        latent_head: keras.Model | None = None,
        encoding: Weight | None = None,
        encoding_variance: str = "diagonal",
        **kwargs,
    ) -> None:
        if encoding_variance not in VARIANCES:
            raise unknown_name("encoding variance", encoding_variance, VARIANCES)
        prior = prior or FittedMixture(num_components, latent_dim, seed=kwargs.get("seed", 0))
        if not isinstance(prior, FittedMixture):
            raise UserError(
                f"GAEL fits its prior after training and needs a FittedMixture; got {type(prior).__name__}."
            )
        self.num_components = prior.num_components
        self.encoding = 10.0 / prior.latent_dim if encoding is None else encoding
        self.encoding_variance = encoding_variance
        super().__init__(data_shape, latent_dim=prior.latent_dim, prior=prior, **kwargs)
        self.training_prior = Normal(prior.latent_dim)
        if latent_head is not None:
            self._given.append("latent_head")
        self.latent_head = latent_head or LatentHead(
            prior.latent_dim,
            learned_variance=encoding_variance == "diagonal",
            width=min(1.0, self.width),
            name="latent_head",
            dtype=self.dtype_policy,
        )
        if not self.latent_head.built:
            self.latent_head.build(self.discriminator.encoder.compute_output_shape((None, *self.data_shape)))

    # -- training ------------------------------------------------------------------------------------------

    def loss_terms(self) -> dict[str, LossTerm]:
        """Return the adversarial losses and the encoder's."""
        trains = ("encoder", "latent_head")
        return {**super().loss_terms(), "encoding_loss": LossTerm(self.encoding_loss, trains, self.encoding)}

    def encoding_loss(self, forward: ForwardPass) -> tf.Tensor:
        """Return the negative of eq. 2, on the batch's generated examples."""
        z = tf.reshape(forward.z, [-1, self.latent_dim])
        return -gaussian_log_likelihood(z, *self.latent_head(forward.fake_features))

    def fakes_per_component(self, batch: int | tf.Tensor) -> int | tf.Tensor:
        """Return as many fakes as there are examples: the training prior has one component."""
        return batch

    def draw_latents(self, fakes: int | tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return z ~ N(0, I), (n, 1, d), and zeros for components."""
        z = self.training_prior.sample_stratified(fakes, seed)
        return z, tf.zeros(tf.shape(z)[:2], tf.int32)

    def group_variables(self, group: str) -> list[keras.Variable]:
        """Return a group's trainable weights."""
        return self.latent_head.trainable_variables if group == "latent_head" else super().group_variables(group)

    def after_training(self, batches: Iterable[tf.Tensor]) -> None:
        """Fit the prior."""
        self.fit_prior(batches)

    def fit_prior(self, batches: Iterable[np.ndarray]) -> FittedMixture:
        """Fit the mixture to the encodings of real examples; it is the prior from then on, and is returned.

        Args:
            batches: Arrays of examples, uint8 or float in [-1, 1]; `[images]` for all in one.
        """
        return self.prior.fit(np.concatenate([self.encode(np.asarray(batch)) for batch in batches]))

    # -- using a trained model -----------------------------------------------------------------------------

    @property
    def sampling_priors(self) -> dict[str, LatentPrior]:
        """What z may be drawn from: the mixture once it is fitted, and the normal prior of the training."""
        fitted = {"fitted_mixture": self.prior} if self.prior.is_fitted else {}
        return {**fitted, "normal": self.training_prior}

    def encode(self, examples: np.ndarray, batch_size: int = 256) -> np.ndarray:
        """Return Enc(x), (n, *data_shape) uint8 or float in [-1, 1] -> (n, d) float32."""
        return self.infer("encode", self.encodings, examples, (self.latent_dim,), batch_size)

    def encodings(self, examples: Any) -> tf.Tensor:
        """Return Enc(x) of a tensor, in inference mode."""
        features = self.discriminator.encoder(to_float(tf.convert_to_tensor(examples)), training=False)
        return self.latent_head(features)[0]

    def reconstruct(self, examples: np.ndarray) -> np.ndarray:
        """Return G(Enc(x)), (n, *data_shape) float32 (section 3, "Autoencoder")."""
        return self.decode(self.encode(examples))

    def call(self, examples: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Return p(k | Enc(x)) under the mixture, (n, K)."""
        return self.prior.responsibilities(self.encodings(examples))

    def responsibilities(self, examples: np.ndarray, batch_size: int = 256) -> np.ndarray:
        """Return p(k | Enc(x)) under the fitted mixture, (n, K) float32 (section 3, "Clustering")."""
        return self.infer("responsibilities", self.call, examples, (self.num_components,), batch_size)

    def get_config(self) -> dict:
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "num_components": self.num_components,
            "encoding": serialized(self.encoding),
            "encoding_variance": self.encoding_variance,
        }
