import tfgmmgan  # first: it starts TensorFlow as it does for users

# isort: split

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgmmgan.clustering import classifier_training, sizes
from tfgmmgan.evaluation import subject
from tfgmmgan.evaluation.networks import autoencoder, judge
from tfgmmgan.evaluation.sections import trade_off

# Two devices for the tests of strategies; TensorFlow wants to know before it starts.
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)


@pytest.fixture(autouse=True, scope="session")
def cache(tmp_path_factory):
    """A cache of the tests' own, no network, and short trainings of what evaluation trains."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TFGMMGAN_CACHE", str(tmp_path_factory.mktemp("cache")))
        for module in (judge, autoencoder):
            patch.setattr(module, "EPOCHS", 2)
            patch.setattr(module, "MIN_STEPS", 20)
        patch.setattr("tfgmmgan.evaluation.networks.inception.answers", lambda urls: False)
        patch.setattr(classifier_training, "SETTLING", 4)
        patch.setattr(sizes, "has_faiss", lambda: False)
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
    """Return a maker of compiled GMMGANs with 3 components and an eighth of the channels."""

    def make(data_shape=(8, 8, 1), latent_dim=5, **kwargs):
        prior = tfgmmgan.GaussianMixture(
            kwargs.pop("num_components", 3), latent_dim, mean_range=1.0, mixture_weights="responsibilities"
        )
        model = tfgmmgan.GMMGAN(data_shape, prior=prior, **{"width": 0.125, **kwargs})
        model.compile()
        return model

    return make


@pytest.fixture
def tiny_clusterer():
    """Return a maker of ImageClusterers of 4 clusters whose C, of an eighth of the channels, learns for 4 steps."""

    def make(n_clusters=4, **kwargs):
        small = {"descriptor": "pixels", "steps": 4, "self_training_rounds": 0, "batch_size": 8, "width": 0.125}
        return tfgmmgan.ImageClusterer(n_clusters, **small | kwargs)

    return make


@pytest.fixture
def tiny_modegan(tiny_clusterer):
    """Return a maker of compiled ModeGANs with 4 components, an eighth of the channels and a `tiny_clusterer`."""

    def make(data_shape=(8, 8, 1), latent_dim=5, **kwargs):
        clusterer = kwargs.pop("clusterer", None) or tiny_clusterer(4)
        options = {"num_components": 4, "latent_dim": latent_dim, "width": 0.125, **kwargs}
        model = tfgmmgan.ModeGAN(data_shape, clusterer=clusterer, **options)
        model.compile()
        return model

    return make
