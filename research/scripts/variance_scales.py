"""Precision against recall where the components' covariances are scaled, of trained runs on one dataset.

python -m benchmarks.variance_scales saved_models/mnist-gmmgan-seed0 saved_models/mnist-gan-seed0 --output DIR

Every generator has such a curve, so two of them should be compared by their curves: one that draws little but well may,
drawn under a larger scale, cover as much as another and still draw better. Real test images are the mark to reach.
Recall of modes is the mean over the modes of how much of a mode's test images its samples cover (`mode_health`).
With `--algorithm_2` also how often a classifier of samples under each scale knows the class of a test image (ACC of
GM-GAN's Algorithm 2), of runs with modes on labelled data: minutes a scale.

Writes `variance_scales.json` and `.svg` after each run; one that is in that file already is not measured again.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from tfgmmgan import load_run
from tfgmmgan.evaluation import EvaluationOptions, cluster_scores, compare_features, trade_off
from tfgmmgan.evaluation.sections.mode_health import ModeHealth
from tfgmmgan.evaluation.subject import NUM_SAMPLES, Subject
from tfgmmgan.utils.files import replacing

COLUMNS = {"frechet_distance": "FRECHET", "precision": "PRECISION", "recall": "RECALL", "mode_recall": "OF MODES"}
SCALES = (0.5, 0.7, 0.85, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0)


def measure(path: str, samples: int, scales: list[float]) -> tuple[dict, dict]:
    """Return a run's `distances` over scales by network, and those of real test images."""
    _, config, model, data = load_run(path)
    options = EvaluationOptions(samples=samples, inception="none")
    subject = Subject(model, data, options, config.seed)
    real = {network.name: subject.real(network, "train", samples) for network in subject.networks}
    floor = {}
    for network in subject.networks:
        test = subject.real(network, "test", samples)
        floor[network.name] = compare_features(real[network.name].spread(len(test)), test)
    curve = trade_off(model, subject.networks, real, num_generated=samples, scales=scales, seed=config.seed)
    if subject.has_modes:
        healths = [ModeHealth().measure(subject, scale)["mode_health"]["modes"] for scale in scales]
        for network, own in curve["distances"].items():  # a mode without images has no recall
            own["mode_recall"] = [
                float(np.mean([mode[network]["recall"] or 0.0 for mode in modes])) for modes in healths
            ]
    return {"dataset": config.dataset, "model": config.model, "seed": config.seed, **curve}, floor


def algorithm_2_accuracy(path: str, scales: list[float]) -> list[float] | None:
    """Return the test ACC of Algorithm 2 on a run's samples under each scale; None without modes or labels."""
    _, config, model, data = load_run(path)
    subject = Subject(model, data, seed=config.seed)
    if not subject.has_modes or data.test.labels is None:
        return None
    found = []
    for scale in scales:
        assign = subject.train_on_generated(scale)
        soft = np.concatenate([assign(batch) for batch in data.test.batches(512).as_numpy_iterator()])
        found.append(cluster_scores(data.test.labels, soft.argmax(axis=1))["acc"])
    return found


def chart(runs: dict[str, dict], floor: dict) -> Figure:
    """Return precision against recall, a panel for each network and a line for each run; a ring is scale 1."""
    figure = Figure(figsize=(4.6 * len(floor), 4), layout="constrained")
    for place, network in zip(figure.subplots(1, len(floor), squeeze=False)[0], floor, strict=True):
        for name, run in runs.items():
            own = run["distances"][network]
            (line,) = place.plot(own["recall"], own["precision"], marker=".", label=name)
            at = run["scales"].index(1.0)
            place.plot(own["recall"][at], own["precision"][at], "o", color=line.get_color(), fillstyle="none", ms=10)
        place.plot(floor[network]["recall"], floor[network]["precision"], "k*", label="real test images")
        place.set(xlabel="recall", ylabel="precision", title=f"{network} features")
        place.spines[["top", "right"]].set_visible(False)
    figure.legend(*place.get_legend_handles_labels(), frameon=False, fontsize=8, loc="outside lower center", ncols=3)
    return figure


def main(arguments: list[str] | None = None) -> dict:
    """Measure, print tables, write JSON and chart; return what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", metavar="RUN", help="run directory that train.py wrote")
    parser.add_argument("--samples", type=int, default=NUM_SAMPLES, help="for each scale (default: %(default)s)")
    parser.add_argument("--scales", type=float, nargs="+", default=SCALES, help="with 1 (default: %(default)s)")
    parser.add_argument("--algorithm_2", action="store_true", help="measure ACC of Algorithm 2 under each scale too")
    parser.add_argument("--output", type=Path, metavar="DIR")
    options = parser.parse_args(arguments)
    if 1.0 not in options.scales:
        parser.error(f"--scales: expected 1 among them, at which the model was trained; got {list(options.scales)}.")

    names = [Path(path).resolve().name for path in options.runs]
    if len(set(names)) < len(names):
        parser.error(f"Expected run directories of different names, which tell their lines apart; got {names}.")

    found: dict = {"samples": options.samples, "scales": list(options.scales), "floor": {}, "runs": {}}
    path = options.output / "variance_scales.json" if options.output else None
    if path and path.exists():
        before = json.loads(path.read_text())
        if (before["samples"], before["scales"]) != (found["samples"], found["scales"]):
            parser.error(f"{path} has other samples or scales; choose another --output.")
        found = before
    for name, folder in zip(names, options.runs, strict=True):
        if name not in found["runs"]:
            run, floor = measure(folder, options.samples, list(options.scales))
            if found["floor"] and floor != found["floor"]:
                parser.error(f"{folder} is of {run['dataset']}; expected runs on one dataset, judged by one network.")
            found["floor"] = floor
            found["runs"][name] = run
        if options.algorithm_2 and "algorithm_2_acc" not in found["runs"][name]:
            found["runs"][name]["algorithm_2_acc"] = algorithm_2_accuracy(folder, list(options.scales))
        if path:
            write(found, path)
        print(table(name, found["runs"][name]), flush=True)
    return found


def table(name: str, run: dict) -> str:
    """Return a run's scores over scales, by network."""
    lines = []
    for network, own in run["distances"].items():
        columns = {title: own[key] for key, title in COLUMNS.items() if key in own}
        lines += [f"\n{name}; {network}, N = {own['num']}", f"{'SCALE':>8}" + "".join(f"{t:>11}" for t in columns)]
        for scale, *row in zip(run["scales"], *columns.values(), strict=True):
            lines.append(f"{scale:>8.2f}" + "".join(f"{value:>11.3f}" for value in row))
    if run.get("algorithm_2_acc"):
        lines += [f"\n{name}; ACC of Algorithm 2", f"{'SCALE':>8}{'ACC':>11}"]
        lines += [
            f"{scale:>8.2f}{acc:>11.3f}" for scale, acc in zip(run["scales"], run["algorithm_2_acc"], strict=True)
        ]
    return "\n".join(lines)


def write(found: dict, path: Path) -> None:
    """Write what was measured, and the chart beside it."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(found, indent=2) + "\n")
    with replacing(path.with_suffix(".svg")) as temporary:
        chart(found["runs"], found["floor"]).savefig(temporary, format="svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
