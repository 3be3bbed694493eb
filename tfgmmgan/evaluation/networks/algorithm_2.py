"""Clustering by Algorithm 2 of GM-GAN: a classifier that has seen generated examples only."""

from collections.abc import Callable

import keras
import numpy as np

from tfgmmgan.data import ImageData, Split
from tfgmmgan.data.scaling import to_float
from tfgmmgan.evaluation.networks.judge import small_classifier
from tfgmmgan.evaluation.progress import epoch_bar, progress
from tfgmmgan.evaluation.samplers import BATCH, draw_in_batches
from tfgmmgan.models import LatentGAN

__all__ = ["algorithm_2", "train_on_generated"]

BATCH_SIZE = 128
Assign = Callable[[np.ndarray], np.ndarray]


def train_on_generated(model: LatentGAN, num_per_component: int = 2000, epochs: int = 6, seed: int = 0) -> Assign:
    """Return Algorithm 2's classifier: from (n, *shape) examples to a soft assignment, (n, K) with rows summing to 1.

    It draws `num_per_component` examples, M, from each of K >= 2 components and trains a fresh classifier for `epochs`
    passes to tell which component made which. No real example and no label is trained on. The paper publishes neither M
    nor the classifier; both are ours and the same for every model (`small_classifier`, batches of 128). `seed` decides
    all noise (Ben-Yosef & Weinshall 2018, section 5.1).
    """
    keras.utils.set_random_seed(seed)
    k = model.prior.num_components
    components = np.tile(np.arange(k), num_per_component)
    drawn = progress(
        draw_in_batches(model, len(components), seed, component=components),
        "drawing for Algorithm 2",
        -(-len(components) // BATCH),
        "batch",
    )
    generated = Split(len(components), components, np.concatenate(list(drawn)))
    data = ImageData("generated", generated, generated, model.data_shape)
    batch_size = min(BATCH_SIZE, len(generated))
    classifier = small_classifier(model.data_shape, k)
    classifier.fit(
        data.training_batches(batch_size, seed, labelled=True),
        steps_per_epoch=data.steps_per_epoch(batch_size),
        epochs=epochs,
        shuffle=False,
        verbose=0,
        callbacks=[epoch_bar("training Algorithm 2's classifier", epochs)],
    )

    def assign(examples: np.ndarray) -> np.ndarray:
        logits = classifier.predict_on_batch(to_float(examples))
        return keras.ops.convert_to_numpy(keras.ops.softmax(logits))

    return assign


def algorithm_2(model: LatentGAN, split: Split, **kwargs) -> np.ndarray:
    """Return the soft assignment of a split's examples to components, (n, K), by `train_on_generated(model, ...)`."""
    assign = train_on_generated(model, **kwargs)
    return np.concatenate([assign(batch) for batch in split.batches(512).as_numpy_iterator()])
