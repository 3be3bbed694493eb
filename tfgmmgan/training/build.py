"""From a config to a compiled model; which options a model can heed."""

import inspect
from dataclasses import fields
from typing import Any

import keras

from tfgmmgan.data.augmentation import Augmentation
from tfgmmgan.models import MODELS, LatentGAN
from tfgmmgan.networks.fused_adam import FusedAdam
from tfgmmgan.training.config import TrainConfig, flatten
from tfgmmgan.training.hardware import resolved
from tfgmmgan.utils.errors import UserError

__all__ = ["build_model", "check_options", "unused_options"]

# argument of the model's constructor, or of its prior's -> option
MODEL_ARGUMENTS = {
    "seed": "seed",
    "architecture": "networks.architecture",
    "width": "networks.width",
    "discriminator_units": "networks.discriminator_units",
    "encoder": "networks.encoder",
    "adversarial_loss": "losses.adversarial",
    "gradient_penalty": "losses.gradient_penalty",
    "weight_clip": "losses.weight_clip",
    "estimator": "losses.estimator",
    "mutual_information": "losses.mutual_information",
    "mutual_information_updates": "losses.mutual_information_updates",
    "classifier_adversarial": "losses.classifier_adversarial",
    "marginal_entropy": "losses.marginal_entropy",
    "posterior_consistency": "losses.posterior_consistency",
    "responsibility_consistency": "losses.responsibility_consistency",
    "diversity": "losses.diversity",
    "diversity_within": "losses.diversity_within",
    "subclass_consistency": "losses.subclass_consistency",
    "augmentation_consistency": "losses.augmentation_consistency",
    "augment_generated": "losses.augment_generated",
    "discriminator_outputs": "losses.discriminator",
    "generated_weights": "losses.generated_weights",
    "pretraining_steps": "pretraining.steps",
    "num_heads": "pretraining.heads",
    "num_encodings": "pretraining.encodings",
    "refinement_rounds": "pretraining.refinement_rounds",
    "entropy_price": "pretraining.entropy_price",
    "looks": "pretraining.looks",
    "groups_by": "pretraining.groups_by",
    "groupings": "pretraining.groupings",
    "classifier_units": "networks.classifier_units",
    "negatives": "losses.negatives",
    "class_log_likelihood": "losses.class_log_likelihood",
    "encoding": "losses.encoding",
    "encoding_variance": "losses.encoding_variance",
    "sampling": "prior.sampling",
    "component_to_class": "prior.component_to_class",
    "class_to_component": "prior.class_to_component",
    "update_order": "optimizers.update_order",
    "generator_batch_size": "optimizers.generator_batch_size",
    "critic_steps": "optimizers.critic_steps",
    "generator_average": "optimizers.generator_average",
}
GROUP_ARGUMENTS = {"augmentation": fields(Augmentation)}  # arguments that take a whole group of options
PRIOR_ARGUMENTS = {
    "num_components": "num_components",
    "latent_dim": "latent_dim",
    "noise_dim": "latent_dim",
    "seed": "seed",
    "covariance": "prior.covariance",
    "trainable": "prior.trainable",
    "variance": "prior.variance",
    "mean_range": "prior.mean_range",
    "mixture_weights": "prior.weights",
    "subclasses": "prior.subclasses",
    "spread": "prior.spread",
}


def build_model(
    config: TrainConfig, data_shape: tuple[int, ...], num_classes: int = 0, num_examples: int | None = None
) -> LatentGAN:
    """Return the model of a config, compiled.

    Args:
        config: What to make.
        data_shape: Shape of one example.
        num_classes: Classes of the labels, 0 without.
        num_examples: Training examples, from which a schedule of the learning rates knows how long the run is.
    """
    check_options(config)
    config = resolved(config)
    model_class = MODELS[config.model]
    if model_class.needs_labels and num_classes < 2:
        raise UserError(
            f"The model '{config.model}' learns from labels of two classes or more, and this dataset has "
            f"{f'{num_classes} class' if num_classes else 'none'}. Give labels, or choose a model without: "
            f"{', '.join(name for name in MODELS if not MODELS[name].needs_labels)}."
        )
    options = flatten(config)
    values = {
        owner: {argument: options[option] for argument, option in table.items()} | {"num_classes": num_classes}
        for owner, table in ((model_class, MODEL_ARGUMENTS), (model_class.prior_class, PRIOR_ARGUMENTS))
    }
    values[model_class] |= {argument: getattr(config, argument) for argument in GROUP_ARGUMENTS}
    given = {name: value for name, value in _accepted(model_class.prior_class, values).items() if value is not None}
    prior = model_class.make_prior(**model_class.prior_defaults(data_shape) | given)
    model = model_class(
        data_shape,
        prior=prior,
        dtype="mixed_bfloat16" if config.precision == "bfloat16" else "float32",
        **_accepted(model_class, values),
    )

    def adam(learning_rate: float, updates_per_step: int = 1) -> keras.optimizers.Optimizer:
        if config.optimizers.schedule == "cosine":
            if num_examples is None:
                raise ValueError("A schedule of the learning rates needs num_examples.")
            steps = config.epochs * max(1, num_examples // (config.batch_size * model.critic_steps))
            learning_rate = keras.optimizers.schedules.CosineDecay(learning_rate, steps * updates_per_step)
        return FusedAdam(learning_rate, config.optimizers.beta_1, config.optimizers.beta_2)

    model.compile(
        optimizer=adam(config.optimizers.learning_rate),
        discriminator_optimizer=adam(config.optimizers.discriminator_learning_rate, model.critic_steps),
        jit_compile=config.jit,
        steps_per_execution=config.steps_per_execution,
    )
    return model


def unused_options(model: str) -> list[str]:
    """Return the options that a model, or its prior, has no argument for."""
    model_class = MODELS[model]
    tables = ((model_class, MODEL_ARGUMENTS), (model_class.prior_class, PRIOR_ARGUMENTS))
    heeded = {table[name] for owner, table in tables for name in set(table) & _parameters(owner)}
    unused = [
        option for option in dict.fromkeys(o for _, table in tables for o in table.values()) if option not in heeded
    ]
    for argument, options in GROUP_ARGUMENTS.items():
        if argument not in _parameters(model_class):
            unused += [f"{argument}.{option.name}" for option in options]
    return unused


def check_options(config: TrainConfig) -> None:
    """Raise `UserError` where an option was set that the model can't heed."""
    values, defaults = flatten(config), flatten(TrainConfig())
    for option in unused_options(config.model):
        if values[option] != defaults[option]:
            raise UserError(f"The model '{config.model}' has no use for --{option}; leave it out.")


def _accepted(owner: type, values: dict[type, dict[str, Any]]) -> dict[str, Any]:
    parameters = _parameters(owner)
    return {argument: value for argument, value in values[owner].items() if argument in parameters}


def _parameters(owner: type) -> set[str]:
    """Return the constructor's parameters, those that it hands on to its bases with **kwargs included."""
    names = set()
    for base in owner.__mro__:
        if base.__module__.startswith("keras."):
            break
        if "__init__" in vars(base):
            parameters = inspect.signature(base.__init__).parameters
            names |= {name for name, p in parameters.items() if p.kind is not p.POSITIONAL_ONLY}
            if not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
                break
    return names
