"""Everything a training run depends on, as dataclasses: the command line, the configs and `config.yaml` in one."""

import math
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Literal

from tfgmmgan.data.augmentation import Augmentation
from tfgmmgan.data.options import DataOptions
from tfgmmgan.evaluation.options import EvaluationOptions
from tfgmmgan.utils.errors import UserError

__all__ = [
    "EvaluationOptions",
    "LossOptions",
    "NetworkOptions",
    "OptimizerOptions",
    "PretrainingOptions",
    "PriorOptions",
    "TrainConfig",
    "flatten",
]


@dataclass
class PriorOptions:
    """The latent mixture; K and d are `--num_components` and `--latent_dim`.

    Attributes:
        covariance: How each covariance is parametrised: "full" is a trainable scale_tril, "factor" the papers'
            unconstrained A_k, "diag" and "spherical" have one number a dimension and one a component.
        trainable: Whether means and covariances are trained (GM-GAN: dynamic) or stay as drawn (static); where not
            given gmmgan trains them for points alone, gmgan never.
        variance: Variance of each component to begin with (sigma in GM-GAN; its 0.15 is a standard deviation of 0.387);
            where not given 0.005 for gmmgan on images, 0.01 for supervised_gmgan, else 0.15.
        mean_range: Means are drawn from U[-c, c] in each dimension; this is c.
        weights: Mixture weights: "uniform", or "responsibilities", a running mean of what the classifier says.
        subclasses: gmmgan: how many subclasses a component has on average (ours): groups of its images that look alike,
            found in pretraining, each of which the generator then draws from an offset of its own. 0 for none.
        spread: gmmgan: standard deviation of these offsets, in units of a component's own.
        sampling: How gmgan draws the component of each fake: "categorical" (Algorithm 1), or "stratified", as many of
            each, which has the same expected loss with less noise.
        component_to_class: supervised_gmgan with as many components as classes or more: the class of each component,
            for example [0, 0, 1, 2]; k modulo the number of classes where not given.
        class_to_component: supervised_gmgan with fewer components than classes: the component of each class.
    """

    covariance: Literal["full", "factor", "diag", "spherical"] = "full"
    trainable: bool | None = None
    variance: float | None = None
    mean_range: float = 0.1
    weights: Literal["uniform", "responsibilities"] = "responsibilities"
    subclasses: int = 0
    spread: float = 1.0
    sampling: Literal["categorical", "stratified"] = "categorical"
    component_to_class: list[int] | None = None
    class_to_component: list[int] | None = None


@dataclass
class NetworkOptions:
    """The networks.

    Attributes:
        architecture: "dcgan" are Tables 1-3 of responsibility learning, for images; "resnet" is BigGAN without
            labels, for images of 32 to 96 pixels; "mlp" is for points; "auto" takes "dcgan" or "mlp" by the data.
        width: Multiplies the number of channels.
        discriminator_units: Units of a hidden layer between the discriminator's encoding and its outputs, 0 for none as
            published (ours).
        encoder: gmmgan: whether the classifier stands on the discriminator's encoding ("shared"), is Table 1's network
            ("separate"), or has an encoding of its "own" by a network like the discriminator's (ours); where not given
            "own" for images, "shared" for points.
        classifier_units: gmmgan: units of a hidden layer between an encoding and the classifier's linear layer,
            0 for none as in Table 1; where not given 512 for images (ours), 0 for points.
    """

    architecture: Literal["auto", "dcgan", "mlp", "resnet"] = "auto"
    width: float = 1.0
    discriminator_units: int = 0
    encoder: Literal["shared", "separate", "own"] | None = None
    classifier_units: int | None = None


