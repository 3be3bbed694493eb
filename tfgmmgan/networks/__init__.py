"""Generators, encoders and classifiers, by architecture."""

from typing import NamedTuple

import keras

from tfgmmgan.networks.chain import Chain, dtype_policy
from tfgmmgan.networks.dcgan import DCGANClassifier, DCGANEncoder, DCGANGenerator
from tfgmmgan.networks.discriminator import Discriminator
from tfgmmgan.networks.encoding_classifier import EncodingClassifier
from tfgmmgan.networks.mlp import MLPClassifier, MLPEncoder, MLPGenerator
from tfgmmgan.networks.resnet import ResNetClassifier, ResNetEncoder, ResNetGenerator
from tfgmmgan.networks.shared_classifier import SharedClassifier
from tfgmmgan.utils.registry import Registry

__all__ = [
    "NETWORKS",
    "Architecture",
    "Chain",
    "DCGANClassifier",
    "DCGANEncoder",
    "DCGANGenerator",
    "Discriminator",
    "EncodingClassifier",
    "MLPClassifier",
    "MLPEncoder",
    "MLPGenerator",
    "ResNetClassifier",
    "ResNetEncoder",
    "ResNetGenerator",
    "SharedClassifier",
    "dtype_policy",
]


class Architecture(NamedTuple):
    """The three networks that go together; each is called as `network(data_shape, ..., width=1.0)`."""

    generator: type[keras.Model]
    encoder: type[keras.Model]
    classifier: type[keras.Model]


NETWORKS = Registry(
    "architecture",
    {
        "dcgan": Architecture(DCGANGenerator, DCGANEncoder, DCGANClassifier),
        "mlp": Architecture(MLPGenerator, MLPEncoder, MLPClassifier),
        "resnet": Architecture(ResNetGenerator, ResNetEncoder, ResNetClassifier),
    },
)
