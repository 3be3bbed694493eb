"""Clustering by Algorithm 2 of GM-GAN: a classifier that has seen generated examples only."""

import keras
import numpy as np

from tfgmmgan.data import Split
from tfgmmgan.data.scaling import to_float
from tfgmmgan.evaluation.small_classifier import small_classifier
from tfgmmgan.models import LatentGAN

__all__ = ["algorithm_2"]


def algorithm_2(
    model: LatentGAN, split: Split, num_per_component: int = 2000, epochs: int = 3, seed: int = 0
) -> np.ndarray:
    """Return the soft assignment of examples to components, (n, K), by a classifier of generated examples.

    It draws `num_per_component` examples from each component, trains a fresh classifier to tell which component made
    which, and asks it about the split. No real example and no label is trained on. The paper publishes neither M nor
    the classifier; both are ours and the same for every model (`small_classifier`, batches of 128).

    Args:
        model: A trained model with K >= 2 components.
        split: What is clustered.
        num_per_component: M. Default 2000.
        epochs: Passes over the generated examples. Default 3.
        seed: Decides the generated examples, the classifier's weights and their order.

    Returns:
        (n, K) float32, rows summing to 1.

    Reference:
        Ben-Yosef & Weinshall 2018, section 5.1.
    """
    keras.utils.set_random_seed(seed)
    k = model.prior.num_components
    components = np.tile(np.arange(k), num_per_component)
    generated = model.generate(len(components), component=components, seed=seed)
    classifier = small_classifier(model.data_shape, k)
    classifier.fit(generated, components, batch_size=128, epochs=epochs, verbose=0)
    batches = [classifier.predict_on_batch(to_float(batch)) for batch in split.batches(512)]
    return keras.ops.convert_to_numpy(keras.ops.softmax(np.concatenate(batches)))
