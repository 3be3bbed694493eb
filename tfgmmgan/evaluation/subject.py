"""What is measured: a model on a dataset, with what several measurements share."""

from collections.abc import Callable
from functools import cached_property

import numpy as np

from tfgmmgan.data import ImageData, Split
from tfgmmgan.evaluation.metrics.features import Features
from tfgmmgan.evaluation.metrics.neighbours import nearest_distances
from tfgmmgan.evaluation.metrics.quality_diversity import PAIRS, PAIRS_FROM, ms_ssim_settings, quality_constant
from tfgmmgan.evaluation.networks.algorithm_2 import train_on_generated
from tfgmmgan.evaluation.networks.autoencoder import Autoencoder, train_autoencoder
from tfgmmgan.evaluation.networks.feature_network import FeatureNetwork, real_features
from tfgmmgan.evaluation.networks.inception import HUB_URL, load_inception
from tfgmmgan.evaluation.networks.judge import Judge, train_judge
from tfgmmgan.evaluation.options import EvaluationOptions
from tfgmmgan.evaluation.progress import progress
from tfgmmgan.models import LatentGAN
from tfgmmgan.priors import FittedMixture
from tfgmmgan.utils.errors import UserError

__all__ = ["NUM_SAMPLES", "SPLITS", "Subject"]

SPLITS = ("train", "test")
NUM_SAMPLES, QUICK_SAMPLES = 10_000, 2000
LEAST_PER_COMPONENT = 2000  # of M of Algorithm 2
REFERENCE = 60_000


