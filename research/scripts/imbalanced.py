"""The poster's comparison on an imbalanced dataset: vanilla GAN, mixture without consistency, mixture with it.

python -m benchmarks.imbalanced --seeds 0 1 2 --output docs/results/imbalanced

Three digits of MNIST, unequally often (`--data.class_fractions`). For each system: how the classes of its samples, as
a classifier of real digits tells them, are distributed against the data (total variation distance); whether a mode is
a class (the share of samples that are of their mode's most frequent class, and the clustering of test images); and
whether the mixture's weights are the classes' shares (total variation under the best assignment of modes to classes).
Labels are used for these numbers alone.
"""

import argparse
import os
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

from benchmarks.scores import write_scores
from benchmarks.training import CONSTANT_RATES, RESPONSIBILITY_LEARNING, train
from tfgmmgan import LatentGAN, load_data, make_config
from tfgmmgan.data import DataOptions, ImageData
from tfgmmgan.evaluation import algorithm_2, cluster_scores, train_judge
from tfgmmgan.plotting import image_grid
from tfgmmgan.utils.files import replacing

CLASSES = [0, 1, 2]
FRACTIONS = {"1": 0.3, "2": 0.1}
NUM_GENERATED = 3000
SYSTEMS = {
    "vanilla GAN": ("gan", {}),
    "mixture without consistency": ("gmgan", {"prior.trainable": True}),
    "mixture with C, without consistency": ("gmmgan", RESPONSIBILITY_LEARNING | {"losses.posterior_consistency": 0.0}),
    "mixture with consistency": (
        "gmmgan",
        RESPONSIBILITY_LEARNING
        | {"losses.posterior_consistency": 1.0, "losses.marginal_entropy": 0.0, "losses.mutual_information": 0.0},
    ),
}


def measure(model: LatentGAN, judge, shares: np.ndarray) -> dict:  # noqa: ANN001 - a function
    """Return a model's distances from the data's class shares, (N,)."""
    k, n = model.prior.num_components, len(shares)
    components = model.prior.sample_ids(NUM_GENERATED, [0, 0]).numpy()
    judged = judge(model.generate(NUM_GENERATED, component=components, seed=0))
    drawn = np.bincount(judged, minlength=n) / NUM_GENERATED
    found = {"generated_shares": drawn.tolist(), "generated_distance": float(np.abs(drawn - shares).sum() / 2)}
    if k > 1:
        table = np.array([np.bincount(judged[components == mode], minlength=n) for mode in range(k)])
        modes, classes = linear_sum_assignment(table / np.maximum(table.sum(1, keepdims=True), 1), maximize=True)
        weights = model.prior.mixture_probs().numpy()
        found |= {
            "mixture_weights": weights.tolist(),
            "mode_purity": float(table.max(axis=1).sum() / table.sum()),
            "class_of_mode": table.argmax(axis=1).tolist(),
            "weights_distance": float(np.abs(weights[modes] - shares[classes]).sum() / 2),
        }
    return found


def main(arguments: list[str] | None = None) -> dict:
    """Train, print a table, write scores and samples; return the scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="mnist", help="with classes named 0, 1 and 2 (default: %(default)s)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--width", type=float, default=0.35, help="of the networks (default: %(default)s)")
    parser.add_argument("--output", type=Path, default=Path("docs/results/imbalanced"))
    options = parser.parse_args(arguments)
    options.output.mkdir(parents=True, exist_ok=True)
    judge = train_judge(load_data(options.dataset, DataOptions(classes=CLASSES)))  # of the classes in full
    selection = {"data.classes": CLASSES, "data.class_fractions": FRACTIONS}
    selection |= CONSTANT_RATES | {"precision": "float32"}  # whatever the dataset's config says
    data = load_data(options.dataset, DataOptions(classes=CLASSES, class_fractions=FRACTIONS))
    shares = np.bincount(data.train.labels) / len(data.train)
    found: dict = {"load_average": os.getloadavg()[0], "shares": shares.tolist(), "runs": []}
    rows: list[str] = []
    for name, (model_name, changes) in SYSTEMS.items():
        for seed in options.seeds:
            changed = {**selection, **changes, "networks.width": options.width}
            if model_name != "gan":
                changed["num_components"] = len(CLASSES)
            config = make_config(model_name, options.dataset, seed=seed, epochs=options.epochs, **changed)
            model, seconds = train(config, data)
            row = {"system": name, "seed": seed, "minutes": seconds / 60, **measure(model, judge, shares)}
            if hasattr(model, "responsibilities"):
                assigned = model.responsibilities(data.test.examples)
            elif model.prior.num_components > 1:
                assigned = algorithm_2(model, data.test)
            else:
                assigned = None
            if assigned is not None:
                row["clustering"] = cluster_scores(data.test.labels, assigned.argmax(axis=1))
            found["runs"].append(row)
            accuracy = row.get("clustering", {}).get("acc", float("nan"))
            rows.append(
                f"{name:<38}{seed:>5}{row['generated_distance']:>11.3f}{row.get('mode_purity', float('nan')):>9.3f}"
                f"{row.get('weights_distance', float('nan')):>9.3f}{accuracy:>7.3f}{row['minutes']:>9.1f}"
            )
            if seed == options.seeds[0]:
                write_samples(model, data, options.output / f"{model_name}-{len(rows)}.png")
    print(f"\nclass shares of the data: {' '.join(f'{share:.3f}' for share in shares)}")
    print(f"{'system':<38}{'seed':>5}{'generated':>11}{'purity':>9}{'weights':>9}{'ACC':>7}{'minutes':>9}")
    print("\n".join(rows))
    write_scores(found, options.output)
    return found


def write_samples(model: LatentGAN, data: ImageData, path: Path) -> None:
    """Write ten samples of each mode, or thirty of all."""
    k = model.prior.num_components
    images = model.generate(30, component=np.repeat(np.arange(k), 30 // k), seed=0)
    weights = model.prior.mixture_probs().numpy()
    labels = [f"{weight:.0%}" for weight in weights] if k > 1 else None
    with replacing(path) as temporary:
        image_grid(images.reshape(3, 10, *data.shape), labels).save(temporary)


if __name__ == "__main__":
    main()
