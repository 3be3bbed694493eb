"""Training without a run directory, for benchmarks."""

import time
from collections.abc import Sequence

import keras

from tfgmmgan import LatentGAN, TrainConfig
from tfgmmgan.data import ImageData
from tfgmmgan.training.build import build_model

__all__ = ["train"]


def train(
    config: TrainConfig, data: ImageData, callbacks: Sequence[keras.callbacks.Callback] = ()
) -> tuple[LatentGAN, float]:
    """Train a config's model as `train.py` does, without a run directory; return it and the seconds it took."""
    keras.utils.set_random_seed(config.seed)
    model = build_model(config, data.shape, len(data.class_names))
    batch_size = config.batch_size * model.critic_steps
    started = time.perf_counter()
    model.fit(
        data.training_batches(batch_size, config.seed, labelled=model.needs_labels),
        steps_per_epoch=data.steps_per_epoch(batch_size),
        epochs=config.epochs,
        callbacks=list(callbacks),
        shuffle=False,
        verbose=0,
    )
    model.after_training(data.train.batches().as_numpy_iterator())
    return model, time.perf_counter() - started
