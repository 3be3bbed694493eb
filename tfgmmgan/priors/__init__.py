"""What z is drawn from."""

from tfgmmgan.priors.base import LatentPrior
from tfgmmgan.priors.gaussian_mixture import GaussianMixture
from tfgmmgan.priors.normal import Normal

__all__ = ["GaussianMixture", "LatentPrior", "Normal"]
