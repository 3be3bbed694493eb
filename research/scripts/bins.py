"""Which groups of images that look alike a trained generator draws too seldom; no label is looked at.

python -m benchmarks.bins saved_models/mnist-gmmgan-seed0 saved_models/mnist-gan-seed0 --looks upright_outlines

The training images are parted into groups by K-means on their looks, and it is counted how often test images, and
generated ones, are nearest to each group's centre. `different` is the share of groups in which that is another share
than the training images' at the level of 0.05 (number of statistically different bins, Richardson & Weiss 2018, whose
bins are of pixels), `divergence` the Jensen-Shannon divergence of the shares in nats, `seldom` the share of training
images whose group is drawn less than half as often as it should be. `--output` gets scores.json and, of the last run,
seldom.png: training images of the groups that are drawn most seldom, a row each.
"""

import argparse
from pathlib import Path

import numpy as np
from scipy.spatial.distance import jensenshannon
from scipy.stats import norm
from sklearn.cluster import KMeans

from benchmarks.scores import write_scores
from tfgmmgan import load_run
from tfgmmgan.likeness import LOOKS, Looks
from tfgmmgan.plotting.grid import image_grid
from tfgmmgan.utils.files import replacing

LEVEL = 0.05
PICTURED = 12  # groups, and images of each


def compare(expected: np.ndarray, found: np.ndarray) -> dict:
    """Return `different`, `divergence` and `seldom` of two histograms over the same groups, (G,) counts each."""
    real, drawn = expected / expected.sum(), found / found.sum()
    pooled = (expected + found) / (expected.sum() + found.sum())
    error = np.sqrt(pooled * (1 - pooled) * (1 / expected.sum() + 1 / found.sum()))
    z = np.abs(drawn - real) / np.maximum(error, 1e-12)
    return {
        "different": float((z > norm.ppf(1 - LEVEL / 2)).mean()),
        "divergence": float(jensenshannon(real, drawn) ** 2),
        "seldom": float(real[drawn < real / 2].sum()),
    }


def main(arguments: list[str] | None = None) -> dict:
    """Compare each run's samples with the groups, print a row for each and one for test images; return the scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", metavar="RUN", help="run directories, of one dataset")
    parser.add_argument("--looks", choices=LOOKS, default="pixels", help="(default: %(default)s)")
    parser.add_argument("--groups", type=int, default=100, help="(default: %(default)s)")
    parser.add_argument("--samples", type=int, default=10_000, help="of each run (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of groups and samples (default: %(default)s)")
    parser.add_argument("--output", type=Path, help="directory for scores.json and seldom.png")
    options = parser.parse_args(arguments)
    found: dict = {**vars(options), "output": None, "scores": {}}
    looks = None
    print(f"{'samples of':<40}{'DIFFERENT':>11}{'DIVERGENCE':>12}{'SELDOM':>9}")

    def row(name: str, counts: np.ndarray) -> None:
        found["scores"][name] = scores = compare(expected, counts)
        print(
            f"{name:<40}{scores['different']:>11.3f}{scores['divergence']:>12.4f}{scores['seldom']:>9.3f}", flush=True
        )
        write_scores(found, options.output)

    def counted(images: np.ndarray) -> np.ndarray:
        blocks = [np.asarray(looks(images[at : at + 500])) for at in range(0, len(images), 500)]
        return np.bincount(kmeans.predict(np.concatenate(blocks)), minlength=options.groups)

    for path in options.runs:
        _, _, model, data = load_run(path)
        if looks is None:
            looks = Looks(data.train.examples, options.looks)
            kmeans = KMeans(options.groups, n_init=1, max_iter=30, random_state=options.seed).fit(looks.rows)
            expected = np.bincount(kmeans.labels_, minlength=options.groups)
            row("test images", counted(data.test.examples))
        counts = counted(model.generate(options.samples, seed=options.seed))
        row(Path(path).name, counts)
    if options.output:
        seldom = np.argsort(counts / counts.sum() / (expected / expected.sum()))[:PICTURED]
        members = [np.resize(np.flatnonzero(kmeans.labels_ == group), PICTURED) for group in seldom]
        with replacing(options.output / "seldom.png") as temporary:
            image_grid(data.train.examples[np.stack(members)]).save(temporary, "PNG")
    return found


if __name__ == "__main__":
    main()
