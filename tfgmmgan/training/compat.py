"""Run directories of version 0.1: their options under today's names, and their weights in today's places."""

import re
from pathlib import Path
from typing import Any

import h5py

from tfgmmgan.training.options import FILES, TrainConfig, heeded_options, known_options
from tfgmmgan.training.run_directory import RunDirectory
from tfgmmgan.training.yaml_files import flatten, is_whole, read_yaml
from tfgmmgan.utils.arguments import NULL
from tfgmmgan.utils.errors import UserError
from tfgmmgan.utils.files import found_from

__all__ = ["fill_from_first_edition", "found_files", "is_of_first_edition", "read_run_config"]

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
TEMPERATURE = "vars/1"  # where ModeGAN's lies in a checkpoint
DESCRIPTORS = {
    "pixels": "pixels",
    "outlines": "hog",
    "upright_outlines": "deskewed_hog",
    "outlines_and_patches": "hog_and_patches",
}
# What an option of 0.1 must be for its run to be one of today's models.
GONE = {
    "optimizers.generator_average": "0.0",
    "losses.augmentation_consistency": "0.0",
    "losses.augment_generated": "false",
    "losses.diversity_within": "modes",
    "augmentation.erasing": "0.0",
}
MODEGAN = {  # a `gmmgan` of 0.1 that is a `modegan` today
    "networks.encoder": "own",
    "networks.classifier_units": "512",
    "losses.discriminator": "per_mode",
    "losses.generated_weights": "uniform",
    "losses.estimator": "stratified",
    "losses.classifier_adversarial": "false",
    "losses.mutual_information": "0.0",
    "losses.marginal_entropy": "0.0",
    "losses.posterior_consistency": "0.0",
    "losses.responsibility_consistency": "0.0",
}
GMMGAN = {  # and one that is a `gmmgan`
    "networks.classifier_units": "0",
    "losses.discriminator": "one",
    "losses.generated_weights": "responsibilities",
    "losses.diversity": "0.0",
    "prior.subclasses": "0",
}
ON_IMAGES = MODEGAN | {  # what null stood for in a `gmmgan` of images
    "losses.diversity": "0.5",
    "pretraining.steps": "3000",
    "prior.trainable": "false",
    "prior.variance": "0.005",
}
ON_POINTS = GMMGAN | {"pretraining.steps": "0"}
TOYS = ("toy3x3", "toy5x5")


def read_run_config(file: Path) -> TrainConfig:
    """Return the config of a run, of this version or of 0.1.

    Raises:
        UserError: If it can't be read, lacks options, or is of a model that is no longer there.
    """
    content = read_yaml(file)
    try:
        if "version" not in content:
            return TrainConfig(_of_first_edition(file, content))
        del content["version"]
        values = found_files(flatten(content, known_options()), file.parent)
        config = TrainConfig(values)
    except UserError as error:
        raise UserError(f"{file}: {error}") from error
    missing = [name for name in config if name not in values]
    if missing and not is_whole(file):  # a whole one is of a version that did not have them
        raise UserError(
            f"{file} lacks {', '.join(missing[:3])}: it was cut short or changed. Put back the file that training "
            "wrote."
        )
    return config


def found_files(values: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return options of a run's config with the files that they name, which are as seen from the run's folder."""
    named = {name: values.get(name) for name in FILES}
    is_path = {name: isinstance(path, str) and path not in NULL for name, path in named.items()}
    return values | {name: found_from(folder, path) for name, path in named.items() if is_path[name]}


def _of_first_edition(file: Path, content: dict) -> dict[str, Any]:
    """Return the options of a `config.yaml` of version 0.1 by today's names."""
    old = {}
    for name, value in content.items():
        old |= {f"{name}.{key}": one for key, one in value.items()} if isinstance(value, dict) else {name: value}
    if "model" not in old or "evaluation.quality_constant" not in old:  # the first and the last of the file
        raise UserError("it is no run's config, or was cut short. Put back the file that training wrote.")
    expected = dict(GONE)
    if old["model"] == "gmmgan":
        meant = ON_POINTS if old.get("dataset") in TOYS else ON_IMAGES
        old |= {name: value for name, value in meant.items() if old.get(name) == "null"}
        old["model"] = "gmmgan" if old.get("pretraining.steps") == "0" else "modegan"
        expected |= GMMGAN if old["model"] == "gmmgan" else MODEGAN
    for name, value in expected.items():
        if old.get(name, value) != value:
            raise UserError(
                f"a run of tfgmmgan 0.1 with --{name} {old[name]}, which this version no longer has. Use tfgmmgan 0.1 "
                "for it, or train anew."
            )
    if RunDirectory(file.parent).last_checkpoint() is None:
        raise UserError("a run of tfgmmgan 0.1 without a checkpoint, which this version can't go on with. Train anew.")
    new = {MOVED.get(name, name): value for name, value in old.items()}
    _translate(new, old)
    heeded = heeded_options(new["model"])
    return {
        name: value for name, value in new.items() if name in heeded and (value != "null" or name.startswith("data."))
    }


def _translate(new: dict[str, Any], old: dict[str, Any]) -> None:
    """Change values whose meaning changed with their names."""
    for name in ("width", "architecture"):  # C's was the other networks'
        if f"networks.{name}" in old:
            new[f"clusterer.{name}"] = old[f"networks.{name}"]
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


def fill_from_first_edition(today: Path, old: Path) -> None:
    """Fill a checkpoint that was just written with the weights and optimizer states of one of version 0.1.

    There a generator lies under `drawing_generator`, and a model has more than is trained today: the optimizer's
    states of a classifier that no loss trains, and whether a `gmmgan` was pretrained. What it lacks is ModeGAN's
    temperature, which stays 1.

    Raises:
        ValueError: If something is missing, or has another shape.
    """
    with h5py.File(old) as source, h5py.File(today, "r+") as target:

        def fill(name: str, item: h5py.Group | h5py.Dataset) -> None:
            if isinstance(item, h5py.Dataset):
                was = re.sub("^generator/", "drawing_generator/", name)
                if name == TEMPERATURE and was not in source:
                    return
                if was not in source or source[was].shape != item.shape:
                    raise ValueError(f"The shape of {was} is not {item.shape}.")
                item[...] = source[was][()]

        target.visititems(fill)


def is_of_first_edition(checkpoint: Path) -> bool:
    """Return whether version 0.1 wrote a checkpoint."""
    with h5py.File(checkpoint) as file:
        return "drawing_generator" in file
