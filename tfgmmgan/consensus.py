"""Clusters of images: what several clusterings agree on, where looks decide between them; or by looks alone."""

import numpy as np
from sklearn.cluster import KMeans, SpectralClustering

from tfgmmgan.cluster_likelihood import log_likelihood
from tfgmmgan.link_clusters import exchange, is_large_enough, join, regroup

__all__ = ["clusters_by_looks", "consensus"]

GROUPS_PER_CLUSTER = 20
GROUP_SIZE = 30  # images a group has on average at least: of fewer the links say little
NEIGHBOURS = 5  # of an image, that looks most like it
GROUPS_BY_LOOKS, GROUP_BY_LOOKS = 40, 150  # by looks as many for a cluster, if they have so many images on average
VOTES = 0.25  # what all links by votes weigh together, those by looks being 1
SHARPNESS = 4  # power of the likeness of votes
STARTS = 5  # clusterings of the groups' centres that are improved, beside a spectral one
JOINED_SIZES = 1.0, 1.5, 2.0  # of clusters that groups are joined to first, as multiples of the least one
SEED_OF_GROUPING = 10_000  # what is added to the seed for each further grouping
Clustering = tuple[np.ndarray, float]  # the cluster of each group or image, and the links' information
LEAST = 0.08  # with a price: the share of the links that a cluster has at least, times K


def consensus(
    votes: np.ndarray,
    neighbours: np.ndarray,
    num_clusters: int,
    seed: int,
    entropy_price: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Return groups of images that the voters agree on, and the cluster of each group.

    K-means on the votes finds many small groups (cluster ensembles, Strehl and Ghosh 2002). Which groups belong
    together the votes do not say reliably: a group that is far from all others, like sevens with a bar, goes anywhere.
    So the groups are joined by looks above all: they are linked by how many of their images are among each other's
    nearest neighbours, and a quarter as much by how alike the votes are. Clusters are such that the cluster
    of one end of a link tells most about that of the other, by mutual information: what is sought from a spectral
    clustering (normalised cut, Shi and Malik 2000) and from K-means on the groups' votes, moving single groups.
    Clusters may be of any size, but of two cuts of as few links the more even one says more: much more where one is
    uneven, unless a share of the clusters' entropy is taken off. Then it pays to leave out what lies apart, however
    little it is, so a cluster has 0.08 / K of the links at least, where some clustering found has; and what is sought
    from are groups joined two by two.
    The combination is ours.

    Args:
        votes: (n, V) what each voter says of each image, probabilities side by side.
        neighbours: (n, count) the images that look most like each: `tfgmmgan.likeness.nearest_rows`.
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
    links = _links(groups.labels_, neighbours, num_groups)
    links = links + VOTES * _vote_links(groups.labels_, groups.cluster_centers_)
    least = LEAST / num_clusters if entropy_price else 0.0
    if entropy_price:
        starts = [join(links, num_clusters, entropy_price, size * least) for size in JOINED_SIZES]
    else:
        starts = _starts(links, groups.cluster_centers_, num_clusters, seed)
    found = [exchange(links, start, num_clusters, entropy_price, least) for start in starts]
    return groups.cluster_centers_, _best(_large_enough(found, links, num_clusters, least))


def clusters_by_looks(
    rows: np.ndarray,
    neighbours: np.ndarray,
    num_clusters: int,
    seed: int,
    entropy_price: float = 0.0,
    groupings: int = 1,
) -> np.ndarray:
    """Return clusters of images that look alike; nobody votes.

    K-means finds groups, of 150 images on average but no more than 40 K groups nor, of more than 30 images, fewer than
    20 K. They are linked by the nearest neighbours of their images, and clusters sought as in `consensus` from groups
    joined two by two, a spectral clustering and K-means, further: `regroup` goes on where no single move of a group
    pays. That makes several clusterings, of which the one with the most information is taken.

    Where the clusterings have nearly the same information, as Fashion-MNIST's, which of them has most is up to the
    groups. With several groupings all clusterings of all of them are candidates, and the one by which images are
    likeliest is taken (`tfgmmgan.cluster_likelihood`). The combination is ours.

    Args:
        rows: (n, D) what images are compared by, in Euclidean distance: `tfgmmgan.likeness.Looks.rows`.
        neighbours: (n, count) the rows nearest to each.
        num_clusters: How many clusters, 2 or more.
        seed: Integer behind the initial groups.
        entropy_price: As in `consensus`.
        groupings: How often groups are made, 1 or more; as many times as long. Default 1.

    Returns:
        The images' clusters, (n,) integers below `num_clusters`.
    """
    found = []
    for number in range(groupings):
        found += _clusterings(rows, neighbours, num_clusters, seed + number * SEED_OF_GROUPING, entropy_price)
    if groupings == 1:
        return _best(found)
    return max((clusters for clusters, _ in found), key=lambda clusters: log_likelihood(rows, clusters))


def _clusterings(
    rows: np.ndarray, neighbours: np.ndarray, num_clusters: int, seed: int, entropy_price: float
) -> list[Clustering]:
    """Return clusterings by looks of one grouping, each with its links' information."""
    few = min(GROUPS_PER_CLUSTER * num_clusters, len(rows) // GROUP_SIZE)
    num_groups = max(num_clusters, few, min(GROUPS_BY_LOOKS * num_clusters, len(rows) // GROUP_BY_LOOKS))
    num_groups = min(num_groups, len(np.unique(rows, axis=0)))
    groups = KMeans(num_groups, n_init=1, max_iter=30, random_state=seed).fit(rows)
    if num_groups <= num_clusters:
        return [(groups.labels_, 0.0)]
    links = _links(groups.labels_, neighbours, num_groups)
    options = num_clusters, entropy_price, LEAST / num_clusters if entropy_price else 0.0
    starts = [join(links, *options), *_starts(links, groups.cluster_centers_, num_clusters, seed)]
    found = [regroup(links, exchange(links, start, *options)[0], *options) for start in starts]
    found = _large_enough(found, links, num_clusters, options[-1])
    return [(clusters[groups.labels_], information) for clusters, information in found]


def _starts(links: np.ndarray, centres: np.ndarray, num_clusters: int, seed: int) -> list[np.ndarray]:
    """Return clusterings of groups to begin with: a spectral one of their links, and K-means of their centres."""
    spectral = SpectralClustering(num_clusters, affinity="precomputed", assign_labels="discretize", random_state=seed)
    by_centres = [KMeans(num_clusters, n_init=1, random_state=seed + number) for number in range(STARTS)]
    return [spectral.fit(links + 1e-9).labels_, *(kmeans.fit_predict(centres) for kmeans in by_centres)]


def _large_enough(found: list[Clustering], links: np.ndarray, num_clusters: int, least: float) -> list[Clustering]:
    """Return those of some clusterings of groups whose clusters have the least share of the links; all if none is."""
    return [one for one in found if is_large_enough(links, one[0], num_clusters, least)] or found


def _best(found: list[Clustering]) -> np.ndarray:
    """Return the clusters that have the most information."""
    return max(found, key=lambda clusters_and_information: clusters_and_information[1])[0]


def _links(groups: np.ndarray, neighbours: np.ndarray, num_groups: int) -> np.ndarray:
    """Return the share of pairs of neighbouring images that lie in each pair of groups, (M, M), symmetric."""
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
