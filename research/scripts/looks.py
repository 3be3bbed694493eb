"""How often images that look alike are of one class, and what clusters of them are; nothing is trained.

python -m benchmarks.looks --dataset fashion_mnist --seeds 100 101 102 --entropy_price 0.2 --groupings 8
python -m benchmarks.looks --dataset mnist --num_components 20 --entropy_price 0.45 --fractions 8=0.1 9=0.1

On the training images, for each kind of looks: the share of an image's five nearest neighbours that are of its class;
ACC, purity and NMI of clusters by looks, and the least share of a class's images that are in modes of their class.
Labels are used for these numbers alone. `--output` also gets neighbours.png: the nearest of some images on which the
looks differ.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from scipy.stats import mode

from benchmarks.pretraining import hold_out
from benchmarks.scores import write_scores
from tfgmmgan import load_data
from tfgmmgan.consensus import NEIGHBOURS, clusters_by_looks
from tfgmmgan.data import DataOptions
from tfgmmgan.data.selection import select
from tfgmmgan.evaluation import cluster_scores
from tfgmmgan.likeness import LOOKS, Looks, nearest_rows
from tfgmmgan.plotting.grid import image_grid
from tfgmmgan.utils.files import replacing

PICTURED = 6  # images whose neighbours are shown


def least_recall(labels: np.ndarray, clusters: np.ndarray) -> float:
    """Return the least share, over the classes, of a class's images that are in clusters where it is most frequent."""
    table = np.zeros((labels.max() + 1, clusters.max() + 1))
    np.add.at(table, (labels, clusters), 1)
    own = table.argmax(axis=0)[None] == np.arange(len(table))[:, None]
    return float(((table * own).sum(axis=1) / table.sum(axis=1)).min())


def disputed(near: dict[str, np.ndarray], clusters: np.ndarray) -> np.ndarray:
    """Return some images, (n,), first such whose neighbours by different looks are mostly in different clusters."""
    most = np.stack([mode(clusters[neighbours], axis=1).mode for neighbours in near.values()])
    differ = (most != most[0]).any(axis=0)
    order = np.random.default_rng(0).permutation(len(clusters))
    return order[np.argsort(~differ[order], kind="stable")][:PICTURED]


def main(arguments: list[str] | None = None) -> dict:
    """Cluster, print a row for each kind of looks and seed, write scores; return them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="fashion_mnist", help="with classes, in memory (default: %(default)s)")
    parser.add_argument("--looks", nargs="+", choices=LOOKS, default=list(LOOKS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--num_components", type=int, help="(default: the classes)")
    parser.add_argument("--entropy_price", type=float, default=0.0, help="(default: %(default)s)")
    parser.add_argument("--groupings", type=int, default=1, help="(default: %(default)s)")
    parser.add_argument("--fractions", nargs="*", default=[], metavar="CLASS=SHARE", help="of a class's images")
    parser.add_argument("--held_out", type=int, default=0, metavar="N", help="leave out the last training images")
    parser.add_argument("--output", type=Path, help="directory for scores.json")
    options = parser.parse_args(arguments)
    data = load_data(options.dataset)
    if options.held_out:
        data = hold_out(data, options.held_out)
    fractions = {name: float(share) for name, share in (given.split("=") for given in options.fractions)}
    train = select(data, DataOptions(class_fractions=fractions)).train if fractions else data.train
    clusters_wanted = options.num_components or len(data.class_names)
    found: dict = {**vars(options), "output": None, "runs": []}
    print(f"{'looks':<10}{'seed':>5}{'neighbours':>12}{'ACC':>8}{'PURITY':>8}{'NMI':>8}{'LEAST':>8}{'seconds':>9}")
    neighbours_by = {}
    for by in options.looks:
        rows = Looks(train.examples, by).rows
        neighbours = neighbours_by[by] = nearest_rows(rows, NEIGHBOURS)
        near = float((train.labels[neighbours] == train.labels[:, None]).mean())
        for seed in options.seeds:
            start = time.perf_counter()
            how = clusters_wanted, seed, options.entropy_price, options.groupings
            clusters = clusters_by_looks(rows, neighbours, *how)
            seconds = time.perf_counter() - start
            scores = cluster_scores(train.labels, clusters)
            row = {"looks": by, "seed": seed, "neighbours": near, "seconds": seconds}
            row |= {name: scores[name] for name in ("acc", "purity", "nmi")}
            row["least_recall"] = least_recall(train.labels, clusters)
            found["runs"].append(row)
            cells = "".join(f"{row[name]:>8.4f}" for name in ("acc", "purity", "nmi", "least_recall"))
            print(f"{by:<10}{seed:>5}{near:>12.4f}{cells}{seconds:>9.0f}", flush=True)
            write_scores(found, options.output)
    if options.output:
        chosen = np.sort(disputed(neighbours_by, clusters))
        shown = np.stack([[one, *near[one]] for one in chosen for near in neighbours_by.values()])
        picture = image_grid(train.examples[shown], len(chosen) * list(neighbours_by), "An image and its nearest, by")
        with replacing(options.output / "neighbours.png") as temporary:
            picture.save(temporary, format="png")
    return found


if __name__ == "__main__":
    main()
