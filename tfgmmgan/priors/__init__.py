"""What z is drawn from."""

from tfgmmgan.priors.base import LatentPrior
from tfgmmgan.priors.class_code import ClassCode
from tfgmmgan.priors.fitted_mixture import FittedMixture
from tfgmmgan.priors.gaussian_mixture import GaussianMixture
from tfgmmgan.priors.normal import Normal
from tfgmmgan.priors.subclass_mixture import SubclassMixture

__all__ = ["ClassCode", "FittedMixture", "GaussianMixture", "LatentPrior", "Normal", "SubclassMixture"]
