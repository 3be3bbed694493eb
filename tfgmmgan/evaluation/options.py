"""What is measured, and when."""

from dataclasses import dataclass
from typing import Annotated, Literal

from tfgmmgan.utils.arguments import Positive, WholeNumber, Within, check_arguments
from tfgmmgan.utils.errors import UserError

__all__ = ["EvaluationOptions"]


@dataclass
class EvaluationOptions:
    """What is looked at while training and measured after it.

    Args:
        extent: full; quick, which is full but for what takes longest, Algorithm 2, the trade-off and TF-GAN's
            Inception, on 2,000 samples at most; or none, which leaves all to `evaluate.py`. Where not given quick if
            the run has --max_minutes, else full.
        every_epochs: Figures and scores are made every so many epochs, and after the last; 0 for only then, four times
            in a run where not given. The weights of the epoch with the lowest label-free distance are kept as `best`.
        samples: Generated and real examples that are compared; where not given 10,000, or as many as the smaller split
            has. Of fewer real ones all; Fréchet distances are then from all generated ones, the rest from as many.
        inception: TF-GAN's Inception network for FID, KID and IS: a SavedModel's directory, an address that TF-Hub
            knows, or none. Where not given TF-Hub's, for colour images.
        trade_off_samples: Generated images for each of the 16 variance scales of the trade-off between quality and
            diversity, precision and recall; 0 leaves it out.
        quality_constant: a of GM-GAN's quality score (eq. 6), which is not published; where not given that under which
            the median real test example scores one half.
    """

    extent: Literal["none", "quick", "full"] | None = None
    every_epochs: WholeNumber | None = None
    samples: Annotated[int, Within(2)] | None = None
    inception: str | None = None
    trade_off_samples: WholeNumber = 2000
    quality_constant: Positive | None = None

    def __post_init__(self) -> None:
        check_arguments(self)
        if 0 < self.trade_off_samples < 8:
            raise UserError(f"trade_off_samples must be 0, or at least 8; got {self.trade_off_samples}.")