@dataclass
class LossOptions:
    """The losses; a weight of 0 leaves a loss out.

    Attributes:
        adversarial: The adversarial loss. The Wasserstein losses want --optimizers.update_order alternating and
            --optimizers.critic_steps 5.
        gradient_penalty: Weight of the gradient penalty, with which the discriminator has no batch norm; where not
            given 10 for wasserstein_gp, else 0.
        weight_clip: Bound of the discriminator's weights, 0 for none; where not given 0.01 for wasserstein without
            spectral normalisation, else 0.
        estimator: Eq. 3 and 4 from fakes shared by the batch ("stratified"), or with K fakes an image ("paired",
            Algorithm 1; the same expected gradient from K times the fakes).
        mutual_information: gmmgan: weight of eq. 4; where not given 0 for images, 1 for points.
        mutual_information_updates: What eq. 4 trains: the "classifier" (Algorithm 1) or "all" (section 2.4).
        classifier_adversarial: Whether eq. 3 trains the classifier through alpha, as in Algorithm 1; it pulls
            every image towards the mode whose fakes look best.
        marginal_entropy: gmmgan: weight of the entropy of the mean responsibilities, over K (ours): keeps all modes in
            use; where not given 0 for images, 2 for points.
        posterior_consistency: Weight of the poster's comparison of p(k|z) with what the classifier says of G(z).
        responsibility_consistency: Weight of the poster's comparison of what the classifier says of x and of G(z).
        diversity: gmmgan: weight of how much less the fakes of a mode differ among each other than its images (ours): a
            mode is not drawn as one image; where not given 0.5 for images, 0 for points.
        diversity_within: gmmgan: whether fakes of a mode shall differ as its images do ("modes"), or those of each of
            its --prior.subclasses as the images of that ("subclasses"): more variety, a little less precision (ours).
        subclass_consistency: gmmgan: where --prior.subclasses are, weight of telling the real images of each from its
            fakes (ours); where not given 0.05.
        augmentation_consistency: Weight of the mutual information between what the classifier says of an image and of
            the same image changed as --augmentation says (ours, after Ji et al.); it wants the modes equally heavy.
        augment_generated: Whether the classifier sees fakes that were changed in the same way (ours).
        discriminator: gmmgan: "one" output of the discriminator, or one "per_mode" (ours), which judges a mode's fakes
            against the images that the classifier gives to it; where not given "per_mode" for images.
        generated_weights: gmmgan: how eq. 3 weighs the fakes of each component: by the mean "responsibilities", as it
            is written, or "uniform" (ours), which trains rare modes as fast; where not given "uniform" for images.
        negatives: supervised_gmgan: what each output of the discriminator tells its class from: "all" fakes and other
            classes (Algorithm 1), or the fakes of its "own_class" (ours).
        class_log_likelihood: acgan: weight of the classes' log-likelihood.
        encoding: gael: weight of the encoder's log-likelihood, lambda; where not given 10 / --latent_dim.
        encoding_variance: gael: whether the encoder's Sigma(x) is learned ("diagonal") or the "identity".
    """

    adversarial: Literal["non_saturating", "minimax", "hinge", "wasserstein", "wasserstein_gp"] = "non_saturating"
    gradient_penalty: float | None = None
    weight_clip: float | None = None
    estimator: Literal["stratified", "paired"] = "stratified"
    mutual_information: float | None = None
    mutual_information_updates: Literal["classifier", "all"] = "classifier"
    classifier_adversarial: bool = False
    marginal_entropy: float | None = None
    posterior_consistency: float | None = None
    responsibility_consistency: float = 0.0
    diversity: float | None = None
    diversity_within: Literal["modes", "subclasses"] = "modes"
    subclass_consistency: float | None = None
    augmentation_consistency: float = 0.0
    augment_generated: bool = False
    discriminator: Literal["one", "per_mode"] | None = None
    generated_weights: Literal["responsibilities", "uniform"] | None = None
    negatives: Literal["all", "own_class"] = "all"
    class_log_likelihood: float = 1.0
    encoding: float | None = None
    encoding_variance: Literal["diagonal", "identity"] = "diagonal"


