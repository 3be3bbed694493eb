"""From a config to a compiled model; which options a model can heed."""

import inspect
from typing import Any

import keras

from tfgmmgan.errors import UserError
from tfgmmgan.models import MODELS, LatentGAN
from tfgmmgan.training.config import TrainConfig, flatten

__all__ = ["build_model", "check_options", "unused_options"]

# option -> argument of the model's constructor, or of its prior's
MODEL_ARGUMENTS = {
    "seed": "seed",
    "networks.architecture": "architecture",
    "networks.width": "width",
    "networks.encoder": "encoder",
    "losses.adversarial": "adversarial_loss",
    "losses.estimator": "estimator",
    "losses.mutual_information": "mutual_information",
    "losses.mutual_information_updates": "mutual_information_updates",
    "losses.classifier_adversarial": "classifier_adversarial",
    "losses.marginal_entropy": "marginal_entropy",
    "losses.posterior_consistency": "posterior_consistency",
    "prior.sampling": "sampling",
    "optimizers.update_order": "update_order",
    "optimizers.generator_batch_size": "generator_batch_size",
}
PRIOR_ARGUMENTS = {
    "num_components": "num_components",
    "latent_dim": "latent_dim",
    "seed": "seed",
    "prior.covariance": "covariance",
    "prior.trainable": "trainable",
    "prior.variance": "variance",
    "prior.mean_range": "mean_range",
    "prior.weights": "mixture_weights",
}


def build_model(config: TrainConfig, data_shape: tuple[int, ...]) -> LatentGAN:
    """Return the model of a config, compiled, for examples of a shape."""
    check_options(config)
    values = flatten(config)
    model_class = MODELS[config.model]
    prior = model_class.prior_class(**_accepted(model_class.prior_class, PRIOR_ARGUMENTS, values))
    model = model_class(
        data_shape,
        prior=prior,
        dtype="mixed_bfloat16" if config.precision == "bfloat16" else "float32",
        **_accepted(model_class, MODEL_ARGUMENTS, values),
    )

    def adam(learning_rate: float) -> keras.optimizers.Optimizer:
        return keras.optimizers.Adam(learning_rate, config.optimizers.beta_1, config.optimizers.beta_2)

    model.compile(
        optimizer=adam(config.optimizers.learning_rate),
        discriminator_optimizer=adam(config.optimizers.discriminator_learning_rate),
        jit_compile=config.jit,
    )
    return model


def unused_options(model: str) -> list[str]:
    """Return the options that a model, or its prior, has no argument for."""
    model_class = MODELS[model]
    heeded = [
        option
        for owner, table in ((model_class, MODEL_ARGUMENTS), (model_class.prior_class, PRIOR_ARGUMENTS))
        for option, argument in table.items()
        if argument in _parameters(owner)
    ]
    return [option for option in {**MODEL_ARGUMENTS, **PRIOR_ARGUMENTS} if option not in heeded]


def check_options(config: TrainConfig) -> None:
    """Raise `UserError` where an option was set that the model can't heed."""
    values, defaults = flatten(config), flatten(TrainConfig())
    for option in unused_options(config.model):
        if values[option] != defaults[option]:
            raise UserError(f"The model '{config.model}' has no use for --{option}; leave it out.")


def _accepted(owner: type, table: dict[str, str], values: dict[str, Any]) -> dict[str, Any]:
    parameters = _parameters(owner)
    return {argument: values[option] for option, argument in table.items() if argument in parameters}


def _parameters(owner: type) -> set[str]:
    """Return the constructor's parameters, those that it hands on to its bases with **kwargs included."""
    names = set()
    for base in owner.__mro__:
        if "__init__" in vars(base):
            parameters = inspect.signature(base.__init__).parameters
            names |= {name for name, p in parameters.items() if p.kind is not p.POSITIONAL_ONLY}
            if base.__module__.startswith("keras.") or not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
                break
    return names
