"""Run directories of version 0.1: their options under today's names."""

from pathlib import Path
from typing import Any

from tfgmmgan.training.options import TrainConfig, known_options
from tfgmmgan.training.yaml_files import flatten, read_yaml
from tfgmmgan.utils.errors import UserError

__all__ = ["read_run_config"]

MOVED = {
    **{f"networks.{name}": f"model.{name}" for name in ("architecture", "width", "discriminator_units", "encoder")},
    **{
        f"losses.{name}": f"model.{name}"
        for name in (
            "gradient_penalty",
            "weight_clip",
            "estimator",
            "mutual_information",
            "mutual_information_updates",
            "classifier_adversarial",
            "marginal_entropy",
            "posterior_consistency",
            "responsibility_consistency",
            "diversity",
            "subclass_consistency",
            "negatives",
            "class_log_likelihood",
            "encoding",
            "encoding_variance",
        )
    },
    "losses.adversarial": "model.adversarial_loss",
    **{f"optimizers.{name}": f"model.{name}" for name in ("update_order", "generator_batch_size", "critic_steps")},
    **{f"prior.{name}": f"model.{name}" for name in ("sampling", "component_to_class", "class_to_component")},
    "prior.weights": "prior.mixture_weights",
    "pretraining.steps": "clusterer.steps",
    "pretraining.looks": "clusterer.descriptor",
    "pretraining.groupings": "clusterer.n_init",
    "pretraining.entropy_price": "clusterer.entropy_penalty",
    "pretraining.refinement_rounds": "clusterer.self_training_rounds",
    **{
        f"augmentation.{name}": f"clusterer.augmentation.{name}"
        for name in ("shift", "rotation", "shear", "scale", "flip", "brightness")
    },
}
DESCRIPTORS = {
    "pixels": "pixels",
    "outlines": "hog",
    "upright_outlines": "deskewed_hog",
    "outlines_and_patches": "hog_and_patches",
}
# What an option of 0.1 must be for its run to be one of today's models; null is what it was where it was not given.
GONE = {
    "optimizers.generator_average": ("0.0",),
    "losses.augmentation_consistency": ("0.0",),
    "losses.augment_generated": ("false",),
    "losses.diversity_within": ("modes",),
    "augmentation.erasing": ("0.0",),
}
MODEGAN = {  # of a `gmmgan` of 0.1 on images: what the recipe was where nothing else was given
    "networks.encoder": ("null", "own"),
    "losses.discriminator": ("null", "per_mode"),
    "losses.generated_weights": ("null", "uniform"),
    "networks.classifier_units": ("null", "512"),
    "losses.mutual_information": ("null", "0.0"),
    "losses.marginal_entropy": ("null", "0.0"),
    "losses.posterior_consistency": ("null", "0.0"),
    "losses.responsibility_consistency": ("0.0",),
}
GMMGAN = {
    "losses.discriminator": ("null", "one"),
    "losses.generated_weights": ("null", "responsibilities"),
    "networks.classifier_units": ("null", "0"),
    "losses.diversity": ("null", "0.0"),
    "pretraining.steps": ("null", "0"),
    "prior.subclasses": ("0",),
}
TOYS = ("toy3x3", "toy5x5")


def read_run_config(file: Path) -> TrainConfig:
    """Return the config of a run, of this version or of 0.1.

    Raises:
        UserError: If it can't be read, lacks options, or is of a model that is no longer there.
    """
    content = read_yaml(file)
    if "version" in content:
        del content["version"]
        values = flatten(content, known_options())
        config = TrainConfig(values)
        if missing := [name for name in config if name not in values]:
            raise UserError(
                f"{file} lacks {', '.join(missing[:3])}: it was cut short or changed. Put back the file that training "
                "wrote."
            )
        return config
    return TrainConfig(_of_first_edition(file, content))


def _of_first_edition(file: Path, content: dict) -> dict[str, Any]:
    """Return the options of a `config.yaml` of version 0.1 by today's names."""
    old = {}
    for name, value in content.items():
        old |= {f"{name}.{key}": one for key, one in value.items()} if isinstance(value, dict) else {name: value}
    model = old.get("model")
    if model is None or "optimizers.learning_rate" not in old:
        raise UserError(f"{file} is not a run's config: it lacks the model or its options.")
    expected = dict(GONE)
    if model == "gmmgan":
        images = old.get("dataset") not in TOYS
        is_modegan = images and old.get("pretraining.steps", "null") != "0"
        old["model"] = model = "modegan" if is_modegan else "gmmgan"
        expected |= MODEGAN if is_modegan else GMMGAN
    for name, values in expected.items():
        if old.get(name, values[0]) not in values:
            raise UserError(
                f"{file.parent} is a run of tfgmmgan 0.1 with --{name} {old[name]}, which this version no longer "
                "has. Use tfgmmgan 0.1 for it, or train anew."
            )
    new = {MOVED.get(name, name): value for name, value in old.items()}
    _translate(new, old)
    heeded = TrainConfig({"model": model})
    return {name: value for name, value in new.items() if name in heeded and value != "null"} | {
        name: value for name, value in new.items() if name in heeded and name.startswith("data.")
    }


def _translate(new: dict[str, Any], old: dict[str, Any]) -> None:
    """Change values whose meaning changed with their names."""
    if "clusterer.descriptor" in new:
        new["clusterer.descriptor"] = DESCRIPTORS.get(new["clusterer.descriptor"], new["clusterer.descriptor"])
    loss = old.get("losses.adversarial")
    if loss == "wasserstein_gp":
        new["model.adversarial_loss"] = "wasserstein"
        if old.get("losses.gradient_penalty", "null") == "null":
            new["model.gradient_penalty"] = "10.0"
    if loss == "wasserstein" and old.get("losses.weight_clip", "null") == "null":
        new["model.weight_clip"] = "0.0" if old.get("networks.architecture") == "resnet" else "0.01"
    if old.get("model") == "gael" and new.get("model.encoding", "null") != "null":
        new["model.encoding"] = str(float(new["model.encoding"]) * float(old["latent_dim"]))
    if (
        old.get("optimizers.generator_batch_size", "null") == "null"
        and old.get("optimizers.update_order") == "simultaneous"
    ):
        new["model.generator_batch_size"] = "0"
