"""A run that was trained, read again."""

from tfgmmgan.data import DataOptions, ImageData, load
from tfgmmgan.models import LatentGAN
from tfgmmgan.training.build import build_model
from tfgmmgan.training.compat import read_run_config
from tfgmmgan.training.data_record import digest_of
from tfgmmgan.training.options import TrainConfig
from tfgmmgan.training.run_directory import RunDirectory
from tfgmmgan.training.weights import load_weights, restore
from tfgmmgan.utils.errors import UserError, note

__all__ = ["load_model", "load_run"]


def load_run(path: str, checkpoint: str = "last") -> tuple[RunDirectory, TrainConfig, LatentGAN, ImageData]:
    """Return a run's directory, config, trained model and dataset.

    Args:
        path: The run directory.
        checkpoint: "last", or "best", the epoch with the lowest label-free distance among those that were measured.

    Raises:
        UserError: If there is no run, or it has no usable model yet.
    """
    run = RunDirectory(path).existing()
    config = read_run_config(run.config)
    data = load(config["dataset"], DataOptions(**config.group("data")))
    if config.model_class.needs_labels:
        data = data.labelled
    if (before := run.record("data")) and before[-1]["digest"] != digest_of(data)["digest"]:
        note(f"The data is not what {run.path} was trained on; the scorecard names both.")
    model = build_model(config, data.shape, len(data.class_names), len(data.train))
    _restore(model, run, checkpoint)
    if checkpoint == "best":
        model.after_training(data.train.batches().as_numpy_iterator())
    return run, config, model, data


def load_model(path: str, checkpoint: str = "last") -> LatentGAN:
    """Return a run's trained model, without its dataset where the run says what that was like.

    Args:
        path: The run directory.
        checkpoint: As in `load_run`.

    Raises:
        UserError: As `load_run` does.
    """
    run = RunDirectory(path).existing()
    config = read_run_config(run.config)
    known = (run.record("data") or [{}])[-1]
    fitted_after = checkpoint == "best" and "fit_prior" in config.model_class.capabilities
    if "shape" not in known or fitted_after:  # of version 0.1, or what comes after training has to be done again
        return load_run(path, checkpoint)[2]
    model = build_model(config, tuple(known["shape"]), known["classes"], known["train"])
    _restore(model, run, checkpoint)
    return model


def _restore(model: LatentGAN, run: RunDirectory, checkpoint: str) -> None:
    """Load a run's last or best checkpoint, or raise `UserError`."""
    if checkpoint == "best":
        if not run.best_checkpoint.is_file():
            raise UserError(f"{run.path} has no best checkpoint yet; it is kept when an epoch is measured.")
        load_weights(model, run, run.best_checkpoint)
    elif restore(model, run) == 0:
        raise UserError(f"{run.path} has no checkpoint yet; wait for its first epoch.")
