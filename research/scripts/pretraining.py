"""What pretraining finds, stage by stage, and how soon; nothing is generated.

python -m benchmarks.pretraining --dataset mnist --seeds 0 1 2 --output docs/results/pretraining
python -m benchmarks.pretraining --seeds 100 101 --held_out 10000 --options num_components=20 pretraining.steps=2000

Each seed's C is pretrained as the dataset's config says. After each stage from which C knows the modes: the seconds
since the start, without those of measuring; ACC, purity and NMI on the test split, or on the last training images where
these are held out, as for tuning. Labels are used for these numbers alone.
"""

import argparse
import os
import time
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import yaml

from benchmarks.scores import write_scores
from benchmarks.training import pretrain
from tfgmmgan import load_data, make_config
from tfgmmgan.data import DataOptions, ImageData, Split
from tfgmmgan.evaluation import calibration, cluster_scores
from tfgmmgan.training.build import build_model


class Stages(keras.callbacks.Callback):
    """Measures C after each stage; `rows` has what was found.

    Args:
        split: On which C is measured.
    """

    def __init__(self, split: Split) -> None:
        super().__init__()
        self.split = split
        self.rows: list[dict] = []
        self._measuring = 0.0
        self._start = time.perf_counter()

    def on_train_end(self, logs: dict | None = None) -> None:
        """Measure, unless C has learned nothing so far."""
        if self.model.stage == "heads":
            return
        now = time.perf_counter()
        found = self.model.responsibilities(self.split.examples)
        scores = cluster_scores(self.split.labels, found.argmax(axis=1))
        row = {"stage": self.model.stage, "seconds": now - self._start - self._measuring}
        row |= {name: scores[name] for name in ("acc", "purity", "nmi")}
        row["calibration_error"] = calibration(self.split.labels, found)["expected_calibration_error"]
        self.rows.append(row)
        self._measuring += time.perf_counter() - now


def hold_out(data: ImageData, count: int) -> ImageData:
    """Return the dataset without its test split, in whose place the last training examples are."""
    train, rows = data.train, np.arange(len(data.train))
    first, last = (train.select(part, train.labels[part]) for part in (rows[:-count], rows[-count:]))
    return replace(data, train=first, test=last)


def options_in_yaml(options: list[str]) -> dict:
    """Return the values of NAME=VALUE by name."""
    return {name: yaml.safe_load(value) for name, value in (option.split("=", 1) for option in options)}


def main(arguments: list[str] | None = None) -> dict:
    """Pretrain, print a row for each stage, write scores; return them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="mnist", help="with classes, held in memory (default: %(default)s)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--held_out", type=int, default=0, metavar="N", help="measure on the last training examples")
    parser.add_argument("--options", nargs="*", default=[], metavar="NAME=VALUE", help="of train.py, values in YAML")
    parser.add_argument("--output", type=Path, help="directory for scores.json")
    options = parser.parse_args(arguments)
    given = options_in_yaml(options.options)
    of_data = {name: given.pop(name) for name in list(given) if name.startswith("data.")}
    data = load_data(options.dataset, DataOptions(**{name.partition(".")[2]: of_data[name] for name in of_data}))
    if options.held_out:
        data = hold_out(data, options.held_out)
    found: dict = {
        "dataset": options.dataset,
        "options": options.options,
        "held_out": options.held_out,
        "load_average": os.getloadavg()[0],
        "runs": [],
    }
    print(f"{'seed':>5} {'stage':<12}{'seconds':>9}{'ACC':>9}{'PURITY':>9}{'NMI':>9}{'ECE':>9}")
    for seed in options.seeds:
        config = make_config("gmmgan", options.dataset, seed=seed, **given)
        keras.utils.set_random_seed(seed)
        model = build_model(config, data.shape, len(data.class_names), len(data.train))
        stages = Stages(data.test)
        pretrain(model, config, data, [stages])
        found["runs"].append({"seed": seed, "stages": stages.rows})
        for row in stages.rows:
            cells = [f"{row[name]:>9.4f}" for name in ("acc", "purity", "nmi", "calibration_error")]
            print(f"{seed:>5} {row['stage']:<12}{row['seconds']:>9.0f}" + "".join(cells), flush=True)
        write_scores(found, options.output)
    last = [run["stages"][-1] for run in found["runs"]]
    for name in ("acc", "purity", "nmi", "calibration_error"):
        values = [row[name] for row in last]
        spread = f" ± {np.std(values, ddof=1):.4f}" if len(values) > 1 else ""
        print(f"{name:<20}{np.mean(values):.4f}{spread}")
    return found


if __name__ == "__main__":
    main()
