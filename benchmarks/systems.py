"""Every system for equal minutes on the same data, side by side.

python -m benchmarks.systems --datasets mnist fashion_mnist --minutes 15 --seeds 0 1 2
python -m benchmarks.systems --datasets usps --data FOLDER   # FOLDER/usps.npz: x_train, y_train, x_test, y_test

Minutes are of the whole training, finding modes included; learning rates are constant, as nobody knows the last step
beforehand. Printed are, as mean ± standard deviation over the seeds: ACC, NMI and ARI of C and of Algorithm 2 on the
test split; Fréchet distance, precision, recall, density and coverage by the dataset's classifier; and the intra-class
Fréchet distance (ICFID of SLOGAN, Hwang et al. 2022): modes are matched to classes one to one, and the test images of
each class are compared with as many of its mode, by the same features; the mean over the classes that have a mode.
Systems that are told labels are marked. Further options, as of train.py, go to every system.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.metrics.cluster import contingency_matrix

from benchmarks.scorecards import table, text, value
from benchmarks.timing import print_machine, write_json
from tfgmmgan.cli.reproduce import departing_options
from tfgmmgan.data import DATASETS
from tfgmmgan.evaluation.metrics.tfgan import frechet_distance
from tfgmmgan.evaluation.networks.feature_network import collect
from tfgmmgan.evaluation.samplers import draw_in_batches
from tfgmmgan.evaluation.subject import Subject
from tfgmmgan.models import MODELS
from tfgmmgan.training import TrainConfig, load_run, make_config, train

SCORES = {
    "ACC of C": "test.clustering.C.acc",
    "NMI of C": "test.clustering.C.nmi",
    "ARI of C": "test.clustering.C.ari",
    "ACC, Alg. 2": "test.clustering.algorithm_2.acc",
    "NMI, Alg. 2": "test.clustering.algorithm_2.nmi",
    "ARI, Alg. 2": "test.clustering.algorithm_2.ari",
    "Fréchet": "image_quality.sampler.classifier.frechet_distance",
    "precision": "image_quality.sampler.classifier.precision",
    "recall": "image_quality.sampler.classifier.recall",
    "density": "image_quality.sampler.classifier.density",
    "coverage": "image_quality.sampler.classifier.coverage",
}


def intra_class_distance(subject: Subject) -> float | None:
    """Return the mean Fréchet distance of each class's test images to images of its mode; None without modes."""
    if not subject.has_modes or subject.judge is None:
        return None
    labels = subject.data.test.labels
    modes = subject.responsibilities(subject.modes_by, "test").argmax(axis=1)
    classes, of_modes = np.unique(labels), np.unique(modes)
    pairs = linear_sum_assignment(contingency_matrix(labels, modes), maximize=True)
    real, distances = subject.real(subject.judge, "test"), []
    for label, mode in zip(classes[pairs[0]], of_modes[pairs[1]], strict=True):
        own = np.flatnonzero(labels == label)
        component = np.full(len(own), mode)
        drawn = draw_in_batches(subject.model, len(own), subject.seed, component=component)
        found, _ = collect([subject.judge], drawn)
        distances.append(frechet_distance(real[own].moments, found[subject.judge.name].moments))
    return float(np.mean(distances))


def config_of(system: str, dataset: str, folder: Path | None, **options: object) -> TrainConfig:
    """Return the config of a system that trains until its minutes are over."""
    if dataset not in DATASETS and folder is not None:
        options["data.path"], dataset = str(folder / f"{dataset}.npz"), "arrays"
    ends = {"epochs": 100_000, "optimizers.schedule": "constant"}
    measured = {"evaluation.extent": "full", "evaluation.every_epochs": 0, "evaluation.trade_off_samples": 0}
    return make_config(system, dataset, **ends | measured | options)


def measure(config: TrainConfig) -> dict[str, float | None]:
    """Train and measure one system under one seed."""
    with tempfile.TemporaryDirectory() as folder:
        run, card = train(config, str(Path(folder) / "run"))
        _, _, model, data = load_run(str(run.path))
        scores = {name: value(card, path) for name, path in SCORES.items()}
        scores["ICFID"] = intra_class_distance(Subject(model, data, seed=config["seed"]))
        return scores | {"minutes": card["run"]["minutes"], "epochs": card["run"]["epochs"]}


def side_by_side(rows: list[dict]) -> str:
    """Return Markdown, a row for each system."""
    names = list(rows[0]["scores"][0])
    cells = [[text([one[name] for one in row["scores"]], 3) for name in names] for row in rows]
    return table(["system", *names], [[row["system"], *of_row] for row, of_row in zip(rows, cells, strict=True)])


def main(arguments: list[str] | None = None) -> dict:
    """Train, measure and print a table for each dataset; return the rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datasets", nargs="+", default=["mnist"], metavar="NAME")
    parser.add_argument("--systems", nargs="+", default=list(MODELS), metavar="NAME")
    parser.add_argument("--minutes", type=float, default=15.0, help="of each training (default: %(default)s)")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="with NAME.npz of what is no known dataset")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options, more = parser.parse_known_args(arguments)
    shared = departing_options(more) | {"max_minutes": options.minutes}
    print_machine()
    rows: list[dict] = []
    for dataset in options.datasets:
        of_dataset: list[dict] = []
        for system in options.systems:
            configs = [config_of(system, dataset, options.data, **shared, seed=seed) for seed in options.seeds]
            told = " (told labels)" if MODELS[system].needs_labels else ""
            of_dataset.append({"dataset": dataset, "system": f"{system}{told}", "seeds": options.seeds, "scores": []})
            for config in configs:
                of_dataset[-1]["scores"].append(measure(config))
                write_json(options.json, {"minutes": options.minutes, "rows": rows + of_dataset})
        rows += of_dataset
        print(f"\n{dataset}, {options.minutes:g} minutes each, seeds {', '.join(map(str, options.seeds))}\n")
        print(side_by_side(of_dataset), flush=True)
    return {"minutes": options.minutes, "rows": rows}


if __name__ == "__main__":
    main()
