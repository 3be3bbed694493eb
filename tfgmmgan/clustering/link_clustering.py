"""LinkClustering: rows to clusters, by which rows are each other's nearest neighbours."""

from functools import partial

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.cluster import KMeans, SpectralClustering
from sklearn.neighbors import NearestNeighbors
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from tfgmmgan.clustering.cluster_likelihood import log_likelihood
from tfgmmgan.clustering.links import exchange, is_large_enough, join, link_information, regroup
from tfgmmgan.clustering.nearest import EXACT, nearest_rows
from tfgmmgan.clustering.progress import Progress
from tfgmmgan.clustering.sizes import some
from tfgmmgan.utils.arguments import Count, Share, check_arguments

__all__ = ["LinkClustering"]

NEIGHBOURS = 5  # of a row, to which it is linked
LARGE, SMALL = (40, 150), (20, 30)  # micro-clusters for a cluster, if they have so many rows on average
STARTS = 5  # clusterings of the micro-clusters' centres that are improved, beside a spectral one
MOST_SEED = 2**32 - 1000  # what scikit-learn takes, and some more
SEED_OF_INIT = 10_000  # what is added to the seed for each further set of micro-clusters
ALIKE = 0.015  # nats of information that say nothing: on Fashion-MNIST, seeds 100 to 103, 0.005 and 0.05 did as well
LEAST = 0.08  # with a penalty: the share of the links that a cluster has at least, times K

Clustering = tuple[np.ndarray, float]  # the cluster of each micro-cluster, and the links' information


