from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgmmgan import GAN, GMMGAN, GaussianMixture
from tfgmmgan.models.recipe import EQUATIONS_3_AND_4
from tfgmmgan.networks import (
    DCGANClassifier,
    DCGANEncoder,
    DCGANGenerator,
    Discriminator,
    EncodingClassifier,
    MLPEncoder,
    MLPGenerator,
)
from tfgmmgan.networks.chain import Chain
from tfgmmgan.utils.errors import UserError


def trainable(*owners):
    return sum(int(np.prod(w.shape)) for owner in owners for w in owner.trainable_weights)


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (12, 20, 3)])
def test_shapes_and_ranges(shape):
    images = DCGANGenerator(shape, width=0.1)(np.random.default_rng(0).standard_normal((3, 7)))
    assert images.shape == (3, *shape)
    assert np.abs(images).max() <= 1
    encoder = DCGANEncoder(shape, width=0.5)
    assert encoder(images).shape == (3, shape[0] // 4 * (shape[1] // 4) * 64)
    assert Discriminator(encoder, num_outputs=4)(images).shape == (3, 4)
    assert DCGANClassifier(shape, 6, width=0.1)(images).shape == (3, 6)


def test_table_layers():
    kinds = [type(layer).__name__ for layer in DCGANGenerator((28, 28, 1)).blocks]
    assert kinds == [
        *["Dense", "BatchNormalization", "LeakyReLU", "Reshape"],
        *["Conv2DTranspose", "BatchNormalization", "LeakyReLU"] * 2,
        *["Conv2DTranspose", "Activation"],
    ]
    strides = [layer.strides for layer in DCGANGenerator((28, 28, 1)).blocks if hasattr(layer, "strides")]
    assert strides == [(1, 1), (2, 2), (2, 2)]
    first, second = (layer for layer in DCGANEncoder((28, 28, 1)).blocks if hasattr(layer, "kernel_size"))
    assert (first.kernel_size, second.kernel_size, first.filters, second.filters) == ((5, 5), (4, 4), 64, 128)


def test_differences_of_parameter_counts_are_those_of_table_6():
    """At 64x64x3, K = 10, d = 100. The absolute 8,366,145 does not follow from Tables 1-3; its differences do."""
    shape, k, d = (64, 64, 3), 10, 100
    vanilla = GAN(shape, latent_dim=d)
    mixture = GMMGAN(shape, prior=GaussianMixture(k, d, covariance="factor"), **EQUATIONS_3_AND_4)
    base = trainable(vanilla.generator, vanilla.discriminator)
    gm_gan = trainable(mixture.generator, mixture.discriminator, mixture.prior)
    shared = gm_gan + trainable(mixture.classifier)
    assert gm_gan - base == 8_467_145 - 8_366_145 == k * (d * d + d) == 101_000
    assert shared - gm_gan == 8_794_835 - 8_467_145 == 327_690

    classifier = DCGANClassifier(shape, k)
    classifier.build((None, *shape))
    encoding, head = classifier.blocks[:-1], classifier.blocks[-1]
    assert trainable(*encoding) == 13_005_411 - 8_794_835 == 2_432 + 12_816 + 4_195_328
    assert trainable(head) == 1024 * k + k  # the published total has the shared head's 327,690 here


@pytest.mark.parametrize("shape", [(30, 28, 1), (28, 26, 1)])
def test_sides_must_be_divisible_by_4(shape):
    with pytest.raises(UserError, match="divisible by 4"):
        DCGANEncoder(shape)


def test_architectures_name_the_other_for_the_wrong_data():
    with pytest.raises(UserError, match="architecture mlp"):
        DCGANGenerator((2,))
    with pytest.raises(UserError, match="architecture dcgan"):
        MLPGenerator((8, 8, 1))


@pytest.mark.parametrize("make", [Discriminator, partial(EncodingClassifier, hidden_units=4)])
def test_survive_serialization(make):
    network = make(MLPEncoder((2,), width=0.1), 3)
    points = np.ones((2, 2), np.float32)
    before = network(points)
    assert before.shape == (2, 3)
    copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(network))
    copy.set_weights(network.get_weights())
    np.testing.assert_array_equal(copy(points), before)


