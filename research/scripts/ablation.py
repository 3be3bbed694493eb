"""From eq. 3 and 4 as written to the recipe by votes, step after step, each trained for as many minutes; GANs beside.

python -m benchmarks.ablation --minutes 5 --seeds 0 1 2 --output docs/results/ablation

Each system trains for so long, pretraining included, with constant learning rates. Pretraining is without refinement,
whose two rounds take longer than the five minutes. Then: the clustering of test images by C and by Algorithm 2;
Fréchet distance, precision and recall by a classifier of the dataset's own classes; and the mean over the modes of
their recall against the images that C, or Algorithm 2, gives to them. Labels are used for these numbers alone.

The scores are written after each run, and samples of each system's first; the same command goes on where it was
stopped.
"""

import argparse
import json
import os
import time
from pathlib import Path

import keras
import numpy as np

from benchmarks.scores import write_scores
from benchmarks.training import BY_VOTES, CONSTANT_RATES, NO_SUBCLASSES, RESPONSIBILITY_LEARNING, train
from tfgmmgan import load_data, make_config
from tfgmmgan.evaluation import EvaluationOptions, make_scorecard
from tfgmmgan.plotting import image_grid
from tfgmmgan.utils.files import replacing

ENTROPY = RESPONSIBILITY_LEARNING | {"losses.posterior_consistency": 0.0}
AUGMENTATION = RESPONSIBILITY_LEARNING | {"losses.augmentation_consistency": 0.1, "losses.augment_generated": True}
PER_MODE = AUGMENTATION | {
    "losses.discriminator": "per_mode",
    "losses.generated_weights": "uniform",
    "prior.trainable": False,
    "prior.variance": 0.0225,
}
RECIPE = BY_VOTES | {
    "pretraining.refinement_rounds": 0,
    "losses.diversity": 0.5,
    "networks.discriminator_units": 0,
    "prior.variance": 0.005,
    **NO_SUBCLASSES,
}
BEFORE_DIVERSITY = RECIPE | {"losses.diversity": 0.0, "prior.variance": 0.0225}
SYSTEMS = {
    "eq. 3 and 4 as written": (
        "gmmgan",
        ENTROPY
        | {
            "losses.marginal_entropy": 0.0,
            "losses.classifier_adversarial": True,
            "losses.adversarial": "minimax",
            "prior.covariance": "factor",
        },
    ),
    "+ entropy (non-saturating, C without eq. 3)": ("gmmgan", ENTROPY),
    "+ posterior consistency": ("gmmgan", RESPONSIBILITY_LEARNING),
    "+ augmentation": ("gmmgan", AUGMENTATION),
    "+ discriminator per mode, fixed prior": ("gmmgan", PER_MODE),
    "pretrained C in place of the consistencies": (
        "gmmgan",
        BEFORE_DIVERSITY | {"networks.encoder": "shared"},
    ),
    "+ an encoding of C's own": ("gmmgan", BEFORE_DIVERSITY),
    "+ diversity, components farther apart: the recipe by votes": ("gmmgan", RECIPE),
    "GM-GAN": ("gmgan", {}),
    "vanilla GAN": ("gan", {}),
}


