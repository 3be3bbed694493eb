"""What a training step of responsibility learning costs: Algorithm 1 to the letter, our two estimators, and PyTorch.

python -m benchmarks.train_step
python -m benchmarks.train_step --frameworks tensorflow --cases 28x28x1 --json steps.json

All settings take turns in one process, in float32 and bfloat16, with and without compilation (XLA, torch.compile).
Cases: 28x28x1 with a batch of 64 and 64x64x3 with a batch of 16, K = 10, latent size 100, shared encoder, eq. 3 and 4.
PyTorch is measured where it is installed (pip install -e ".[bench]"). GFLOP are those of the step's convolutions and
matrix products; the peaks are the fastest of a large matrix product and of a convolution like these networks', which
take their turns with the steps. The times are medians.
"""

import argparse
import importlib.util
import statistics
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from benchmarks.flops import count_flops
from benchmarks.literal import make_literal
from benchmarks.timing import measure, print_machine, write_json
from tfgmmgan import GMMGAN, GaussianMixture

CASES = {"28x28x1": ((28, 28, 1), 64), "64x64x3": ((64, 64, 3), 16)}
VARIANTS = ("literal", "paired", "stratified")
PRECISIONS = ("float32", "bfloat16")
NUM_COMPONENTS, LATENT_DIM = 10, 100
PEAK_FLOPS = {"matmul": 2 * 2048**3, "convolution": 2 * 64 * 14 * 14 * 25 * 128**2}
POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}


def make_model(variant: str, precision: str, shape: tuple, batch_size: int, width: float) -> GMMGAN:
    """Return a model of a variant, compiled."""
    prior = GaussianMixture(NUM_COMPONENTS, LATENT_DIM, covariance="factor", trainable=True)
    model = GMMGAN(
        shape,
        prior=prior,
        width=width,
        estimator="stratified" if variant == "stratified" else "paired",
        marginal_entropy=0.0,
        posterior_consistency=0.0,
        dtype=keras.DTypePolicy(POLICIES[precision]),
    )
    if variant == "literal":
        make_literal(model, batch_size)
    model.compile()
    return model


def peak_runs(precision: str) -> dict[tuple, Callable]:
    """Return a matrix product and a 5x5 convolution of 128 to 128 channels, to be timed between the steps."""
    dtype = tf.float32 if precision == "float32" else tf.bfloat16
    square = tf.cast(tf.random.stateless_normal((2048, 2048), [0, 1]), dtype)
    images = tf.cast(tf.random.stateless_normal((64, 14, 14, 128), [0, 1]), dtype)
    kernel = tf.cast(tf.random.stateless_normal((5, 5, 128, 128), [0, 1]), dtype)
    matmul = tf.function(lambda: tf.matmul(square, square))
    convolution = tf.function(lambda: tf.nn.conv2d(images, kernel, 1, "SAME"))
    return {
        ("peak", "matmul", precision): lambda: matmul().numpy(),
        ("peak", "convolution", precision): lambda: convolution().numpy(),
    }


def tensorflow_steps(shape: tuple, images: np.ndarray, options: argparse.Namespace) -> dict[tuple, Callable]:
    """Return TensorFlow's steps by (framework, variant, precision, compiled)."""
    steps = {}
    for variant in options.variants:
        for precision in options.precisions:
            for jit in (False, True):
                model = make_model(variant, precision, shape, len(images), options.width)
                step = tf.function(model.train_step, jit_compile=jit, autograph=False)
                batch = tf.constant(images)
                setting = ("tensorflow", variant, precision, "xla" if jit else "graph")
                steps[setting] = lambda step=step, batch=batch: {k: v.numpy() for k, v in step(batch).items()}
    return steps


def torch_steps(shape: tuple, images: np.ndarray, options: argparse.Namespace) -> dict[tuple, Callable]:
    """Return PyTorch's steps by (framework, variant, precision, setting)."""
    import torch

    from benchmarks.torch_step import SETTINGS, TorchGMMGAN, make_torch_step

    batch = torch.from_numpy(images.transpose(0, 3, 1, 2).copy())
    steps = {}
    for variant in options.variants:
        if variant == "literal":
            continue
        for precision in options.precisions:
            for setting in options.torch_settings or SETTINGS:
                model = TorchGMMGAN(shape, NUM_COMPONENTS, LATENT_DIM, options.width)
                step = make_torch_step(model, variant, precision, *SETTINGS[setting])
                steps[("pytorch", variant, precision, setting)] = lambda step=step: step(batch)
    return steps


