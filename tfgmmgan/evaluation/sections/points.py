"""How a toy's points follow the mixture that is known."""

from tfgmmgan.evaluation.metrics.points import point_scores
from tfgmmgan.evaluation.sections.section import Section
from tfgmmgan.evaluation.subject import Subject

__all__ = ["Points"]


class Points(Section):
    """`points`: `point_scores` of as many generated points as there are test points."""

    name = "points"
    compared = r"points\..+"

    def applies(self, subject: Subject) -> bool:
        """Return whether the data is a toy."""
        return subject.data.truth is not None

    def measure(self, subject: Subject) -> dict:
        """Return `points`."""
        test = subject.data.test
        generated = subject.model.generate(len(test), seed=subject.seed)
        return {"points": point_scores(generated, test.take(len(test)), subject.data.truth)}

    def summary(self, card: dict) -> list[str]:
        """Say how many modes are covered and how far the points are off."""
        if "points" not in card:
            return []
        points = card["points"]
        return [
            f"Of the toy's {len(points['shares'])} modes {points['num_modes_covered']} are covered; "
            f"{points['share_far']:.2%} of the generated points are far from all (4 standard deviations). NLL "
            f"{points['nll_gap']:+.3f} against real points, MMD {points['mmd']:.5f} (real against real "
            f"{points['mmd_floor']:.5f})."
        ]
