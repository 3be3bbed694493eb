"""Five digits at a tenth of their images: what C finds with and without a price on entropy; GM-GAN beside.

python -m benchmarks.unequal_modes --seeds 0 1 2 --output docs/results/unequal_modes
python -m benchmarks.unequal_modes --seeds 0 1 2 --epochs 0 --systems priced --rare 0 2 4 6 8
python -m benchmarks.unequal_modes --seeds 101 102 --held_out 10000 --epochs 0 --systems priced

Training images alone are fewer: what a system finds is measured on the whole test split, or on the last training images
where these are held out, as for tuning. For each seed: ACC there, with more modes than classes purity; the recall of
each class under the assignment of modes to classes that this is of, one mode to each or each to its most frequent
class; and by what factor the weight of a class's modes is off its share of the training images. With no epochs C is
only pretrained, which is all it learns by the recipe; its weights are then the mean responsibilities of the training
images. Labels are used for these numbers and for thinning out the classes alone.
"""

import argparse
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

from benchmarks.pretraining import hold_out, options_in_yaml
from benchmarks.scores import write_scores
from benchmarks.training import train
from tfgmmgan import LatentGAN, load_data, make_config
from tfgmmgan.data import DataOptions, ImageData
from tfgmmgan.data.selection import select
from tfgmmgan.evaluation import algorithm_2
from tfgmmgan.plotting import image_grid
from tfgmmgan.utils.files import replacing

SYSTEMS = {"priced": "gmmgan", "unpriced": "gmmgan", "GM-GAN": "gmgan"}


def measure(model: LatentGAN, data: ImageData, trained: bool) -> dict:
    """Return ACC, recalls and weights of a model's modes."""
    k, labels = model.prior.num_components, data.test.labels
    shares = np.bincount(data.train.labels) / len(data.train)
    if hasattr(model, "responsibilities"):
        found = model.responsibilities(data.test.examples)
    else:
        found = algorithm_2(model, data.test)
    weights = model.prior.mixture_probs().numpy()
    if not trained:
        weights = model.responsibilities(data.train.examples).mean(axis=0)
    table = np.zeros((k, len(shares)))
    np.add.at(table, (found.argmax(axis=1), labels), 1)
    if k > len(shares):
        modes, classes = np.arange(k), table.argmax(axis=1)
    else:
        modes, classes = linear_sum_assignment(table, maximize=True)
    right = np.bincount(classes, table[modes, classes], len(shares))
    weights = np.bincount(classes, weights[modes], len(shares))
    ratios = np.maximum(weights, 1e-6) / shares
    return {
        "acc": float(right.sum() / table.sum()),
        "recall": (right / table.sum(axis=0)).tolist(),
        "weights": weights.tolist(),
        "off_by": np.maximum(ratios, 1 / ratios).tolist(),
    }


def main(arguments: list[str] | None = None) -> dict:
    """Train, print a row for each run, write scores and samples; return the scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="mnist", help="with classes, held in memory (default: %(default)s)")
    parser.add_argument("--rare", nargs="+", default=["5", "6", "7", "8", "9"], metavar="CLASS")
    parser.add_argument("--share", type=float, default=0.1, help="of a rare class's images (default: %(default)s)")
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=list(SYSTEMS), metavar="SYSTEM")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--entropy_price", type=float, default=0.8, help="of the priced (default: %(default)s)")
    parser.add_argument("--num_components", type=int, help="(default: the classes)")
    parser.add_argument("--epochs", type=int, help="(default: the dataset's config's)")
    parser.add_argument("--width", type=float, default=1.0, help="of the networks (default: %(default)s)")
    parser.add_argument("--pretraining_steps", type=int, help="(default: the recipe's)")
    parser.add_argument("--held_out", type=int, default=0, metavar="N", help="measure on the last training examples")
    parser.add_argument("--options", nargs="*", default=[], metavar="NAME=VALUE", help="of the recipe, values in YAML")
    parser.add_argument("--output", type=Path, help="directory for scores.json and samples")
    options = parser.parse_args(arguments)
    if options.epochs == 0 and "GM-GAN" in options.systems:
        parser.error("GM-GAN finds nothing in no epochs; leave it out of --systems.")
    given = options_in_yaml(options.options)
    data = load_data(options.dataset)
    if options.held_out:
        data = hold_out(data, options.held_out)
    data = replace(
        data, train=select(data, DataOptions(class_fractions=dict.fromkeys(options.rare, options.share))).train
    )
    shares = np.bincount(data.train.labels) / len(data.train)
    found: dict = {"load_average": os.getloadavg()[0], "classes": data.class_names, "shares": shares.tolist()}
    asked = ("held_out", "epochs", "num_components", "entropy_price", "options")
    found |= {name: getattr(options, name) for name in asked} | {"runs": []}
    rare = [data.class_names.index(name) for name in options.rare]
    titles = f"{'ACC':>8}{'least recall of a rare class':>30}{'weights off by up to':>22}{'minutes':>9}"
    print(f"{'system':<10}{'seed':>5}{titles}")
    for name in options.systems:
        changed = {"networks.width": options.width}
        if name == "priced":
            changed["pretraining.entropy_price"] = options.entropy_price
        if options.num_components:
            changed["num_components"] = options.num_components
        if options.epochs:
            changed["epochs"] = options.epochs
        if options.pretraining_steps and SYSTEMS[name] == "gmmgan":
            changed["pretraining.steps"] = options.pretraining_steps
        if SYSTEMS[name] == "gmmgan":
            changed |= given
        for seed in options.seeds:
            config = make_config(SYSTEMS[name], options.dataset, seed=seed, **changed)
            model, seconds = train(config, data, pretraining_alone=options.epochs == 0)
            row = {"system": name, "seed": seed, "minutes": seconds / 60}
            row |= measure(model, data, trained=options.epochs != 0)
            found["runs"].append(row)
            least = min(row["recall"][number] for number in rare)
            print(
                f"{name:<10}{seed:>5}{row['acc']:>8.3f}{least:>30.3f}{max(row['off_by']):>22.2f}{row['minutes']:>9.1f}",
                flush=True,
            )
            write_scores(found, options.output)
            if options.output and options.epochs != 0 and seed == options.seeds[0]:
                k = model.prior.num_components
                images = model.generate(10 * k, component=np.repeat(np.arange(k), 10), seed=0)
                labels = [f"{weight:.1%}" for weight in model.prior.mixture_probs().numpy()]
                with replacing(options.output / f"{name}.png") as temporary:
                    image_grid(images.reshape(k, 10, *data.shape), labels).save(temporary)
    return found


if __name__ == "__main__":
    main()
