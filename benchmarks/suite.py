"""Which kinds are found in sets of images that nothing was tuned on: `python -m benchmarks.suite --data DIR`.

DIR has `.npz` files (x_train, y_train, and x_test, y_test where there are) and folders of class folders. For each set
and seed: k-means on pixels, HOG and the network's features, a GaussianMixture of scikit-learn on 50 principal
components, link clusters by each descriptor and by the one chosen without labels, and the whole default, as the command
`cluster` runs it: C after supervised training and self-training (left out by `--clusters`), with the number of kinds
that it would count. Labels serve the scores alone.

`--table FILE.json ...` prints what earlier runs kept by `--output` as Markdown, and measures nothing.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture

import tfgmmgan
from tfgmmgan.clustering import ImageClusterer, LinkClustering
from tfgmmgan.clustering.choice import CANDIDATES, WITH_NETWORK
from tfgmmgan.clustering.count import as_good, choose_count
from tfgmmgan.data.originals import Originals
from tfgmmgan.evaluation.metrics.clustering import calibration, cluster_scores
from tfgmmgan.kinds.answer import WIDTH

Rows = dict[str, float | str]


def load(path: Path, size: int) -> tuple[np.ndarray, np.ndarray, Originals | None]:
    """Return a set's images, all splits together, their class ids, and the originals of a folder.

    What is no folder and no file is the name of a dataset, of which the training images are taken.
    """
    folder = path.is_dir()
    if not path.exists():
        train = tfgmmgan.load_data(str(path)).train
        return train.examples, train.labels, None
    options = {"image_size": size, "channels": 3} if folder else {}
    data = tfgmmgan.load_data("folder" if folder else "arrays", tfgmmgan.DataOptions(path=str(path), **options))
    parts = (data.train, data.test)
    images, labels = (np.concatenate([getattr(part, name) for part in parts]) for name in ("examples", "labels"))
    if not folder:
        return images, labels, None
    files = np.concatenate([part.originals.paths for part in parts])
    return images, labels, Originals(files, data.train.originals.options)


def measure(
    images: np.ndarray, labels: np.ndarray, originals: Originals | None, seed: int, args: argparse.Namespace
) -> list[Rows]:
    """Return a row of scores for each method on a set, under one seed."""
    k, rows = len(np.unique(labels)), []
    options = {"network": args.network, "network_size": args.network_size, "random_state": seed}
    clusterers = {name: ImageClusterer(k, descriptor=name, random_state=seed) for name in CANDIDATES}
    if args.network:
        clusterers |= {name: ImageClusterer(k, descriptor=name, **options) for name in WITH_NETWORK}

    def add(method: str, clusters: np.ndarray, started: float, **more: float | str) -> None:
        scores = cluster_scores(labels, clusters)
        kept = {name: round(scores[name], 4) for name in ("acc", "nmi", "ari")}
        rows.append({"method": method, **kept, "minutes": round((time.perf_counter() - started) / 60, 2), **more})

    found = {}
    for name, clusterer in clusterers.items():
        started = time.perf_counter()
        found[name] = clusterer.describe(images, originals)
        links = LinkClustering(k, random_state=seed).fit(found[name])
        add(f"links by {name}", links.labels_, started, information=round(links.information_ / np.log(k), 4))
    for name in ("pixels", "hog", *WITH_NETWORK[: 1 if args.network else 0]):
        started = time.perf_counter()
        add(f"k-means by {name}", KMeans(k, n_init=10, random_state=seed).fit_predict(found[name]), started)
    started = time.perf_counter()
    reduced = PCA(min(50, *images.reshape(len(images), -1).shape), random_state=seed).fit_transform(
        images.reshape(len(images), -1) / 255.0
    )
    add("GaussianMixture on PCA", GaussianMixture(k, random_state=seed).fit_predict(reduced), started)

    started = time.perf_counter()
    default = ImageClusterer(k, width=WIDTH, **options)
    if args.clusters:
        described = default.describe(images, originals)
        clusters = LinkClustering(k, random_state=seed).fit_predict(described)
        more = {}
    else:
        clusters = default.fit(images, originals=originals).labels_
        more = {"ece": round(calibration(labels, default.predict_proba(images))["expected_calibration_error"], 4)}
    add("the default", clusters, started, chosen=default.descriptor_name_, **more)
    started = time.perf_counter()
    counted, information = choose_count(described if args.clusters else default.rows_, random_state=seed)
    stands_out = as_good(information, counted)[0]
    rows[-1] |= {"true_k": k, "counted_k": counted, "stands_out": stands_out}
    rows[-1]["minutes_counting"] = round((time.perf_counter() - started) / 60, 2)
    return rows


def table(rows: list[Rows]) -> str:
    """Return rows of some sets as a Markdown table, a line for each set; of several seeds the mean."""
    lines = [
        "| set | images | seeds | k-means, pixels | k-means, HOG | k-means, network | mixture on PCA | best links | "
        "**the default** | its NMI | its ECE | compared by | kinds, true and counted | minutes |",
        "| --- " * 14 + "|",
    ]
    for name in dict.fromkeys(row["set"] for row in rows):
        own = [row for row in rows if row["set"] == name]
        by_method = {}
        for row in own:
            by_method.setdefault(row["method"], []).append(row)

        def mean(method: str, score: str = "acc", by_method: dict = by_method) -> str:
            values = [row[score] for row in by_method.get(method, []) if score in row]
            spread = f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 and score == "acc" else ""
            return f"{np.mean(values):.3f}{spread}" if values else "-"

        links = [method for method in by_method if method.startswith("links by ")]
        best = max(links, key=lambda method: np.mean([row["acc"] for row in by_method[method]]))
        default = by_method["the default"]
        cells = [name, default[0]["images"], ", ".join(str(row["seed"]) for row in default)]
        cells += [mean(method) for method in ("k-means by pixels", "k-means by hog", "k-means by network")]
        cells += [mean("GaussianMixture on PCA"), f"{mean(best)} ({best.removeprefix('links by ')})"]
        cells += [f"**{mean('the default')}**", mean("the default", "nmi"), mean("the default", "ece")]
        cells += [", ".join(dict.fromkeys(row["chosen"] for row in default))]
        counted = (f"{row['counted_k']}{'' if row['stands_out'] else '?'}" for row in default)
        cells += [f"{default[0]['true_k']}; {', '.join(counted)}", f"{float(mean('the default', 'minutes')):.1f}"]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def main() -> None:
    """Measure every set and print a table; `--output` keeps the rows as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="a directory of sets")
    parser.add_argument("--more", nargs="*", default=[], help="names of datasets, and folders of class folders")
    parser.add_argument("--sets", nargs="*", help="names of files and folders; all where not given")
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--network", help="a network, as --clusterer.network")
    parser.add_argument("--network_size", type=int)
    parser.add_argument("--images", type=int, help="as many of a set; all where not given")
    parser.add_argument("--image_size", type=int, default=32, help="of folders, for all but the network")
    parser.add_argument("--clusters", action="store_true", help="leave the training of C out")
    parser.add_argument("--output", help="a JSON file for the rows")
    parser.add_argument("--table", nargs="+", metavar="FILE", help="print the rows of such files")
    args = parser.parse_args()
    if args.table:
        print(table([row for file in args.table for row in json.loads(Path(file).read_text())]))
        return
    inside = sorted(Path(args.data).iterdir()) if args.data else []
    paths = [path for path in inside if path.is_dir() or path.suffix == ".npz"]
    paths = [path for path in paths if not args.sets or path.stem in args.sets] + [Path(one) for one in args.more]
    rows = []
    for path in paths:
        images, labels, originals = load(path, args.image_size)
        if args.images and args.images < len(images):
            some = np.random.default_rng(0).permutation(len(images))[: args.images]
            images, labels = images[some], labels[some]
            originals = originals and originals[some]
        for seed in args.seeds:
            for row in measure(images, labels, originals, seed, args):
                rows.append({"set": path.stem, "seed": seed, "images": len(images), **row})
                scores = " ".join(f"{name} {value}" for name, value in row.items() if name != "method")
                print(f"{path.stem:12} {seed} {row['method']:42} {scores}", flush=True)
            if args.output:
                Path(args.output).write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
