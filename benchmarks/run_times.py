"""How long a run of each dataset's config, and of each row of the published tables, takes on this machine.

python -m benchmarks.run_times
python -m benchmarks.run_times configs/papers/gael/*.yaml --json times.json

The floating-point operations of a step are counted in its graph; steps of up to --measure GFLOP are timed, and the
others taken to run at --rate, or at the rate of the largest that was. Evaluation is not in it
(docs/guides/evaluation.md).
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from benchmarks.flops import count_flops
from benchmarks.timing import print_machine, seconds, write_json
from tfgmmgan.training.build import build_model
from tfgmmgan.training.options import TrainConfig, make_config
from tfgmmgan.training.published import read_table
from tfgmmgan.utils.errors import UserError

CONFIGS = Path(__file__).resolve().parents[1] / "configs"
DATASETS = {  # shape where the config names no size, training examples, classes
    "celeb_a": ((64, 64, 3), 162_770, 0),
    "cifar10": ((32, 32, 3), 50_000, 10),
    "cifar100": ((32, 32, 3), 50_000, 100),
    "digits": ((8, 8, 1), 1_438, 10),
    "fashion_mnist": ((28, 28, 1), 60_000, 10),
    "imagenet_resized/64x64": ((64, 64, 3), 1_281_167, 1000),
    "mnist": ((28, 28, 1), 60_000, 10),
    "oxford_flowers102": ((64, 64, 3), 100, 10),
    "stl10": ((48, 48, 3), 5_000, 10),
    "toy3x3": ((2,), 5_000, 9),
    "toy5x5": ((2,), 25_000, 25),
}


def shipped() -> list[Path]:
    """Return the files of the datasets and of the published tables."""
    return [*(CONFIGS / f"{dataset}.yaml" for dataset in DATASETS), *sorted((CONFIGS / "papers").rglob("*.yaml"))]


def configs_of(path: Path, **options: Any) -> Iterator[tuple[str, TrainConfig]]:
    """Yield name and config of a dataset's file, or of each row of a published table, with other options."""
    path = path.resolve()
    name = str(path.relative_to(CONFIGS) if path.is_relative_to(CONFIGS) else path)
    dataset = name.removesuffix(".yaml")
    if dataset in DATASETS:
        yield name, make_config(None, dataset, **options)
    else:
        for row in read_table(path).rows.values():
            yield f"{name} {row.name}", row.config(**options)


def describe(config: TrainConfig) -> tuple[tuple[int, ...], int, int]:
    """Return a config's data shape, number of training examples and of classes."""
    shape, examples, classes = DATASETS[config["dataset"]]
    size, chosen = config["data.image_size"], config["data.classes"]
    if size and len(shape) == 3:
        shape = (size, size, config["data.channels"] or shape[2])
    if config["data.train_split"] == "unlabelled":
        examples = 100_000
    if chosen:
        examples, classes = examples * len(chosen) // max(classes, 1), len(chosen)
    return shape, examples, classes


def main(arguments: list[str] | None = None) -> dict:
    """Count, measure, print a table, return rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("configs", nargs="*", type=Path, help="(default: all in configs/)")
    parser.add_argument("--measure", type=float, default=100.0, help="GFLOP (default: %(default)s)")
    parser.add_argument("--rate", type=float, help="GFLOP/s of the steps that are not timed")
    parser.add_argument("--rounds", type=int, default=5, help="timed steps (default: %(default)s)")
    parser.add_argument("--width", type=float, help="of the networks, in place of the configs'")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)

    print_machine()
    rows, known = [], {}
    print(f"{'CONFIG':<64}{'GFLOP':>8}{'MS/STEP':>10}{'STEPS':>9}{'HOURS':>9}")
    changed = {"model.width": options.width} if options.width else {}
    for name, config in (found for path in options.configs or shipped() for found in configs_of(path, **changed)):
        if config["dataset"] not in DATASETS:
            print(f"{name:<64} left out: the size of '{config['dataset']}' is the user's")
            continue
        shape, examples, classes = describe(config)
        try:
            model = build_model(config, shape, classes, examples)
        except UserError as error:
            print(f"{name:<64} left out: {error}")
            continue
        size = config["batch_size"] * model.critic_steps
        images = np.zeros((size, *shape), np.uint8 if len(shape) == 3 else np.float32)
        batch = (tf.constant(images), *([tf.zeros([size], tf.int64)] if model.needs_labels else []))
        gflop = count_flops(model, *batch) / 1e9
        milliseconds, measured = None, gflop <= options.measure
        if measured:
            step = tf.function(model.train_step, autograph=False)
            data = batch if len(batch) > 1 else batch[0]
            taken = [
                seconds(lambda step=step, data=data: next(iter(step(data).values())).numpy())
                for _ in range(options.rounds + 2)
            ]
            milliseconds = 1000 * float(np.median(taken[2:]))
            known[gflop] = milliseconds
        elif options.rate:
            milliseconds = 1000 * gflop / options.rate
        elif known:
            largest = max(known)
            milliseconds = gflop * known[largest] / largest
        steps = config["epochs"] * (examples // size)
        rows.append({"config": name, "gflop": gflop, "ms_per_step": milliseconds, "measured": measured, "steps": steps})
        if milliseconds is None:
            print(f"{name:<64}{gflop:>8.1f}{'?':>10}{steps:>9}{'?':>9}")
        else:
            hours = steps * milliseconds / 3.6e6
            rows[-1]["hours"] = hours
            mark = " " if measured else "~"
            print(f"{name:<64}{gflop:>8.1f}{mark}{milliseconds:>9.0f}{steps:>9}{mark}{hours:>8.2f}", flush=True)
        tf.keras.backend.clear_session()
    return write_json(options.json, {"rows": rows})


if __name__ == "__main__":
    main()
