"""How the cost of a step grows with the number of components K and the latent dimension d.

python -m benchmarks.components

With the stratified estimator a batch of B images meets K ceil(B / K) fakes. The table has milliseconds per step, and
per fake, and of the parts of a step that depend on K and d alone: drawing z and its gradient, the closed-form p(k | z),
and eq. 4's K x K term. All take turns in one process.
"""

import argparse
import statistics
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf

from benchmarks.timing import measure, print_machine, write_json
from tfgmmgan import GMMGAN, GaussianMixture
from tfgmmgan.losses.responsibility import weighted_log_classes_stratified
from tfgmmgan.models.recipe import EQUATIONS_3_AND_4
from tfgmmgan.utils.random import make_seed

PARTS = ("step", "draw z", "p(k|z)", "eq. 4")


def parts(k: int, d: int, options: argparse.Namespace) -> tuple[dict[str, Callable], int]:
    """Return what is timed, by name, and how many fakes a step has."""
    prior = GaussianMixture(k, d, trainable=True)
    model = GMMGAN(options.shape, prior=prior, width=options.width, **EQUATIONS_3_AND_4)
    model.compile()
    step = tf.function(model.train_step, autograph=False)
    images = tf.constant(np.random.default_rng(0).integers(0, 256, (options.batch_size, *options.shape), np.uint8))
    fakes = model.fakes_per_component(options.batch_size)
    z = tf.reshape(model.prior.sample_stratified(fakes, make_seed(0)), [-1, d])
    alpha = tf.nn.softmax(tf.random.stateless_normal([options.batch_size, k], [0, 1]))
    log_classes = tf.nn.log_softmax(tf.random.stateless_normal([fakes, k, k], [0, 2]))

    @tf.function(autograph=False)
    def draw() -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(model.prior.sample_stratified(fakes, make_seed(0)) ** 2)
        return tape.gradient(loss, [weight.value for weight in model.prior.trainable_variables])[-1]

    posterior = tf.function(lambda: tf.nn.softmax(model.prior.log_prob_components(z)), autograph=False)

    @tf.function(autograph=False)
    def equation_4() -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch([alpha, log_classes])
            loss = weighted_log_classes_stratified(alpha, log_classes)
        return tape.gradient(loss, [alpha, log_classes])[0]

    calls = {
        "step": lambda: next(iter(step(images).values())).numpy(),
        "draw z": lambda: draw().numpy(),
        "p(k|z)": lambda: posterior().numpy(),
        "eq. 4": lambda: equation_4().numpy(),
    }
    return calls, fakes * k


def main(arguments: list[str] | None = None) -> dict:
    """Measure, print a table, return rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--components", type=int, nargs="+", default=[10, 20, 50, 100])
    parser.add_argument("--latent_dims", type=int, nargs="+", default=[100], help="(default: 100)")
    parser.add_argument("--batch_size", type=int, default=100, help="(default: %(default)s: 100 fakes for each K)")
    parser.add_argument("--shape", type=int, nargs=3, default=(28, 28, 1))
    parser.add_argument("--width", type=float, default=1.0, help="of the networks (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=10, help="(default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)

    print_machine()
    cases = {(k, d): parts(k, d, options) for k in options.components for d in options.latent_dims}
    calls = {(case, name): call for case, (named, _) in cases.items() for name, call in named.items()}
    taken = measure(calls, options.rounds)
    print(f"{'K':>6}{'d':>6}{'FAKES':>7}{'MS/STEP':>9}{'MS/FAKE':>9}{'RATIO':>7}{'DRAW z':>9}{'p(k|z)':>9}{'EQ. 4':>9}")
    rows, first = [], None
    for (k, d), (_, fakes) in cases.items():
        spent = {name: statistics.median(taken[(k, d), name]) for name in PARTS}
        per_fake = spent["step"] / fakes
        first = first or per_fake
        rows.append({"num_components": k, "latent_dim": d, "fakes": fakes, "ms": spent, "ms_per_fake": per_fake})
        print(
            f"{k:>6}{d:>6}{fakes:>7}{spent['step']:>9.1f}{per_fake:>9.3f}{per_fake / first:>7.2f}"
            f"{spent['draw z']:>9.2f}{spent['p(k|z)']:>9.2f}{spent['eq. 4']:>9.2f}"
        )
    return write_json(options.json, {"batch_size": options.batch_size, "rows": rows})


if __name__ == "__main__":
    main()
