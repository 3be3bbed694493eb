"""Clusters of linked micro-clusters: the cluster of one end of a link is to tell most about that of the other."""

import numpy as np

__all__ = ["exchange", "is_large_enough", "join", "link_information", "regroup"]

PROMISING = 12  # joinings with halvings that `regroup` follows up, the best as they are before single moves
HALVES = 2  # of a cluster, that are tried
CUTS = 0.25, 0.35, 0.5, 0.65, 0.75  # the shares of a cluster's links that one half gets


def link_information(links: np.ndarray, clusters: np.ndarray, num_clusters: int, entropy_penalty: float = 0.0) -> float:
    """Return how much the cluster of one end of a link tells about that of the other, in nats, in [0, log K]
    without a penalty.

    Less the penalty on the clusters' entropy, where there is one.

    Args:
        links: (M, M) symmetric weights between micro-clusters.
        clusters: (M,) the cluster of each micro-cluster.
        num_clusters: K.
        entropy_penalty: Share of the entropy that is taken off; see `LinkClustering`.
    """
    member = np.eye(num_clusters)[clusters]
    return float(_information(member.T @ links @ member, entropy_penalty))


def is_large_enough(links: np.ndarray, clusters: np.ndarray, num_clusters: int, least: float) -> bool:
    """Return whether each cluster has the share `least` of the links."""
    return bool(np.bincount(clusters, links.sum(axis=1), num_clusters).min() >= (least - 1e-12) * links.sum())


def join(links: np.ndarray, num_clusters: int, entropy_penalty: float, least: float) -> np.ndarray:
    """Join micro-clusters two by two, always the two by whose joining the information less its penalty falls least.

    While there are clusters with less than the share `least` of the links, one of these is joined. (Agglomerative
    information bottleneck, Slonim and Tishby 1999, on links.) Returns the clusters, (M,).
    """
    joint, clusters = links / links.sum(), np.arange(len(links))
    pooled = np.stack([_pooled(row, joint).sum(axis=1) for row in joint])  # over all columns, for each two rows
    while len(joint) > num_clusters:
        own, share = np.diagonal(joint), joint.sum(axis=1)
        ends = _pooled(own[:, None], joint)  # the columns of the two themselves, where rows and columns meet
        corner = _xlogx(own[:, None] + own + 2 * joint) - _xlogx(own)[:, None] - _xlogx(own) - 2 * _xlogx(joint)
        change = 2 * (pooled - ends - ends.T) + corner - (2 - entropy_penalty) * _pooled(share[:, None], share)
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


def exchange(
    links: np.ndarray, clusters: np.ndarray, num_clusters: int, entropy_penalty: float = 0.0, least: float = 0.0
) -> tuple[np.ndarray, float]:
    """Move single micro-clusters as long as the links' information, less the penalty on entropy, grows.

    No cluster loses its last micro-cluster, or what takes it below the share `least` of the links. Returns clusters and
    information.
    """
    clusters, member = clusters.copy(), np.eye(num_clusters)[clusters]
    weights = links.sum(axis=1) / links.sum()
    to_cluster = links @ member  # (M, K)
    joint, moved = member.T @ to_cluster, True
    best = _information(joint, entropy_penalty)
    while moved:
        moved = False
        for one, old in enumerate(clusters):
            rest = clusters == old
            rest[one] = False
            if not rest.any() or weights[rest].sum() < least:
                continue
            change = np.eye(num_clusters) - np.eye(num_clusters)[old]  # a row for each cluster it could move to
            outer = change[:, :, None] * to_cluster[one]
            own = links[one, one] * change[:, :, None] * change[:, None]
            joints = joint + outer + outer.transpose(0, 2, 1) + own
            values = _information(joints, entropy_penalty)
            new = int(values.argmax())
            if values[new] > best + 1e-9:
                best, joint, moved = values[new], joints[new], True
                to_cluster += np.outer(links[:, one], change[new])
                clusters[one] = new
    return clusters, float(best)


def regroup(
    links: np.ndarray, clusters: np.ndarray, num_clusters: int, entropy_penalty: float = 0.0, least: float = 0.0
) -> tuple[np.ndarray, float]:
    """Join two clusters and halve a third, then exchange, as long as the information less its penalty grows.

    Single moves never leave clusterings where two true clusters share one and another is in two: on the way the
    information falls. A cluster is halved along its links' second to fourth eigenvectors (Shi and Malik 2000). Of all
    joinings with halvings the most promising are followed up, the first that pays is taken.

    Args:
        links: (M, M) symmetric weights between micro-clusters.
        clusters: (M,) the cluster of each micro-cluster, as `exchange` leaves them.
        num_clusters: K.
        entropy_penalty: As in `link_information`.
        least: As in `exchange`.

    Returns:
        The clusters and their information.
    """
    best = link_information(links, clusters, num_clusters, entropy_penalty)
    while True:
        halves = [
            (link_information(links, np.where(half, num_clusters, clusters), num_clusters + 1, entropy_penalty), half)
            for cluster in range(num_clusters)
            for half in _halves(links, clusters == cluster, entropy_penalty)
        ]
        plans = []
        for one in range(num_clusters):
            for other in range(one):
                joined = np.where(clusters == one, other, clusters)
                kept = link_information(links, joined, num_clusters, entropy_penalty)
                for information, half in halves:
                    if clusters[half.argmax()] not in (one, other):
                        plans.append((kept + information, one, joined, half))
        plans.sort(key=lambda plan: -plan[0])
        for _, free, joined, half in plans[:PROMISING]:
            found, information = exchange(links, np.where(half, free, joined), num_clusters, entropy_penalty, least)
            if information > best + 1e-6 and is_large_enough(links, found, num_clusters, least):
                clusters, best = found, information
                break
        else:
            return clusters, best


def _halves(links: np.ndarray, members: np.ndarray, entropy_penalty: float) -> list[np.ndarray]:
    """Return the best ways of halving a cluster, each a mask over all micro-clusters."""
    rows = np.flatnonzero(members)
    own = links[np.ix_(rows, rows)]
    degree = own.sum(axis=1) + 1e-12
    vectors = np.linalg.eigh(own / np.sqrt(np.outer(degree, degree)))[1]
    found = []
    for number in range(2, min(4, len(rows)) + 1):
        order = np.argsort(vectors[:, -number] / np.sqrt(degree))
        shares = np.cumsum(degree[order]) / degree.sum()
        for share in CUTS:
            half = np.zeros(len(links), bool)
            half[rows[order[shares < share]]] = True
            if half.any():
                found.append((link_information(own, half[rows].astype(int), 2, entropy_penalty), half))
    return [half for _, half in sorted(found, key=lambda pair: -pair[0])[:HALVES]]


def _information(joint: np.ndarray, entropy_penalty: float) -> np.ndarray:
    """Return the mutual information of symmetric joint weights, less the penalty on entropy, (..., K, K) -> (...)."""
    joint = np.maximum(joint / joint.sum(axis=(-2, -1), keepdims=True), 1e-12)
    own = joint.sum(axis=-1)
    return (joint * np.log(joint)).sum(axis=(-2, -1)) - (2 - entropy_penalty) * (own * np.log(own)).sum(axis=-1)


def _xlogx(share: np.ndarray) -> np.ndarray:
    return share * np.log(np.maximum(share, 1e-300))


def _pooled(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return by how much the sum of x log x grows where two shares become one."""
    return _xlogx(one + other) - _xlogx(one) - _xlogx(other)
