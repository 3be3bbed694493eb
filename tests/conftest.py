import keras
import numpy as np
import pytest
import tensorflow as tf

import tfgmmgan
from tfgmmgan.evaluation import subject
from tfgmmgan.evaluation.networks import autoencoder, judge
from tfgmmgan.evaluation.sections import trade_off
from tfgmmgan.models.recipe import EQUATIONS_3_AND_4, RECIPE

# Two devices for the tests of strategies; TensorFlow wants to know before it starts.
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)


@pytest.fixture(autouse=True, scope="session")
def cache(tmp_path_factory):
    """A cache of the tests' own, no network, short pretraining, and short trainings of what evaluation trains."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TFGMMGAN_CACHE", str(tmp_path_factory.mktemp("cache")))
        for module in (judge, autoencoder):
            patch.setattr(module, "EPOCHS", 2)
            patch.setattr(module, "MIN_STEPS", 20)
        patch.setattr("tfgmmgan.evaluation.networks.inception.answers", lambda urls: False)
        patch.setitem(RECIPE, "pretraining_steps", 4)
        patch.setattr("tfgmmgan.models.pretraining.AGREEMENT_STEPS", 4)
        patch.setattr(subject, "NUM_SAMPLES", 100)
        patch.setattr(subject, "LEAST_PER_COMPONENT", 200)
        patch.setattr(trade_off, "SCALES", (0.5, 1.0))
        yield


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(0)


@pytest.fixture
def images():
    """(24, 8, 8, 1) uint8: four kinds of bright quadrant on dark noise."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 60, (24, 8, 8, 1), dtype=np.uint8)
    for row, image in enumerate(images):
        top, left = 4 * (row % 4 // 2), 4 * (row % 2)
        image[top : top + 4, left : left + 4] += 180
    return images


@pytest.fixture
def tiny_gmmgan():
    """Return a maker of compiled GMMGANs with 3 components, an eighth of the channels and the losses of points."""

    def make(data_shape=(8, 8, 1), latent_dim=5, **kwargs):
        prior = tfgmmgan.GaussianMixture(
            kwargs.pop("num_components", 3), latent_dim, mean_range=1.0, mixture_weights="responsibilities"
        )
        model = tfgmmgan.GMMGAN(data_shape, prior=prior, **{"width": 0.125, **EQUATIONS_3_AND_4, **kwargs})
        model.compile()
        return model

    return make
