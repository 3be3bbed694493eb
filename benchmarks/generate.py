"""How fast a trained generator draws: `model.generate` and the exported SavedModel, by batch size.

python -m benchmarks.generate
python -m benchmarks.generate --run saved_models/mnist-modegan-seed0

Images per second, and the median and 99th percentile of a call's milliseconds. Without --run an untrained model of
28x28x1 is measured; what it draws does not change what it costs.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf

from benchmarks.timing import print_machine, seconds, write_json
from tfgmmgan import GMMGAN, load_run, serving

BATCHES = (1, 4, 16, 64, 256, 1024)


def callers(model: GMMGAN, exported: Path) -> dict[str, Callable[[int], object]]:
    """Return by name what draws n images."""
    served = tf.saved_model.load(str(exported)).signatures["generate"]
    components = model.prior.num_components

    def through_signature(n: int) -> object:
        component = tf.range(n, dtype=tf.int32) % components
        seed = tf.range(n, dtype=tf.int64)
        return served(component=component, variance_scale=tf.ones([n]), seed=seed)["examples"].numpy()

    return {"model.generate": lambda n: model.generate(n, seed=n), "SavedModel": through_signature}


def main(arguments: list[str] | None = None) -> dict:
    """Measure, print a table, return rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", help="a run directory")
    parser.add_argument("--width", type=float, default=1.0, help="of an untrained model (default: %(default)s)")
    parser.add_argument("--batches", type=int, nargs="+", default=BATCHES, help="batch sizes (default: 1 to 1024)")
    parser.add_argument("--calls", type=int, default=100, help="timed calls of each (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)

    print_machine()
    if options.run:
        model = load_run(options.run)[2]
    else:
        model = GMMGAN((28, 28, 1), width=options.width)
        model.compile()
    rows = []
    print(f"{'':<16}{'BATCH':>6}{'IMAGES/S':>10}{'P50 MS':>9}{'P99 MS':>9}")
    with tempfile.TemporaryDirectory() as temporary:
        for name, draw in callers(model, serving.export(model, Path(temporary) / "serving")).items():
            for batch in options.batches:
                calls = max(10, options.calls // max(1, batch // 64)) if options.calls >= 10 else options.calls
                for _ in range(3):
                    draw(batch)
                taken = [1000 * seconds(lambda draw=draw, batch=batch: draw(batch)) for _ in range(calls)]
                row = {
                    "by": name,
                    "batch": batch,
                    "images_per_second": 1000 * batch * calls / sum(taken),
                    "p50_ms": float(np.percentile(taken, 50)),
                    "p99_ms": float(np.percentile(taken, 99)),
                    "calls": calls,
                }
                rows.append(row)
                print(
                    f"{name:<16}{batch:>6}{row['images_per_second']:>10.0f}{row['p50_ms']:>9.2f}{row['p99_ms']:>9.2f}"
                )
    return write_json(options.json, {"rows": rows})


if __name__ == "__main__":
    main()
