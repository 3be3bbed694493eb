"""The equilibrium of the supervised GM-GAN's game on GM-GAN's toy, solved on a grid: no networks, no samples.

python -m benchmarks.supervised_equilibrium

D is at its best for what G draws, D_m = (p_m / N) / (p + p_g); each component of G is a density on the grid and moves
by multiplicative steps towards where L(G) of Algorithm 1 is lowest. Prints the smallest and the largest eigenvalue of
the modes' covariances (nearest centre), and the negative log-likelihood, of G and of the data.
"""

import argparse

import numpy as np
from scipy.special import logsumexp
from sklearn.metrics.pairwise import euclidean_distances

from tfgmmgan import load_data

EXTENT = 2.5


def main(arguments: list[str] | None = None) -> dict:
    """Solve, print, return the numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--side", type=int, default=81, help="points of the grid along each axis (default: %(default)s)"
    )
    parser.add_argument("--steps", type=int, default=3000)
    options = parser.parse_args(arguments)
    truth = load_data("toy3x3").truth
    line = np.linspace(-EXTENT, EXTENT, options.side)
    grid = np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2)
    squares = euclidean_distances(grid, truth.centres, squared=True)
    classes = np.exp(-squares / (2 * truth.std**2))
    classes /= classes.sum(axis=0)  # [points, N]: p_m
    data = classes.mean(axis=1)
    components = classes.copy()
    tiny = 1e-300
    for _ in range(options.steps):
        d = classes / classes.shape[1] / (data + components.mean(axis=1) + tiny)[:, None]
        against = np.log1p(-d)
        gain = np.log(d + tiny) + against.sum(axis=1, keepdims=True) - against  # -L(G), line 23
        components *= np.exp(0.05 * (gain - gain.max(axis=0)))
        components /= components.sum(axis=0)
    nearest = squares.argmin(axis=1)
    log_density = logsumexp(-squares / (2 * truth.std**2), axis=1) - np.log(len(truth.centres))
    log_density -= np.log(2 * np.pi * truth.std**2)
    found = {}
    for name, weights in (("generated", components.mean(axis=1)), ("data", data / data.sum())):
        values = np.array([_eigenvalues(grid, weights * (nearest == mode)) for mode in range(len(truth.centres))])
        found[name] = {
            "smallest_eigenvalue": float(values.min()),
            "largest_eigenvalue": float(values.max()),
            "middle": values[len(values) // 2].tolist(),
            "nll": float(-(weights * log_density).sum()),
        }
        row = found[name]
        print(
            f"{name:<10} eigenvalues {row['smallest_eigenvalue']:.3f} to {row['largest_eigenvalue']:.3f}, "
            f"in the middle {row['middle'][0]:.3f}; negative log-likelihood {row['nll']:.3f}"
        )
    return found


def _eigenvalues(points: np.ndarray, weights: np.ndarray) -> np.ndarray:
    weights = weights / weights.sum()
    centred = points - weights @ points
    return np.linalg.eigvalsh((centred * weights[:, None]).T @ centred)


if __name__ == "__main__":
    main()
