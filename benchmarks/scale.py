"""How clustering grows with the number of rows: `python -m benchmarks.scale`, with the extra `scale`.

Rows are generated: 50 numbers of unequal Gaussian kinds. Each size is a process of its own, whose peak memory is told.
"""

import argparse
import multiprocessing
import resource
import time
from collections.abc import Callable

import numpy as np

from tfgmmgan.clustering import LinkClustering
from tfgmmgan.clustering.nearest import nearest_rows
from tfgmmgan.evaluation.metrics.clustering import cluster_scores

WIDTH, NEIGHBOURS = 50, 5


def generate(count: int, kinds: int) -> tuple[np.ndarray, np.ndarray]:
    """Return rows (n, 50) float32 and the kind of each; the most frequent kind is some five times the rarest."""
    rng = np.random.default_rng(0)
    middles, shares = 2 * rng.normal(size=(kinds, WIDTH)), rng.uniform(1, 5, kinds)
    labels = rng.choice(kinds, size=count, p=shares / shares.sum())
    spread = rng.uniform(0.5, 1.5, size=(count, 1))
    return (middles[labels] + spread * rng.normal(size=(count, WIDTH))).astype(np.float32), labels


def measure(count: int, kinds: int, found: Callable) -> None:
    """Send seconds for neighbours alone and for a clustering, its accuracy, and the peak memory in GB."""
    rows, labels = generate(count, kinds)
    started = time.perf_counter()
    nearest_rows(rows, NEIGHBOURS)
    neighbours = time.perf_counter() - started
    started = time.perf_counter()
    clusters = LinkClustering(kinds, random_state=0).fit_predict(rows)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    found((neighbours, seconds, cluster_scores(labels, clusters)["acc"], peak))


def main() -> None:
    """Print a row for each size, with the exponent by which time has grown since the one before."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", nargs="*", type=int, default=[61_000, 125_000, 250_000, 500_000, 1_000_000])
    parser.add_argument("--kinds", type=int, default=10)
    args = parser.parse_args()
    print("rows | neighbours, s | clusters, s | exponents | ACC | peak, GB")
    before = None
    for count in args.rows:
        receiver, sender = multiprocessing.Pipe(duplex=False)
        process = multiprocessing.get_context("spawn").Process(target=measure, args=(count, args.kinds, sender.send))
        process.start()
        sender.close()
        try:
            seconds = receiver.recv()
        except EOFError:
            print(f"{count:,} | not measured: the process ended, perhaps for want of memory", flush=True)
            break
        process.join()
        exponents = ""
        if before:
            grown = np.log(np.array(seconds[:2]) / before[1]) / np.log(count / before[0])
            exponents = ", ".join(f"{one:.2f}" for one in grown)
        neighbours, clusters, accuracy, peak = seconds
        print(f"{count:,} | {neighbours:.1f} | {clusters:.1f} | {exponents} | {accuracy:.3f} | {peak:.1f}", flush=True)
        before = count, np.array(seconds[:2])


if __name__ == "__main__":
    main()
