"""Whether a model that was told the classes draws what it is asked for."""

import numpy as np

from tfgmmgan.evaluation.sections.section import Section
from tfgmmgan.evaluation.subject import Subject

__all__ = ["Conditional"]

NUM_GENERATED = 2000


class Conditional(Section):
    """`conditional`: how often a generated example is of its component's class, as the judge says.

    `agreement`, a share in [0, 1]; `by_component`, (K,) shares; `judge_accuracy` on the real test split;
    `num_generated`, 2,000, as many of each component.
    """

    name = "conditional"

    def applies(self, subject: Subject) -> bool:
        """Return whether the model was told the classes, and there is a judge of them."""
        return subject.model.needs_labels and subject.judge is not None

    def measure(self, subject: Subject) -> dict:
        """Return `conditional`."""
        model, judge = subject.model, subject.judge
        components = np.arange(NUM_GENERATED) % model.prior.num_components
        judged = judge(model.generate(NUM_GENERATED, component=components, seed=subject.seed))
        wanted = model.component_classes
        right = np.array([label in wanted[component] for label, component in zip(judged, components, strict=True)])
        agreement = {
            "agreement": float(right.mean()),
            "by_component": [float(right[components == k].mean()) for k in range(len(wanted))],
            "judge_accuracy": judge.accuracy,
            "num_generated": NUM_GENERATED,
        }
        return {"conditional": agreement}

    def summary(self, card: dict) -> list[str]:
        """Say how often the model draws what it is asked for."""
        if "conditional" not in card:
            return []
        asked = card["conditional"]
        return [
            f"Of {asked['num_generated']} generated examples {asked['agreement']:.1%} are of their component's class, "
            f"says a classifier of real examples that is right in {asked['judge_accuracy']:.1%} of the test split."
        ]
