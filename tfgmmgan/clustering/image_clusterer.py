"""ImageClusterer: images to clusters, and a classifier that says which cluster any image is of."""

import math
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.validation import check_is_fitted

from tfgmmgan.clustering.choice import candidates, choose_descriptor, seen_by
from tfgmmgan.clustering.classifier_training import settle, train_on_clusters, train_on_itself
from tfgmmgan.clustering.confidence import agreement, temperature
from tfgmmgan.clustering.count import GUESS, choose_count
from tfgmmgan.clustering.descriptors import Features
from tfgmmgan.clustering.link_clustering import LinkClustering
from tfgmmgan.clustering.progress import Progress
from tfgmmgan.clustering.saving import check_files, read_parts, write_parts
from tfgmmgan.clustering.sizes import SELF_TRAINING, images_wanted, some, training_steps
from tfgmmgan.clustering.strangeness import distances_to, duplicate_of, outlier_scores
from tfgmmgan.data.augmentation import Augmentation
from tfgmmgan.data.checks import check_examples
from tfgmmgan.data.originals import Originals
from tfgmmgan.data.scaling import to_float
from tfgmmgan.networks import make_classifier
from tfgmmgan.networks.chain import copy_of
from tfgmmgan.utils.arguments import Count, Positive, Share, WholeNumber, check_arguments
from tfgmmgan.utils.errors import UserError
from tfgmmgan.utils.random import initial_weights

__all__ = ["ImageClusterer"]

BLOCK = 1024  # images that C is asked about at once
DEFAULT_AUGMENTATION = Augmentation()


