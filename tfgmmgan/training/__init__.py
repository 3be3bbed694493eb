"""Training runs: options, directory, callbacks and the runner."""

from tfgmmgan.training.loading import load_run
from tfgmmgan.training.measuring import evaluate
from tfgmmgan.training.options import TrainConfig, make_config
from tfgmmgan.training.runner import train

__all__ = ["TrainConfig", "evaluate", "load_run", "make_config", "train"]
