"""Which rows are nearest to each: exactly up to 60,000 rows, beyond by a graph of neighbours where faiss is there."""

import importlib.util
from typing import Any

import numpy as np
from sklearn.neighbors import NearestNeighbors

from tfgmmgan.utils.errors import note

__all__ = ["EXACT", "has_faiss", "nearest_rows"]

EXACT = 60_000  # rows up to which each is compared with each; time is their square
LINKS, BUILT_BY, SEARCHED_BY = 16, 40, 64  # HNSW's M, efConstruction and efSearch: nine of ten neighbours are found


def has_faiss() -> bool:
    """Return whether faiss, which finds the neighbours of a million rows in minutes, is installed."""
    return importlib.util.find_spec("faiss") is not None


def nearest_rows(rows: np.ndarray, count: int) -> np.ndarray:
    """Return the rows nearest to each in Euclidean distance.

    Of more than 60,000 rows nine of ten are found, by the graph of Malkov and Yashunin 2018 (HNSW), in n log n time;
    without faiss all, in n^2. The same rows have the same neighbours each time.

    Args:
        rows: (n, D), n >= 2.
        count: How many neighbours; n - 1 where there are not as many.

    Returns:
        (n, count) integers, nearest first, never the row itself.
    """
    count = min(count, len(rows) - 1)
    if len(rows) > EXACT:
        if has_faiss():
            return _by_graph(np.ascontiguousarray(rows, np.float32), count)
        note(
            f"The neighbours of {len(rows):,} rows take long, as each is compared with each; with "
            "pip install 'tfgmmgan[scale]' they take minutes."
        )
    return NearestNeighbors(n_neighbors=count).fit(rows).kneighbors(return_distance=False)


def _by_graph(rows: np.ndarray, count: int) -> np.ndarray:
    import faiss

    index: Any = faiss.IndexHNSWFlat(rows.shape[1], LINKS)
    index.hnsw.efConstruction, index.hnsw.efSearch = BUILT_BY, SEARCHED_BY
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)  # rows come into the graph one after the other: the same graph each time
    try:
        index.add(rows)
    finally:
        faiss.omp_set_num_threads(threads)
    found = index.search(rows, count + 1)[1]
    others = found != np.arange(len(rows))[:, None]
    order = np.argsort(~others, axis=1, kind="stable")[:, :count]  # itself last, where it is among them
    found = np.take_along_axis(found, order, axis=1)
    lost = np.flatnonzero((found < 0).any(axis=1))  # as in a crowd of copies, which is not linked to the rest
    if len(lost):
        near = NearestNeighbors(n_neighbors=count + 1, algorithm="brute").fit(rows)
        alike, which = np.unique(rows[lost], axis=0, return_inverse=True)
        closest = near.kneighbors(alike, return_distance=False)[which.ravel()]
        order = np.argsort(closest == lost[:, None], axis=1, kind="stable")[:, :count]
        found[lost] = np.take_along_axis(closest, order, axis=1)
    return found
