"""Choosing what images are compared by, without a label (ours)."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tfgmmgan.clustering.descriptors import Views
from tfgmmgan.clustering.link_clustering import LinkClustering
from tfgmmgan.data.originals import Originals

__all__ = ["LOOKED_AT", "choose_descriptor"]

LOOKED_AT = 2000  # images that the choice is made by
LEAST_OF_A_KIND = 20  # or more of them: so many for each kind
ALIKE = 0.01  # scores that differ by less say nothing


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
