import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgmmgan.networks.fused_adam import FusedAdam

OPTIONS = [
    {},
    {"beta_1": 0.0, "beta_2": 0.9, "epsilon": 1e-3},
    {"learning_rate": keras.optimizers.schedules.ExponentialDecay(1e-2, 2, 0.5)},
    {"clipnorm": 0.1},
    {"weight_decay": 0.1},
    {"amsgrad": True},
]


def trained(optimizer, sparse=False):
    weights = [keras.Variable(np.linspace(-1, 1, 6).reshape(3, 2), dtype="float32"), keras.Variable([0.5])]
    optimizer.build(weights)
    noise = np.random.default_rng(0)
    for _ in range(5):
        gradients = [tf.constant(noise.normal(size=weight.shape), tf.float32) for weight in weights]
        if sparse:
            gradients[0] = tf.IndexedSlices(gradients[0][:2], tf.constant([0, 2]), tf.constant([3, 2]))
        optimizer.apply_gradients(zip(gradients, weights, strict=True))
    return [keras.ops.convert_to_numpy(value) for value in (*weights, *optimizer.variables)]


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("sparse", [False, True])
def test_it_is_kerass_adam(options, sparse):
    ours, kerass = (
        trained(made(**{"learning_rate": 1e-2} | options), sparse) for made in (FusedAdam, keras.optimizers.Adam)
    )
    for own, theirs in zip(ours, kerass, strict=True):
        np.testing.assert_allclose(own, theirs, rtol=1e-5, atol=1e-7)


def test_one_kernel_a_weight():
    weight = keras.Variable(np.ones(3), dtype="float32")
    optimizer = FusedAdam()
    optimizer.build([weight])
    step = tf.function(lambda gradient: optimizer.apply_gradients([(gradient, weight)]))
    operations = [op.type for op in step.get_concrete_function(tf.zeros(3)).graph.get_operations()]
    assert operations.count("ResourceApplyAdam") == 1


def test_config_round_trip():
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(FusedAdam(1e-3, beta_1=0.5)))
    assert type(again) is FusedAdam and float(again.learning_rate) == pytest.approx(1e-3) and again.beta_1 == 0.5
