"""What the two estimators of eq. 3 and 4 cost: time per step, and variance of the gradients.

python -m benchmarks.estimators --dataset mnist --checkpoint saved_models/mnist-gmmgan-seed0

Both estimators run in one process, interleaved, on the same weights and the same batch of real images. The variance is
that of the whole gradient of a group of weights over independent noise (the trace of its covariance), over the square
of its mean's length.
"""

import argparse
import json
import os
import statistics
import time
from pathlib import Path

import numpy as np
import tensorflow as tf

from tfgmmgan import GMMGAN, load_data, load_run
from tfgmmgan.data.scaling import to_float
from tfgmmgan.losses import ESTIMATORS
from tfgmmgan.models import ForwardPass
from tfgmmgan.utils.random import make_seed


def measure_time(models: dict[str, GMMGAN], batch: tf.Tensor, rounds: int) -> dict[str, float]:
    """Return the median milliseconds of a compiled training step, the models taking turns."""
    steps = {name: tf.function(model.train_step) for name, model in models.items()}
    taken: dict[str, list[float]] = {name: [] for name in models}
    for turn in range(rounds + 2):  # the first two turns trace and warm up
        for name, step in steps.items():
            started = time.perf_counter()
            step(batch)
            if turn > 1:
                taken[name].append(1000 * (time.perf_counter() - started))
    return {name: statistics.median(values) for name, values in taken.items()}


def measure_variance(model: GMMGAN, batch: tf.Tensor, draws: int) -> dict[str, float]:
    """Return by group the variance of the gradient over noise, relative to the squared length of its mean."""
    real = to_float(batch)

    @tf.function
    def gradients(seed: tf.Tensor) -> dict[str, tf.Tensor]:
        forward = ForwardPass(model, real, None, seed, model.fakes_per_component(real.shape[0]))
        _, found = model.losses_and_gradients(forward)
        return {group: tf.concat([tf.reshape(g, [-1]) for g, _ in pairs], 0) for group, pairs in found.items()}

    first, second = {}, {}
    for draw in range(draws):
        for group, gradient in gradients(make_seed(draw)).items():
            gradient = gradient.numpy().astype(np.float64)
            first[group] = first.get(group, 0) + gradient / draws
            second[group] = second.get(group, 0) + gradient**2 / draws
    return {
        group: float((second[group] - first[group] ** 2).sum() * draws / (draws - 1) / (first[group] ** 2).sum())
        for group in first
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="digits", help="where there is no --checkpoint (default: %(default)s)")
    parser.add_argument("--checkpoint", metavar="RUN", help="measure at a trained run's weights, not at fresh ones")
    parser.add_argument("--batch_size", type=int, default=64)
    parser.add_argument("--width", type=float, default=1.0, help="of fresh networks")
    parser.add_argument("--rounds", type=int, default=15, help="timed steps of each (default: %(default)s)")
    parser.add_argument("--draws", type=int, default=40, help="of noise, for the variance (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()

    trained, data = None, None
    if options.checkpoint:
        _, _, trained, data = load_run(options.checkpoint)
    data = data or load_data(options.dataset)
    batch = tf.constant(data.train.take(options.batch_size))
    models = {}
    for name in ESTIMATORS:
        if trained:
            model = GMMGAN.from_config(trained.get_config() | {"estimator": name})
        else:
            model = GMMGAN(data.shape, estimator=name, width=options.width)
        model.compile()
        model.set_weights(trained.get_weights() if trained else next(iter(models.values()), model).get_weights())
        models[name] = model
    variances = {name: measure_variance(model, batch, options.draws) for name, model in models.items()}
    times = measure_time(models, batch, options.rounds)

    rows = [{"estimator": name, "ms_per_step": times[name], "relative_variance": variances[name]} for name in models]
    groups = list(variances["paired"])
    print(
        f"{data.name} {data.shape}, K = 10, batch {options.batch_size}, {options.draws} draws, {os.cpu_count()} cores"
    )
    print(f"{'estimator':<12}{'ms/step':>10}" + "".join(f"{group:>15}" for group in groups) + "   (relative variance)")
    for row in rows:
        variance = "".join(f"{row['relative_variance'][group]:>15.4g}" for group in groups)
        print(f"{row['estimator']:<12}{row['ms_per_step']:>10.1f}{variance}")
    ratios = "".join(f"{variances['stratified'][g] / variances['paired'][g]:>15.3g}" for g in groups)
    print(f"{'ratio':<12}{times['paired'] / times['stratified']:>9.1f}x{ratios}")
    if options.json:
        options.json.write_text(json.dumps({"tensorflow": tf.__version__, "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
