"""What `SubclassMixture`'s own densities gain over tfp's, which hold every z beside every subclass of every component.

python -m benchmarks.subclass_densities

Both take turns in one process, compiled, on the prior of MNIST's config: K = 10, 33 subclasses a component, d = 100.
"""

import argparse
import statistics

import numpy as np
import tensorflow as tf

from benchmarks.timing import measure, print_machine
from tfgmmgan import SubclassMixture

ROUNDS = 7


def main(arguments: list[str] | None = None) -> dict[str, float]:
    """Print the median milliseconds of log p(z | k) of each way, and return them by name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--num", type=int, default=64, help="latent vectors (default: %(default)s)")
    parser.add_argument("--subclasses", type=int, default=33, help="of a component (default: %(default)s)")
    parser.add_argument("--latent_dim", type=int, default=100, help="(default: %(default)s)")
    options = parser.parse_args(arguments)
    prior = SubclassMixture(10, options.latent_dim, subclasses=options.subclasses, variance=0.01, spread=0.8)
    z = prior.sample(options.num, [0, 1])
    ways = {
        "ours": tf.function(lambda: prior.log_prob_components(z)),
        "tfp": tf.function(lambda: prior.distribution().components_distribution.log_prob(z[:, None])),
    }
    np.testing.assert_allclose(*(way() for way in ways.values()), rtol=1e-3, atol=1e-3)
    print_machine()
    found = {name: statistics.median(taken) for name, taken in measure(ways, ROUNDS).items()}
    for name, milliseconds in found.items():
        print(f"{name:<6}{milliseconds:>10.2f} ms for {options.num} latent vectors")
    return found


if __name__ == "__main__":
    main()
