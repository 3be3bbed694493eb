"""From a config to a compiled model."""

import math
from typing import Any

from tfgmmgan.clustering import ImageClusterer, check_descriptor
from tfgmmgan.clustering.count import GUESS, LOOKED_AT, as_good, choose_count
from tfgmmgan.clustering.descriptors import Features
from tfgmmgan.data import ImageData
from tfgmmgan.data.augmentation import Augmentation
from tfgmmgan.models import MODELS, LatentGAN, OptimizerOptions
from tfgmmgan.training.hardware import resolved
from tfgmmgan.training.options import RunOptions, TrainConfig
from tfgmmgan.utils.arguments import arguments
from tfgmmgan.utils.errors import UserError, note

__all__ = ["build_model", "check_sizes", "count_kinds", "make_clusterer", "with_batch", "with_length"]

LEAST_EXAMPLES = 2  # of each split
STEPS, MEASURED = 6000, 4  # of a run whose length is left open, and how often one is looked at
POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}


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
    config = resolved(config)
    if num_examples is not None:
        config = with_length(config, num_examples)
    model_class = config.model_class
    if model_class.needs_labels and num_classes < 2:
        raise UserError(
            f"The model '{config['model']}' learns from labels of two classes or more, and this dataset has "
            f"{f'{num_classes} class' if num_classes else 'none'}. Give labels, or choose a model without: "
            f"{', '.join(name for name in MODELS if not MODELS[name].needs_labels)}."
        )
    sizes = {"num_classes": num_classes, "noise_dim": config.get("latent_dim"), "seed": config["seed"]}
    sizes |= {name: config.get(name) for name in ("num_components", "latent_dim")}
    prior = model_class.make_prior(**config.group("prior"), **_taken_by(model_class.prior_class, sizes))
    options: dict[str, Any] = {**config.group("model"), **_taken_by(model_class, sizes)}
    if "clusterer" in arguments(model_class):
        options["clusterer"] = make_clusterer(config)
    model = model_class(data_shape, prior=prior, dtype=POLICIES[config["precision"]], **options)
    steps = None
    if num_examples is not None:
        steps = config["epochs"] * max(1, num_examples // (config["batch_size"] * model.critic_steps))
    optimizers = OptimizerOptions(**config.group("optimizers")).make(steps, model.critic_steps)
    model.compile(**optimizers, jit_compile=config["jit"], steps_per_execution=config["steps_per_execution"])
    return model


def with_batch(config: TrainConfig, num_examples: int) -> TrainConfig:
    """Return a config whose batch, where it is the usual one, is no larger than a small dataset allows."""
    most = num_examples // config["model.critic_steps"]
    if config["batch_size"] != RunOptions.batch_size or not 1 < most < config["batch_size"]:
        return config
    smaller = 2 ** int(math.log2(most))
    note(f"There are {num_examples} examples to train on; a batch is of {smaller}, not {config['batch_size']}.")
    return config.replaced(batch_size=smaller)


def with_length(config: TrainConfig, num_examples: int) -> TrainConfig:
    """Return a config with a number for an `auto` of its epochs, and with how often and how far it is measured."""
    steps = max(1, num_examples // (config["batch_size"] * config["model.critic_steps"]))
    epochs, every = config["epochs"], config["evaluation.every_epochs"]
    epochs = math.ceil(STEPS / steps) if epochs == "auto" else epochs
    times = MEASURED * (1 + (config["early_stopping"] or 0))  # patience needs more of them
    settled = {"epochs": epochs, "evaluation.every_epochs": max(1, epochs // times) if every is None else every}
    if config["evaluation.extent"] is None:
        settled["evaluation.extent"] = "full" if config["max_minutes"] is None else "quick"
    return config.replaced(**settled)


def check_sizes(config: TrainConfig, model: LatentGAN, data: ImageData, replicas: int) -> None:
    """Raise `UserError` where batch, dataset, replicas and steps per execution do not go together."""
    for name, split in (("train on", data.train), ("test with", data.test)):
        if len(split) < LEAST_EXAMPLES:
            raise UserError(
                f"{data.name} has {len(split)} examples to {name}; expected {LEAST_EXAMPLES} at least, as an example's "
                "neighbours are sought. Add examples, or change --data.test_fraction."
            )
    if config["batch_size"] % replicas:
        raise UserError(f"{replicas} replicas need a --batch_size that they divide; got {config['batch_size']}.")
    step_size = config["batch_size"] * model.critic_steps
    if step_size > len(data.train) and model.critic_steps > 1:
        raise UserError(
            f"A step takes --batch_size {config['batch_size']} times --model.critic_steps {model.critic_steps} "
            f"examples; {data.name} has {len(data.train)} to train on. Choose a smaller --batch_size."
        )
    steps = data.steps_per_epoch(step_size)
    if steps % config["steps_per_execution"]:
        divisors = ", ".join(str(number) for number in range(1, min(steps, 100) + 1) if steps % number == 0)
        raise UserError(
            f"--steps_per_execution must divide the {steps} steps of an epoch; got {config['steps_per_execution']}. "
            f"Choose one of {divisors}, or another --batch_size."
        )


def make_clusterer(config: TrainConfig) -> ImageClusterer:
    """Return the clusterer of a config, which is to be fitted."""
    options = config.group("clusterer")
    check_descriptor(options["descriptor"], options["network"])  # an unknown name is said before any training
    return ImageClusterer(
        config["num_components"],
        augmentation=Augmentation(**config.group("clusterer.augmentation")),
        batch_size=config["batch_size"],
        dtype=POLICIES[resolved(config)["precision"]],
        random_state=config["seed"],
        **options,
    )


def count_kinds(config: TrainConfig, data: ImageData) -> int:
    """Return how many kinds there are among the training images of a config that leaves it open."""
    images, rows = data.train.draw_rows(LOOKED_AT)
    features, originals = data.train.features, data.train.originals
    if features is not None:
        compared = Features().fit_transform(features[rows])
    else:
        clusterer = make_clusterer(config.replaced(num_components=min(GUESS, len(images))))
        compared = clusterer.describe(images, None if originals is None else originals[rows])
    found, information = choose_count(compared, random_state=config["seed"])
    stands_out, others = as_good(information, found)
    unsure = (
        "" if stands_out else f"; no number stands out{''.join(f', {other} would do as well' for other in others[:1])}"
    )
    print(f"{found} kinds, by what one more tells about neighbours{unsure}.", flush=True)
    return found


def _taken_by(owner: type, values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in arguments(owner) and value is not None}