class LinkClustering(ClusterMixin, BaseEstimator):
    """Clusters such that the cluster of a row tells most about the cluster of its nearest neighbours.

    1. K-means finds many small *micro-clusters* (cluster ensembles, Strehl & Ghosh 2002): of 150 rows on average, but
       no more than 40 K, nor, of more than 30 rows, fewer than 20 K.
    2. Each row is linked to its five nearest neighbours; between two micro-clusters runs the share of all links that
       joins their rows.
    3. Micro-clusters are put together to K clusters such that the cluster at one end of a link tells most about the
       cluster at the other, by mutual information. It is sought from micro-clusters joined two by two, from a spectral
       clustering (normalised cut, Shi & Malik 2000) and from K-means on their centres, by moving single ones
       (`tfgmmgan.clustering.links.exchange`), then by joining two clusters and halving a third (`regroup`).

    Of more than 60,000 rows micro-clusters are sought among a random choice of so many, and the others go to the
    nearest; neighbours are nine of ten of the nearest ones, where faiss is installed (`tfgmmgan.clustering.nearest`).

    The combination is ours. It follows scikit-learn's contract: `fit`, `predict`, `fit_predict`, `get_params`, `clone`.

    Example:

    >>> LinkClustering(n_clusters=10, random_state=0).fit_predict(rows)                    # (n,) ids below 10

    Args:
        n_clusters: K, 1 or more. Default 8.
        n_init: How many sets of micro-clusters are made. Of one set's clusterings that is taken whose links have the
            most information; of several sets', among those within 0.015 nats of the most, that by which rows are
            likeliest where each cluster is a Gaussian with one main direction
            (`tfgmmgan.clustering.cluster_likelihood`). Eight take eight times as long. Default 1.
        entropy_penalty: Share, in [0, 1), of the clusters' entropy that is taken off the information, which likes
            clusters of equal size. With one no cluster has less than 0.08 / K of the links, where some clustering found
            has. 0.8 where some are ten times as large as others. Default 0.
        random_state: An integer, a `numpy.random.RandomState`, or None for a new clustering at each fit. Default None.

    Attributes:
        labels_: (n,) cluster of each row, integers below K.
        neighbors_: (n, 5) rows nearest to each, nearest first.
        micro_cluster_centers_: (M, D).
        micro_cluster_labels_: (M,) cluster of each micro-cluster.
        information_: What the cluster of one end of a link tells about that of the other, in nats, in [0, log K].
        n_features_in_: D.
    """

    def __init__(
        self,
        n_clusters: Count = 8,
        n_init: Count = 1,
        entropy_penalty: Share = 0.0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.n_init = n_init
        self.entropy_penalty = entropy_penalty
        self.random_state = random_state

    def fit(self, X: np.ndarray, y: None = None, progress: Progress | None = None) -> "LinkClustering":
        """Find the clusters of rows in Euclidean distance; return self.

        Args:
            X: (n, D), n >= K.
            y: Not used.
            progress: As in `ImageClusterer.fit`, for neighbours and sets of micro-clusters.

        Raises:
            ValueError: If an argument is out of its range, or the rows are not finite numbers, or fewer than K.
        """
        check_arguments(self)
        X = validate_data(self, X, dtype=[np.float64, np.float32], ensure_min_samples=2)
        if len(X) < self.n_clusters:
            raise ValueError(f"n_samples={len(X)} should be >= n_clusters={self.n_clusters}.")
        seed = self.random_state
        if not isinstance(seed, int | np.integer):
            seed = check_random_state(seed).randint(2**31 - SEED_OF_INIT * self.n_init)
        progress = progress or Progress()
        self.neighbors_ = progress.once("neighbours", lambda: {"rows": nearest_rows(X, NEIGHBOURS)})["rows"]
        found = []
        for number in range(self.n_init):
            own_seed = (int(seed) + number * SEED_OF_INIT) % MOST_SEED
            one = progress.once(f"clusters_{number}", partial(self._cluster, X, own_seed))
            found += [
                (one["centres"], one["micro"], *pair) for pair in zip(one["clusters"], one["information"], strict=True)
            ]
        best = max(found, key=lambda one: one[3])
        if self.n_init > 1:
            alike = [one for one in found if one[3] >= best[3] - ALIKE]
            best = max(alike, key=lambda one: log_likelihood(X, one[2][one[1]]))
        centres, micro, clusters, _ = best
        self.micro_cluster_centers_ = centres
        self.micro_cluster_labels_ = np.asarray(clusters, np.int64)
        self.labels_ = self.micro_cluster_labels_[micro]
        links = _links(self.labels_, self.neighbors_, self.n_clusters)
        self.information_ = link_information(links, np.arange(self.n_clusters), self.n_clusters)
        return self

    def _cluster(self, rows: np.ndarray, seed: int) -> dict[str, np.ndarray]:
        """Return a set of micro-clusters, its `centres` and (n,) `micro`, and `clusters` of it, with `information`."""
        micro = _micro_clusters(rows, self.n_clusters, seed)
        clusters, information = zip(*self._clusterings(micro, seed), strict=True)
        return {
            "centres": micro.cluster_centers_,
            "micro": micro.labels_,
            "clusters": np.stack(clusters),
            "information": np.array(information),
        }

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the cluster of the micro-cluster whose centre is nearest to each row, (n, D) -> (n,)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
        centres = self.micro_cluster_centers_.astype(X.dtype, copy=False)
        nearest = NearestNeighbors(n_neighbors=1).fit(centres).kneighbors(X, return_distance=False)[:, 0]
        return self.micro_cluster_labels_[nearest]

    def _clusterings(self, micro: KMeans, seed: int) -> list[Clustering]:
        """Return clusterings of micro-clusters, each with its links' information."""
        count = len(micro.cluster_centers_)
        if count <= self.n_clusters or self.n_clusters == 1:
            return [(np.minimum(np.arange(count), self.n_clusters - 1), 0.0)]
        links = _links(micro.labels_, self.neighbors_, count)
        options = self.n_clusters, self.entropy_penalty, LEAST / self.n_clusters if self.entropy_penalty else 0.0
        starts = [join(links, *options), *_starts(links, micro.cluster_centers_, self.n_clusters, seed)]
        found = [regroup(links, exchange(links, start, *options)[0], *options) for start in starts]
        return [one for one in found if is_large_enough(links, one[0], self.n_clusters, options[-1])] or found


def _micro_clusters(rows: np.ndarray, n_clusters: int, seed: int) -> KMeans:
    most, least = (min(each * n_clusters, len(rows) // size) for each, size in (LARGE, SMALL))
    seen = rows if len(rows) <= EXACT else rows[some(len(rows), EXACT, seed)]
    count = min(max(n_clusters, least, most), len(np.unique(seen, axis=0)))
    kmeans = KMeans(count, n_init=1, max_iter=30, random_state=seed).fit(seen)
    if len(seen) < len(rows):
        kmeans.labels_ = kmeans.predict(rows)
    return kmeans


def _starts(links: np.ndarray, centres: np.ndarray, n_clusters: int, seed: int) -> list[np.ndarray]:
    """Return clusterings of micro-clusters to begin with: a spectral one of links, and K-means of centres."""
    spectral = SpectralClustering(n_clusters, affinity="precomputed", assign_labels="discretize", random_state=seed)
    by_centres = [KMeans(n_clusters, n_init=1, random_state=seed + number) for number in range(STARTS)]
    return [spectral.fit(links + 1e-9).labels_, *(kmeans.fit_predict(centres) for kmeans in by_centres)]


def _links(micro: np.ndarray, neighbours: np.ndarray, count: int) -> np.ndarray:
    """Return the share of pairs of neighbouring rows that lie in each pair of micro-clusters, (M, M), symmetric."""
    links = np.zeros((count, count))
    np.add.at(links, (np.repeat(micro, neighbours.shape[1]), micro[neighbours].ravel()), 1 / neighbours.size)
    return (links + links.T) / 2
