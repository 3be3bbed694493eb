"""The sections of the evaluation, in their order: what is measured, and how it is shown.

A new one is a file here with a subclass of `Section`, and a line in `SECTIONS`.
"""

from tfgmmgan.evaluation.sections.clustering import Clustering
from tfgmmgan.evaluation.sections.conditional import Conditional
from tfgmmgan.evaluation.sections.image_quality import ImageQuality
from tfgmmgan.evaluation.sections.mode_health import ModeHealth
from tfgmmgan.evaluation.sections.modes import Modes
from tfgmmgan.evaluation.sections.points import Points
from tfgmmgan.evaluation.sections.section import Section
from tfgmmgan.evaluation.sections.trade_off import TradeOff

__all__ = ["SECTIONS", "Section"]

SECTIONS: list[Section] = [
    Modes(),
    Clustering(),
    Conditional(),
    Points(),
    ImageQuality(),
    TradeOff(),
    ModeHealth(),
]
