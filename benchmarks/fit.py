"""What `fit` costs beside its steps, how long the first step takes to come, and whether memory grows.

python -m benchmarks.fit
python -m benchmarks.fit --dataset digits --rounds 20

Blocks of steps through `fit`, with the input pipeline and the callbacks that act in every step, take turns with as many
calls of the bare compiled step on one batch. The time to the first step counts from the start of the process: imports,
data, building, tracing. Growth is that of the resident memory over the steps after the first block.
"""

import argparse
import os
import resource
import statistics
import tempfile
import time
from pathlib import Path

import keras
import tensorflow as tf

from benchmarks.timing import print_machine, seconds, write_json
from tfgmmgan import TrainConfig, load_data
from tfgmmgan.data.options import DataOptions
from tfgmmgan.training.build import build_model
from tfgmmgan.training.callbacks import EpochLogs, HistoryFile, StopAtNaN
from tfgmmgan.training.run_directory import RunDirectory


def process_age() -> float:
    """Return the seconds since this process started."""
    started = float(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started


def resident_mib() -> float:
    """Return this process's resident memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


class FirstStep(keras.callbacks.Callback):
    """Remembers how old the process was after the first step."""

    age: float | None = None

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Look at the clock once."""
        if self.age is None:
            self.age = process_age()


def main(arguments: list[str] | None = None) -> dict:
    """Measure, print, return the numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--path", help="--data.path of train.py")
    parser.add_argument("--model", default="modegan")
    parser.add_argument("--width", type=float, default=1.0, help="of the networks (default: %(default)s)")
    parser.add_argument("--precision", default="float32", choices=("auto", "float32", "bfloat16"))
    parser.add_argument(
        "--block", type=int, default=100, help="steps in a block, cut into epochs (default: %(default)s)"
    )
    parser.add_argument("--rounds", type=int, default=10, help="blocks of each (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)

    data = load_data(options.dataset, DataOptions(path=options.path))
    config = TrainConfig({"model": options.model, "precision": options.precision, "model.width": options.width})
    model = build_model(config, data.shape, len(data.class_names), len(data.train))
    if model.examples_wanted:
        model.modes_found.assign(1)  # what is measured is the step of the GAN
    steps = min(options.block, data.steps_per_epoch(config["batch_size"] * model.critic_steps))
    epochs = max(1, options.block // steps)
    block_steps = steps * epochs
    batches = data.training_batches(config["batch_size"] * model.critic_steps, 0, labelled=model.needs_labels)
    batch = next(iter(batches))
    bare = tf.function(model.train_step, jit_compile=config["jit"] is True, autograph=False)
    first = FirstStep()
    resident: list[float] = []
    taken: dict[str, list[float]] = {"fit": [], "bare": []}
    with tempfile.TemporaryDirectory() as temporary:
        run = RunDirectory(temporary)
        callbacks = [first, StopAtNaN(run), HistoryFile(run.history, 0), EpochLogs(run.logs)]

        def through_fit() -> None:
            model.fit(batches, steps_per_epoch=steps, epochs=epochs, callbacks=callbacks, shuffle=False, verbose=0)

        def by_hand() -> None:
            for _ in range(block_steps):
                logs = bare(batch)
            next(iter(logs.values())).numpy()

        for turn in range(options.rounds + 1):
            for name, block in (("fit", through_fit), ("bare", by_hand)):
                spent = seconds(block)
                if turn:  # the first traces and warms up
                    taken[name].append(1000 * spent / block_steps)
            resident.append(resident_mib())
    milliseconds = {name: statistics.median(values) for name, values in taken.items()}
    print_machine()
    result = {
        "dataset": data.name,
        "precision": model.generator.compute_dtype,
        "ms_per_step": milliseconds,
        "overhead": milliseconds["fit"] / milliseconds["bare"] - 1,
        "seconds_to_first_step": first.age,
        "steps": 2 * block_steps * (options.rounds + 1),
        "grown_mib": resident[-1] - resident[0],
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(f"{data.name}, {options.model}, {result['precision']}")
    both = ", ".join(f"{spent:.2f} {name}" for name, spent in milliseconds.items())
    print(f"ms per step: {both}; overhead {result['overhead']:+.1%}")
    print(f"first step done after {first.age:.1f} s")
    print(
        f"memory: peak {result['peak_mib']:.0f} MiB; grown by {result['grown_mib']:.0f} MiB over the last "
        f"{2 * block_steps * options.rounds} of {result['steps']} steps"
    )
    return write_json(options.json, result)


if __name__ == "__main__":
    main()
