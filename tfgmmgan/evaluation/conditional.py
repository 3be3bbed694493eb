"""Whether a model that was told the classes draws what it is asked for."""

import numpy as np

from tfgmmgan.evaluation.judge import Judge
from tfgmmgan.models import LatentGAN

__all__ = ["class_agreement"]


def class_agreement(model: LatentGAN, judge: Judge, num_generated: int = 2000, seed: int = 0) -> dict:
    """Return how often a generated example is of its component's class, as the judge says.

    Args:
        model: A model with `component_classes`.
        judge: Of the dataset.
        num_generated: Generated examples, as many of each component.
        seed: Decides the generated examples.

    Returns:
        `agreement`, a share in [0, 1]; `by_component`, (K,) shares; `judge_accuracy` on the real test split;
        `num_generated`.
    """
    components = np.arange(num_generated) % model.prior.num_components
    judged = judge(model.generate(num_generated, component=components, seed=seed))
    wanted = model.component_classes
    right = np.array([label in wanted[component] for label, component in zip(judged, components, strict=True)])
    return {
        "agreement": float(right.mean()),
        "by_component": [float(right[components == k].mean()) for k in range(len(wanted))],
        "judge_accuracy": judge.accuracy,
        "num_generated": num_generated,
    }
