"""How the classifier C learns what clusters images are of: ordinary Keras models with ordinary fits."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfgmmgan.clustering.progress import Progress
from tfgmmgan.data.augmentation import Augmentation
from tfgmmgan.data.scaling import to_float
from tfgmmgan.losses import joint_mutual_information
from tfgmmgan.losses.responsibility import joint_of_pairs
from tfgmmgan.networks.fused_adam import FusedAdam
from tfgmmgan.utils.random import make_seed, split
from tfgmmgan.utils.replicas import num_replicas
from tfgmmgan.utils.time_left import TimeLeft

__all__ = ["SelfTraining", "SupervisedTraining", "batches", "order", "settle", "train_on_clusters", "train_on_itself"]

SUPERVISED_RATE, SELF_TRAINING_RATE = 1e-3, 5e-4  # learning rates, falling to 0
NOT_KEPT = Progress()
SETTLING = 500  # batches, of which 0.99^500 is left of the statistics before


class SupervisedTraining(keras.Model):
    """C on images changed at random, to be trained on their clusters.

    Args:
        classifier: From images (n, H, W, C) float32 in [-1, 1] to K logits.
        augmentation: How images are changed.
        seed: Behind the changes; step t's depend on (seed, t) alone.
    """

    def __init__(self, classifier: keras.Model, augmentation: Augmentation, seed: tf.Tensor) -> None:
        super().__init__()
        self.classifier = classifier
        self.augmentation = augmentation
        self.seed = seed

    def step_seed(self) -> tf.Tensor:
        """Return this step's stateless seed, (2,)."""
        return split(self.seed, tf.cast(self.optimizer.iterations, tf.int32))

    def call(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Return C's logits of changed images, uint8 or float in [-1, 1] (n, H, W, C) -> (n, K)."""
        return self.classifier(self.augmentation(to_float(images), split(self.step_seed(), 0)), training=training)


class SelfTraining(SupervisedTraining):
    """A round of self-training, on images and for each one of its nearest neighbours (ours, from SCAN and IIC).

    C minimises the sum of two: the cross-entropy of C, on changed images, with what a copy of C took them to be before
    the round; and the negative mutual information of C's answers on an image and on its neighbour, changed, less the
    penalty on entropy. The copy's answers stay what they were: where C learns from its own of the moment, clusters of
    few images may merge.

    Args:
        classifier: C.
        teacher: A copy of it.
        augmentation: How images are changed.
        entropy_penalty: As in `tfgmmgan.losses.joint_mutual_information`.
        seed: As in `SupervisedTraining`.

    Reference:
        Van Gansbeke et al. 2020 (SCAN); Ji et al. 2019 (IIC), eq. 3.
    """

    def __init__(
        self,
        classifier: keras.Model,
        teacher: keras.Model,
        augmentation: Augmentation,
        entropy_penalty: float,
        seed: tf.Tensor,
    ) -> None:
        super().__init__(classifier, augmentation, seed)
        self.teacher = teacher
        self.teacher.trainable = False
        self.entropy_penalty = entropy_penalty

    def call(self, pairs: tf.Tensor, training: bool = False) -> dict[str, tf.Tensor]:
        """Return the logits of images, of changed ones, of changed neighbours, and the teacher's: (n, 2, H, W, C)."""
        images, neighbours = tf.unstack(to_float(pairs), axis=1)
        return {
            "images": self.classifier(images, training=training),
            "changed": super().call(images, training=training),
            "neighbours": self.classifier(self.augmentation(neighbours, split(self.step_seed(), 1)), training=training),
            "taught": self.teacher(images, training=False),
        }

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> tf.Tensor:
        """Return the sum of the two losses; Keras's `fit` minimises it."""
        taught = tf.argmax(y_pred["taught"], axis=1)
        known = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=taught, logits=y_pred["changed"])
        joint = joint_of_pairs(tf.nn.softmax(y_pred["images"]), tf.nn.softmax(y_pred["neighbours"]))
        loss = tf.reduce_mean(known) - joint_mutual_information(joint, self.entropy_penalty)
        return loss / num_replicas()