def test_a_classifier_of_its_own_encoding_has_the_encoder_the_hidden_layer_and_the_head():
    classifier = EncodingClassifier(DCGANEncoder((8, 8, 1), width=0.25), 3, hidden_units=7)
    classifier.build((None, 8, 8, 1))
    encoder = DCGANEncoder((8, 8, 1), width=0.25)
    encoder.build((None, 8, 8, 1))
    features = 2 * 2 * 32
    assert trainable(classifier) == trainable(encoder) + features * 7 + 2 * 7 + 7 * 3 + 3
    images = np.random.default_rng(0).uniform(-1, 1, (2, 8, 8, 1)).astype(np.float32)
    assert classifier.trunk(images).shape == (2, 7)
    np.testing.assert_allclose(classifier.head(classifier.trunk(images)), classifier(images), rtol=1e-6)


def test_precision_belongs_to_the_network():
    generator = DCGANGenerator((8, 8, 1), width=0.1, dtype="mixed_bfloat16")
    assert generator.blocks[0].compute_dtype == "bfloat16"
    assert generator(np.zeros((1, 3), np.float32)).dtype == "float32"
    assert DCGANGenerator((8, 8, 1)).blocks[0].compute_dtype == "float32"


@pytest.mark.parametrize("spectral_norm", [False, True])
def test_hidden_layer_of_the_discriminator(spectral_norm):
    images = np.random.default_rng(0).uniform(-1, 1, (3, 8, 8, 1)).astype(np.float32)
    keras.utils.set_random_seed(0)
    network = Discriminator(DCGANEncoder((8, 8, 1), 0.1), 4, spectral_norm=spectral_norm, hidden_units=6)
    network.build((None, 8, 8, 1))
    assert [tuple(w.shape) for w in network.own_variables] == [(52, 6), (6,), (6, 4), (4,)]
    weights = [np.asarray(w) for w in network.own_variables]
    if spectral_norm:  # one step of power iteration is not the norm itself yet
        for _ in range(60):
            network(images, training=True)
        weights[0], weights[2] = (weight / np.linalg.norm(weight, 2) for weight in weights[::2])
    hidden = np.asarray(network.encoder(images)) @ weights[0] + weights[1]
    expected = np.where(hidden > 0, hidden, 0.2 * hidden) @ weights[2] + weights[3]
    np.testing.assert_allclose(network(images), expected, rtol=1e-3, atol=1e-4)
    again = Discriminator.from_config(network.get_config())
    again.build((None, 8, 8, 1))
    assert again.count_params() == network.count_params()


def test_hidden_layer_is_the_discriminators_to_train():
    model = GMMGAN((8, 8, 1), 3, 4, width=0.1, discriminator_units=5, pretraining_steps=0)
    assert [tuple(w.shape) for w in model.group_variables("discriminator")] == [(52, 5), (5,), (5, 3), (3,)]
    assert trainable(model.discriminator) == sum(
        int(np.prod(w.shape)) for group in ("encoder", "discriminator") for w in model.group_variables(group)
    )
    for network in (model, GMMGAN.from_config(model.get_config())):
        assert (network.discriminator_units, network.discriminator.hidden_units) == (5, 5)
    with pytest.raises(ValueError, match="hidden_units must be at least 0"):
        Discriminator(DCGANEncoder((8, 8, 1), 0.1), hidden_units=-1)
    with pytest.raises(ValueError, match=r"Discriminator\(encoder, hidden_units=5\)"):
        GMMGAN((8, 8, 1), 3, 4, discriminator=network.discriminator, discriminator_units=5, pretraining_steps=0)


class WithDropout(Chain):
    """A chain with layers of Keras that care about `training`."""

    def make_blocks(self):
        layers = keras.layers
        return [layers.Flatten(), layers.BatchNormalization(), layers.Dropout(0.9), layers.Dense(3)]


def test_a_trunk_tells_all_its_layers_of_training():
    network = WithDropout((4, 4, 1))
    network.build((None, 4, 4, 1))
    images = 5 + tf.random.stateless_normal((20, 4, 4, 1), [0, 1])
    assert float(tf.reduce_mean(tf.cast(network.trunk(images, training=True) == 0, tf.float32))) > 0.8
    assert float(abs(network.blocks[1].moving_mean.numpy()).min()) > 0.02
    assert float(tf.reduce_mean(tf.cast(network.trunk(images) == 0, tf.float32))) < 0.1