class StopAfter(keras.callbacks.Callback):
    """Ends training so many minutes after this was made."""

    def __init__(self, minutes: float) -> None:
        super().__init__()
        self.end = time.perf_counter() + 60 * minutes

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Stop when it is time."""
        if time.perf_counter() >= self.end:
            self.model.stop_training = True


def scores(card: dict) -> dict:
    """Return what is compared of a scorecard."""
    methods = card["test"].get("clustering", {})
    found = {
        f"{method}_{name}": methods[method][name]
        for method in ("classifier", "algorithm_2")
        if method in methods
        for name in ("acc", "nmi")
    }
    quality = card["image_quality"]["prior"]["classifier"]
    found |= {name: quality[name] for name in ("frechet_distance", "precision", "recall")}
    if "mode_health" in card:
        recalls = [mode["classifier"]["recall"] for mode in card["mode_health"]["modes"]]
        found["mode_recall"] = float(np.mean([recall or 0.0 for recall in recalls]))  # a mode without images has none
    return found


def main(arguments: list[str] | None = None) -> dict:
    """Train, print a table, write scores and samples; return the scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="mnist", help="with classes (default: %(default)s)")
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=list(SYSTEMS), metavar="SYSTEM")
    parser.add_argument("--minutes", type=float, default=5.0, help="of training (default: %(default)s)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--precision", choices=["float32", "bfloat16", "auto"], default="auto")
    parser.add_argument("--width", type=float, default=1.0, help="of the networks (default: %(default)s)")
    parser.add_argument("--pretraining_steps", type=int, help="(default: the recipe's)")
    parser.add_argument("--output", type=Path, default=Path("docs/results/ablation"))
    options = parser.parse_args(arguments)
    options.output.mkdir(parents=True, exist_ok=True)
    data = load_data(options.dataset)
    found = _so_far(options, parser)
    done = {(row["system"], row["seed"]) for row in found["runs"]}
    for seed in options.seeds:
        for name in options.systems:
            if (name, seed) in done:
                continue
            model_name, changes = SYSTEMS[name]
            common = {
                "epochs": 1_000_000,
                "precision": options.precision,
                "networks.width": options.width,
                **CONSTANT_RATES,
            }
            if options.pretraining_steps and model_name == "gmmgan" and "pretraining.steps" not in changes:
                common["pretraining.steps"] = options.pretraining_steps
            config = make_config(model_name, options.dataset, seed=seed, **common | changes)
            model, seconds = train(config, data, [StopAfter(options.minutes)])
            about = {"name": name, "minutes": seconds / 60, "config": {"dataset": options.dataset, "seed": seed}}
            card = make_scorecard(model, data, about, EvaluationOptions(inception="none", trade_off_samples=0))
            row = {"system": name, "seed": seed, "minutes": seconds / 60, **scores(card)}
            row |= {"steps": int(model.optimizer.iterations.numpy()), "load_average": os.getloadavg()[0]}
            first = not any(other["system"] == name for other in found["runs"])
            found["runs"].append(row)
            found["floor"] = card["floor"]["classifier"]
            print(_line(name, seed, row), flush=True)
            if first:
                images = model.generate(100, component=_components(model), seed=0)
                with replacing(options.output / f"{list(SYSTEMS).index(name)}.png") as temporary:
                    image_grid(images.reshape(10, 10, *data.shape)).save(temporary)
            write_scores(found, options.output)  # after each: the whole takes hours
    print(table(found))
    return found


def _so_far(options: argparse.Namespace, parser: argparse.ArgumentParser) -> dict:
    """Return the scores of the runs that were made by this command before, or none."""
    common = {
        name: getattr(options, name) for name in ("dataset", "minutes", "precision", "width", "pretraining_steps")
    }
    path = options.output / "scores.json"
    if not path.exists():
        return {**common, "runs": []}
    found = json.loads(path.read_text())
    other = {name: found.get(name) for name in common if found.get(name) != common[name]}
    if other:
        asked = {name: common[name] for name in other}
        parser.error(f"{path} is of {other}, asked for is {asked}. Choose another --output.")
    return found


COLUMNS = {
    "classifier_acc": "C ACC",
    "classifier_nmi": "C NMI",
    "algorithm_2_acc": "A2 ACC",
    "frechet_distance": "FRECHET",
    "precision": "PREC",
    "recall": "RECALL",
    "mode_recall": "OF MODES",
    "steps": "STEPS",
}


def _line(name: str, seed: int | str, row: dict) -> str:
    cells = [f"{row[column]:>16.3f}" if column in row else f"{'':>16}" for column in COLUMNS]
    return f"{name:<46}{seed:>5}" + "".join(cells)


def table(found: dict) -> str:
    """Return mean and standard deviation over the seeds."""
    lines = [f"{'':<51}" + "".join(f"{title:>16}" for title in COLUMNS.values())]
    by_system = {name: [row for row in found["runs"] if row["system"] == name] for name in SYSTEMS}
    for name, rows in by_system.items():
        if not rows:
            continue
        cells = []
        for column in COLUMNS:
            values = [row[column] for row in rows if column in row]
            spread = f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else ""
            cells.append(f"{np.mean(values):.3f}{spread}" if values else "")
        lines.append(f"{name:<46}{len(rows):>5}" + "".join(f"{cell:>16}" for cell in cells))
    floor = {name: found["floor"][name] for name in ("frechet_distance", "precision", "recall")}
    return "\n".join([*lines, _line("real test images", "", floor)])


def _components(model: keras.Model) -> np.ndarray | None:
    k = model.prior.num_components
    return np.repeat(np.arange(k), 10)[:100] if k == 10 else None


if __name__ == "__main__":
    main()
