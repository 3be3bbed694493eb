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
JOINED_SIZES = 1.0, 1.5, 2.0  # of clusters that groups are joined to first, as multiples of the least one
LEAST = 0.08  # with a price: the share of the links that a cluster has at least, times K


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
    uneven, unless a share of the clusters' entropy is taken off. Then it pays to leave out what lies apart, however
    little it is, so a cluster has 0.08 / K of the links at least; and what is sought from are groups joined two by two.
    The combination is ours.

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
    least = LEAST / num_clusters if entropy_price else 0.0
    if entropy_price:
        starts = [_join(links, num_clusters, entropy_price, size * least) for size in JOINED_SIZES]
    else:
        spectral = SpectralClustering(
            num_clusters, affinity="precomputed", assign_labels="discretize", random_state=seed
        ).fit(links + 1e-9)
        by_votes = [KMeans(num_clusters, n_init=1, random_state=seed + number) for number in range(STARTS)]
        starts = [spectral.labels_, *(kmeans.fit_predict(groups.cluster_centers_) for kmeans in by_votes)]
    found = (_exchange(links, start, num_clusters, entropy_price, least) for start in starts)
    return groups.cluster_centers_, max(found, key=lambda clusters_and_information: clusters_and_information[1])[0]


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


def _join(links: np.ndarray, num_clusters: int, entropy_price: float, least: float) -> np.ndarray:
    """Join groups two by two, always the two by whose joining the information less its price falls least.

    While there are clusters with less than the share `least` of the links, one of these is joined. (Agglomerative
    information bottleneck, Slonim and Tishby 1999, on links.) Returns the clusters, (M,).
    """
    joint, clusters = links / links.sum(), np.arange(len(links))
    pooled = np.stack([_pooled(row, joint).sum(axis=1) for row in joint])  # over all columns, for each two rows
    while len(joint) > num_clusters:
        own, share = np.diagonal(joint), joint.sum(axis=1)
        ends = _pooled(own[:, None], joint)  # the columns of the two themselves, where rows and columns meet
        corner = _xlogx(own[:, None] + own + 2 * joint) - _xlogx(own)[:, None] - _xlogx(own) - 2 * _xlogx(joint)
        change = 2 * (pooled - ends - ends.T) + corner - (2 - entropy_price) * _pooled(share[:, None], share)
        small = share < least
        if small.any():
            change[~(small[:, None] | small)] = -np.inf
        np.fill_diagonal(change, -np.inf)
        first, second = sorted(np.unravel_index(change.argmax(), change.shape))
        for old in (first, second):
            pooled -= _pooled(joint[:, old, None], joint[:, old])
        joint[first] += joint[second]
        joint[:, first] += joint[:, second]
        rest = np.arange(len(joint)) != second
        joint, pooled = joint[np.ix_(rest, rest)], pooled[np.ix_(rest, rest)]
        pooled += _pooled(joint[:, first, None], joint[:, first])
        pooled[first] = pooled[:, first] = _pooled(joint[first], joint).sum(axis=1)
        clusters[clusters == second] = first
        clusters[clusters > second] -= 1
    return clusters


def _xlogx(share: np.ndarray) -> np.ndarray:
    return share * np.log(np.maximum(share, 1e-300))


def _pooled(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return by how much the sum of x log x grows where two shares become one."""
    return _xlogx(one + other) - _xlogx(one) - _xlogx(other)


def _exchange(
    links: np.ndarray, clusters: np.ndarray, num_clusters: int, entropy_price: float = 0.0, least: float = 0.0
) -> tuple[np.ndarray, float]:
    """Move single groups to other clusters as long as the links' information, less the price of entropy, grows.

    No cluster loses its last group, or comes below the share `least` of the links. Returns clusters and information.
    """
    clusters, member = clusters.copy(), np.eye(num_clusters)[clusters]
    weights = links.sum(axis=1) / links.sum()
    to_cluster = links @ member  # (M, K)
    joint, moved = member.T @ to_cluster, True
    best = _information(joint, entropy_price)
    while moved:
        moved = False
        for group, old in enumerate(clusters):
            rest = clusters == old
            rest[group] = False
            if not rest.any() or weights[rest].sum() < least:
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
