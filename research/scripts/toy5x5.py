"""GAEL's toy, Fig. 3: 25 Gaussians on a grid, a Wasserstein critic alone and with GAEL's encoder.

python -m benchmarks.toy5x5 --seeds 0 1 2 --output docs/results/toy5x5

Both are trained with the settings of configs/toy5x5.yaml; GAEL then fits a mixture of 25 to its encodings. Writes
`scores.json`, and from the first seed `samples.png` (Fig. 3) and `latents.png` (Fig. 1 of the supplement). The toy's
standard deviation, which is not published, is 0.05 here, a twentieth of the distance between neighbours.
"""

import argparse
import os
from pathlib import Path

from benchmarks.scores import write_scores
from benchmarks.training import train
from tfgmmgan import load_data, make_config
from tfgmmgan.evaluation import point_scores
from tfgmmgan.plotting import panels, point_figures, scatter
from tfgmmgan.utils.files import replacing

NUM_POINTS = 10_000
KEPT = ("share_far", "num_modes_covered", "mmd", "mmd_floor", "nll_gap")


def main(arguments: list[str] | None = None) -> dict:
    """Train, print a table, write scores and figures; return the scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, help="default: those of configs/toy5x5.yaml")
    parser.add_argument("--output", type=Path, default=Path("docs/results/toy5x5"))
    options = parser.parse_args(arguments)
    data = load_data("toy5x5")
    real = data.test.examples
    more = {"epochs": options.epochs} if options.epochs else {}
    options.output.mkdir(parents=True, exist_ok=True)

    found: dict = {"load_average": os.getloadavg()[0], "num_cpus": os.cpu_count(), "std": data.truth.std, "runs": []}
    found["real"] = {"share_far": point_scores(data.train.take(NUM_POINTS), real, data.truth)["share_far"]}
    pictures = {}
    print(f"{'points':<34}{'seed':>5}{'far from all':>14}{'covered':>9}{'MMD':>10}{'sec':>6}")
    for seed in options.seeds:
        critic, critic_seconds = train(make_config("wgan_gp", "toy5x5", seed=seed, **more), data)
        gael, gael_seconds = train(make_config("gael", "toy5x5", seed=seed, **more), data)
        drawn = {
            "the critic alone": (critic.generate(NUM_POINTS, seed=1), critic_seconds),
            "GAEL, normal prior": (gael.generate(NUM_POINTS, seed=1, prior=gael.training_prior), gael_seconds),
            "GAEL, fitted mixture": (gael.generate(NUM_POINTS, seed=1), gael_seconds),
            "GAEL, reconstructions": (gael.reconstruct(data.train.take(NUM_POINTS)), gael_seconds),
        }
        for name, (points, seconds) in drawn.items():
            scores = point_scores(points, real, data.truth)
            row = {"points": name, "seed": seed, "seconds": round(seconds, 1), **{key: scores[key] for key in KEPT}}
            found["runs"].append(row)
            print(
                f"{name:<34}{seed:>5}{row['share_far']:>14.4f}{row['num_modes_covered']:>9}{row['mmd']:>10.5f}"
                f"{seconds:>6.0f}",
                flush=True,
            )
        if not pictures:
            shown = {"real": data.train.take(3000), **{name: points[:3000] for name, (points, _) in drawn.items()}}
            del shown["GAEL, reconstructions"]
            pictures["samples"] = panels([scatter(points) for points in shown.values()], list(shown), 4, side=3.4)
            pictures["latents"] = point_figures(gael, data)["latents"]()
    write_scores(found, options.output)
    for kind, picture in pictures.items():
        with replacing(options.output / f"{kind}.png") as temporary:
            picture.save(temporary)
    return found


if __name__ == "__main__":
    main()
