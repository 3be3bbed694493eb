"""What measuring a model costs: seconds of each part of the scorecard, and the peak of memory.

python -m benchmarks.evaluation --run saved_models/mnist-modegan-seed0
python -m benchmarks.evaluation --dataset digits --samples 1000

First with an empty cache, in which the dataset's classifier, autoencoder and features are made, then with the full one.
Without --run an untrained model is measured; what it draws hardly changes what measuring it costs.
"""

import argparse
import os
import resource
import tempfile
from pathlib import Path

from benchmarks.timing import print_machine, write_json
from tfgmmgan import GMMGAN, TrainConfig, load_data, load_run
from tfgmmgan.evaluation import EvaluationOptions, make_scorecard


def main(arguments: list[str] | None = None) -> dict:
    """Measure, print a table, return rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", help="a run directory")
    parser.add_argument("--dataset", default="digits", help="of an untrained model (default: %(default)s)")
    parser.add_argument("--width", type=float, default=1.0, help="of an untrained model (default: %(default)s)")
    parser.add_argument("--samples", type=int, help="generated and real examples (default: the evaluation's own)")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)

    print_machine()
    if options.run:
        _, config, model, data = load_run(options.run)
    else:
        config, data = TrainConfig({"dataset": options.dataset}), load_data(options.dataset)
        model = GMMGAN(data.shape, width=options.width)
        model.compile()
    chosen = config.group("evaluation") | ({"samples": options.samples} if options.samples else {})
    result: dict = {"dataset": data.name}
    before = os.environ.get("TFGMMGAN_CACHE")
    try:
        with tempfile.TemporaryDirectory() as cache:
            os.environ["TFGMMGAN_CACHE"] = cache
            for state in ("empty", "full"):
                card = make_scorecard(model, data, {"name": "benchmark", "config": {}}, EvaluationOptions(**chosen))
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
                result[state] = {"seconds": card["seconds"], "peak_gib": peak}
    finally:
        if before is None:
            os.environ.pop("TFGMMGAN_CACHE", None)
        else:
            os.environ["TFGMMGAN_CACHE"] = before
    print(f"{'SECONDS':<36}{'EMPTY CACHE':>12}{'FULL CACHE':>12}")
    for part in result["empty"]["seconds"]:
        first, second = (result[state]["seconds"].get(part, 0.0) for state in ("empty", "full"))
        print(f"{part:<36}{first:>12.1f}{second:>12.1f}")
    print(f"{'peak memory, GiB':<36}{result['empty']['peak_gib']:>12.2f}{result['full']['peak_gib']:>12.2f}")
    return write_json(options.json, result)


if __name__ == "__main__":
    main()
