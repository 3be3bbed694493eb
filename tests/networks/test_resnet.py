import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgmmgan import GAN, GMMGAN, Discriminator, ModeGAN
from tfgmmgan.networks import ResNetClassifier, ResNetEncoder, ResNetGenerator
from tfgmmgan.networks.spectral import SpectralConv2D, SpectralDense
from tfgmmgan.utils.errors import UserError

TINY = 1 / 64


def trainable(network):
    return sum(int(np.prod(w.shape)) for w in network.trainable_weights)


def noise(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def spectral_norm(kernel):
    return np.linalg.norm(np.reshape(kernel, (-1, kernel.shape[-1])), ord=2)


@pytest.mark.parametrize(
    "shape, features",
    [((32, 32, 3), 4), ((40, 40, 1), 4), ((48, 32, 3), 4), ((64, 64, 3), 16), ((96, 80, 3), 16)],
)
def test_shapes_and_ranges(shape, features):
    generator, encoder = ResNetGenerator(shape, width=TINY), ResNetEncoder(shape, width=TINY)
    images = generator(10 * noise(2, 7))
    assert images.shape == (2, *shape)
    assert images.dtype == "float32"
    assert 0.01 < np.abs(images).max() <= 1
    assert generator.compute_output_shape((None, 7)) == (None, *shape)
    assert encoder(images).shape == (2, features)
    assert encoder.compute_output_shape((None, *shape)) == (None, features)
    assert Discriminator(encoder, num_outputs=4)(images).shape == (2, 4)
    logits = ResNetClassifier(shape, 6, width=TINY)(images)
    assert (logits.shape, logits.dtype) == ((2, 6), "float32")


def test_feature_maps_halve_and_double_as_in_biggan():
    def maps(network, shape):
        shapes = [shape]
        for layer in network.blocks:
            shapes.append(layer.compute_output_shape(shapes[-1]))
        return [s[1:] for s in shapes if len(s) == 4]

    generator, encoder = ResNetGenerator((64, 64, 3)), ResNetEncoder((64, 64, 3))
    sides = [(4, 1024), (8, 1024), (16, 512), (32, 256), (64, 128)]
    assert maps(generator, (None, 100))[:5] == [(side, side, channels) for side, channels in sides]
    sides = [(64, 3), (32, 64), (16, 128), (8, 256), (4, 512), (4, 1024)]
    assert maps(encoder, (None, 64, 64, 3))[:6] == [(side, side, channels) for side, channels in sides]
    assert maps(ResNetEncoder((48, 48, 3)), (None, 48, 48, 3))[4] == (12, 12, 256)


def test_parameter_counts_at_32_pixels():
    """By hand: c = 256 channels, d = 100, weights and biases; batch norm has a scale and a shift for each channel."""
    c, d = 256, 100
    conv = 9 * c * c + c
    shortcut = c * c + c

    generator = ResNetGenerator((32, 32, 3))
    generator.build((None, d))
    up = 2 * conv + shortcut + 2 * 2 * c
    assert trainable(generator) == (d + 1) * 4 * 4 * c + 3 * up + 2 * c + (9 * c * 3 + 3) == 4_162_051

    encoder = ResNetEncoder((32, 32, 3))
    encoder.build((None, 32, 32, 3))
    image = (9 * 3 * c + c) + conv + (3 * c + c)  # RGB -> c, halved
    assert trainable(encoder) == image + (2 * conv + shortcut) + 2 * (2 * conv) == 4_204_544
    assert not any(isinstance(layer, keras.layers.BatchNormalization) for layer in encoder._flatten_layers())
    assert not ResNetEncoder.has_batch_norm and ResNetEncoder.has_spectral_norm


def test_features_are_sums_over_the_pixels():
    features = ResNetEncoder((32, 32, 3), width=TINY).blocks[-1](tf.ones((2, 20, 30, 4), "bfloat16"))
    assert features.dtype == "float32"
    np.testing.assert_array_equal(features, np.full((2, 4), 600))


@pytest.mark.parametrize("layer_class, shape", [(SpectralConv2D, (2, 5, 5, 3)), (SpectralDense, (2, 6))])
def test_training_calls_find_the_largest_singular_value(layer_class, shape):
    layer = layer_class(4, 3) if layer_class is SpectralConv2D else layer_class(4)
    inputs = noise(*shape)
    layer(inputs)
    kernel = 5 * noise(*layer.kernel.shape)
    layer.kernel.assign(kernel)
    layer.bias.assign(noise(4))
    before = layer.u.numpy()
    layer(inputs, training=False)
    np.testing.assert_array_equal(layer.u, before)
    for _ in range(100):
        outputs = layer(inputs, training=True)
    np.testing.assert_array_equal(layer.kernel, kernel)  # not assigned: the optimizer's kernel stays itself
    assert spectral_norm(layer.normalized_kernel(False).numpy()) == pytest.approx(1, abs=1e-4)

    plain = keras.layers.Conv2D(4, 3) if layer_class is SpectralConv2D else keras.layers.Dense(4)
    plain.build(shape)
    plain.set_weights([kernel / spectral_norm(kernel), noise(4)])
    np.testing.assert_allclose(outputs, plain(inputs), atol=1e-4)


def test_the_gradient_includes_that_of_sigma():
    """W / sigma(W) does not change with the scale of W, so the gradient is orthogonal to W."""
    layer = SpectralDense(4)
    layer(noise(2, 6))
    for _ in range(100):
        layer(noise(2, 6), training=True)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(noise(2, 6), training=True) ** 2)
    gradient = tape.gradient(loss, layer.kernel.value)
    assert np.linalg.norm(gradient) > 0.1
    assert abs(np.vdot(gradient, layer.kernel)) < 1e-3


