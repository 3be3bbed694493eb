"""Generators, encoders and classifiers, by architecture."""

from typing import NamedTuple

import keras

from tfgmmgan.networks.chain import Chain, dtype_policy
from tfgmmgan.networks.classifiers import EncodingClassifier, SharedClassifier
from tfgmmgan.networks.dcgan import DCGANClassifier, DCGANEncoder, DCGANGenerator
from tfgmmgan.networks.discriminator import Discriminator
from tfgmmgan.networks.mlp import MLPClassifier, MLPEncoder, MLPGenerator
from tfgmmgan.networks.resnet import ResNetClassifier, ResNetEncoder, ResNetGenerator
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
    "make_classifier",
    "networks_for",
]

CLASSIFIER_UNITS = 512  # of the hidden layer between a classifier's encoding and its logits


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


def networks_for(architecture: str, data_shape: tuple[int, ...]) -> Architecture:
    """Return the networks of a name in `NETWORKS`, or of `"auto"`: dcgan for images, mlp for points."""
    if architecture == "auto":
        architecture = "dcgan" if len(data_shape) == 3 else "mlp"
    return NETWORKS[architecture]


def make_classifier(
    data_shape: tuple[int, ...],
    num_components: int,
    architecture: str = "auto",
    width: float = 1.0,
    policy: keras.DTypePolicy | None = None,
) -> EncodingClassifier:
    """Return a built classifier on an encoding like the discriminator's: examples in [-1, 1] of a shape -> K logits.

    A hidden layer of 512 units is between them (ours). `width` multiplies the channels; `policy` is Keras's dtype
    policy, the current one where None.
    """
    with dtype_policy(policy or keras.config.dtype_policy()):
        encoder = networks_for(architecture, data_shape).encoder(data_shape, width=width, name="encoder")
        classifier = EncodingClassifier(encoder, num_components, CLASSIFIER_UNITS, name="classifier")
    classifier.build((None, *data_shape))
    return classifier
