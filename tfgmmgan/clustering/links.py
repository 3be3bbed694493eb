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
    share, there = joint.sum(axis=1), np.ones(len(links), bool)
    change = _joining(joint, entropy_penalty)
    for _ in range(len(links) - num_clusters):
        small = there & (share < least)
        allowed = np.where(small[:, None] | small, change, -np.inf) if small.any() else change
        first, second = sorted(np.unravel_index(allowed.argmax(), change.shape))
        for old in (first, second):
            _pool(change, joint[:, old], -2)
        joint[first] += joint[second]
        joint[:, first] += joint[:, second]
        joint[second] = joint[:, second] = 0
        share[first], share[second], there[second] = share[first] + share[second], 0, False
        _pool(change, joint[:, first], 2)
        change[first] = change[:, first] = np.where(there, _joining_one(joint, share, first, entropy_penalty), -np.inf)
        change[second] = change[:, second] = -np.inf
        clusters[clusters == second] = first
    return np.unique(clusters, return_inverse=True)[1]


def _joining(joint: np.ndarray, entropy_penalty: float) -> np.ndarray:
    """Return by how much the information grows where two clusters become one, for each two of (K, K) links of sum 1."""
    share = joint.sum(axis=1)
    return np.stack([_joining_one(joint, share, one, entropy_penalty) for one in range(len(joint))])


def _joining_one(joint: np.ndarray, share: np.ndarray, one: int, entropy_penalty: float) -> np.ndarray:
    """Return by how much the information grows where one cluster is joined with each, (K,); -inf for itself."""
    row, own, linked = joint[one], np.diagonal(joint), np.flatnonzero(joint[one])
    rows = _pooled(row[linked], joint[:, linked]).sum(axis=1)
    rows -= _pooled(row[one], row) + _pooled(own, row)  # but where rows and columns of the two meet
    corner = _xlogx(own[one] + own + 2 * row) - _xlogx(own[one]) - _xlogx(own) - 2 * _xlogx(row)
    change = 2 * rows + corner - (2 - entropy_penalty) * _pooled(share[one], share)
    change[one] = -np.inf
    return change


def _pool(change: np.ndarray, column: np.ndarray, times: int) -> None:
    """Add to what is there for each two rows by how much a column's x log x grows; nothing where one of them has 0."""
    linked = np.flatnonzero(column)
    change[np.ix_(linked, linked)] += times * _pooled(column[linked, None], column[linked])


def exchange(
    links: np.ndarray, clusters: np.ndarray, num_clusters: int, entropy_penalty: float = 0.0, least: float = 0.0
) -> tuple[np.ndarray, float]:
    """Move single micro-clusters as long as the links' information, less the penalty on entropy, grows.

    No cluster loses its last micro-cluster, or what takes it below the share `least` of the links. Returns clusters and
    information.
    """
    clusters, links, member = clusters.copy(), links / links.sum(), np.eye(num_clusters)[clusters]
    weights, itself, members = links.sum(axis=1), np.diagonal(links), np.bincount(clusters, minlength=num_clusters)
    to_cluster = links @ member  # (M, K)
    joint, moved = _Joint(member.T @ to_cluster), True
    while moved:
        moved = False
        for one, old in enumerate(clusters):
            if members[old] == 1 or joint.share[old] - weights[one] < least:
                continue
            gains = joint.gains(old, to_cluster[one], weights[one], itself[one], entropy_penalty)
            new = int(gains.argmax())
            if gains[new] > 1e-9:
                change = np.eye(num_clusters)[new] - np.eye(num_clusters)[old]
                outer = np.outer(change, to_cluster[one])
                joint = _Joint(joint.links + outer + outer.T + itself[one] * np.outer(change, change))
                to_cluster += np.outer(links[:, one], change)
                members += change.astype(int)
                clusters[one], moved = new, True
    return clusters, float(_information(joint.links, entropy_penalty))