def test_bfloat16_keeps_small_updates_of_the_kernel():
    layer = SpectralConv2D(4, 3, dtype="mixed_bfloat16")
    assert layer(noise(1, 5, 5, 3), training=True).dtype == "bfloat16"
    kernel = layer.kernel.numpy() + 1e-5
    layer.kernel.assign(kernel)
    layer(noise(1, 5, 5, 3), training=True)
    np.testing.assert_array_equal(layer.kernel, kernel)
    assert layer.u.dtype == "float32"


def test_an_encoder_can_have_a_gradient_penalty():
    encoder = ResNetEncoder((32, 32, 1), width=TINY)
    images = tf.constant(noise(2, 32, 32, 1))
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            inner.watch(images)
            score = tf.reduce_sum(encoder(images, training=True))
        penalty = tf.reduce_sum(inner.gradient(score, images) ** 2)
    kernels = [v.value for v in encoder.trainable_variables if v.path.endswith("kernel")]
    assert all(np.abs(g).max() > 0 for g in outer.gradient(penalty, kernels))


def test_survive_saving(tmp_path):
    images = np.clip(noise(2, 32, 32, 3), -1, 1)
    discriminator = Discriminator(ResNetEncoder((32, 32, 3), width=TINY), num_outputs=3)
    for network, inputs in (
        (ResNetGenerator((32, 32, 3), width=TINY), noise(2, 5)),
        (discriminator, images),
        (ResNetClassifier((32, 32, 3), 4, width=TINY, dtype="mixed_bfloat16"), images),
    ):
        network(inputs, training=True)
        expected = network(inputs)
        network.save(tmp_path / "network.keras")
        copy = keras.saving.load_model(tmp_path / "network.keras")
        assert [v.dtype for v in copy.variables] == [v.dtype for v in network.variables]
        np.testing.assert_array_equal(copy(inputs), expected)

        network.save_weights(tmp_path / "network.weights.h5")
        for variable in copy.variables:
            variable.assign(np.zeros(variable.shape))
        copy.load_weights(tmp_path / "network.weights.h5")
        np.testing.assert_array_equal(copy(inputs), expected)


def test_blocks_survive_serialization():
    for block in ResNetEncoder((32, 32, 3), width=TINY, dtype="mixed_bfloat16").blocks[:4]:
        copy = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(block))
        assert copy.get_config() == block.get_config()
        assert [layer.compute_dtype for layer in (*copy.main, *copy.shortcut)] == ["bfloat16"] * len(
            [*block.main, *block.shortcut]
        )


@pytest.mark.parametrize(
    "shape, nearest", [((28, 28, 1), 32), ((72, 72, 3), 64), ((44, 40, 3), 40), ((128, 128, 3), 96)]
)
def test_sides_that_do_not_fit_name_one_that_does(shape, nearest):
    with pytest.raises(UserError, match=f"--data.image_size {nearest}"):
        ResNetEncoder(shape)
    ResNetEncoder((nearest, nearest, 3), width=TINY)


def test_points_are_sent_to_the_mlp():
    with pytest.raises(UserError, match="architecture mlp"):
        ResNetGenerator((2,))


@pytest.mark.parametrize("make", [GAN, GMMGAN, ModeGAN])
def test_models_train(make, tiny_clusterer):
    images = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
    options = {} if make is GAN else {"num_components": 2, "dtype": "mixed_bfloat16"}
    if make is GMMGAN:
        options["encoder"] = "separate"
    if make is ModeGAN:
        options["clusterer"] = tiny_clusterer(2, architecture="resnet", width=TINY, dtype="mixed_bfloat16")
    model = make((32, 32, 3), latent_dim=4, architecture="resnet", width=TINY, **options)
    model.compile(jit_compile=False)  # XLA takes half a minute to compile
    before = {group: [v.numpy() for v in model.group_variables(group)] for group in model.groups}
    history = model.fit(images, batch_size=4, verbose=0).history
    assert all(np.isfinite(value).all() for value in history.values())
    for group, old in before.items():
        new = [v.numpy() for v in model.group_variables(group)]
        assert not new or any((n != o).any() for n, o in zip(new, old, strict=True)), group
    assert model.generate(2, seed=0).shape == (2, 32, 32, 3)
