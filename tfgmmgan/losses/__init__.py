"""Losses: pure functions with the papers' equation numbers."""

from tfgmmgan.losses.adversarial import ADVERSARIAL_LOSSES, AdversarialLoss
from tfgmmgan.losses.responsibility import ESTIMATORS, Estimator, marginal_entropy, posterior_consistency

__all__ = [
    "ADVERSARIAL_LOSSES",
    "ESTIMATORS",
    "AdversarialLoss",
    "Estimator",
    "marginal_entropy",
    "posterior_consistency",
]
