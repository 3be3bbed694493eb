"""Measuring a run: its figures, scorecard and report."""

import json

from tfgmmgan.data import ImageData
from tfgmmgan.evaluation import EvaluationOptions, make_scorecard, write_scorecard
from tfgmmgan.evaluation.report import write_report
from tfgmmgan.evaluation.scorecard import SCHEMA_VERSION
from tfgmmgan.models import LatentGAN
from tfgmmgan.plotting import write_figures
from tfgmmgan.training.callbacks import best_epoch, minutes_trained, read_rows
from tfgmmgan.training.options import TrainConfig
from tfgmmgan.training.run_directory import RunDirectory, picture_stem

__all__ = ["evaluate", "kept_scorecard"]


def evaluate(
    run: RunDirectory, model: LatentGAN, data: ImageData, config: TrainConfig, checkpoint: str = "last"
) -> dict:
    """Write fresh figures, `scorecard.json` and `report.html`, and return the scorecard.

    Those of the best checkpoint have `best` in their names, `final` and the others are the last's.
    """
    stem = picture_stem(checkpoint)
    write_figures(model, data, run.samples, stem)
    steps = int(model.optimizer.iterations.numpy())
    about = {
        "name": run.path.resolve().name,
        "checkpoint": checkpoint,
        "epochs": steps // data.steps_per_epoch(config["batch_size"] * model.critic_steps),
        "best_epoch": best_epoch(run.scores),
        "steps": steps,
        "minutes": minutes_trained(run.history),
        "num_parameters": model.count_params(),
        "config": config.heeded(),
    }
    card = make_scorecard(model, data, about, EvaluationOptions(**config.group("evaluation")))
    write_scorecard(card, run.scorecard_of(checkpoint))
    write_report(run.report_of(checkpoint), [card], [read_rows(run.scores)], run.samples, stem, data.class_names)
    return card


def kept_scorecard(run: RunDirectory, checkpoint: str = "last") -> dict | None:
    """Return a run's scorecard if it was written by this version of the schema after the last checkpoint, or None."""
    path, last = run.scorecard_of(checkpoint), run.last_checkpoint()
    if last is None or not path.is_file() or path.stat().st_mtime < last[1].stat().st_mtime:
        return None
    try:
        card = json.loads(path.read_text())
    except ValueError:
        return None
    return card if card.get("schema_version") == SCHEMA_VERSION else None