@dataclass
class PretrainingOptions:
    """gmmgan: finding the modes of images before anything is generated (ours); see docs/modes.md.

    Attributes:
        steps: Training steps of the heads on one encoding or, with groups by looks, of the classifier on the clusters,
            each with a batch of its own; a round of refinement takes 4/3 as many. 0 for no pretraining. Where not given
            3000 for images, 0 for points.
        heads: How many classifiers vote, on one encoding.
        encodings: How many encodings are trained, one after the other, each with as many heads that vote. What heads of
            several agree on depends less on the seed; it takes as many times as long.
        refinement_rounds: How often the classifier learns from what it has become; 0 may do for a thousand images.
        entropy_price: Where modes may be of very unequal weights: the share of their entropy, 0 to less than 1, that is
            taken off the information that is sought, which likes them equal; where some are ten times as frequent as
            others 0.8 with groups by looks; by votes 0.45, with twice as many components as modes (docs/modes.md).
        looks: By what images are compared: "pixels"; or "outlines", the directions of edges, of the image and of what
            it shows brought to one size: for things on black that come in all shades and sizes. "upright_outlines" sets
            them upright first, for handwriting; "outlines_and_patches" compares learned patches besides, for textures.
        groups_by: What the modes are put together from: groups of images by the heads' "votes", or by their "looks",
            for which no heads are trained.
        groupings: With groups by looks, how many times they are made. Of several groupings' clusters those are taken by
            which images are likeliest, of one's those whose links have the most information: for things of which
            neighbours alone do not tell how they belong together; eight take eight times as long, 87 seconds of
            50,000 images on one core.
    """

    steps: int | None = None
    heads: int = 15
    encodings: int = 1
    refinement_rounds: int = 2
    entropy_price: float = 0.0
    looks: Literal["pixels", "outlines", "upright_outlines", "outlines_and_patches"] = "pixels"
    groups_by: Literal["votes", "looks"] = "votes"
    groupings: int = 1


@dataclass
class OptimizerOptions:
    """Adam for both sides, and the order of their updates.

    Attributes:
        learning_rate: Of generator, prior and classifier.
        discriminator_learning_rate: Of discriminator and encoder.
        schedule: "constant" learning rates, or "cosine": they fall to 0 over the run's epochs. A run that is resumed
            with more epochs goes on with the rates of the longer run.
        beta_1: Adam's decay of the first moment.
        beta_2: Adam's decay of the second moment.
        update_order: "simultaneous" updates both sides from the same fakes; "alternating" draws fresh ones for G.
        generator_batch_size: Fakes of the alternating order's generator update; where not given --batch_size, or for
            gmgan 128.
        critic_steps: Updates of the discriminator for one of the generator, in the alternating order, each with
            --batch_size real images of its own.
        generator_average: Decay of a moving average of the generator's weights, from which images are drawn; 0 for
            none, else below 1, like 0.999.
    """

    learning_rate: float = 2e-4
    discriminator_learning_rate: float = 2e-4
    schedule: Literal["constant", "cosine"] = "constant"
    beta_1: float = 0.5
    beta_2: float = 0.999
    update_order: Literal["simultaneous", "alternating"] = "simultaneous"
    generator_batch_size: int | None = None
    critic_steps: int = 1
    generator_average: float = 0.0


