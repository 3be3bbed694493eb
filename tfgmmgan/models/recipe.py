"""What the arguments of `GMMGAN` are where they are not given, and what they may be."""

from typing import TYPE_CHECKING, Any

from tfgmmgan.likeness import LOOKS
from tfgmmgan.models.pretraining import GROUPS
from tfgmmgan.utils.errors import UserError, unknown_name

if TYPE_CHECKING:
    from tfgmmgan.models.gmmgan import GMMGAN

__all__ = ["EQUATIONS_3_AND_4", "RECIPE", "check_options", "filled"]

# For images: our recipe (docs/modes.md), which changes them to find what stays the same. Points can't be changed like
# that and have eq. 3 and 4 with what keeps all components in use; images may have them too, and then a trained prior:
# `GMMGAN(data_shape, prior=GaussianMixture(10, 100, mixture_weights="responsibilities"), **EQUATIONS_3_AND_4)`.
RECIPE = {
    "encoder": "own",
    "mutual_information": 0.0,
    "marginal_entropy": 0.0,
    "posterior_consistency": 0.0,
    "diversity": 0.5,
    "subclass_consistency": 0.05,
    "discriminator_outputs": "per_mode",
    "generated_weights": "uniform",
    "pretraining_steps": 3000,
    "classifier_units": 512,
}
EQUATIONS_3_AND_4 = {
    "encoder": "shared",
    "mutual_information": 1.0,
    "marginal_entropy": 2.0,
    "posterior_consistency": 0.1,
    "diversity": 0.0,
    "subclass_consistency": 0.0,
    "discriminator_outputs": "one",
    "generated_weights": "responsibilities",
    "pretraining_steps": 0,
    "classifier_units": 0,
}
KNOWN = {
    "encoder": ("shared", "separate", "own"),
    "mutual_information_updates": ("classifier", "all"),
    "discriminator_outputs": ("one", "per_mode"),
    "generated_weights": ("responsibilities", "uniform"),
    "diversity_within": ("modes", "subclasses"),
    "looks": tuple(LOOKS),
    "groups_by": GROUPS,
}
LEAST = {
    "pretraining_steps": 0,
    "num_heads": 1,
    "num_encodings": 1,
    "refinement_rounds": 0,
    "groupings": 1,
    "classifier_units": 0,
}
FOR_IMAGES = ("augmentation_consistency", "augment_generated", "pretraining_steps")


def filled(given: dict[str, Any], recipe: bool) -> dict[str, Any]:
    """Return the values of RECIPE's arguments: as given, else the recipe's or the equations'."""
    defaults = RECIPE if recipe else EQUATIONS_3_AND_4
    return {name: default if given[name] is None else given[name] for name, default in defaults.items()}


def check_options(model: "GMMGAN", data_shape: tuple[int, ...]) -> None:
    """Raise `UserError` if an option of a model is out of its range, or not for examples of this shape."""
    for name, known in KNOWN.items():
        if getattr(model, name) not in known:
            raise unknown_name(name if name == "encoder" else f"value of {name}", getattr(model, name), known)
    for name, least in LEAST.items():
        if getattr(model, name) < least:
            raise UserError(f"{name} must be at least {least}; got {getattr(model, name)}.")
    if not 0 <= model.entropy_price < 1:
        raise UserError(f"entropy_price must be in [0, 1): at 1 one component may take all; got {model.entropy_price}.")
    for name in FOR_IMAGES:
        if len(data_shape) != 3 and getattr(model, name) != 0:
            raise UserError(f"{name} changes images; these examples have the shape {data_shape}.")
