"""What the two encoders of responsibility learning's Table 1 cost: parameters, and milliseconds a training step.

python -m benchmarks.encoders

Both models train in one process, taking turns. Sizes: 28x28x1 with a batch of 64, and 64x64x3 with a batch of 16.
"""

import argparse
import json
import os
from pathlib import Path

import numpy as np
import tensorflow as tf

from benchmarks.estimators import measure_time
from tfgmmgan import GAN, GMGAN, GMMGAN, GaussianMixture, LatentGAN
from tfgmmgan.models.recipe import EQUATIONS_3_AND_4

CASES = {"28x28x1": ((28, 28, 1), 64), "64x64x3": ((64, 64, 3), 16)}


def models(shape: tuple[int, int, int], width: float) -> dict[str, LatentGAN]:
    """Return the four rows of Table 6, compiled; the mixtures are trained, with the unconstrained A_k."""

    def prior() -> GaussianMixture:
        return GaussianMixture(10, 100, covariance="factor", trainable=True)

    made = {
        "vanilla GAN": GAN(shape, width=width),
        "GM-GAN, dynamic": GMGAN(shape, prior=prior(), width=width, update_order="simultaneous"),
        "proposed, shared encoder": GMMGAN(shape, prior=prior(), width=width, **EQUATIONS_3_AND_4),
        "proposed, separate encoder": GMMGAN(
            shape, prior=prior(), width=width, **EQUATIONS_3_AND_4 | {"encoder": "separate"}
        ),
    }
    for model in made.values():
        model.compile()
    return made


def main(arguments: list[str] | None = None) -> list[dict]:
    """Measure, print a table, return its rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20, help="timed steps of each model (default: %(default)s)")
    parser.add_argument("--width", type=float, default=1.0, help="of the networks (default: %(default)s)")
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    options = parser.parse_args(arguments)
    rows = []
    print(f"{os.cpu_count()} CPUs, load average {os.getloadavg()[0]:.1f} at the start, TensorFlow {tf.__version__}")
    print(f"{'images':<10}{'batch':>6}  {'model':<28}{'trainable parameters':>22}{'ms a step':>12}")
    for case, (shape, batch_size) in CASES.items():
        batch = tf.constant(np.random.default_rng(0).integers(0, 255, (batch_size, *shape), dtype=np.uint8))
        made = models(shape, options.width)
        for name, milliseconds in measure_time(made, batch, options.rounds).items():
            parameters = sum(int(np.prod(weight.shape)) for weight in made[name].trainable_variables)
            rows.append(
                {
                    "case": case,
                    "batch_size": batch_size,
                    "model": name,
                    "parameters": parameters,
                    "ms_per_step": milliseconds,
                }
            )
            print(f"{case:<10}{batch_size:>6}  {name:<28}{parameters:>22,}{milliseconds:>12.1f}")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n")
    return rows


if __name__ == "__main__":
    main()