def main(arguments: list[str] | None = None) -> dict:
    """Measure, print a table, return rows and peaks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    has_torch = importlib.util.find_spec("torch") is not None
    parser.add_argument("--rounds", type=int, default=10, help="timed steps of each (default: %(default)s)")
    parser.add_argument("--width", type=float, default=1.0, help="of the networks (default: %(default)s)")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--precisions", nargs="+", choices=PRECISIONS, default=list(PRECISIONS))
    frameworks = ["tensorflow", "pytorch"] if has_torch else ["tensorflow"]
    parser.add_argument("--frameworks", nargs="+", choices=("tensorflow", "pytorch"), default=frameworks)
    parser.add_argument("--torch_settings", nargs="+", help="some of PyTorch's settings (default: all)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write rows and peaks to this file")
    options = parser.parse_args(arguments)
    if "pytorch" in options.frameworks and not has_torch:
        parser.error("PyTorch is not installed: pip install -e '.[bench]'")

    print_machine()
    best: dict[str, dict[str, float]] = {}
    rows = []
    for case in options.cases:
        shape, batch_size = CASES[case]
        images = np.random.default_rng(0).integers(0, 256, (batch_size, *shape), dtype=np.uint8)
        steps = tensorflow_steps(shape, images, options) if "tensorflow" in options.frameworks else {}
        if "pytorch" in options.frameworks:
            steps |= torch_steps(shape, images, options)
        for precision in options.precisions:
            steps |= peak_runs(precision)
        flops = {
            variant: count_flops(make_model(variant, "float32", shape, batch_size, options.width), tf.constant(images))
            for variant in options.variants
        }
        taken = measure(steps, options.rounds)
        best[case] = {
            precision: {name: count / min(taken["peak", name, precision]) / 1e6 for name, count in PEAK_FLOPS.items()}
            for precision in options.precisions
        }
        print(f"\n{case}, batch {batch_size}")
        for precision, found in best[case].items():
            print(f"peak {precision}: " + ", ".join(f"{name} {value:.0f} GFLOP/s" for name, value in found.items()))
        print(f"{'':<52}{'MS':>9}{'IMAGES/S':>10}{'GFLOP':>8}{'GFLOP/S':>9}{'OF PEAK':>9}")
        for setting, every in taken.items():
            if setting[0] == "peak":
                continue
            framework, variant, precision, jit = setting
            milliseconds = statistics.median(every)
            rate = flops[variant] / milliseconds / 1e6
            rows.append(
                {
                    "framework": framework,
                    "variant": variant,
                    "precision": precision,
                    "jit": jit,
                    "case": case,
                    "ms_per_step": milliseconds,
                    "images_per_second": 1000 * batch_size / milliseconds,
                    "gflop": flops[variant] / 1e9,
                    "gflops": rate,
                }
            )
            print(
                f"{framework:<12}{variant:<12}{precision:<10}{jit:<18}{milliseconds:>9.1f}"
                f"{1000 * batch_size / milliseconds:>10.0f}{flops[variant] / 1e9:>8.1f}{rate:>9.0f}"
                f"{rate / best[case][precision]['convolution']:>9.0%}"
            )
        _print_ratios([row for row in rows if row["case"] == case])
    return write_json(options.json, {"rows": rows, "peaks": best})


def _print_ratios(rows: list[dict]) -> None:
    """Print what the targets ask: stratified over literal, and ours over the fastest PyTorch."""

    def fastest(framework: str, variant: str, precision: str) -> float | None:
        found = [
            row["ms_per_step"]
            for row in rows
            if (row["framework"], row["variant"], row["precision"]) == (framework, variant, precision)
        ]
        return min(found, default=None)

    for precision in dict.fromkeys(row["precision"] for row in rows):
        ours = {variant: fastest("tensorflow", variant, precision) for variant in VARIANTS}
        if ours["literal"] and ours["stratified"]:
            print(f"{precision}: stratified is {ours['literal'] / ours['stratified']:.1f} times as fast as literal")
        for variant in ("paired", "stratified"):
            theirs = fastest("pytorch", variant, precision)
            if ours[variant] and theirs:
                print(f"{precision}: {variant} is {theirs / ours[variant]:.2f} times as fast as the fastest PyTorch")


if __name__ == "__main__":
    main()
