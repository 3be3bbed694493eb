"""Choosing what images are compared by, without a label (ours)."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tfgmmgan.clustering.descriptors import DESCRIPTORS, Network, NetworkAnd, Views, is_network, make_descriptor
from tfgmmgan.clustering.link_clustering import LinkClustering
from tfgmmgan.data.originals import Originals
from tfgmmgan.utils.errors import UserError, unknown_name

__all__ = ["CANDIDATES", "LOOKED_AT", "WITH_NETWORK", "candidates", "check_descriptor", "choose_descriptor", "seen_by"]

CANDIDATES = ("pixels", "hog", "deskewed_hog", "hog_and_patches")  # of which one is chosen, what sees most the last
WITH_NETWORK = ("network", "network_and_hog_and_patches")  # and these, where there is one
LOOKED_AT = 2000  # images that the choice is made by
LEAST_OF_A_KIND = 20  # or more of them: so many for each kind
ALIKE = 0.01  # scores that differ by less say nothing


def check_descriptor(name: str, network: str | None) -> None:
    """Raise `UserError` where there is no descriptor or network of a name, or one has no use for the other."""
    if name in WITH_NETWORK and network is None:
        raise UserError(f"The descriptor '{name}' needs a network: a name of keras.applications, or a .keras file.")
    if network is not None and name not in ("auto", *WITH_NETWORK):
        raise UserError(f"The descriptor '{name}' has no use for the network {network}; 'auto' and 'network' have.")
    for one in (network, name):
        if one not in (None, "auto", *WITH_NETWORK, *DESCRIPTORS) and not is_network(one):
            if one is network:
                raise UserError(
                    f"There is no network '{one}'. Expected a name of keras.applications, or a .keras file."
                )
            raise unknown_name("descriptor", name, ["auto", *DESCRIPTORS, *WITH_NETWORK])


def candidates(
    descriptor: Any, network: str | None = None, network_size: int | None = None, network_range: str = "-1 to 1"
) -> dict[str, Any]:
    """Return the unfitted descriptors among which one is chosen, by name; one alone unless `descriptor` is `"auto"`.

    Args:
        descriptor: As in `ImageClusterer`, as are the others.
        network: A trained network.
        network_size: The side of its images.
        network_range: What black and white are for it.
    """
    if not isinstance(descriptor, str):
        return {str(descriptor): make_descriptor(descriptor)}
    check_descriptor(descriptor, network)
    names = [descriptor]
    if descriptor == "auto":
        names = [*CANDIDATES, *(WITH_NETWORK if network is not None else ())]

    def make(name: str) -> Any:
        if name in DESCRIPTORS:
            return make_descriptor(name)
        sees = Network(network if name in WITH_NETWORK else name, network_size, network_range)
        return NetworkAnd(sees, make_descriptor("hog_and_patches")) if name == WITH_NETWORK[1] else sees

    return {name: make(name) for name in names}


def seen_by(descriptor: Any, images: np.ndarray, originals: Originals | None) -> np.ndarray | Originals | Views:
    """Return what a descriptor is shown: a network the images in their own size, where there are such."""
    if isinstance(descriptor, NetworkAnd):
        return Views(images, originals)
    return originals if isinstance(descriptor, Network) and originals is not None else images


def choose_descriptor(
    candidates: Mapping[str, tuple[Any, np.ndarray | Originals | Views]], n_clusters: int, random_state: int = 0
) -> tuple[str, dict[str, float]]:
    """Return which descriptor finds the clearest kinds, and each one's score.

    By each descriptor some images are clustered (`LinkClustering`). Its score is the information that the cluster of
    one end of a neighbour link has of the other's, over log K: in [0, 1], 1 where K clusters are equally large and no
    link leaves one. Of those within 0.01 of the highest the last is taken: the one that sees most. No label takes part
    in a choice; that of this rule was made on sets whose labels were known.

    Args:
        candidates: Unfitted descriptors by name, each with the images that it describes, the same n for all; 2,000 of
            them, or 20 K, of a fixed choice, are looked at. In order of what they see, the least first.
        n_clusters: K, 2 or more.
        random_state: Decides clusters.
    """
    scores = {}
    for name, (descriptor, images) in candidates.items():
        count = max(LOOKED_AT, LEAST_OF_A_KIND * n_clusters)
        rows = np.sort(np.random.default_rng(0).permutation(len(images))[:count])
        described = descriptor.fit_transform(images[rows])
        found = LinkClustering(n_clusters, random_state=random_state).fit(described)
        scores[name] = float(found.information_ / np.log(n_clusters))
    clear = [name for name, score in scores.items() if score > max(scores.values()) - ALIKE]
    return clear[-1], scores