class _Joint:
    """Links between clusters, (K, K), of sum 1, with x log x of all."""

    def __init__(self, links: np.ndarray) -> None:
        self.links, self.share = links, links.sum(axis=1)
        self.logs, self.share_logs = _xlogx(links), _xlogx(self.share)

    def gains(self, old: int, linked: np.ndarray, weight: float, itself: float, entropy_penalty: float) -> np.ndarray:
        """Return by how much the information grows where a micro-cluster moves to each cluster, (K,); 0 to its own.

        Only what is linked to it changes, in the rows and columns of the two clusters.

        Args:
            old: Its cluster.
            linked: (K,) its links to each cluster.
            weight: Their sum.
            itself: Its links within.
            entropy_penalty: As in `link_information`.
        """
        row, own, there = self.links[old], np.diagonal(self.links), np.flatnonzero(linked)
        changed = np.empty((4, len(row)))
        changed[0] = row - linked  # the old cluster's row
        changed[1] = own + 2 * linked + itself  # the new one's links within
        changed[2] = row - linked + (linked[old] - itself)  # between the two
        changed[3] = self.share + weight
        changed = _xlogx(changed)
        taken, between = changed[0] - self.logs[old], changed[2] - self.logs[old]
        given = _xlogx(self.links[:, there] + linked[there]) - self.logs[:, there]  # the new ones' rows
        rest = given.sum(axis=1) + (taken.sum() - taken[old]) - taken
        rest[there] -= given[there, np.arange(len(there))]
        if linked[old]:
            rest -= given[:, np.searchsorted(there, old)]
        within = changed[1] - np.diagonal(self.logs)
        within += _xlogx(row[old] - 2 * linked[old] + itself) - self.logs[old, old]
        entropy = changed[3] - self.share_logs + (_xlogx(self.share[old] - weight) - self.share_logs[old])
        gains = 2 * (rest + between) + within - (2 - entropy_penalty) * entropy
        gains[old] = 0.0
        return gains


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
        member = np.eye(num_clusters)[clusters]
        to_cluster = links @ member
        joint = member.T @ to_cluster
        halves = [half for one in range(num_clusters) for half in _halves(links, clusters == one, entropy_penalty)]
        homes = np.array([clusters[half.argmax()] for half in halves])
        halved = [
            _information(_halved(joint, home, half @ to_cluster, half @ links @ half), entropy_penalty)
            for home, half in zip(homes, halves, strict=True)
        ]
        ones, others = np.tril_indices(num_clusters, -1)
        plans = _joining(joint / joint.sum(), entropy_penalty)[ones, others][:, None] + halved
        plans[(homes == ones[:, None]) | (homes == others[:, None])] = -np.inf  # a third cluster is halved
        promising = np.argsort(-plans, axis=None, kind="stable")[:PROMISING]
        for pair, number in zip(*np.unravel_index(promising, plans.shape), strict=True):
            if plans[pair, number] == -np.inf:
                return clusters, best
            one, other, half = ones[pair], others[pair], halves[number]
            start = np.where(half, one, np.where(clusters == one, other, clusters))
            found, information = exchange(links, start, num_clusters, entropy_penalty, least)
            if information > best + 1e-6 and is_large_enough(links, found, num_clusters, least):
                clusters, best = found, information
                break
        else:
            return clusters, best


def _halved(joint: np.ndarray, cluster: int, linked: np.ndarray, within: float) -> np.ndarray:
    """Return the joint links where a half of a cluster is one more, (K, K) -> (K + 1, K + 1).

    `linked`, (K,), are the half's links to each cluster before, and `within` those inside it.
    """
    linked = linked.copy()
    linked[cluster] -= within
    rest = joint.copy()
    rest[cluster] -= linked
    rest[:, cluster] -= linked
    rest[cluster, cluster] = joint[cluster, cluster] - 2 * linked[cluster] - within
    return np.block([[rest, linked[:, None]], [linked[None], np.array([[within]])]])


def _halves(links: np.ndarray, members: np.ndarray, entropy_penalty: float) -> list[np.ndarray]:
    """Return the best ways of halving a cluster, each a mask over all micro-clusters."""
    rows = np.flatnonzero(members)
    own = links[np.ix_(rows, rows)]
    if not own.any():
        return []
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
