"""GM-GAN's toy, section 4.1: every system trained the same way on 9 Gaussians, with figures like the paper's 3 to 5.

python -m benchmarks.toy3x3 --seeds 0 1 2 --output docs/results/toy3x3

Writes `scores.json`, and from the first seed `samples.png` (Fig. 3) and `scales.png` (Fig. 4), from all
`convergence.png` (Fig. 5). The settings are those of configs/toy3x3.yaml. Labels train AC-GAN and the supervised
GM-GANs.
"""

import argparse
import os
from pathlib import Path

import keras
import numpy as np

from benchmarks.scores import write_scores
from benchmarks.training import train
from tfgmmgan import LatentGAN, load_data, make_config
from tfgmmgan.data import ImageData
from tfgmmgan.evaluation import negative_log_likelihood, point_scores
from tfgmmgan.plotting import panels, scatter
from tfgmmgan.utils.files import replacing

SYSTEMS = {
    "GAN": ("gan", {}),
    "GM-GAN": ("gmgan", {}),
    "AC-GAN": ("acgan", {}),
    "supervised GM-GAN": ("supervised_gmgan", {}),
    "supervised GM-GAN, own_class": ("supervised_gmgan", {"losses.negatives": "own_class"}),
}
NUM_POINTS = 5000
SCALES = (0.1, 0.5, 1.0, 2.0)


class Curve(keras.callbacks.Callback):
    """Scores the generated points every so many epochs."""

    def __init__(self, data: ImageData, every: int) -> None:
        super().__init__()
        self.data = data
        self.every = every
        self.rows: list[dict] = []

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Add a row, if it is time."""
        if (epoch + 1) % self.every == 0:
            points = self.model.generate(NUM_POINTS, seed=1)
            scores = point_scores(points, self.data.test.examples, self.data.truth)
            nll = negative_log_likelihood(points, self.data.truth)
            self.rows.append({"epoch": epoch + 1, "nll": nll, **scores})


def summary(rows: list[dict]) -> dict:
    """Return a run's scores: those of its end, and the means over the second half of its curve."""
    end, late = rows[-1], rows[len(rows) // 2 :]
    eigenvalues = np.array(end["eigenvalues"])
    ratios = eigenvalues / np.array(end["real_eigenvalues"])
    return {
        "smallest_share": min(end["shares"]),
        "largest_share": max(end["shares"]),
        "smallest_eigenvalue": float(eigenvalues.min()),
        "largest_eigenvalue": float(eigenvalues.max()),
        "smallest_ratio_to_real": float(ratios.min()),
        "largest_ratio_to_real": float(ratios.max()),
        "nll_gap": end["nll_gap"],
        "mmd": end["mmd"],
        "mmd_floor": end["mmd_floor"],
        "mean_abs_nll_gap": float(np.mean([abs(row["nll_gap"]) for row in late])),
        "mean_mmd": float(np.mean([row["mmd"] for row in late])),
    }


def main(arguments: list[str] | None = None) -> dict:
    """Train, print a table, write scores and figures; return the scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, help="default: those of configs/toy3x3.yaml")
    parser.add_argument("--every", type=int, default=60, help="epochs between scores (default: %(default)s)")
    parser.add_argument("--output", type=Path, default=Path("docs/results/toy3x3"))
    options = parser.parse_args(arguments)
    data = load_data("toy3x3")
    more = {"epochs": options.epochs} if options.epochs else {}
    options.output.mkdir(parents=True, exist_ok=True)

    found: dict = {"load_average": os.getloadavg()[0], "num_cpus": os.cpu_count(), "runs": []}
    models, curves = {}, {name: [] for name in SYSTEMS}
    print(
        f"{'system':<30}{'seed':>5}{'shares':>15}{'eigenvalues':>15}{'to real':>13}{'NLL gap':>9}{'MMD':>9}{'sec':>6}"
    )
    for name, (model_name, losses) in SYSTEMS.items():
        for seed in options.seeds:
            config = make_config(model_name, "toy3x3", seed=seed, **more, **losses)
            curve = Curve(data, options.every)
            model, seconds = train(config, data, [curve])
            rows = curve.rows
            models.setdefault(name, model)
            curves[name].append(rows)
            row = {"system": name, "seed": seed, "epochs": config.epochs, "seconds": round(seconds, 1), **summary(rows)}
            found["runs"].append(row)
            print(
                f"{name:<30}{seed:>5}{row['smallest_share']:>8.3f}-{row['largest_share']:.3f}"
                f"{row['smallest_eigenvalue']:>9.3f}-{row['largest_eigenvalue']:.3f}"
                f"{row['smallest_ratio_to_real']:>8.2f}-{row['largest_ratio_to_real']:.2f}"
                f"{row['nll_gap']:>+9.3f}{row['mmd']:>9.5f}{seconds:>6.0f}",
                flush=True,
            )
    print(f"real against real: MMD {found['runs'][0]['mmd_floor']:.5f}")
    write_scores(found, options.output)
    pictures = {
        "samples": samples(models, data),
        "scales": scales(models, data),
        "convergence": convergence(curves, data),
    }
    for kind, picture in pictures.items():
        with replacing(options.output / f"{kind}.png") as temporary:
            picture.save(temporary)
    return found


def generated(model: LatentGAN, data: ImageData, scale: float = 1.0):  # noqa: ANN201 - a panel
    """Return a panel of generated points, coloured by component where there are several."""
    ids = model.prior.sample_ids(2000, [0, 0]).numpy()
    points = model.generate(len(ids), component=ids, variance_scale=scale, seed=0)
    return scatter(points, data.train.take(2000), ids if model.prior.num_components > 1 else None)


def samples(models: dict[str, LatentGAN], data: ImageData):  # noqa: ANN201 - a picture
    """Return the counterpart of Fig. 3."""
    return panels([generated(model, data) for model in models.values()], list(models), len(models), side=3.2)


def scales(models: dict[str, LatentGAN], data: ImageData):  # noqa: ANN201 - a picture
    """Return the counterpart of Fig. 4."""
    shown = [(name, scale) for name in ("GAN", "GM-GAN") for scale in SCALES]
    titles = [f"{name}, variance x {scale:g}" for name, scale in shown]
    return panels([generated(models[name], data, scale) for name, scale in shown], titles, len(SCALES), side=3.2)


def convergence(curves: dict[str, list[list[dict]]], data: ImageData):  # noqa: ANN201 - a picture
    """Return the counterpart of Fig. 5: the mean over seeds, and its range."""

    def draw(axes) -> None:  # noqa: ANN001
        for name, runs in curves.items():
            epochs = [row["epoch"] for row in runs[0]]
            values = np.array([[row["nll"] for row in rows] for rows in runs])
            (line,) = axes.plot(epochs, values.mean(axis=0), label=name)
            axes.fill_between(epochs, values.min(axis=0), values.max(axis=0), color=line.get_color(), alpha=0.2, lw=0)
        real = negative_log_likelihood(data.test.examples, data.truth)
        axes.axhline(real, c="k", ls=":", label="real points")
        axes.set(xlabel="epoch", ylabel="negative log-likelihood (nats)", ylim=(real - 0.5, real + 1.0))
        axes.legend(fontsize=8)

    return panels([draw], [f"mean and range of {len(next(iter(curves.values())))} seeds"], 1, side=6)


if __name__ == "__main__":
    main()
