"""GAEL's lambda on digits: what the weight of eq. 2, a sum over the dimensions of z, does to generator and encoder.

python -m benchmarks.encoding_weight

For each weight and each Sigma(x): the mean standard deviation of the samples' pixels (the normal prior) beside that
of real images, the share of test images whose reconstruction is of the same class by a classifier of real digits, and
the clustering accuracy of the mixture fitted to the encodings. Labels are used for these numbers alone.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from benchmarks.training import train
from tfgmmgan import load_data, make_config
from tfgmmgan.evaluation import accuracy, train_judge

WEIGHTS = (10.0, 1.0, 0.1, 0.0)


def main(arguments: list[str] | None = None) -> list[dict]:
    """Train, print a table, return its rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[100])
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--width", type=float, default=0.5, help="of the networks (default: %(default)s)")
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    options = parser.parse_args(arguments)
    data = load_data("digits")
    judge = train_judge(data)
    real = data.test.examples / np.float32(127.5) - 1
    print(f"spread of real images {real.std(axis=0).mean():.3f}")
    print(f"{'weight':>8}  {'Sigma(x)':<10}{'seed':>5}{'spread':>8}{'same class':>12}{'ACC':>7}")
    rows = []
    for weight in WEIGHTS:
        for variance in ("diagonal", "identity") if weight else ("identity",):
            for seed in options.seeds:
                losses = {"losses.encoding": weight, "losses.encoding_variance": variance}
                losses["optimizers.schedule"] = "constant"
                size = {"latent_dim": 32, "epochs": options.epochs, "networks.width": options.width}
                model, _ = train(make_config("gael", "digits", seed=seed, **size, **losses), data)
                drawn = model.generate(1000, prior=model.training_prior, seed=0)
                rebuilt = model.reconstruct(data.test.examples)
                clusters = model.responsibilities(data.test.examples).argmax(axis=1)
                row = {
                    "weight": weight,
                    "variance": variance,
                    "seed": seed,
                    "spread": float(drawn.std(axis=0).mean()),
                    "same_class": float((judge(rebuilt) == data.test.labels).mean()),
                    "acc": accuracy(data.test.labels, clusters),
                }
                rows.append(row)
                numbers = f"{row['spread']:>8.3f}{row['same_class']:>12.3f}{row['acc']:>7.3f}"
                print(f"{weight:>8g}  {variance:<10}{seed:>5}{numbers}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n")
    return rows


if __name__ == "__main__":
    main()
