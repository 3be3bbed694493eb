"""Measuring a run: its figures, scorecard and report."""

import json

from tfgmmgan.data import ImageData
from tfgmmgan.evaluation import EvaluationOptions, make_scorecard, write_scorecard
from tfgmmgan.evaluation.report import write_report
from tfgmmgan.evaluation.scorecard import SCHEMA_VERSION
from tfgmmgan.kinds import names_of
from tfgmmgan.models import LatentGAN
from tfgmmgan.plotting import write_figures
from tfgmmgan.training.compat import found_files
from tfgmmgan.training.csv_files import best_epoch, minutes_trained, read_rows
from tfgmmgan.training.data_record import digest_of
from tfgmmgan.training.options import TrainConfig, known_options
from tfgmmgan.training.run_directory import RunDirectory, picture_stem
from tfgmmgan.training.yaml_files import flatten

__all__ = ["evaluate", "kept_scorecard"]


def evaluate(
    run: RunDirectory, model: LatentGAN, data: ImageData, config: TrainConfig, checkpoint: str = "last"
) -> dict:
    """Write fresh figures, `scorecard.json` and `report.html`, and return the scorecard.

    Those of the best checkpoint have `best` in their names, `final` and the others are the last's. What is written
    names files as seen from the run, so that it may be moved; what is returned, so that runs are compared, by whole
    paths.
    """
    print("Measuring ...", flush=True)
    stem = picture_stem(checkpoint)
    write_figures(model, data, run.samples, stem, names=names_of(run.path))
    last = run.last_checkpoint()
    best = best_epoch(run.scores)
    about = {
        "name": run.path.resolve().name,
        "checkpoint": checkpoint,
        "epochs": best if checkpoint == "best" else last and last[0],
        "best_epoch": best,
        "steps": int(model.optimizer.iterations.numpy()),
        "data": {"trained_on": run.record("data"), "measured_on": digest_of(data)},
        "minutes": minutes_trained(run.history),
        "num_parameters": model.count_params(),
        "names": {str(kind): name for kind, name in names_of(run.path).items()},
        "config": config.heeded(run.path),
    }
    card = make_scorecard(model, data, about, EvaluationOptions(**config.group("evaluation")))
    if config.get("from"):
        card["notes"].append("The kinds were found among all pictures: no test example is new to C (--from).")
    write_scorecard(card, run.scorecard_of(checkpoint))
    write_report(run.report_of(checkpoint), [card], [read_rows(run.scores)], run.samples, stem, data.class_names)
    card["run"]["config"] = json.loads(json.dumps(config.heeded()))
    return card


def kept_scorecard(run: RunDirectory, checkpoint: str = "last") -> dict | None:
    """Return a run's scorecard if it was written by this version of the schema after the checkpoint, or None.

    Its config has every option of today, and files by their whole paths.
    """
    try:
        card = json.loads(run.scorecard_of(checkpoint).read_text(encoding="utf-8"))
        is_current = card["schema_version"] == SCHEMA_VERSION
        last = run.last_checkpoint()
        epochs = best_epoch(run.scores) if checkpoint == "best" else last and last[0]
        if not is_current or card["run"]["epochs"] != epochs:
            return None
        config = TrainConfig(found_files(flatten(card["run"]["config"], known_options()), run.path))
        card["run"]["config"] = json.loads(json.dumps(config.heeded()))
        return card
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
