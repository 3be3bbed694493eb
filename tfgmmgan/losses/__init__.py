"""Losses: pure functions with the papers' equation numbers."""

from tfgmmgan.losses.adversarial import ADVERSARIAL_LOSSES, AdversarialLoss, gradient_penalty
from tfgmmgan.losses.class_conditional import class_log_loss, one_against_all
from tfgmmgan.losses.diversity import diversity_shortfall
from tfgmmgan.losses.encoding import gaussian_log_likelihood
from tfgmmgan.losses.responsibility import (
    ESTIMATORS,
    Estimator,
    joint_mutual_information,
    marginal_entropy,
    posterior_consistency,
    posterior_information,
)

__all__ = [
    "ADVERSARIAL_LOSSES",
    "ESTIMATORS",
    "AdversarialLoss",
    "Estimator",
    "class_log_loss",
    "diversity_shortfall",
    "gaussian_log_likelihood",
    "gradient_penalty",
    "joint_mutual_information",
    "marginal_entropy",
    "one_against_all",
    "posterior_consistency",
    "posterior_information",
]