class Subject:
    """A model, a dataset and the options of the evaluation; what is expensive is made when it is first asked for.

    `seed` decides all noise; `notes` are lines on what could not be measured, and why.
    """

    def __init__(
        self, model: LatentGAN, data: ImageData, options: EvaluationOptions | None = None, seed: int = 0
    ) -> None:
        self.model = model
        self.data = data
        self.options = options or EvaluationOptions()
        self.seed = seed
        self.notes: list[str] = []
        self._responsibilities: dict[str, np.ndarray] = {}

    # -- sizes ---------------------------------------------------------------------------------------------

    @property
    def is_quick(self) -> bool:
        """Whether what takes longest is left out."""
        return self.options.extent == "quick"

    @property
    def num_compared(self) -> int:
        """N: how many generated examples are compared with as many real ones."""
        asked = self.options.samples
        if asked is None:
            return min(self._usual_samples, len(self.data.train), len(self.data.test))
        return min(asked, len(self.data.train))

    @property
    def num_generated(self) -> int:
        """How many examples are drawn: N, or more for the scores that need no real ones."""
        return max(self.options.samples or self._usual_samples, self.num_compared)

    @property
    def _usual_samples(self) -> int:
        return min(NUM_SAMPLES, QUICK_SAMPLES) if self.is_quick else NUM_SAMPLES

    # -- networks ------------------------------------------------------------------------------------------

    @cached_property
    def judge(self) -> Judge | None:
        """The classifier of the dataset's classes; None without labels or with fewer than two classes.

        Points are measured as they are: for them there is one where the model was told the classes.
        """
        data = self.data
        if not data.is_image and not self.model.needs_labels:
            return None
        if data.train.labels is None or data.test.labels is None or len(data.class_names) < 2:
            few = data.train.labels is not None and data.test.labels is not None
            lacking = "A single class" if few else "No labels of both splits"
            self.notes.append(f"{lacking}: no classifier of the dataset, so no quality and diversity scores.")
            return None
        return train_judge(data)

    @cached_property
    def autoencoder(self) -> Autoencoder | None:
        """The autoencoder; None for points."""
        return train_autoencoder(self.data) if self.data.is_image else None

    @cached_property
    def inception(self) -> FeatureNetwork | None:
        """TF-GAN's Inception; None where it is not wanted, or by default where it can't be had."""
        wanted = self.options.inception
        if not self.data.is_image or wanted == "none" or (wanted is None and self.is_quick):
            return None
        if wanted is None and self.data.shape[-1] == 1:
            better = "; the dataset's own classifier is the better judge" if self.judge else ""
            self.notes.append(f"Grey images: no Inception scores (--evaluation.inception asks for them){better}.")
            return None
        try:
            return load_inception(wanted or HUB_URL)
        except UserError as error:
            if wanted is not None:
                raise
            self.notes.append(f"No Inception scores: {error}")
            return None

    @cached_property
    def networks(self) -> list[FeatureNetwork]:
        """The feature networks: Inception and the classifier where there are, and one that needs no label."""
        if not self.data.is_image:
            return [FeatureNetwork("coordinates", lambda points: (points, None), "coordinates", caches=False)]
        return [network for network in (self.inception, self.judge, self.autoencoder) if network is not None]

    @property
    def networks_while_training(self) -> list[FeatureNetwork]:
        """The same without an Inception that nobody asked for: on a CPU it would take longer than the training."""
        return [network for network in self.networks if network.name != "inception" or self.options.inception]

    def real(self, network: FeatureNetwork, split: str, n: int | None = None) -> Features:
        """Return the features of n real examples (all, where None, in stored order), cached."""
        return real_features(network, self.data, split, n or len(getattr(self.data, split)))

    @property
    def reference(self) -> Features:
        """The classifier's features of the training examples, 60,000 at most."""
        return self.real(self.judge, "train", REFERENCE)

    @cached_property
    def quality_settings(self) -> dict | None:
        """What the scores of GM-GAN's section 3.2 depend on, or None where they can't be had."""
        if not self.data.is_image or self.judge is None:
            return None
        constant = self.options.quality_constant
        if constant is None:
            test = self.real(self.judge, "test", self.num_compared)
            constant = quality_constant(nearest_distances(test.values, self.reference.values))
        return {
            "constant": constant,
            "num_reference": len(self.reference),
            "num_pairs": PAIRS,
            "pairs_from": PAIRS_FROM,
            "ms_ssim": ms_ssim_settings(*self.data.shape[:2]),
        }

    # -- modes ---------------------------------------------------------------------------------------------

    @property
    def has_modes(self) -> bool:
        """Whether the prior has modes that mean something; a mixture that is still to be fitted has none."""
        prior = self.model.prior
        return prior.num_components > 1 and (not isinstance(prior, FittedMixture) or prior.is_fitted)

    @cached_property
    def generated_classifier(self) -> Callable[[np.ndarray], np.ndarray]:
        """Algorithm 2's classifier, from as many examples as there are real ones of a mode on average, or 2,000."""
        real = min(len(self.data.train), REFERENCE) // self.model.prior.num_components
        return train_on_generated(self.model, max(LEAST_PER_COMPONENT, real), seed=self.seed)

    def assigners(self) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
        """Return by name what says p(k | x): the model itself where it can, and, not for quick, Algorithm 2."""
        if not self.has_modes:
            return {}
        model = self.model
        own = {model.responsibilities_by: model.responsibilities} if "responsibilities" in model.capabilities else {}
        return own if own and self.is_quick else {**own, "algorithm_2": self.generated_classifier}

    @property
    def modes_by(self) -> str:
        """The first of `assigners`, by which the modes are told; there are some (`has_modes`)."""
        return next(iter(self.assigners()))

    def responsibilities(self, method: str, split_name: str) -> np.ndarray:
        """Return what a method says of a split, (n, K), in stored order; computed once."""
        key = f"{method} {split_name}"
        if key not in self._responsibilities:
            split: Split = getattr(self.data, split_name)
            assign = self.assigners()[method]
            batches = progress(
                split.batches(512).as_numpy_iterator(), f"{method}, {split_name} split", -(-len(split) // 512), "batch"
            )
            self._responsibilities[key] = np.concatenate([assign(batch) for batch in batches])
        return self._responsibilities[key]
