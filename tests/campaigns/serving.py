"""An exported model under use: `python tests/campaigns/serving.py --calls 2000`.

Eight threads ask one loaded SavedModel for everything it can, and get what one thread gets; then it is called many
times, and the process must not grow.
"""

import argparse
import resource
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import tensorflow as tf

import tfgmmgan

THREADS = 8
MOST_GROWTH = 0.05  # after warm-up


def requests(model: tfgmmgan.LatentGAN, count: int, seed: int = 0) -> list[tuple[str, dict]]:
    """Return so many calls: a signature's name and what it is given."""
    rng, k, made = np.random.default_rng(seed), model.num_components, []
    for number in range(count):
        n = int(rng.integers(1, 9))
        key = tf.constant(rng.integers(2**31, size=n), tf.int64)
        images = tf.constant(rng.uniform(-1, 1, (n, *model.data_shape)), tf.float32)
        weights = tf.constant(rng.dirichlet(np.ones(k), n), tf.float32)
        component = tf.constant(rng.integers(0, k, n), tf.int32)
        made.append(
            [
                ("generate", {"component": component, "variance_scale": tf.ones([n]), "seed": key}),
                ("sample_png", {"seed": key}),
                ("interpolate", {"weights": weights, "seed": key}),
                ("responsibilities", {"images": images}),
            ][number % 4]
        )
    return made


def ask(served: tf.Module, request: tuple[str, dict]) -> dict[str, np.ndarray]:
    """Call a signature."""
    name, given = request
    return {key: value.numpy() for key, value in served.signatures[name](**given).items()}


def memory() -> float:
    """Return the megabytes this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def campaign(concurrent: int, calls: int, folder: Path) -> list[str]:
    """Run both parts, print their figures, and return what was wrong."""
    tf.keras.utils.set_random_seed(0)
    model = tfgmmgan.ModeGAN((8, 8, 1), num_components=4, latent_dim=8, width=0.25)
    model.compile()
    served = tf.saved_model.load(str(tfgmmgan.export(model, folder / "served")))
    asked = requests(model, concurrent)
    alone = [ask(served, request) for request in asked]
    with ThreadPoolExecutor(THREADS) as pool:
        together = list(pool.map(lambda request: ask(served, request), asked))
    different = sum(
        any(not np.array_equal(one[key], other[key]) for key in one) for one, other in zip(alone, together, strict=True)
    )
    print(f"{concurrent} calls by {THREADS} threads: {concurrent - different} as by one")
    wrong = [f"{different} answers differ between threads"] if different else []
    asked = requests(model, 200)
    for request in asked:
        ask(served, request)
    before = memory()
    for number in range(calls):
        ask(served, asked[number % len(asked)])
    growth = memory() / before - 1
    print(f"{calls} calls: {before:.0f} MB before, {growth:+.1%}")
    return wrong + ([f"memory grew by {growth:.1%}"] if growth > MOST_GROWTH else [])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--concurrent", type=int, default=1600)
    parser.add_argument("--calls", type=int, default=2000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        sys.exit(bool(campaign(options.concurrent, options.calls, Path(work))))