def train_on_clusters(
    classifier: keras.Model,
    images: np.ndarray,
    clusters: np.ndarray,
    augmentation: Augmentation,
    steps: int,
    batch_size: int,
    seed: int,
    verbose: int | str = 0,
    callbacks: list | None = None,
    progress: Progress = NOT_KEPT,
) -> None:
    """Teach a classifier the clusters of images, from changed images.

    Args:
        classifier: From images to K logits.
        images: (n, H, W, C), uint8 or float in [-1, 1].
        clusters: (n,) ids below K.
        augmentation: How images are changed.
        steps: Training steps.
        batch_size: Images of a step.
        seed: Decides their order and changes.
        verbose: As in Keras's `fit`.
        callbacks: As in Keras's `fit`.
        progress: Where the state of the training is kept, and gone on from. Default nowhere.
    """
    rows = order(np.random.default_rng([seed, 0]), len(images), steps * batch_size)
    model = SupervisedTraining(classifier, augmentation, split(make_seed(seed), -1))
    model.compile(
        FusedAdam(keras.optimizers.schedules.CosineDecay(SUPERVISED_RATE, steps)),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    stage = "supervised_training"
    rows = rows[progress.resume(stage, model) * batch_size :]
    data = batches(images, rows, batch_size, clusters[rows].astype(np.int32))
    _fit(model, data, len(rows) // batch_size, verbose, [*(callbacks or []), *_watching(stage, progress)])


def train_on_itself(
    classifier: keras.Model,
    teacher: keras.Model,
    images: np.ndarray,
    neighbours: np.ndarray,
    augmentation: Augmentation,
    entropy_penalty: float,
    steps: int,
    batch_size: int,
    seed: int,
    number: int,
    verbose: int | str = 0,
    callbacks: list | None = None,
    progress: Progress = NOT_KEPT,
) -> None:
    """Train a classifier for a round of self-training; see `SelfTraining`.

    Args:
        classifier: C.
        teacher: A copy of it.
        images: (n, H, W, C), uint8 or float in [-1, 1].
        neighbours: (n, count) rows nearest to each.
        augmentation: How images are changed.
        entropy_penalty: See `SelfTraining`.
        steps: Training steps.
        batch_size: Images of a step.
        seed: Decides their order and changes, with `number`.
        number: Of the round, from 0.
        verbose: As in Keras's `fit`.
        callbacks: As in Keras's `fit`.
        progress: Where the state of the training is kept, and gone on from. Default nowhere.
    """
    rng = np.random.default_rng([seed, 1 + number])
    rows = order(rng, len(images), steps * batch_size)
    pairs = np.stack([rows, neighbours[rows, rng.integers(neighbours.shape[1], size=len(rows))]], axis=1)
    model = SelfTraining(classifier, teacher, augmentation, entropy_penalty, split(make_seed(seed), -2 - number))
    model.compile(FusedAdam(keras.optimizers.schedules.CosineDecay(SELF_TRAINING_RATE, steps)))
    stage = f"self_training_{number}"
    pairs = pairs[progress.resume(stage, model) * batch_size :]
    data = batches(images, pairs, batch_size)
    _fit(model, data, len(pairs) // batch_size, verbose, [*(callbacks or []), *_watching(stage, progress)])


def order(rng: np.random.Generator, count: int, wanted: int) -> np.ndarray:
    """Return so many rows, each as often as any other, in an order of chance."""
    return np.concatenate([rng.permutation(count) for _ in range(-(-wanted // count))])[:wanted]


def batches(images: np.ndarray, rows: np.ndarray, batch_size: int, labels: np.ndarray | None = None) -> tf.data.Dataset:
    """Return batches of the images in these rows, (b, ...) or (b, 2, ...), with labels where there are."""
    images = tf.convert_to_tensor(images)  # made here, so that the graph of the pipeline holds no copy
    chosen = tf.data.Dataset.from_tensor_slices(rows.astype(np.int32)).batch(batch_size, drop_remainder=True)
    found = chosen.map(lambda batch: tf.gather(images, batch))
    if labels is not None:
        found = tf.data.Dataset.zip(
            (found, tf.data.Dataset.from_tensor_slices(labels).batch(batch_size, drop_remainder=True))
        )
    return found.prefetch(2)


def _watching(stage: str, progress: Progress) -> list[keras.callbacks.Callback]:
    return [*progress.saving(stage), TimeLeft(stage.replace("_", " "))]


def _fit(model: keras.Model, batches: tf.data.Dataset, steps: int, verbose: int | str, callbacks: list) -> None:
    if steps:
        model.fit(batches, steps_per_epoch=steps, verbose=verbose, callbacks=callbacks, shuffle=False)


def settle(classifier: keras.Model, images: np.ndarray, batch_size: int, seed: int) -> None:
    """Let batch norm's running statistics become those of the images as they are; no weight is trained.

    While C was trained it saw changed images above all; afterwards it is asked about unchanged ones.

    Args:
        classifier: C.
        images: (n, H, W, C), uint8 or float in [-1, 1].
        batch_size: Images at once.
        seed: Decides their order.
    """
    rows = order(np.random.default_rng([seed, 0, 0]), len(images), SETTLING * batch_size)

    @tf.function(autograph=False)
    def see(batch: tf.Tensor) -> None:
        classifier(to_float(batch), training=True)

    for batch in batches(images, rows, batch_size):
        see(batch)