@keras.saving.register_keras_serializable(package="tfgmmgan")
class ImageClusterer(ClusterMixin, BaseEstimator):
    """Finds which kinds are among unlabelled images, and learns to tell them.

    1. A descriptor turns images into rows (`tfgmmgan.clustering.descriptors`).
    2. `LinkClustering` finds clusters of the rows.
    3. A classifier C, a convolutional network, learns the clusters from images that are changed at random: moved,
       turned, sheared and scaled (*supervised training on clusters*).
    4. *Self-training*: C learns, for a few rounds, what it has itself become, and to say the same of an image and its
       neighbours (`tfgmmgan.clustering.classifier_training`).

    No label takes part. It follows scikit-learn's contract: `fit`, `predict`, `fit_predict`, `get_params`, `clone`,
    pickling; images have four axes, where scikit-learn's rows have two.

    Example:

    >>> clusterer = ImageClusterer(10, descriptor="deskewed_hog").fit(images)
    >>> clusterer.labels_, clusterer.predict_proba(new_images)
    >>> clusterer.classifier_.save("classifier.keras")                # a Keras model: images in [-1, 1] -> logits

    Args:
        n_clusters: K, 1 or more; `"auto"` finds how many there are, up to 30 (`tfgmmgan.clustering.count`). Default 10.
        descriptor: By what images are compared. `"auto"`: by that of the following by which kinds are clearest, without
            a label (`tfgmmgan.clustering.choice`), `network` among them where there is one. `"pixels"`; `"hog"`,
            directions of edges; `"deskewed_hog"`, the same of what was set upright, for handwriting; `"patches"`,
            learned patches, for textures; `"hog_and_patches"`; `"network"`, a trained network's features;
            `"network_and_hog_and_patches"`. From Python
            also an object with `fit` and `transform`, or a function from images to rows. Default `"auto"`.
        network: A trained network for `"auto"` and `"network"`: a name of `keras.applications`, a `.keras` file, or a
            SavedModel's folder, which is a program. For photos it often tells more than the others. Default none.
        network_size: Side in pixels of the images that it takes. Default what it says itself, or 128.
        network_range: What black and white are for it: `"-1 to 1"`, `"0 to 1"` or `"0 to 255"`; those of
            `keras.applications` know their own. Default `"-1 to 1"`.
        n_init: As in `LinkClustering`: how many sets of micro-clusters are made; eight take eight times as long.
            Default 1.
        entropy_penalty: As in `LinkClustering`: share, in [0, 1), of the clusters' entropy that is taken off the
            information that is sought, which likes them equal; 0.8 where some kinds are ten times as frequent as
            others. Default 0.
        steps: Training steps of C on the clusters; a round of self-training takes 4/3 as many. Default 3000, of few
            images as many as show each 20 times, 300 at least.
        self_training_rounds: How often C then learns from what it has become; 0 may do for a thousand images.
            Default 2.
        batch_size: Images of a step. Default 64.
        augmentation: How images are changed for C. Default `Augmentation()`.
        architecture: C's network: `"dcgan"` or `"resnet"`, as the discriminator of a GAN of that architecture, or
            `"auto"` (dcgan). Default `"auto"`.
        width: Multiplies C's channels. Default 1.
        dtype: Keras dtype policy of C: `"float32"` or `"mixed_bfloat16"`. Default `"float32"`.
        random_state: Integer behind everything: the same images and seed give the same clusters. Default 0.
        verbose: As in Keras's `fit`. Default 0.

    Attributes:
        labels_: (n,) what C takes each image of the fit for, ids below K.
        n_clusters_: K.
        count_information_: Where K was chosen, the information of links, in nats, by the numbers tried.
        temperature_: By what C's logits are divided in `predict_proba`, for it to be as sure on average as clusterings
            of halves of the images agree with it (`tfgmmgan.clustering.confidence`).
        classifier_: The Keras model C, (n, H, W, C) in [-1, 1] -> (n, K) logits.
        descriptor_: The fitted descriptor, and descriptor_name_, what it is called.
        descriptor_scores_: Where it was chosen, each one's score by name.
        rows_: (m, D) what the images among which clusters were sought were compared by.
        link_clustering_: The fitted `LinkClustering`; its `labels_` are of `rows_used_`.
        outlier_scores_: (m,) how much farther an image is from its neighbours than these are from theirs; 1 is usual.
        duplicate_of_: (m,) the first image that is nearly the same, -1 where there is none before it; of more than
            60,000 images a copy may be missed.
        distances_: (m,) mean distance to the five nearest rows.
        image_shape_: (H, W, C).
        rows_used_: (m,) which of the images the clusters were sought among: all up to 60,000, of large images fewer;
            where faiss is installed (`pip install tfgmmgan[scale]`), as many as have 4 GiB.
    """

    def __init__(
        self,
        n_clusters: Count | Literal["auto"] = 10,
        descriptor: str | Any = "auto",
        network: str | None = None,
        network_size: Count | None = None,
        network_range: Literal["-1 to 1", "0 to 1", "0 to 255"] = "-1 to 1",
        n_init: Count = 1,
        entropy_penalty: Share = 0.0,
        steps: Count | None = None,
        self_training_rounds: WholeNumber = 2,
        batch_size: Count = 64,
        augmentation: Augmentation = DEFAULT_AUGMENTATION,
        architecture: str = "auto",
        width: Positive = 1.0,
        dtype: str = "float32",
        random_state: WholeNumber = 0,
        verbose: int | str = 0,
    ) -> None:
        self.n_clusters = n_clusters
        self.descriptor = descriptor
        self.network = network
        self.network_size = network_size
        self.network_range = network_range
        self.n_init = n_init
        self.entropy_penalty = entropy_penalty
        self.steps = steps
        self.self_training_rounds = self_training_rounds
        self.batch_size = batch_size
        self.augmentation = augmentation
        self.architecture = architecture
        self.width = width
        self.dtype = dtype
        self.random_state = random_state
        self.verbose = verbose

    def fit(
        self,
        X: np.ndarray,
        y: None = None,
        callbacks: list | None = None,
        progress: Progress | None = None,
        features: np.ndarray | None = None,
        originals: Originals | None = None,
    ) -> "ImageClusterer":
        """Find the clusters of images and train C; return self.

        Args:
            X: (n, H, W, C), (n, H, W), uint8 or float in [-1, 1], n >= 2 and n >= K.
            y: Not used.
            callbacks: As in Keras's `fit`; each of C's trainings is one epoch for them.
            progress: `Progress(folder)` keeps in a folder what the fit has got to; a fit of the same images and
                arguments goes on from there. Default nothing is kept.
            features: (n, F), what images are compared by in place of a descriptor: embeddings that somebody has.
                Default none.
            originals: The same images in their own size, for a network. Default X.

        Raises:
            ValueError: If an argument is out of its range, or the images are not images.
        """
        check_arguments(self)
        progress = progress or Progress()
        images = self._checked(X, "fit(X)", learned=True)
        fewest = 2 if self.n_clusters == "auto" else max(2, self.n_clusters)
        if len(images) < fewest:
            raise UserError(
                f"{'Kinds' if self.n_clusters == 'auto' else f'{self.n_clusters} kinds'} can't be found among "
                f"{len(images)} images; expected {fewest} images at least. Ask for fewer, or add images."
            )
        self.image_shape_ = images.shape[1:]
        self.rows_used_ = some(len(images), images_wanted(images.shape[1:]), self.random_state)
        used = images if len(self.rows_used_) == len(images) else images[self.rows_used_]
        vars(self).pop("classifier_", None)  # of a fit before this one
        self._begin(1, "what images are compared by")
        if features is None:
            self.rows_ = self.describe(used, None if originals is None else originals[self.rows_used_])
        elif len(features) == len(images):
            self.descriptor_, self.descriptor_name_ = Features(), "features"
            self.rows_ = self.descriptor_.fit_transform(np.asarray(features)[self.rows_used_])
        else:
            raise UserError(f"fit(features): expected a row for each of {len(images)} images; got {len(features)}.")
        self._begin(2, "clusters")
        self.n_clusters_ = self.n_clusters
        if self.n_clusters == "auto":
            self.n_clusters_, self.count_information_ = choose_count(self.rows_, random_state=self.random_state)
            self._say(f"{self.n_clusters_} kinds, by what one more tells about neighbours.")
        self.link_clustering_ = LinkClustering(self.n_clusters_, self.n_init, self.entropy_penalty, self.random_state)
        self.link_clustering_.fit(self.rows_, progress=progress)
        with initial_weights(self.random_state):
            self.classifier_ = make_classifier(
                images.shape[1:], self.n_clusters_, self.architecture, self.width, keras.DTypePolicy(self.dtype)
            )
        self._train(used, callbacks, progress)
        self._begin(4 + self.self_training_rounds, "how sure the clusters are")
        self.temperature_ = 1.0
        if self.n_clusters_ > 1:
            logits = self._logits(used)
            options = self.n_clusters_, self.entropy_penalty, self.random_state
            self.temperature_ = temperature(logits, agreement(self.rows_, logits.argmax(axis=1), *options))
        self.labels_ = self.predict(images)
        neighbours = self.link_clustering_.neighbors_
        self.distances_ = distances_to(self.rows_, self.rows_, neighbours)
        self.outlier_scores_ = outlier_scores(self.distances_, self.distances_, neighbours)
        self.duplicate_of_ = duplicate_of(used, neighbours)
        return self

    def describe(self, images: np.ndarray, originals: Originals | None = None) -> np.ndarray:
        """Return the rows by which images are compared, (n, D); before `fit` the descriptor is fitted to them."""
        if "classifier_" in vars(self) and not isinstance(self.descriptor_, Features):
            return self.descriptor_.transform(seen_by(self.descriptor_, images, originals))
        options = self.network, self.network_size, self.network_range
        choice = candidates(self.descriptor, *options)
        best = next(iter(choice))
        if len(choice) > 1 and self.n_clusters != 1:
            seen = {name: (one, seen_by(one, images, originals)) for name, one in choice.items()}
            count = min(GUESS, len(images)) if self.n_clusters == "auto" else self.n_clusters
            best, self.descriptor_scores_ = choose_descriptor(seen, count, self.random_state)
            scores = ", ".join(f"{name} {score:.2f}" for name, score in self.descriptor_scores_.items())
            self._say(f"Images are compared by {best}, as its kinds are clear: {scores}, of 1.")
        self.descriptor_, self.descriptor_name_ = choice[best], best
        described = seen_by(self.descriptor_, images, originals)
        return self.descriptor_.fit(described).transform(described)

    def _train(self, images: np.ndarray, callbacks: list | None, progress: Progress) -> None:
        """Train C on the clusters, then on itself."""
        batch_size = min(self.batch_size, len(images))
        steps = training_steps(self.steps, len(images), batch_size)
        clusters, neighbours = self.link_clustering_.labels_, self.link_clustering_.neighbors_
        told = {"seed": self.random_state, "verbose": self.verbose, "callbacks": callbacks, "progress": progress}
        self._begin(3, "a classifier learns the clusters")
        train_on_clusters(self.classifier_, images, clusters, self.augmentation, steps, batch_size, **told)
        for number in range(self.self_training_rounds):
            self._begin(4 + number, f"the classifier teaches itself, round {number + 1} of {self.self_training_rounds}")
            settle(self.classifier_, images, batch_size, self.random_state)
            teacher = copy_of(self.classifier_, tf.zeros([1, *images.shape[1:]]))
            options = self.augmentation, self.entropy_penalty, math.ceil(SELF_TRAINING * steps), batch_size
            train_on_itself(self.classifier_, teacher, images, neighbours, *options, number=number, **told)
        settle(self.classifier_, images, batch_size, self.random_state)

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return p(k | x) of images like those of the fit, (n, H, W, C) -> (n, K) float32, rows summing to 1."""
        check_is_fitted(self)
        images = self._checked(X, "predict_proba(X)")
        if images.shape[1:] != self.image_shape_:
            raise UserError(f"Expected images of shape {self.image_shape_}, as in fit; got {images.shape[1:]}.")
        return softmax(self._logits(images) / np.float32(self.temperature_), axis=1)

    def _logits(self, images: np.ndarray) -> np.ndarray:
        """Return C's logits of images that are checked, (n, H, W, C) -> (n, K) float32."""
        found = [
            np.asarray(self.classifier_.predict_on_batch(to_float(tf.convert_to_tensor(images[at : at + BLOCK]))))
            for at in range(0, len(images), BLOCK)
        ]
        return np.concatenate(found, dtype=np.float32) if found else np.zeros((0, self.n_clusters_), np.float32)

    def _begin(self, number: int, what: str) -> None:
        self._say(f"Finding kinds, {number} of {4 + self.self_training_rounds}: {what} ...")

    def _say(self, text: str) -> None:
        if self.verbose:
            print(text, flush=True)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the most probable cluster of images like those of the fit, (n, H, W, C) -> (n,) ids below K."""
        return self.predict_proba(X).argmax(axis=1)

    def score_outliers(self, X: np.ndarray, originals: Originals | None = None) -> np.ndarray:
        """Return how much farther images are from the nearest of the fit than these are from theirs; 1 is usual.

        Args:
            X: (n, H, W, C) images like those of the fit; its `features`, (n, F), where it was given such.
            originals: As in `fit`.

        Returns:
            (n,) above 0. An image of the fit finds itself among its neighbours; its score is in `outlier_scores_`.
        """
        check_is_fitted(self)
        if isinstance(self.descriptor_, Features):
            rows = self.descriptor_.transform(X)
        else:
            rows = self.describe(self._checked(X, "score_outliers(X)"), originals)
        count = self.link_clustering_.neighbors_.shape[1]
        neighbours = NearestNeighbors(n_neighbors=count).fit(self.rows_).kneighbors(rows, return_distance=False)
        return outlier_scores(distances_to(rows, self.rows_, neighbours), self.distances_, neighbours)

    def save(self, folder: str | Path) -> None:
        """Write the fitted clusterer into a folder, as data that is safe to open: see `load`.

        Raises:
            UserError: If its descriptor or network is an object or a function of somebody's own.
        """
        check_is_fitted(self)
        parts = {name: value for name, value in vars(self).items() if name != "classifier_"}
        write_parts(Path(folder), parts, self.classifier_)

    @classmethod
    def load(cls, folder: str | Path, network: str | None = None) -> "ImageClusterer":
        """Return the fitted clusterer that `save` wrote.

        Args:
            folder: Where.
            network: The network file that it used, where it used one: a network is a program, and whoever opens the
                folder says that it is to be trusted. Default none.

        Raises:
            UserError: If there is no such thing, it is damaged, or it used a network file that is not given.
        """
        found = cls()
        parts, found.classifier_ = read_parts(Path(folder))
        vars(found).update(parts)
        check_files(found.descriptor_, network, folder)
        return found

    def get_config(self) -> dict:
        """Return the arguments as data, for a Keras model that holds the clusterer; the fit is not among them.

        Raises:
            UserError: If the descriptor is an object or a function, which can't be told as data.
        """
        if not isinstance(self.descriptor, str):
            raise UserError(
                "A clusterer whose descriptor is an object or a function can't be saved as data; name one of "
                "tfgmmgan.clustering.DESCRIPTORS, or find the modes first."
            )
        return {**self.get_params(deep=False), "augmentation": self.augmentation.get_config()}

    @classmethod
    def from_config(cls, config: dict) -> "ImageClusterer":
        """Make the clusterer of a `get_config`."""
        return cls(**{**config, "augmentation": Augmentation(**config["augmentation"])})

    def _checked(self, images: Any, what: str, learned: bool = False) -> np.ndarray:
        images = np.asarray(images)
        images = check_examples(images, what, (1, 3, *images.shape[3:]), learned)
        if images.ndim != 4:
            raise UserError(f"{what}: expected images (n, H, W, C) or (n, H, W); got shape {images.shape}.")
        return images
