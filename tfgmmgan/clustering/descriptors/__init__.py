"""Descriptors: what images are compared by. Adding one is a file here and a line below."""

from functools import partial
from typing import Any

from sklearn.base import clone

from tfgmmgan.clustering.descriptors.base import Descriptor, FunctionDescriptor, JoinedDescriptors
from tfgmmgan.clustering.descriptors.hog import HOG
from tfgmmgan.clustering.descriptors.network import Features, Network, NetworkAnd, Views, is_network
from tfgmmgan.clustering.descriptors.patches import Patches
from tfgmmgan.clustering.descriptors.pixels import Pixels
from tfgmmgan.utils.errors import UserError
from tfgmmgan.utils.registry import Registry

__all__ = [
    "DESCRIPTORS",
    "HOG",
    "Descriptor",
    "Features",
    "FunctionDescriptor",
    "JoinedDescriptors",
    "Network",
    "NetworkAnd",
    "Patches",
    "Pixels",
    "Views",
    "is_network",
    "make_descriptor",
]

DESCRIPTORS = Registry(
    "descriptor",
    {
        "pixels": Pixels,
        "hog": HOG,
        "deskewed_hog": partial(HOG, deskew=True),
        "patches": Patches,
        "hog_and_patches": lambda: JoinedDescriptors([HOG(), Patches()]),
    },
)


def make_descriptor(chosen: Any) -> Any:
    """Return an unfitted descriptor.

    Args:
        chosen: A name in `DESCRIPTORS`; an object with `fit` and `transform`, of which a clone is returned; or a
            function from images to rows.

    Raises:
        UserError: If it is none of these.
    """
    if isinstance(chosen, str):
        return DESCRIPTORS[chosen]()
    if hasattr(chosen, "fit") and hasattr(chosen, "transform"):
        return clone(chosen)
    if callable(chosen):
        return FunctionDescriptor(chosen)
    raise UserError(
        f"A descriptor is one of {', '.join(DESCRIPTORS)}, an object with fit and transform, or a function from images "
        f"to rows; got {type(chosen).__name__}."
    )
