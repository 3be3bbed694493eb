"""A judge of generated examples: whether a model draws what it was asked for, and how often each class."""

from collections.abc import Callable

import keras
import numpy as np

from tfgmmgan.data import ImageData
from tfgmmgan.data.scaling import to_float
from tfgmmgan.evaluation.small_classifier import small_classifier
from tfgmmgan.models import LatentGAN

__all__ = ["class_agreement", "train_judge"]

BATCH_SIZE = 128


def train_judge(
    data: ImageData, epochs: int = 5, min_steps: int = 1000, seed: int = 0
) -> Callable[[np.ndarray], np.ndarray]:
    """Return a classifier of real examples (`small_classifier`): from (n, *shape) examples to (n,) class ids.

    Args:
        data: A dataset with labels; its training split is learned from.
        epochs: Passes over it, or more until there were `min_steps` steps.
        min_steps: See `epochs`.
        seed: Decides weights and order.
    """
    keras.utils.set_random_seed(seed)
    judge = small_classifier(data.shape, len(data.class_names))
    batch_size = min(BATCH_SIZE, len(data.train))
    steps = data.steps_per_epoch(batch_size)
    batches = data.training_batches(batch_size, seed, labelled=True).map(lambda x, y: (to_float(x), y))
    judge.fit(batches, steps_per_epoch=steps, epochs=max(epochs, -(-min_steps // steps)), shuffle=False, verbose=0)

    def classes(examples: np.ndarray) -> np.ndarray:
        parts = [to_float(examples[row : row + 512]) for row in range(0, len(examples), 512)]
        return np.concatenate([keras.ops.convert_to_numpy(judge.predict_on_batch(part)).argmax(1) for part in parts])

    return classes


def class_agreement(model: LatentGAN, data: ImageData, num_generated: int = 2000, seed: int = 0) -> dict:
    """Return how often a generated example is of its component's class, by `train_judge`.

    Args:
        model: A model with `component_classes`.
        data: The dataset, with labels.
        num_generated: Generated examples, as many of each component.
        seed: Decides the judge and the generated examples.

    Returns:
        `agreement`, a share in [0, 1]; `by_component`, (K,) shares; `judge_accuracy` on the real test split;
        `num_generated`.
    """
    judge = train_judge(data, seed=seed)
    found = np.concatenate([judge(batch) for batch in data.test.batches(512).as_numpy_iterator()])
    components = np.arange(num_generated) % model.prior.num_components
    judged = judge(model.generate(num_generated, component=components, seed=seed))
    wanted = model.component_classes
    right = np.array([label in wanted[component] for label, component in zip(judged, components, strict=True)])
    return {
        "agreement": float(right.mean()),
        "by_component": [float(right[components == k].mean()) for k in range(len(wanted))],
        "judge_accuracy": float((found == data.test.labels).mean()),
        "num_generated": num_generated,
    }
