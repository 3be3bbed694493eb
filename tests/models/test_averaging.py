"""The moving average of the generator's weights."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgmmgan import export, make_config
from tfgmmgan.training.build import build_model
from tfgmmgan.training.strategies import make_strategy
from tfgmmgan.utils.random import split


class Weights(keras.callbacks.Callback):
    """The generator's weights after each step."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(self.model.generator.get_weights())


def test_it_is_the_moving_average_of_the_weights(tiny_gmmgan, images):
    model, weights = tiny_gmmgan(generator_average=0.6), Weights()
    expected = [w.astype(np.float64) for w in model.generator.get_weights()]
    model.fit(images, batch_size=8, epochs=3, verbose=0, callbacks=[weights])
    assert len(weights.seen) == 9
    for step, seen in enumerate(weights.seen, 1):
        decay = min(0.6, (1 + step) / (10 + step))
        expected = [decay * old + (1 - decay) * new for old, new in zip(expected, seen, strict=True)]
    for weight, wanted, own in zip(model.averaged_generator.weights, expected, model.generator.weights, strict=True):
        if own.trainable:
            np.testing.assert_allclose(weight, wanted, rtol=1e-4, atol=1e-6)


def test_its_batch_norm_sees_what_its_own_weights_make(tiny_gmmgan, images):
    model = tiny_gmmgan(generator_average=0.9)
    z = model.draw_latents(model.fakes_per_component(8), split(model.step_seed(), 0))[0].numpy().reshape(-1, 5)
    model.fit(images[:8], batch_size=8, epochs=1, verbose=0)
    dense, norm = model.averaged_generator.layers[:2]
    made = z @ dense.kernel.numpy() + dense.bias.numpy()
    assert norm.momentum < 1
    np.testing.assert_allclose(norm.moving_mean, (1 - norm.momentum) * made.mean(axis=0), rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(
        norm.moving_variance, norm.momentum + (1 - norm.momentum) * made.var(axis=0), rtol=1e-3, atol=1e-6
    )


def test_training_does_not_see_it(tiny_gmmgan, images):
    plain, averaged = tiny_gmmgan(), tiny_gmmgan(generator_average=0.9)
    for network in ("generator", "discriminator", "classifier"):
        getattr(averaged, network).set_weights(getattr(plain, network).get_weights())
    for model in (plain, averaged):
        model.fit(images, batch_size=8, epochs=1, shuffle=False, verbose=0)
    for one, other in zip(plain.generator.get_weights(), averaged.generator.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert len(plain.trainable_weights) == len(averaged.trainable_weights)
    assert plain.drawing_generator is plain.generator and plain.averaged_generator is None


def test_it_draws_is_saved_and_served(tiny_gmmgan, images, tmp_path):
    model = tiny_gmmgan(generator_average=0.9)
    model.fit(images, batch_size=8, epochs=1, verbose=0)
    z = model.prior.sample(4, [0, 1])
    drawn = model.decode(z)
    np.testing.assert_allclose(drawn, model.averaged_generator(z, training=False), atol=1e-5)
    assert np.abs(drawn - model.generator(z, training=False)).max() > 1e-4
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.decode(z), drawn, atol=1e-5)
    served = tf.saved_model.load(str(export(model, tmp_path / "serving"))).signatures["generate"]
    found = served(component=tf.constant([2, 0]), variance_scale=tf.constant(1.0), seed=tf.constant([3, 4], tf.int32))[
        "examples"
    ]
    z = model.prior.sample_components([2, 0], [3, 4])
    np.testing.assert_allclose(found, model.averaged_generator(z, training=False), atol=1e-4)


def test_two_replicas_average_as_one_device_does():
    options = {"networks.width": 0.125, "optimizers.generator_average": 0.9}
    images = np.random.default_rng(0).integers(0, 256, (16, 8, 8, 1), dtype=np.uint8)
    with make_strategy("mirrored").scope():
        model = build_model(make_config("gan", "digits", **options), (8, 8, 1), num_examples=16)
    before = [w.astype(np.float64) for w in model.generator.get_weights()]
    model.fit(images, batch_size=16, epochs=1, verbose=0)
    for average, old, new in zip(model.averaged_generator.weights, before, model.generator.weights, strict=True):
        if new.trainable:
            np.testing.assert_allclose(average, old * 2 / 11 + new.numpy() * 9 / 11, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("decay", [-0.1, 1.0, float("nan")])
def test_decays_it_does_not_take(tiny_gmmgan, decay):
    with pytest.raises(ValueError, match=r"generator_average must be in \[0, 1\)"):
        tiny_gmmgan(generator_average=decay)
