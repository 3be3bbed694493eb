"""Whether a model that was told the classes draws what it is asked for."""

import numpy as np

from tfgmmgan.evaluation.networks.judge import Judge
from tfgmmgan.evaluation.sections.section import Section
from tfgmmgan.evaluation.subject import Subject
from tfgmmgan.models import LatentGAN

__all__ = ["Conditional", "class_agreement"]


class Conditional(Section):
    """`conditional`: `class_agreement` of a model that was told the classes."""

    name = "conditional"

    def applies(self, subject: Subject) -> bool:
        """Return whether the model was told the classes, and there is a judge of them."""
        return subject.model.needs_labels and subject.judge is not None

    def measure(self, subject: Subject) -> dict:
        """Return `conditional`."""
        return {"conditional": class_agreement(subject.model, subject.judge, seed=subject.seed)}

    def summary(self, card: dict) -> list[str]:
        """Say how often the model draws what it is asked for."""
        if "conditional" not in card:
            return []
        asked = card["conditional"]
        return [
            f"Of {asked['num_generated']} generated examples {asked['agreement']:.1%} are of their component's class, "
            f"says a classifier of real examples that is right in {asked['judge_accuracy']:.1%} of the test split."
        ]


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
