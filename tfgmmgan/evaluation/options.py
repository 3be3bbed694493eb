"""What is measured, and when."""

from dataclasses import dataclass

__all__ = ["EvaluationOptions"]


@dataclass
class EvaluationOptions:
    """What is looked at while training and measured after it.

    Attributes:
        every_epochs: Figures and scores are made every so many epochs, and after the last; 0 for only then. The weights
            of the epoch with the lowest label-free distance are kept as `best`.
        samples: Generated and real examples that are compared; where not given 10,000, or as many as the smaller split
            has.
        inception: TF-GAN's Inception network for FID, KID and IS: a SavedModel's directory, an address that TF-Hub
            knows, or none. Where not given TF-Hub's, for colour images.
        trade_off_samples: Generated images for each of the 16 variance scales of the trade-off between quality and
            diversity, precision and recall; 0 leaves it out.
        quality_constant: a of GM-GAN's quality score (eq. 6), which is not published; where not given that under which
            the median real test example scores one half.
    """

    every_epochs: int = 5
    samples: int | None = None
    inception: str | None = None
    trade_off_samples: int = 2000
    quality_constant: float | None = None
