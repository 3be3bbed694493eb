"""Training runs: config, directory, callbacks and the runner."""

from tfgmmgan.training.config import TrainConfig
from tfgmmgan.training.config_file import make_config
from tfgmmgan.training.runner import evaluate, load_run, train

__all__ = ["TrainConfig", "evaluate", "load_run", "make_config", "train"]
