"""What several clusterings agree on, where looks decide between them."""

import numpy as np
from sklearn.cluster import KMeans, SpectralClustering

from tfgmmgan.likeness import nearest_images

__all__ = ["consensus", "normalized_association"]

GROUPS_PER_CLUSTER = 20
GROUP_SIZE = 30  # images a group has on average at least: of fewer the links say little
NEIGHBOURS = 5
VOTES = 0.5  # what all links by votes weigh together, those by looks being 1
SHARPNESS = 4  # power of the likeness of votes


def consensus(votes: np.ndarray, images: np.ndarray, num_clusters: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return groups of images that the voters agree on, and the cluster of each group.

    K-means on the votes finds many small groups (cluster ensembles, Strehl and Ghosh 2002). Which groups belong
    together the votes do not say reliably: a group that is far from all others, like sevens with a bar, goes anywhere.
    So the groups are joined by looks above all: they are linked by how many of their images are among each other's
    nearest neighbours in pixels, and half as much by how alike the votes are, and cut into clusters where the links are
    fewest for the size of what they connect (normalised cut, Shi and Malik 2000). No size is asked of a cluster. The
    combination is ours.

    Args:
        votes: (n, V) what each voter says of each image, probabilities side by side.
        images: (n, H, W, C), uint8 or float in [-1, 1].
        num_clusters: How many clusters, 2 or more.
        seed: Integer behind the initial groups.

    Returns:
        The groups' centres among the votes (M, V), and their clusters (M,), integers below `num_clusters`.
    """
    num_groups = min(GROUPS_PER_CLUSTER * num_clusters, len(votes) // GROUP_SIZE)
    num_groups = max(num_clusters, min(num_groups, len(np.unique(np.round(votes, 4), axis=0))))
    groups = KMeans(num_groups, n_init=2, random_state=seed).fit(votes)
    if num_groups == num_clusters:
        return groups.cluster_centers_, np.arange(num_clusters)
    links = _links(groups.labels_, images, num_groups) + VOTES * _vote_links(groups.labels_, groups.cluster_centers_)
    spectral = SpectralClustering(
        num_clusters, affinity="precomputed", assign_labels="discretize", random_state=seed
    ).fit(links + 1e-9)
    return groups.cluster_centers_, _exchange(links, spectral.labels_, num_clusters)


def normalized_association(links: np.ndarray, clusters: np.ndarray, num_clusters: int) -> float:
    """Return the sum over clusters of the share of their links that stays inside: K minus the normalised cut.

    Args:
        links: (M, M) symmetric weights between groups.
        clusters: (M,) the cluster of each group.
        num_clusters: K.
    """
    member = np.eye(num_clusters)[clusters]
    inside, total = np.einsum("mk,mn,nk->k", member, links, member), links.sum(axis=1) @ member
    return float((inside / np.maximum(total, 1e-12)).sum())


def _links(groups: np.ndarray, images: np.ndarray, num_groups: int) -> np.ndarray:
    """Return the share of pairs of neighbouring images that lie in each pair of groups, (M, M), symmetric."""
    neighbours = nearest_images(images, NEIGHBOURS)
    links = np.zeros((num_groups, num_groups))
    np.add.at(links, (np.repeat(groups, neighbours.shape[1]), groups[neighbours].ravel()), 1 / neighbours.size)
    return (links + links.T) / 2


def _vote_links(groups: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return links between groups by the likeness of their mean votes, times their images, (M, M), summing to 1.

    The likeness is the cosine of the votes' square roots, voter by voter the Bhattacharyya coefficient.
    """
    roots = np.sqrt(np.maximum(centres, 0.0))
    roots /= np.maximum(np.linalg.norm(roots, axis=1, keepdims=True), 1e-12)
    counts = np.bincount(groups, minlength=len(centres))
    links = (roots @ roots.T) ** SHARPNESS * np.outer(counts, counts)
    return links / links.sum()


def _exchange(links: np.ndarray, clusters: np.ndarray, num_clusters: int) -> np.ndarray:
    """Move single groups to other clusters as long as the normalised association grows."""
    clusters, best, moved = clusters.copy(), normalized_association(links, clusters, num_clusters), True
    while moved:
        moved = False
        for group, old in enumerate(clusters.copy()):
            for cluster in set(range(num_clusters)) - {old}:
                before, clusters[group] = clusters[group], cluster
                value = normalized_association(links, clusters, num_clusters)
                if value > best + 1e-9:
                    best, moved = value, True
                else:
                    clusters[group] = before
    return clusters
