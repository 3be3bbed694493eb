"""What several clusterings agree on, where looks decide between them."""

import numpy as np
from sklearn.cluster import KMeans, SpectralClustering

from tfgmmgan.likeness import nearest_images

__all__ = ["consensus", "link_information"]

GROUPS_PER_CLUSTER = 20
GROUP_SIZE = 30  # images a group has on average at least: of fewer the links say little
NEIGHBOURS = 5
VOTES = 0.25  # what all links by votes weigh together, those by looks being 1
SHARPNESS = 4  # power of the likeness of votes
STARTS = 5  # clusterings by votes alone that are improved, beside a spectral one


def consensus(
    votes: np.ndarray, images: np.ndarray, num_clusters: int, seed: int, entropy_price: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return groups of images that the voters agree on, and the cluster of each group.

    K-means on the votes finds many small groups (cluster ensembles, Strehl and Ghosh 2002). Which groups belong
    together the votes do not say reliably: a group that is far from all others, like sevens with a bar, goes anywhere.
    So the groups are joined by looks above all: they are linked by how many of their images are among each other's
    nearest neighbours in pixels, and a quarter as much by how alike the votes are. Clusters are such that the cluster
    of one end of a link tells most about that of the other, by mutual information: what is sought from a spectral
    clustering (normalised cut, Shi and Malik 2000) and from K-means on the groups' votes, moving single groups.
    Clusters may be of any size, but of two cuts of as few links the more even one says more: much more where one is
    uneven, unless a share of the clusters' entropy is taken off. The combination is ours.

    Args:
        votes: (n, V) what each voter says of each image, probabilities side by side.
        images: (n, H, W, C), uint8 or float in [-1, 1].
        num_clusters: How many clusters, 2 or more.
        seed: Integer behind the initial groups.
        entropy_price: Share of the clusters' entropy that is taken off the information, 0 to less than 1. Default 0.

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
    starts = [spectral.labels_]
    for number in range(STARTS):
        by_votes = KMeans(num_clusters, n_init=1, random_state=seed + number).fit(groups.cluster_centers_)
        starts.append(by_votes.labels_)
    clusters, _ = max(
        (_exchange(links, start, num_clusters, entropy_price) for start in starts), key=lambda found: found[1]
    )
    return groups.cluster_centers_, clusters


def link_information(links: np.ndarray, clusters: np.ndarray, num_clusters: int, entropy_price: float = 0.0) -> float:
    """Return how much the cluster of one end of a link tells about that of the other, in nats, in [0, log K].

    Less the price of the clusters' entropy, where there is one.

    Args:
        links: (M, M) symmetric weights between groups.
        clusters: (M,) the cluster of each group.
        num_clusters: K.
        entropy_price: As in `consensus`.
    """
    member = np.eye(num_clusters)[clusters]
    return float(_information(member.T @ links @ member, entropy_price))


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


def _information(joint: np.ndarray, entropy_price: float) -> np.ndarray:
    """Return the mutual information of symmetric joint weights, less the price of entropy, (..., K, K) -> (...)."""
    joint = np.maximum(joint / joint.sum(axis=(-2, -1), keepdims=True), 1e-12)
    own = joint.sum(axis=-1)
    return (joint * np.log(joint)).sum(axis=(-2, -1)) - (2 - entropy_price) * (own * np.log(own)).sum(axis=-1)


def _exchange(
    links: np.ndarray, clusters: np.ndarray, num_clusters: int, entropy_price: float = 0.0
) -> tuple[np.ndarray, float]:
    """Move single groups to other clusters as long as the links' information, less the price of entropy, grows.

    No cluster loses its last group. Returns clusters and information.
    """
    clusters, member = clusters.copy(), np.eye(num_clusters)[clusters]
    to_cluster = links @ member  # (M, K)
    joint, moved = member.T @ to_cluster, True
    best = _information(joint, entropy_price)
    while moved:
        moved = False
        for group, old in enumerate(clusters):
            if (clusters == old).sum() == 1:
                continue
            change = np.eye(num_clusters) - np.eye(num_clusters)[old]  # a row for each cluster it could move to
            outer = change[:, :, None] * to_cluster[group]
            own = links[group, group] * change[:, :, None] * change[:, None]
            joints = joint + outer + outer.transpose(0, 2, 1) + own
            values = _information(joints, entropy_price)
            new = int(values.argmax())
            if values[new] > best + 1e-9:
                best, joint, moved = values[new], joints[new], True
                to_cluster += np.outer(links[:, group], change[new])
                clusters[group] = new
    return clusters, float(best)
