"""Whether a model that was told classes draws what it was asked for."""

import keras
import numpy as np

from tfgmmgan.data import ImageData
from tfgmmgan.data.scaling import to_float
from tfgmmgan.evaluation.small_classifier import small_classifier
from tfgmmgan.models import LatentGAN

__all__ = ["class_agreement"]

BATCH_SIZE = 128


def class_agreement(
    model: LatentGAN, data: ImageData, num_generated: int = 2000, epochs: int = 5, min_steps: int = 1000, seed: int = 0
) -> dict:
    """Return how often a generated example is of its component's class, by a judge trained on real examples.

    Args:
        model: A model with `component_classes`.
        data: The dataset, with labels; the judge (`small_classifier`) learns from its training split.
        num_generated: Generated examples, as many of each component.
        epochs: Of the judge, or more until it has made `min_steps` steps.
        min_steps: See `epochs`.
        seed: Decides the judge's weights and order and the generated examples.

    Returns:
        `agreement`, a share in [0, 1]; `by_component`, (K,) shares; `judge_accuracy` on the real test split;
        `num_generated`.
    """
    keras.utils.set_random_seed(seed)
    judge = small_classifier(data.shape, len(data.class_names))
    batch_size = min(BATCH_SIZE, len(data.train))
    steps = data.steps_per_epoch(batch_size)
    batches = data.training_batches(batch_size, seed, labelled=True).map(lambda x, y: (to_float(x), y))
    judge.fit(batches, steps_per_epoch=steps, epochs=max(epochs, -(-min_steps // steps)), verbose=0)

    def classes(examples: np.ndarray) -> np.ndarray:
        return keras.ops.convert_to_numpy(judge.predict_on_batch(to_float(examples))).argmax(axis=1)

    found = np.concatenate([classes(batch) for batch in data.test.batches(512)])
    components = np.arange(num_generated) % model.prior.num_components
    generated = model.generate(num_generated, component=components, seed=seed)
    judged = np.concatenate([classes(generated[row : row + 512]) for row in range(0, num_generated, 512)])
    wanted = model.component_classes
    right = np.array([label in wanted[component] for label, component in zip(judged, components, strict=True)])
    return {
        "agreement": float(right.mean()),
        "by_component": [float(right[components == k].mean()) for k in range(len(wanted))],
        "judge_accuracy": float((found == data.test.labels).mean()),
        "num_generated": num_generated,
    }
