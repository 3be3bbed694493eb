import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgmmgan.networks.normalization import BatchNormalization

SHAPES = [(6, 5), (4, 3, 7, 5)]


def run(layer, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=True)
        loss = tf.reduce_sum(tf.cast(y, tf.float32) ** 3)
    gradients = tape.gradient(loss, [x, *(weight.value for weight in layer.trainable_weights)])
    return [tf.cast(value, tf.float32).numpy() for value in (y, *gradients, *layer.weights)], y.dtype


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("policy", "tolerance"), [("float32", 1e-5), ("mixed_bfloat16", 0.05)])
@pytest.mark.parametrize("options", [{}, {"momentum": 0.9, "epsilon": 1e-5}, {"center": False, "scale": False}])
def test_output_gradients_and_statistics_are_kerass(shape, policy, tolerance, options):
    x = tf.constant(np.random.default_rng(0).normal(2, 3, shape), tf.float32)
    ours, kerass = (
        run(made(**options, dtype=policy), x) for made in (BatchNormalization, keras.layers.BatchNormalization)
    )
    assert ours[1] == kerass[1]
    for own, theirs in zip(ours[0], kerass[0], strict=True):
        np.testing.assert_allclose(own, theirs, rtol=tolerance, atol=tolerance * (1 + np.abs(theirs).max()))


@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_one_kernel_in_training(shape):
    layer = BatchNormalization()
    layer.build((None, *shape[1:]))
    graph = tf.function(lambda x: layer(x, training=True)).get_concrete_function(tf.zeros(shape)).graph
    assert "FusedBatchNormV3" in {operation.type for operation in graph.get_operations()}


def test_inference_frozen_layers_and_other_axes_take_kerass_way():
    x = tf.constant(np.random.default_rng(0).normal(2, 3, (4, 3, 7, 5)), tf.float32)
    layer = BatchNormalization()
    np.testing.assert_allclose(layer(x, training=False), x / np.sqrt(1 + 1e-3), rtol=1e-5)
    layer.trainable = False
    np.testing.assert_allclose(layer(x, training=True), x / np.sqrt(1 + 1e-3), rtol=1e-5)
    ours, theirs = (made(axis=1)(x, training=True) for made in (BatchNormalization, keras.layers.BatchNormalization))
    np.testing.assert_array_equal(ours, theirs)


def test_batches_of_any_size_in_one_trace():
    layer = BatchNormalization()
    layer.build((None, 5))
    call = tf.function(lambda x: layer(x, training=True), input_signature=[tf.TensorSpec((None, 5))])
    for rows in (3, 8):
        y = call(np.random.default_rng(rows).normal(size=(rows, 5)).astype(np.float32))
        assert y.shape == (rows, 5)
        np.testing.assert_allclose(np.mean(y, axis=0), 0, atol=1e-5)


def test_config_round_trip():
    layer = BatchNormalization(momentum=0.9)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert type(again) is BatchNormalization and again.momentum == 0.9 and not again.synchronized