@dataclass
class TrainConfig:
    """Everything a run depends on.

    Attributes:
        dataset: digits, mnist, fashion_mnist, folder, arrays, toy3x3, toy5x5, or any image dataset of TensorFlow
            Datasets by name.
        model: gmmgan (responsibility learning), gmgan (GM-GAN, unsupervised: static, or dynamic with --prior.trainable
            true), gael (an encoder, and a mixture fitted after training), gan and wgan_gp (baselines); with labels
            supervised_gmgan and acgan.
        num_components: Number of Gaussians in the prior, K.
        latent_dim: Length of the latent vector, d.
        epochs: Passes over the training images.
        batch_size: Real images in an update of the discriminator.
        seed: Decides the initial weights, the order of the images and all noise.
        precision: float32, or bfloat16 for the networks with float32 weights, prior and losses, which is faster where
            the hardware computes with it; auto is bfloat16 there and float32 elsewhere.
        jit: Compile the training step with XLA; auto does so on a single GPU.
        steps_per_execution: Steps between two looks at the losses, a divisor of an epoch's steps. The results are the
            same; more than 1 spares a fast GPU the wait for Python.
        strategy: none trains on one device; mirrored on all GPUs of this machine, each with its part of the batch;
            multi_worker on all processes that the environment variable TF_CONFIG lists.
        data: Where the examples come from.
        prior: The latent mixture.
        networks: The networks.
        losses: The losses and their weights.
        pretraining: Finding the modes of images before anything is generated.
        augmentation: How images are changed for pretraining and for --losses.augment_generated and
            .augmentation_consistency.
        optimizers: The optimizers and the order of updates.
        evaluation: What is looked at while training and measured after it.
    """

    dataset: str = "digits"
    model: str = "gmmgan"
    num_components: int = 10
    latent_dim: int = 100
    epochs: int = 20
    batch_size: int = 64
    seed: int = 0
    precision: Literal["float32", "bfloat16", "auto"] = "float32"
    jit: bool | Literal["auto"] = "auto"
    steps_per_execution: int = 1
    strategy: Literal["none", "mirrored", "multi_worker"] = "none"
    data: DataOptions = field(default_factory=DataOptions)
    prior: PriorOptions = field(default_factory=PriorOptions)
    networks: NetworkOptions = field(default_factory=NetworkOptions)
    losses: LossOptions = field(default_factory=LossOptions)
    pretraining: PretrainingOptions = field(default_factory=PretrainingOptions)
    augmentation: Augmentation = field(default_factory=Augmentation)
    optimizers: OptimizerOptions = field(default_factory=OptimizerOptions)
    evaluation: EvaluationOptions = field(default_factory=EvaluationOptions)

    def __post_init__(self) -> None:
        values = flatten(self)
        at_least_one = (
            "num_components",
            "latent_dim",
            "epochs",
            "batch_size",
            "steps_per_execution",
            "optimizers.generator_batch_size",
            "optimizers.critic_steps",
            "pretraining.heads",
            "pretraining.encodings",
            "pretraining.groupings",
        )
        positive = (
            "prior.variance",
            "prior.spread",
            "networks.width",
            "optimizers.learning_rate",
            "optimizers.discriminator_learning_rate",
            "evaluation.quality_constant",
        )
        not_negative = (
            "prior.mean_range",
            "prior.subclasses",
            "losses.mutual_information",
            "losses.marginal_entropy",
            "losses.posterior_consistency",
            "losses.responsibility_consistency",
            "losses.diversity",
            "losses.subclass_consistency",
            "losses.augmentation_consistency",
            "losses.class_log_likelihood",
            "losses.encoding",
            "losses.gradient_penalty",
            "losses.weight_clip",
            "networks.classifier_units",
            "networks.discriminator_units",
            "pretraining.steps",
            "pretraining.refinement_rounds",
            "evaluation.every_epochs",
        )
        below_one = ("optimizers.beta_1", "optimizers.beta_2", "pretraining.entropy_price")
        for names, holds, words in (
            (at_least_one, lambda x: x >= 1, "at least 1"),
            (("evaluation.samples",), lambda x: x >= 2, "at least 2"),
            (("evaluation.trade_off_samples",), lambda x: x == 0 or x >= 8, "0, or at least 8"),
            (("seed",), lambda x: 0 <= x < 2**32, "at least 0 and below 2**32"),
            (positive, lambda x: x > 0 and math.isfinite(x), "a positive number"),
            (not_negative, lambda x: x >= 0 and math.isfinite(x), "0 or more"),
            (below_one, lambda x: 0 <= x < 1, "at least 0 and below 1"),
        ):
            for name in names:
                if values[name] is not None and not holds(values[name]):
                    raise UserError(f"--{name} must be {words}; got {values[name]}.")
        of_subclasses = {
            "prior.spread": 1.0,
            "losses.subclass_consistency": None,
            "losses.diversity_within": "modes",
        }
        for name, default in of_subclasses.items():
            if values[name] not in (default, 0) and not self.prior.subclasses:
                raise UserError(f"--{name} is for subclasses, and there are none: set --prior.subclasses.")
        if self.strategy != "none" and (self.jit is True or self.steps_per_execution > 1):
            raise UserError(
                f"--strategy {self.strategy} takes neither --jit nor --steps_per_execution; leave them out."
            )


def flatten(config: Any, prefix: str = "") -> dict[str, Any]:
    """Return a dataclass's values by dotted name, `{"prior.variance": 0.15, ...}`."""
    flat = {}
    for item in fields(config):
        value = getattr(config, item.name)
        if is_dataclass(value):
            flat.update(flatten(value, f"{prefix}{item.name}."))
        else:
            flat[prefix + item.name] = value
    return flat
