"""Training without a run directory, for benchmarks."""

import time
from collections.abc import Sequence

import keras
import numpy as np

from tfgmmgan import LatentGAN, TrainConfig
from tfgmmgan.data import ImageData
from tfgmmgan.models.recipe import EQUATIONS_3_AND_4
from tfgmmgan.training.build import MODEL_ARGUMENTS, build_model

__all__ = ["BY_VOTES", "CONSTANT_RATES", "NO_SUBCLASSES", "RESPONSIBILITY_LEARNING", "pretrain", "train"]

# The papers' rates, whatever a dataset's config says.
CONSTANT_RATES = {
    "optimizers.learning_rate": 2e-4,
    "optimizers.discriminator_learning_rate": 2e-4,
    "optimizers.schedule": "constant",
}

NO_SUBCLASSES = {"prior.subclasses": 0, "prior.spread": 1.0}

# gmmgan on images by eq. 3 and 4, with what keeps all components in use and a trained prior, as options.
RESPONSIBILITY_LEARNING = {
    **{MODEL_ARGUMENTS[name]: value for name, value in EQUATIONS_3_AND_4.items()},
    "prior.trainable": True,
    "prior.variance": 0.15,
    **NO_SUBCLASSES,
    "networks.discriminator_units": 0,
    **CONSTANT_RATES,
}

# gmmgan with clusters by the votes of heads, for datasets whose configs have them by looks.
BY_VOTES = {"pretraining.looks": "pixels", "pretraining.groups_by": "votes", "pretraining.entropy_price": 0.0}


def pretrain(
    model: LatentGAN, config: TrainConfig, data: ImageData, callbacks: Sequence[keras.callbacks.Callback] = ()
) -> None:
    """Pretrain a model if it wants that, as `train.py` does."""
    if model.wants_pretraining:
        examples = data.train.draw(model.examples_wanted)
        model.pretrain(examples, config.batch_size * model.critic_steps, verbose=0, callbacks=list(callbacks))


def train(
    config: TrainConfig,
    data: ImageData,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    pretraining_alone: bool = False,
    classifier_weights: list[np.ndarray] | None = None,
) -> tuple[LatentGAN, float]:
    """Train a config's model as `train.py` does, without a run directory; return it and the seconds it took.

    With `pretraining_alone` there is nothing after pretraining: no config's epochs are 0. With the weights of a
    pretrained classifier there is nothing before it.
    """
    keras.utils.set_random_seed(config.seed)
    model = build_model(config, data.shape, len(data.class_names), len(data.train))
    if classifier_weights is not None:
        model.classifier.set_weights(classifier_weights)
        model.pretrained.assign(1)
    batch_size = config.batch_size * model.critic_steps
    if classifier_weights is not None and model.num_subclasses:
        model.pretrain(data.train.draw(model.examples_wanted), batch_size, verbose=0, find_clusters=False)
    started = time.perf_counter()
    pretrain(model, config, data)
    if pretraining_alone:
        return model, time.perf_counter() - started
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
